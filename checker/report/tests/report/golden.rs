//! Reports as people see them, compared with files that people have read.
//!
//! `RADDLE_BLESS=1 cargo test -p raddle-report --test report` writes the files anew; read the difference
//! before it is committed.

use std::path::PathBuf;

use crate::cases;
use raddle_report::text::{Style, render};
use raddle_report::trace::{Kind, Site, Trace, TraceError};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("golden")
}

/// Compares a text with the file of that name in `tests`, or writes the file.
pub fn compare(name: &str, text: &str) -> Result<(), String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("RADDLE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, text).unwrap_or_else(|e| panic!("failed to write {name}: {e}"));
        return Ok(());
    }
    let expected = std::fs::read_to_string(&file)
        .map_err(|e| format!("failed to read {name}: {e}; RADDLE_BLESS=1 writes it"))?;
    if expected == text {
        return Ok(());
    }
    Err(format!("{name} differs; RADDLE_BLESS=1 writes it anew. It is:\n{text}"))
}

fn style(width: usize) -> Style<'static> {
    Style { sources: &cases::source, ..Style::plain(width) }
}

#[test]
fn reports_are_as_they_were_read() {
    let mut reports = reports_of_kinds();
    reports.extend(unusual_reports());
    let different = reports
        .iter()
        .filter_map(|(name, text)| compare(&format!("golden/{name}.txt"), text).err());
    let different: Vec<String> = different.collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    let files = std::fs::read_dir(folder()).expect("the folder of golden files exists");
    assert_eq!(files.count(), reports.len(), "a file is left over from an earlier test");
}

fn reports_of_kinds() -> Vec<(String, String)> {
    let cases = cases::kinds();
    let kinds: Vec<Kind> = cases.iter().map(|trace| trace.verdict.kind).collect();
    assert_eq!(kinds, Kind::ALL);
    let both = cases.iter().flat_map(|trace| {
        let name = trace.verdict.kind.name();
        [80, 120].map(|width| (format!("{name}-{width}"), render(trace, style(width))))
    });
    both.collect()
}

fn unusual_reports() -> Vec<(String, String)> {
    let report = |name: &str, trace: &Trace, style| (name.to_owned(), render(trace, style));
    let full = Style { full: true, ..style(80) };
    let color = Style { color: true, ..style(80) };
    let race = cases::data_race();
    vec![
        report("spin", &cases::spin(), style(80)),
        report("long", &cases::long(), style(80)),
        report("many-threads", &cases::many_threads(), style(80)),
        report("wide-cells", &cases::wide_cells(), style(80)),
        report("same-line", &cases::same_line(), style(80)),
        report("two-files", &cases::two_files(), style(80)),
        report("no-source", &race, Style::plain(80)),
        report("color", &race, color),
        report("causal", &cases::causal(), style(80)),
        report("causal-full", &cases::causal(), full),
        report("long-line", &cases::long_line(), style(80)),
        report("narrow", &race, style(1)),
        report("bare", &cases::bare(), style(80)),
        report("hostile", &cases::hostile(), style(80)),
    ]
}

