//! What is written for Perfetto, read as strictly as its importers of the Trace Event Format read it.
//!
//! The rules are those of the document "Trace Event Format" (Google, 2016: sections "Complete Events", "Flow Events", "Metadata
//! Events") and, where that leaves something open, what Perfetto's importer has done in some version since 2019
//! (`src/trace_processor/importers/json` there). That program itself reads them in `.ci/readers perfetto`, where it can be had.

use crate::{arbitrary, cases};
use proptest::prelude::*;
use raddle_report::render::find;
use raddle_report::text::Style;
use raddle_report::trace::Trace;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a field must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    /// A number without a sign, a fraction or an exponent, that a double can hold.
    Whole,
    /// As `Whole`, and not 0.
    Counted,
    /// Text without control characters, some of which readers refuse however they are escaped.
    Text,
    /// This very text.
    Is(&'static str),
    /// Names with values that are no lists, which readers do not look into.
    Arguments,
}

/// By phase, every field that an event has.
const PHASES: [(&str, &[(&str, Field)]); 4] = [
    (
        "M",
        &[
            ("name", Field::Text),
            ("pid", Field::Counted),
            ("tid", Field::Counted),
            ("args", Field::Arguments),
        ],
    ),
    (
        "X",
        &[
            ("name", Field::Text),
            ("cat", Field::Text),
            ("ts", Field::Whole),
            ("dur", Field::Counted),
            ("pid", Field::Counted),
            // That with 0 is the idle thread of the system.
            ("tid", Field::Counted),
            ("args", Field::Arguments),
        ],
    ),
    ("s", FLOW),
    ("f", FLOW),
];

const FLOW: &[(&str, Field)] = &[
    ("name", Field::Text),
    ("cat", Field::Text),
    ("id", Field::Counted),
    ("ts", Field::Whole),
    ("pid", Field::Counted),
    ("tid", Field::Counted),
    // The slice around it, and not the next one.
    ("bp", Field::Is("e")),
];

impl Field {
    fn allows(self, value: &Value) -> bool {
        let whole = value.as_u64().filter(|number| *number < 1 << 53);
        match self {
            Field::Whole => whole.is_some(),
            Field::Counted => whole.is_some_and(|number| number > 0),
            Field::Text => value.as_str().is_some_and(|text| !text.chars().any(char::is_control)),
            Field::Is(text) => value == text,
            Field::Arguments => value.as_object().is_some_and(|arguments| {
                arguments.values().all(|value| match value {
                    Value::String(_) => Field::Text.allows(value),
                    Value::Bool(_) | Value::Number(_) => true,
                    _ => false,
                })
            }),
        }
    }
}

/// What a reader finds: slices, tracks with slices, and arrows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Found {
    slices: usize,
    tracks: usize,
    arrows: usize,
}

/// Reads a document.
///
/// # Errors
/// The first rule that it breaks.
fn read(text: &str) -> Result<Found, String> {
    // Readers of streams go no further than to what they do not know, and take a unit of time for that of all numbers.
    if !text.starts_with(r#"{"traceEvents":["#) || text.contains(r#""displayTimeUnit""#) {
        return Err("the events come first, and there is no unit of time".to_owned());
    }
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let events = document["traceEvents"].as_array().ok_or("the events are no list")?;
    let events: Option<Vec<&Map<String, Value>>> = events.iter().map(Value::as_object).collect();
    let events = events.ok_or("an event is no object")?;
    events.iter().try_for_each(|event| fields(event))?;
    names(&events)?;
    let slices = slices(&events)?;
    let arrows = arrows(&events, &slices)?;
    Ok(Found { slices: slices.values().map(Vec::len).sum(), tracks: slices.len(), arrows })
}

fn fields(event: &Map<String, Value>) -> Result<(), String> {
    let phase = event.get("ph").and_then(Value::as_str).unwrap_or_default();
    let Some((_, fields)) = PHASES.iter().find(|(known, _)| *known == phase) else {
        return Err(format!("{phase:?} is no phase of ours"));
    };
    for (name, field) in *fields {
        let value = event.get(*name).ok_or_else(|| format!("{phase} without {name}"))?;
        if !field.allows(value) {
            return Err(format!("{name} of {phase} is not {field:?}: {value}"));
        }
    }
    match event.len() == fields.len() + 1 {
        true => Ok(()),
        false => Err(format!("{phase} has more than its fields: {event:?}")),
    }
}

fn number(event: &Map<String, Value>, name: &str) -> u64 {
    event.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn of<'a>(
    events: &'a [&Map<String, Value>],
    phase: &'a str,
) -> impl Iterator<Item = &'a Map<String, Value>> {
    events.iter().copied().filter(move |event| event["ph"] == phase)
}

/// The process and every thread are called something, once, and main has the number of the process.
fn names(events: &[&Map<String, Value>]) -> Result<(), String> {
    let named = |what: &str| -> Vec<u64> {
        let called = of(events, "M").filter(|event| event["name"] == what);
        called
            .filter(|event| event["args"]["name"].is_string())
            .map(|it| number(it, "tid"))
            .collect()
    };
    let (processes, threads) = (named("process_name"), named("thread_name"));
    if processes.len() != 1 {
        return Err(format!("{} processes", processes.len()));
    }
    let used: BTreeSet<u64> = ["X", "s", "f"]
        .into_iter()
        .flat_map(|phase| of(events, phase).map(|event| number(event, "tid")))
        .collect();
    let called: BTreeSet<u64> = threads.iter().copied().collect();
    if called.len() != threads.len() || !used.is_subset(&called) {
        return Err(format!("threads {used:?}, of which {threads:?} have names"));
    }
    Ok(())
}

