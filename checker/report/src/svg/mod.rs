//! A trace as one picture: a lane for each thread, time downwards, for pages and slides.
//!
//! It is a file of SVG 1.1 that loads nothing and follows the reader's choice of light or dark.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::text::layout::{clean, clean_line, width, wrap};
use crate::text::{place, thread_label};
use crate::trace::{Step, ThreadState, Trace};
use crate::wording;

/// So many steps are shown from the beginning and from the end of a longer execution.
const END: usize = 300;
/// The height of a step.
const ROW: usize = 22;
/// The width of a character of the font, about; every text is set in one where all are alike.
const LETTER: usize = 7;
/// The left edge of the first lane.
const LEFT: usize = 64;
/// No lane is narrower or wider.
const LANE: (usize, usize) = (120, 420);
/// Characters of the heading in a line, at least.
const HEADING: usize = 60;

const STYLE: &str = "\
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1c1e21}\
.ground{fill:#fff}.kind{font-weight:bold;fill:#b3261e}.head{font-weight:bold}.dim{fill:#6b7280}\
.lane{stroke:#c8ccd2;stroke-width:2}.way{stroke:#9aa1ab;fill:none}\
.forced{stroke:#b3261e;stroke-dasharray:4 3;fill:none}.step{fill:#2f6fde}.old{fill:#d97706}.end{fill:#b3261e}\
@media(prefers-color-scheme:dark){text{fill:#e6e8eb}.ground{fill:#16181c}.kind,.end{fill:#ff8a80}.dim{fill:#9aa1ab}\
.lane{stroke:#3a3f47}.way{stroke:#6b7280}.forced{stroke:#ff8a80}.step{fill:#7aa7ff}.old{fill:#fbbf24}}";

/// A row of the picture.
#[derive(Clone, Copy)]
enum Row<'a> {
    /// A step and its number.
    Step(usize, &'a Step),
    /// So many steps are left out.
    Gap(usize),
}

/// The picture of an execution. Of more than 600 steps the middle is left out.
///
/// A dot is a step, in the column of its thread, below those that came before. The line between dots shows who
/// runs; it is dashed where the thread before could have gone on (a preemption). An orange dot is a read of an
/// old value, a red one the last step of a thread that panicked or waits for ever. Pointing at a step shows
/// its whole text. Equal traces give equal pictures; what the program wrote cannot become markup.
///
/// ```
/// use raddle_report::svg::render;
/// use raddle_report::trace::{Kind, Search, Step, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: a < b");
/// let mut trace = Trace::new("bank::tests::transfer", verdict, Search::default());
/// trace.steps.push(Step::new(0, "load a -> 1 (relaxed)"));
/// let picture = render(&trace);
/// assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
/// assert!(picture.contains("assertion failed: a &lt; b"));
/// ```
pub fn render(trace: &Trace) -> String {
    let rows = rows(&trace.steps);
    let lanes = Lanes::of(trace, &rows);
    let heading = heading(trace, lanes.right() / LETTER);
    let top = 20 + 16 * heading.len() + 28;
    let height = top + ROW * rows.len() + 36;
    let mut picture = Picture { text: String::new(), lanes, trace, top };
    picture.open(height, &heading);
    picture.lanes(rows.len());
    picture.ways(&rows);
    for (i, row) in rows.iter().enumerate() {
        picture.row(i, *row);
    }
    let command = match &trace.token {
        _ if !trace.replay.trim().is_empty() => clean_line(&trace.replay),
        Some(token) => wording::replay_command(&clean_line(token)),
        None => wording::NO_REPLAY.to_owned(),
    };
    picture.label((16, height - 12), "dim", &command, None);
    picture.text.push_str("</svg>\n");
    picture.text
}

fn rows(steps: &[Step]) -> Vec<Row<'_>> {
    let row = |(i, step)| Row::Step(i + 1, step);
    let all = steps.iter().enumerate();
    if steps.len() <= 2 * END {
        return all.map(row).collect();
    }
    let left_out = steps.len() - 2 * END;
    let gap = std::iter::once(Row::Gap(left_out));
    all.clone().take(END).map(row).chain(gap).chain(all.skip(END + left_out).map(row)).collect()
}

/// The class and the message, in lines.
fn heading(trace: &Trace, columns: usize) -> Vec<String> {
    let text = format!("{}: {}", trace.verdict.kind.name(), clean(&trace.verdict.message));
    wrap(text.trim_end(), columns.max(HEADING))
}

/// Where the lanes are.
struct Lanes {
    /// For each thread its place among them.
    places: BTreeMap<u32, usize>,
    width: usize,
    /// The characters of the longest place in the source.
    sites: usize,
}

