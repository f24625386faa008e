//! The lanes of a trace as a picture: who did what in which order, who waited, and what happens before what.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::labels::thread_label;
use crate::markup::escape;
use crate::text::Style;
use crate::text::layout::{clean_line, width};
use crate::trace::{Step, Trace};
use crate::wording;

/// The height of a step.
const ROW: usize = 24;
/// The space above the first step, for the names of the threads.
const HEAD: usize = 58;
/// The place of the first lane.
const LEFT: usize = 56;
/// The width of a character.
const CHARACTER: usize = 8;
/// A lane is at least that wide.
const LANE_MIN: usize = 60;
/// The number of colours.
const HUES: usize = 6;

const STYLE: &str = "\
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1d2128}\
.g{fill:#fff}.q{fill:#5d6673}.b{font-weight:700}.w{stroke:#b3261e;stroke-width:9;opacity:.3}\
.l{stroke-width:2;opacity:.5}.o{fill:none;stroke:#5d6673;stroke-width:1.2;opacity:.8}\
.s{fill:none;stroke:#b3261e;stroke-width:1.5}.p{stroke:#8f4e00;stroke-width:1.6}\
.h0{fill:#1b5fc1;stroke:#1b5fc1}.h1{fill:#b0420f;stroke:#b0420f}.h2{fill:#1a7446;stroke:#1a7446}\
.h3{fill:#8430b8;stroke:#8430b8}.h4{fill:#9a6100;stroke:#9a6100}.h5{fill:#00727c;stroke:#00727c}\
text.b{stroke:none}\
@media(prefers-color-scheme:dark){text{fill:#e4e7ec}.g{fill:#1c2027}.q{fill:#98a2b0}.o{stroke:#98a2b0}\
.s,.w{stroke:#ff8a80}.p{stroke:#ffb95c}.h0{fill:#7fb2ff;stroke:#7fb2ff}.h1{fill:#ff9d6b;stroke:#ff9d6b}\
.h2{fill:#6fd09a;stroke:#6fd09a}.h3{fill:#cf9bf5;stroke:#cf9bf5}.h4{fill:#e6b85c;stroke:#e6b85c}\
.h5{fill:#5fd0da;stroke:#5fd0da}}";

/// The picture as an SVG document of its own, which loads nothing and follows the colours of the system.
///
/// Steps that nothing depends on are left out unless the style is [`full`](Style::full). An arrow leads to a step
/// from the latest steps of other threads that happen before it; a red band means that a thread could not go on.
/// Equal arguments give equal pictures.
///
/// ```
/// use raddle_report::svg::render;
/// use raddle_report::text::Style;
/// use raddle_report::trace::{Kind, Search, Step, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: paid");
/// let mut trace = Trace::new("bank::tests::transfer", verdict, Search::default());
/// trace.steps.push(Step::new(0, "lock a"));
/// let picture = render(&trace, Style::plain(80));
/// assert!(picture.starts_with("<svg ") && picture.contains("lock a"));
/// ```
pub fn render(trace: &Trace, style: Style<'_>) -> String {
    let shown: Vec<usize> =
        (0..trace.steps.len()).filter(|&i| style.full || trace.steps[i].causal).collect();
    let mut picture = Picture { trace, lanes: lanes(trace), rows: rows(trace, &shown), shown };
    picture.widen();
    picture.draw()
}

/// A lane: its place and how much it needs.
struct Lane {
    id: u32,
    label: String,
    x: usize,
}

struct Picture<'a> {
    trace: &'a Trace,
    lanes: Vec<Lane>,
    /// By step, how many shown ones come before it.
    rows: Vec<usize>,
    shown: Vec<usize>,
}

fn lanes(trace: &Trace) -> Vec<Lane> {
    let listed = trace.threads.iter().map(|thread| thread.id);
    let mut ids: Vec<u32> = listed.chain(trace.steps.iter().map(|step| step.thread)).collect();
    ids.sort_unstable();
    ids.dedup();
    let lane = |id| Lane { id, label: thread_label(trace, id), x: 0 };
    ids.into_iter().map(lane).collect()
}

fn rows(trace: &Trace, shown: &[usize]) -> Vec<usize> {
    (0..trace.steps.len()).map(|i| shown.partition_point(|&other| other < i)).collect()
}