#[test]
fn lines_are_as_wide_as_asked() {
    // Only paths and the command may need more.
    for width in [60, 80, 100, 120] {
        for trace in cases::kinds().iter().chain(&[
            cases::spin(),
            cases::many_threads(),
            cases::wide_cells(),
        ]) {
            let report = render(trace, style(width));
            let last = report.lines().count() - 1;
            for (i, line) in report.lines().enumerate() {
                assert!(i == last || line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn the_last_line_is_the_command_and_nothing_steers_the_terminal() {
    let mut traces = cases::kinds();
    traces.extend([cases::spin(), cases::long(), cases::bare(), cases::hostile()]);
    for trace in traces {
        for width in [0, 40, 80, 1000] {
            let report = render(&trace, style(width));
            assert!(report.lines().last().is_some_and(|line| line.starts_with("replay: ")));
            assert!(report.ends_with('\n') && !report.ends_with("\n\n"));
            assert!(report.chars().all(|c| c == '\n' || !c.is_control()), "{report:?}");
            assert!(report.lines().all(|line| line == line.trim_end()), "{report:?}");
            assert_eq!(report, render(&trace, style(width)));
        }
    }
}

#[test]
fn colour_adds_colour_alone() {
    for trace in cases::kinds().iter().chain(&[cases::spin(), cases::hostile()]) {
        let colored = render(trace, Style { color: true, ..style(80) });
        let mut plain = String::new();
        for (i, part) in colored.split('\u{1b}').enumerate() {
            let rest = part.split_once('m').map_or(part, |(_, rest)| rest);
            plain.push_str(if i == 0 { part } else { rest });
        }
        assert_eq!(plain, render(trace, style(80)));
    }
}

#[test]
fn every_live_thread_and_every_participant_is_named() {
    for trace in cases::kinds() {
        for style in [style(80), Style::plain(80)] {
            let report = render(&trace, style);
            let joined = report.split_whitespace().collect::<Vec<_>>().join(" ");
            for (i, part) in trace.verdict.parts.iter().enumerate() {
                let numbered = format!("({}) {}", i + 1, part.text);
                assert!(joined.contains(&numbered), "{numbered} is not in\n{report}");
            }
            for thread in trace.threads.iter().filter(|_| trace.threads.len() > 1) {
                let named = if thread.id == 0 { "main".into() } else { format!("t{}", thread.id) };
                let section = report.split("threads:\n").nth(1).unwrap_or_default();
                let section = section.split("\n\n").next().unwrap_or_default();
                let names = section.split_whitespace().any(|word| word == named);
                assert!(names, "{named} is not among the threads of\n{report}");
            }
        }
    }
}

#[test]
fn traces_come_back_from_json() {
    for trace in cases::kinds() {
        let json = trace.to_json();
        assert!(!json.contains('\n'));
        let kind = format!("\"kind\":\"{}\"", trace.verdict.kind.name());
        assert!(json.contains(&kind), "{kind} is not in {json}");
        assert_eq!(Trace::from_json(&json), Ok(trace));
    }
    let minimal = r#"{"version":1,"test":"t","extra":1,
        "verdict":{"kind":"data-race","message":"m"},
        "threads":[{"id":0,"state":"ended"},{"id":1,"state":{"waiting":{"what":"to lock"}}}],
        "steps":[{"thread":0,"text":"s"}],
        "search":{"strategy":"random","execution":3,"model":"sc"}}"#;
    let trace = Trace::from_json(minimal).expect("what is left out has a default");
    assert!(trace.steps[0].causal && trace.verdict.kind == Kind::DataRace);
}

#[test]
fn what_is_not_a_trace_is_refused_with_a_sentence() {
    let sentence = |text: &str| Trace::from_json(text).expect_err("it is no trace").to_string();
    assert!(sentence("").contains("not a trace, or a damaged one"));
    assert!(sentence("{\"version\":1,\"test\":\"t\"}").contains("missing field `verdict`"));
    assert!(sentence("{\"test\":\"t\"}").contains("no number `version`"));
    let newer = sentence("{\"version\":2,\"everything\":\"else\"}");
    assert!(newer.contains("of version 2") && newer.contains("reads version 1 only"), "{newer}");
    assert_eq!(Trace::from_json("{\"version\":7}"), Err(TraceError::Version { found: 7 }));
    let json = cases::bare().to_json();
    for end in 0..json.len() {
        assert!(Trace::from_json(&json[..end]).is_err());
    }
}

#[test]
fn places_are_those_of_the_compiler() {
    let here = std::panic::Location::caller();
    let site = Site::from(here);
    assert_eq!(site.to_string(), here.to_string());
    assert_eq!(Site::new("a.rs", 3, 0).to_string(), "a.rs:3");
}
