//! A trace in the Trace Event Format, which Perfetto and chrome://tracing open: a track for each thread.
//!
//! There is no time in an execution, so each step takes ten microseconds at its place in the order. What happens
//! before what is a flow from step to step.
//!
//! The format leaves more open than its readers take; what is written is what all of them do (`tests/chrome.rs` has the rules):
//! the events come first, as readers of streams stop at what they do not know before; times are whole numbers; a
//! thread has the number 1 and more, as that with 0 is the idle one of the system, and main has the number of the process, which marks
//! it as its main thread; control characters are replaced, which a reader refuses even where JSON allows them.

use serde_json::{Value, json};

use crate::labels::thread_label;
use crate::text::Style;
use crate::trace::{Site, Trace};

/// The one process.
const PROCESS: u32 = 1;

/// How many microseconds a step takes; a flow is in its middle.
const STEP: usize = 10;

/// The document (<https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>).
pub(super) fn render(trace: &Trace, _: Style<'_>) -> String {
    let mut events = vec![name("process_name", 0, &trace.test)];
    let mut threads: Vec<u32> = trace.threads.iter().map(|thread| thread.id).collect();
    threads.extend(trace.steps.iter().map(|step| step.thread));
    threads.sort_unstable();
    threads.dedup();
    events.extend(threads.iter().map(|&id| name("thread_name", id, &thread_label(trace, id))));
    let mut flows = 0;
    for (i, step) in trace.steps.iter().enumerate() {
        let place = step.site.as_ref().map(Site::to_string);
        let more = [("site", place), ("stale", step.stale.clone()), ("state", step.state.clone())];
        let mut about = serde_json::Map::new();
        about.insert("step".to_owned(), json!(i + 1));
        about.insert("preemption".to_owned(), json!(step.preemption));
        let given = more
            .into_iter()
            .filter_map(|(key, text)| Some((key.to_owned(), json!(printable(&text?)))));
        about.extend(given);
        events.push(json!({
            "name": printable(&step.text), "cat": "step", "ph": "X", "ts": i * STEP, "dur": STEP,
            "pid": PROCESS, "tid": number(step.thread), "args": about,
        }));
        for &from in &step.after {
            let Some(before) = trace.steps[..i].get(from as usize) else { continue };
            flows += 1;
            events.push(flow("s", flows, from as usize, before.thread));
            events.push(flow("f", flows, i, step.thread));
        }
    }
    let about = [
        ("test", trace.test.as_str()),
        ("verdict", trace.verdict.kind.name()),
        ("message", &trace.verdict.message),
    ];
    let about: serde_json::Map<_, _> =
        about.into_iter().map(|(key, text)| (key.to_owned(), json!(printable(text)))).collect();
    format!("{{\"traceEvents\":{},\"otherData\":{}}}\n", json!(events), json!(about))
}

/// The number of a thread: 0 is taken.
fn number(thread: u32) -> u64 {
    u64::from(thread) + 1
}

/// The text in one line, without what only looks like a part of it.
fn printable(text: &str) -> String {
    let printable = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(printable).collect()
}

/// Metadata: what a process or a thread is called.
fn name(what: &str, thread: u32, name: &str) -> Value {
    let args = json!({ "name": printable(name) });
    json!({ "name": what, "ph": "M", "pid": PROCESS, "tid": number(thread), "args": args })
}

/// One end of an arrow, in the middle of the step that it belongs to.
fn flow(phase: &str, id: u32, step: usize, thread: u32) -> Value {
    json!({
        "name": "happens before", "cat": "order", "ph": phase, "id": id, "ts": step * STEP + STEP / 2,
        "pid": PROCESS, "tid": number(thread), "bp": "e",
    })
}
