//! Two executions beside each other, where they first differ.

use super::layout::clean_line;
use super::{place, thread_label};
use crate::trace::{Step, Trace};
use crate::wording;

/// Where the steps of two executions of one test first differ, with what each did there; none if one did what
/// the other did and neither went on. Places are shown but not compared, as an edit moves them.
pub fn difference(then: &Trace, now: &Trace) -> Option<String> {
    let length = then.steps.len().max(now.steps.len());
    let same = |i: &usize| match (then.steps.get(*i), now.steps.get(*i)) {
        (Some(one), Some(other)) => (one.thread, &one.text) == (other.thread, &other.text),
        _ => false,
    };
    let first = (0..length).find(|i| !same(i))?;
    let told = |trace: &Trace| match trace.steps.get(first) {
        Some(step) => told(trace, step),
        None => wording::NOTHING_MORE.to_owned(),
    };
    Some(wording::difference(first + 1, &told(then), &told(now)))
}

fn told(trace: &Trace, step: &Step) -> String {
    let what = format!("{}: {}", thread_label(trace, step.thread), clean_line(&step.text));
    match &step.site {
        Some(site) => format!("{what}, {}", place(site)),
        None => what,
    }
}
