//! A trace as a graph for Graphviz: a column of steps for each thread, and arrows for what orders them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::labels::thread_label;
use crate::text::Style;
use crate::trace::{Site, Step, Trace};

/// The graph in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).
pub(super) fn render(trace: &Trace, style: Style<'_>) -> String {
    let mut text = String::from("digraph execution {\n");
    let title = quoted(&format!("{}: {}", trace.verdict.kind.name(), trace.verdict.message));
    _ = writeln!(text, "  label={title}; labelloc=t; node [shape=box, fontname=monospace];");
    let shown = |step: &Step| style.full || step.causal;
    let mut threads: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, step) in trace.steps.iter().enumerate().filter(|(_, step)| shown(step)) {
        threads.entry(step.thread).or_default().push(i);
    }
    for (thread, steps) in &threads {
        let label = quoted(&thread_label(trace, *thread));
        _ = writeln!(text, "  subgraph cluster_{thread} {{\n    label={label};");
        for &i in steps {
            _ = writeln!(
                text,
                "    s{i} [label={}{}];",
                label_of(i, &trace.steps[i]),
                look(&trace.steps[i])
            );
        }
        let chain: Vec<String> = steps.iter().map(|i| format!("s{i}")).collect();
        if chain.len() > 1 {
            _ = writeln!(text, "    {};", chain.join(" -> "));
        }
        text.push_str("  }\n");
    }
    for (i, step) in trace.steps.iter().enumerate().filter(|(_, step)| shown(step)) {
        for &from in &step.after {
            if trace.steps.get(from as usize).is_some_and(shown) {
                _ = writeln!(text, "  s{from} -> s{i} [style=dashed, constraint=false];");
            }
        }
    }
    text.push_str("}\n");
    text
}

fn label_of(number: usize, step: &Step) -> String {
    let place = step.site.as_ref().map(Site::to_string).unwrap_or_default();
    quoted(&format!("{} {}\n{place}", number + 1, step.text))
}

fn look(step: &Step) -> &'static str {
    match (&step.stale, step.preemption) {
        (Some(_), _) => ", color=red",
        (None, true) => ", color=orange",
        (None, false) => "",
    }
}

/// A text as a quoted identifier: only quotation marks, backslashes and line breaks mean something in it.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{text}\"")
}
