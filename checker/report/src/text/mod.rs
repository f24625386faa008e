//! A trace as text for people: what went wrong, where, who waits for what, and how it came to it.

mod excerpt;
mod fold;
pub(crate) mod layout;
mod schedule;

use crate::labels::{self, object_label, place, thread_label};
use crate::trace::{ThreadState, Trace};
use crate::wording;

use layout::{Painter, Tone, clean, clean_line, hang, pad, width, wrap};

/// What stands before the lines of a section.
const INDENT: &str = "  ";
/// Narrower than this nothing is laid out.
const NARROWEST: usize = 40;

/// A longer name has a line of its own in a list.
const LABEL_MAX: usize = 24;

/// How a report looks.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    /// How many columns a line may have; at least 40 are used. File names and commands are never cut and
    /// may make a line longer.
    pub width: usize,
    /// Whether it is coloured by ANSI escapes.
    pub color: bool,
    /// Whether every step is shown: without it, repetitions fold, a schedule of more than 60 rows loses
    /// its middle, and steps that nothing depends on are left out.
    pub full: bool,
    /// What the user does to get `full`, as it fits behind a colon.
    pub full_hint: &'a str,
    /// The text of a source file, by its name in a [`Site`]; without it there is no excerpt.
    pub sources: &'a dyn Fn(&str) -> Option<String>,
}

impl Style<'static> {
    /// Without colour, excerpts and `full`.
    pub const fn plain(width: usize) -> Style<'static> {
        let full_hint = wording::FULL_HINT;
        Style { width, color: false, full: false, full_hint, sources: &|_| None }
    }
}

/// The report of an execution. It ends with a line break; its last line is the command that runs the
/// execution again.
///
/// Equal arguments give equal texts. Control characters in what the program wrote are made visible.
///
/// ```
/// use raddle_report::text::{Style, render};
/// use raddle_report::trace::{Kind, Search, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: paid");
/// let mut trace = Trace::new("bank::tests::transfer", verdict, Search::default());
/// trace.token = Some("rd1-04m9h-hme52".to_owned());
/// let report = render(&trace, Style::plain(80));
/// assert!(report.starts_with("error[panic]: assertion failed: paid\n"));
/// assert!(report.ends_with("replay: cargo raddle replay rd1-04m9h-hme52\n"));
/// ```
pub fn render(trace: &Trace, style: Style<'_>) -> String {
    let style = Style { width: style.width.max(NARROWEST), ..style };
    let mut report =
        Report { trace, style, painter: Painter { color: style.color }, lines: Vec::new() };
    report.heading();
    report.cause();
    report.threads();
    report.objects();
    report.schedule();
    report.notes();
    report.replay();
    let mut text = report.lines.join("\n");
    text.push('\n');
    text
}

/// A report that is being written.
struct Report<'a> {
    trace: &'a Trace,
    style: Style<'a>,
    painter: Painter,
    lines: Vec<String>,
}