impl Picture<'_> {
    /// Gives each lane its place: texts may reach into the next lane, names may not.
    fn widen(&mut self) {
        let mut x = LEFT;
        for lane in &mut self.lanes {
            lane.x = x;
            x += LANE_MIN.max((width(&lane.label) + 2) * CHARACTER);
        }
    }

    fn draw(&self) -> String {
        let title = clean_line(&self.trace.verdict.message);
        let kind = self.trace.verdict.kind.name();
        let widest = self.shown.iter().map(|&i| {
            let step = &self.trace.steps[i];
            self.x(step.thread) + (width(&told(step)) + 3) * CHARACTER
        });
        let names = self.lanes.iter().map(|lane| lane.x + (width(&lane.label) + 2) * CHARACTER);
        let heading = 16 + (width(&title) + kind.len() + 3) * CHARACTER;
        let across = widest.chain(names).max().unwrap_or(0).max(heading.min(1200));
        let down = HEAD + self.shown.len() * ROW + 12;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{across}\" height=\"{down}\" \
             viewBox=\"0 0 {across} {down}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
             <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path class=\"q\" d=\"M0 0L8 4 0 8z\"/></marker></defs>\n\
             <rect class=\"g\" width=\"100%\" height=\"100%\"/>\n\
             <text class=\"b\" x=\"12\" y=\"20\">{kind}: {}</text>\n",
            escape(&title),
            escape(&title)
        );
        self.draw_lanes(&mut svg);
        for &i in &self.shown {
            self.draw_arrows(&mut svg, i);
        }
        for &i in &self.shown {
            self.draw_step(&mut svg, i);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Names, and lines from the first step of a thread to its last.
    fn draw_lanes(&self, svg: &mut String) {
        let mut spans: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for &i in &self.shown {
            let row = self.rows[i];
            let span = spans.entry(self.trace.steps[i].thread).or_insert((row, row));
            span.1 = row;
        }
        for lane in &self.lanes {
            let (x, hue) = (lane.x, self.hue(lane.id));
            let label = escape(&lane.label);
            _ = writeln!(svg, "<text class=\"b h{hue}\" x=\"{}\" y=\"44\">{label}</text>", x - 5);
            if let Some(&(first, last)) = spans.get(&lane.id) {
                let (top, bottom) = (y(first), y(last));
                _ = writeln!(svg, "<path class=\"l h{hue}\" d=\"M{x} {top}V{bottom}\"/>");
            }
        }
    }

    fn draw_arrows(&self, svg: &mut String, i: usize) {
        let step = &self.trace.steps[i];
        let (x, here) = (self.x(step.thread), y(self.rows[i]));
        if let Some(waited) = step.waited {
            let since = self.shown.partition_point(|&other| other < waited as usize);
            let top = HEAD + since * ROW;
            _ = writeln!(svg, "<path class=\"w\" d=\"M{x} {}V{here}\"/>", top.min(here));
        }
        for &from in step.after.iter().filter(|&&from| (from as usize) < i) {
            let before = &self.trace.steps[from as usize];
            if before.thread == step.thread || self.shown.binary_search(&(from as usize)).is_err() {
                continue;
            }
            let (x1, y1) = (self.x(before.thread), y(self.rows[from as usize]));
            let x2 = if x1 < x { x - 5 } else { x + 5 };
            let middle = (y1 + here) / 2;
            _ = writeln!(
                svg,
                "<path class=\"o\" marker-end=\"url(#a)\" d=\"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {here}\"/>"
            );
        }
    }

    fn draw_step(&self, svg: &mut String, i: usize) {
        let step = &self.trace.steps[i];
        let (x, y, hue) = (self.x(step.thread), y(self.rows[i]), self.hue(step.thread));
        _ = write!(svg, "<text class=\"q\" x=\"8\" y=\"{}\">{}</text>", y + 4, i + 1);
        _ = write!(svg, "<circle class=\"h{hue}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
        if step.stale.is_some() {
            _ = write!(svg, "<circle class=\"s\" cx=\"{x}\" cy=\"{y}\" r=\"7\"/>");
        }
        if step.preemption {
            _ = write!(svg, "<path class=\"p\" d=\"M{} {}h14\"/>", x - 7, y - ROW / 2);
        }
        let text = escape(&told(step));
        _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{text}</text>", x + 12, y + 4);
    }

    fn lane(&self, thread: u32) -> usize {
        self.lanes.partition_point(|lane| lane.id < thread)
    }

    fn x(&self, thread: u32) -> usize {
        self.lanes.get(self.lane(thread)).map_or(LEFT, |lane| lane.x)
    }

    fn hue(&self, thread: u32) -> usize {
        self.lane(thread) % HUES
    }
}

/// What a step did, and what is special about it.
fn told(step: &Step) -> String {
    let mut text = clean_line(&step.text);
    if step.preemption {
        text.push_str(wording::PREEMPTION_MARK);
    }
    if step.stale.is_some() {
        text.push_str(wording::STALE_MARK);
    }
    text
}

/// The middle of a row.
fn y(row: usize) -> usize {
    HEAD + row * ROW + ROW / 2
}