impl Lanes {
    fn of(trace: &Trace, rows: &[Row<'_>]) -> Lanes {
        let listed = trace.threads.iter().map(|thread| thread.id);
        let mut ids: Vec<u32> = listed.chain(trace.steps.iter().map(|step| step.thread)).collect();
        ids.sort_unstable();
        ids.dedup();
        let shown = || {
            rows.iter().filter_map(|row| match row {
                Row::Step(_, step) => Some(*step),
                Row::Gap(_) => None,
            })
        };
        let longest = shown().map(|step| width(&clean_line(&step.text))).max().unwrap_or(0);
        let sites = shown().filter_map(|step| step.site.as_ref().map(|site| width(&place(site))));
        Lanes {
            places: ids.into_iter().enumerate().map(|(i, id)| (id, i)).collect(),
            width: (longest * LETTER + 32).clamp(LANE.0, LANE.1),
            sites: sites.max().unwrap_or(0),
        }
    }

    /// The middle of the dots of a thread.
    fn x(&self, thread: u32) -> usize {
        LEFT + 8 + self.places.get(&thread).copied().unwrap_or(0) * self.width
    }

    /// Where the places in the source begin.
    fn right(&self) -> usize {
        LEFT + self.places.len().max(1) * self.width
    }
}

/// A picture that is being drawn.
struct Picture<'a> {
    text: String,
    lanes: Lanes,
    trace: &'a Trace,
    top: usize,
}

impl Picture<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a string takes everything");
        self.text.push('\n');
    }

    fn open(&mut self, height: usize, heading: &[String]) {
        let longest = heading.iter().map(|line| width(line)).max().unwrap_or(0) * LETTER + 32;
        let wide = (self.lanes.right() + self.lanes.sites * LETTER + 24).max(longest);
        let title = escape(&clean_line(&self.trace.test));
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {height}\" width=\"{wide}\" \
             height=\"{height}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{wide}\" height=\"{height}\"/>"
        ));
        for (i, line) in heading.iter().enumerate() {
            self.label((16, 24 + 16 * i), "kind", line, None);
        }
    }

    /// Text that begins at a place; `whole` is what pointing at it shows.
    fn label(&mut self, (x, y): (usize, usize), class: &str, text: &str, whole: Option<&str>) {
        let text = escape(text);
        let whole = whole.map(|whole| format!("<title>{}</title>", escape(whole)));
        let whole = whole.unwrap_or_default();
        self.put(format_args!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}{whole}</text>"));
    }

    fn y(&self, row: usize) -> usize {
        self.top + ROW * row + ROW / 2
    }

    fn lanes(&mut self, rows: usize) {
        let (top, bottom) = (self.top, self.y(rows));
        let room = self.lanes.width.saturating_sub(16) / LETTER;
        for thread in self.lanes.places.keys().copied().collect::<Vec<_>>() {
            let (x, name) = (self.lanes.x(thread), thread_label(self.trace, thread));
            self.put(format_args!(
                "<line class=\"lane\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>"
            ));
            self.label((x - 4, top - 8), "head", &cut(&name, room), Some(&name));
        }
    }

    /// Who runs, from step to step.
    fn ways(&mut self, rows: &[Row<'_>]) {
        for (i, pair) in rows.windows(2).enumerate() {
            let [Row::Step(_, from), Row::Step(_, to)] = pair else { continue };
            if from.thread == to.thread {
                continue;
            }
            let class = if to.preemption { "forced" } else { "way" };
            let (x1, x2) = (self.lanes.x(from.thread), self.lanes.x(to.thread));
            let (y1, y2) = (self.y(i), self.y(i + 1));
            // Between the rows, so that it crosses no text.
            let middle = (y1 + y2) / 2;
            let way = format!("M{x1} {y1}V{middle}H{x2}V{y2}");
            self.put(format_args!("<path class=\"{class}\" d=\"{way}\"/>"));
        }
    }

    fn row(&mut self, row: usize, what: Row<'_>) {
        let y = self.y(row);
        let (number, step) = match what {
            Row::Gap(steps) => {
                self.label((LEFT, y + 4), "dim", &wording::left_out(steps), None);
                return;
            }
            Row::Step(number, step) => (number, step),
        };
        let x = self.lanes.x(step.thread);
        let class = match () {
            () if self.ends_badly(number, step) => "end",
            () if step.stale.is_some() => "old",
            () => "step",
        };
        self.label((16, y + 4), "dim", &number.to_string(), None);
        self.put(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>"));
        let text = clean_line(&step.text);
        let whole = match &step.stale {
            Some(stale) => format!("{text}; {}", clean_line(stale)),
            None => text.clone(),
        };
        let room = self.lanes.width.saturating_sub(24) / LETTER;
        self.label((x + 12, y + 4), "", &cut(&text, room), Some(&whole));
        if let Some(site) = &step.site {
            self.label((self.lanes.right(), y + 4), "dim", &place(site), None);
        }
    }

    /// Whether it is the last step of a thread that could not end.
    fn ends_badly(&self, number: usize, step: &Step) -> bool {
        let state = self.trace.thread(step.thread).map(|thread| &thread.state);
        let stuck = matches!(state, Some(ThreadState::Panicked(_) | ThreadState::Waiting { .. }));
        stuck && self.trace.steps[number..].iter().all(|later| later.thread != step.thread)
    }
}

/// The text, or its beginning if it is longer than that many columns.
fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        if width(&cut) + 2 > columns {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// Text as XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