impl Report<'_> {
    fn heading(&mut self) {
        let kind = self.trace.verdict.kind;
        let tag = format!("error[{}]", kind.name());
        let message = clean(&self.trace.verdict.message);
        let wrapped = wrap(&format!("{tag}: {}", message.trim_end()), self.style.width);
        for (i, line) in wrapped.iter().enumerate() {
            let line = match line.strip_prefix(&tag) {
                Some(rest) if i == 0 => {
                    let (error, rest) = (Tone::Error, self.painter.paint(Tone::Strong, rest));
                    format!("{}{rest}", self.painter.paint(error, &tag))
                }
                _ => self.painter.paint(Tone::Strong, line),
            };
            self.lines.push(line);
        }
    }

    /// Where it happened and what took part in it.
    fn cause(&mut self) {
        let verdict = &self.trace.verdict;
        let excerpt = excerpt::render(verdict, &self.style, self.painter);
        self.lines.extend(excerpt.lines);
        if excerpt.says_all || verdict.parts.is_empty() {
            return;
        }
        self.lines.push(String::new());
        for (i, part) in verdict.parts.iter().enumerate() {
            let text = clean_line(&part.text);
            let text = match &part.site {
                Some(site) => format!("{text}, {}", wording::at(&place(site))),
                None => text,
            };
            self.section(&format!("({}) ", i + 1), &text);
        }
    }

    fn threads(&mut self) {
        let trace = self.trace;
        let live = trace.threads.iter().filter(|thread| thread.state != ThreadState::Ended);
        let live: Vec<_> = live.map(|thread| (thread_label(trace, thread.id), thread)).collect();
        let ended = trace.threads.iter().filter(|thread| thread.state == ThreadState::Ended);
        let ended: Vec<String> = ended.map(|thread| thread_label(trace, thread.id)).collect();
        // One thread that did everything is told by the message alone.
        if trace.threads.len() < 2 && !live.iter().any(|(_, thread)| is_waiting(&thread.state)) {
            return;
        }
        self.title(wording::THREADS);
        let facts = live.into_iter().map(|(label, thread)| {
            let mut text = labels::state(trace, &thread.state);
            if let Some(site) = &thread.spawned {
                text.push_str(&format!("; {}", wording::spawned(&place(site))));
            }
            (label, text)
        });
        let facts = facts.collect();
        self.facts(facts);
        if !ended.is_empty() {
            self.section("", &wording::ended(&ended));
        }
    }

    /// Those objects that threads wait at or that took part.
    fn objects(&mut self) {
        let trace = self.trace;
        let waited = trace.threads.iter().filter_map(|thread| match &thread.state {
            ThreadState::Waiting { object, .. } => *object,
            _ => None,
        });
        let parts = trace.verdict.parts.iter().filter_map(|part| part.object);
        let named: Vec<u32> = waited.chain(parts).collect();
        let mut lines = Vec::new();
        for object in trace.objects.iter().filter(|object| named.contains(&object.id)) {
            let created = object.created.as_ref().map(|site| wording::created(&place(site)));
            let value = object.value.as_ref().map(|value| wording::value(&clean_line(value)));
            let facts: Vec<String> =
                [created, labels::held(trace, object), value].into_iter().flatten().collect();
            if !facts.is_empty() {
                lines.push((object_label(trace, object.id), facts.join(", ")));
            }
        }
        if lines.is_empty() {
            return;
        }
        self.title(wording::OBJECTS);
        self.facts(lines);
    }

    fn schedule(&mut self) {
        if !self.trace.steps.is_empty() {
            self.title(wording::SCHEDULE);
            self.lines.extend(schedule::render(self.trace, &self.style, self.painter));
        }
    }

    fn notes(&mut self) {
        let remarks = labels::remarks(self.trace);
        if !remarks.is_empty() {
            self.lines.push(String::new());
        }
        for (word, text) in remarks {
            self.remark(word, &text);
        }
    }

    fn replay(&mut self) {
        let command = labels::command(self.trace).unwrap_or(wording::NO_REPLAY.to_owned());
        self.lines.push(String::new());
        self.lines.push(format!("{} {command}", self.painter.paint(Tone::Strong, wording::REPLAY)));
    }

    fn title(&mut self, title: &str) {
        self.lines.push(String::new());
        self.lines.push(self.painter.paint(Tone::Strong, title));
    }

    /// What there is to say of each of several things, one below the other; long names have their own
    /// line.
    fn facts(&mut self, facts: Vec<(String, String)>) {
        let widths = facts.iter().map(|(label, _)| width(label));
        let column = widths.filter(|&w| w <= LABEL_MAX).max().unwrap_or(0);
        for (label, text) in facts {
            if width(&label) <= column {
                self.section(&format!("{}  ", pad(&label, column)), &text);
            } else {
                self.section("", &label);
                self.section(&" ".repeat(column + 2), &text);
            }
        }
    }

    fn section(&mut self, first: &str, text: &str) {
        self.lines.extend(hang(&format!("{INDENT}{first}"), text, self.style.width));
    }

    fn remark(&mut self, word: &str, text: &str) {
        let lines = hang(&format!("{word} "), text, self.style.width);
        for (i, line) in lines.into_iter().enumerate() {
            match line.strip_prefix(word) {
                Some(rest) if i == 0 => {
                    self.lines.push(format!("{}{rest}", self.painter.paint(Tone::Hint, word)));
                }
                _ => self.lines.push(line),
            }
        }
    }
}

fn is_waiting(state: &ThreadState) -> bool {
    matches!(state, ThreadState::Waiting { .. })
}