/// By track, when its slices begin and end; none begins before the one before it has ended.
fn slices(events: &[&Map<String, Value>]) -> Result<BTreeMap<u64, Vec<(u64, u64)>>, String> {
    let mut tracks: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    for event in of(events, "X") {
        let (begin, track) = (number(event, "ts"), tracks.entry(number(event, "tid")).or_default());
        if track.last().is_some_and(|last| begin < last.1) {
            return Err(format!("slices overlap at {begin}"));
        }
        track.push((begin, begin + number(event, "dur")));
    }
    Ok(tracks)
}

/// How many arrows there are: each has two ends of one name and category, the first one earlier, both within slices.
fn arrows(
    events: &[&Map<String, Value>],
    slices: &BTreeMap<u64, Vec<(u64, u64)>>,
) -> Result<usize, String> {
    let mut starts: BTreeMap<u64, &Map<String, Value>> = BTreeMap::new();
    for start in of(events, "s") {
        if starts.insert(number(start, "id"), start).is_some() {
            return Err("two arrows have one number".to_owned());
        }
    }
    let count = starts.len();
    for end in of(events, "f") {
        let Some(start) = starts.remove(&number(end, "id")) else {
            return Err(format!("an arrow from nowhere: {end:?}"));
        };
        if (&start["name"], &start["cat"]) != (&end["name"], &end["cat"]) {
            return Err("the ends of an arrow are called differently".to_owned());
        }
        if number(start, "ts") >= number(end, "ts") {
            return Err("an arrow into the past".to_owned());
        }
        for event in [start, end] {
            let at = number(event, "ts");
            let around = |slice: &(u64, u64)| slice.0 <= at && at < slice.1;
            if !slices.get(&number(event, "tid")).is_some_and(|track| track.iter().any(around)) {
                return Err(format!("an end of an arrow at {at} is in no slice"));
            }
        }
    }
    match starts.is_empty() {
        true => Ok(count),
        false => Err("an arrow to nowhere".to_owned()),
    }
}

fn rendered(trace: &Trace) -> String {
    (find("chrome").expect("there is such a form").render)(trace, Style::plain(80))
}

#[test]
fn every_kind_of_trace_is_read() {
    let mut traces = cases::kinds();
    traces.extend([cases::spin(), cases::long(), cases::bare(), cases::hostile()]);
    for trace in traces {
        let found = read(&rendered(&trace)).unwrap_or_else(|why| panic!("{}: {why}", trace.test));
        let mut threads: Vec<u32> = trace.steps.iter().map(|step| step.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        assert_eq!(
            (found.slices, found.tracks),
            (trace.steps.len(), threads.len()),
            "{}",
            trace.test
        );
        let earlier = |(at, step): (usize, &raddle_report::trace::Step)| {
            step.after.iter().filter(|from| (**from as usize) < at).count()
        };
        let arrows: usize = trace.steps.iter().enumerate().map(earlier).sum();
        assert_eq!(found.arrows, arrows, "{}", trace.test);
    }
}

/// Each of these was written once, or could be, and some reader would refuse it or show something else.
#[test]
fn what_some_reader_does_not_take_is_noticed() {
    let mut trace = cases::kinds().swap_remove(0);
    let last = trace.steps.len() - 1;
    trace.steps[last].after = vec![0];
    let whole = rendered(&trace);
    assert!(read(&whole).is_ok_and(|found| found.arrows > 0), "{:?}", read(&whole));
    let faults = [
        (r#"{"traceEvents":"#, r#"{"otherData":{},"traceEvents":"#, "the events come first"),
        (r#"],"otherData""#, r#"],"displayTimeUnit":"ns","otherData""#, "no unit of time"),
        (r#""dur":10"#, r#""dur":0"#, "dur of X is not Counted"),
        (r#""dur":10,"name":"lock b""#, r#""dur":11,"name":"lock b""#, "slices overlap"),
        (r#""ts":5}"#, r#""ts":0.5}"#, "ts of s is not Whole"),
        (r#""tid":1"#, r#""tid":0"#, "tid of M is not Counted"),
        (r#""bp":"e","#, "", "s without bp"),
        (r#""ph":"f""#, r#""ph":"t""#, "\"t\" is no phase"),
        (
            r#""cat":"order","id":1,"name":"happens before","ph":"f""#,
            r#""cat":"x","id":1,"name":"happens before","ph":"f""#,
            "called differently",
        ),
        (r#""name":"thread_name""#, r#""name":"thread_title""#, "have names"),
        (r#""name":"spawn"#, "\"name\":\"\\u007fspawn", "name of X is not Text"),
    ];
    for (old, new, why) in faults {
        assert!(whole.contains(old), "{old} is not in {whole}");
        let error = read(&whole.replacen(old, new, 1)).expect_err(why);
        assert!(error.contains(why), "{error}, and not {why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_in_a_trace_is_read(trace in arbitrary::traces()) {
        let found = read(&rendered(&trace));
        prop_assert_eq!(found.map(|found| found.slices), Ok(trace.steps.len()));
    }
}
