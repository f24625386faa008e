//! A trace in the Trace Event Format, which Perfetto and chrome://tracing open: a track for each thread.
//!
//! There is no time in an execution, so each step takes a microsecond at its place in the order. What happens
//! before what is a flow from step to step.

use serde_json::{Value, json};

use crate::labels::thread_label;
use crate::text::Style;
use crate::trace::{Site, Trace};

/// The one process.
const PROCESS: u32 = 1;

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
        let given = more.into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text?))));
        about.extend(given);
        events.push(json!({
            "name": step.text, "cat": "step", "ph": "X", "ts": i, "dur": 1,
            "pid": PROCESS, "tid": step.thread, "args": about,
        }));
        for &from in &step.after {
            let Some(before) = trace.steps.get(from as usize) else { continue };
            flows += 1;
            events.push(flow("s", flows, from as usize, before.thread));
            events.push(flow("f", flows, i, step.thread));
        }
    }
    let about = json!({ "test": trace.test, "verdict": trace.verdict.kind.name(), "message": trace.verdict.message });
    let document = json!({ "traceEvents": events, "displayTimeUnit": "ns", "otherData": about });
    format!("{document}\n")
}

/// Metadata: what a process or a thread is called.
fn name(what: &str, thread: u32, name: &str) -> Value {
    json!({ "name": what, "ph": "M", "pid": PROCESS, "tid": thread, "args": { "name": name } })
}

/// One end of an arrow, in the middle of the step that it belongs to.
fn flow(phase: &str, id: u32, step: usize, thread: u32) -> Value {
    json!({
        "name": "happens before", "cat": "order", "ph": phase, "id": id, "ts": step as f64 + 0.5,
        "pid": PROCESS, "tid": thread, "bp": "e",
    })
}
