//! The schedule: a column for each thread, or a list if the threads are too many for the width.

use std::collections::{BTreeMap, BTreeSet};

use super::Style;
use super::fold::{self, Row};
use super::layout::{Painter, Tone, clean_line, hang, pad, width, wrap};
use crate::labels::thread_label;
use crate::trace::{Site, Step, Trace};
use crate::wording;

/// A column of a table is not made narrower than this.
const CELL_MIN: usize = 18;
/// Between two columns.
const BETWEEN: &str = "  ";
/// Stands in the columns of the other threads, to lead the eye.
const NOTHING: &str = ".";
/// The number of a step takes at least the columns of its title.
const NUMBER_MIN: usize = 4;

/// The lines of a schedule.
pub(super) fn render(trace: &Trace, style: &Style<'_>, painter: Painter) -> Vec<String> {
    let shown = fold::rows(&trace.steps, style);
    let number = trace.steps.len().to_string().len().max(NUMBER_MIN);
    let places = Places::of(&shown.rows);
    let mut table = Table::new(trace, &shown.rows, &places, number, style.width, painter);
    table.head();
    for row in &shown.rows {
        match row {
            Row::Step(number, step) => table.step(*number, step, &places),
            Row::Again { thread, period, times } => {
                table.row("", false, *thread, &wording::again(*period, *times), "");
            }
            Row::Gap { steps } => table.across("…", &wording::gap(*steps, style.full_hint)),
        }
    }
    let mut lines = table.lines;
    let mut remark = |text: &str| lines.extend(hang(BETWEEN, text, style.width));
    if trace.steps.iter().any(|step| step.preemption) {
        remark(wording::PREEMPTION);
    }
    if shown.aside > 0 {
        remark(&wording::aside(shown.aside, style.full_hint));
    }
    lines
}

/// The places of steps, as short as they stay different.
#[derive(Debug)]
struct Places {
    /// The end of each path that is shown.
    files: BTreeMap<String, String>,
}

impl Places {
    fn of(rows: &[Row<'_>]) -> Places {
        let sites = rows.iter().filter_map(|row| match row {
            Row::Step(_, step) => step.site.as_ref(),
            _ => None,
        });
        let files: BTreeSet<&str> = sites.map(|site| site.file.as_str()).collect();
        let short = |file: &str| {
            let ends = (1..).map(|parts| end_of(file, parts));
            let clear = |end: &&str| {
                let same = files.iter().filter(|other| is_end(other, end)).count();
                same == 1 || end.len() == file.len()
            };
            let mut ends = ends;
            ends.find(clear).unwrap_or(file).to_owned()
        };
        Places { files: files.iter().map(|&file| (file.to_owned(), short(file))).collect() }
    }

    fn text(&self, site: Option<&Site>) -> String {
        let Some(site) = site else { return String::new() };
        let file = self.files.get(&site.file).unwrap_or(&site.file);
        clean_line(&format!("{file}:{}", site.line))
    }
}

/// The last `parts` parts of a path.
fn end_of(file: &str, parts: usize) -> &str {
    let slash = file.rmatch_indices(['/', '\\']).nth(parts - 1);
    slash.map_or(file, |(i, _)| &file[i + 1..])
}

fn is_end(file: &str, end: &str) -> bool {
    let before = file.strip_suffix(end);
    before.is_some_and(|before| before.is_empty() || before.ends_with(['/', '\\']))
}

/// A table that is being written.
#[derive(Debug)]
struct Table {
    /// The threads with a column each; empty if it is a list.
    threads: Vec<u32>,
    /// The titles, by column.
    titles: Vec<String>,
    /// The widths of all columns.
    widths: Vec<usize>,
    /// What each thread is called in a list.
    labels: BTreeMap<u32, String>,
    number: usize,
    width: usize,
    painter: Painter,
    lines: Vec<String>,
}

impl Table {
    fn new(
        trace: &Trace,
        rows: &[Row<'_>],
        places: &Places,
        number: usize,
        limit: usize,
        painter: Painter,
    ) -> Table {
        let mut cells: BTreeMap<u32, usize> = BTreeMap::new();
        let mut place = 0;
        for row in rows {
            let (thread, text) = match row {
                Row::Step(_, step) => {
                    place = place.max(width(&places.text(step.site.as_ref())));
                    (step.thread, clean_line(&step.text))
                }
                Row::Again { thread, period, times } => (*thread, wording::again(*period, *times)),
                Row::Gap { .. } => continue,
            };
            let widest = cells.entry(thread).or_default();
            *widest = (*widest).max(width(&text));
        }
        let label = |&thread: &u32| (thread, thread_label(trace, thread));
        let labels: BTreeMap<u32, String> = cells.keys().map(label).collect();
        let titles: Vec<String> = labels.values().cloned().collect();
        let natural = cells.values().zip(&titles).map(|(&cell, title)| cell.max(width(title)));
        let natural: Vec<usize> = natural.collect();
        let before = before(number);
        let room = limit.saturating_sub(before + if place > 0 { place + BETWEEN.len() } else { 0 });
        let (threads, titles, widths) = match fit(&natural, room) {
            Some(widths) => (cells.keys().copied().collect(), titles, widths),
            None => {
                let name = titles.iter().map(|title| width(title)).max().unwrap_or(0).clamp(6, 16);
                let text = cells.values().copied().max().unwrap_or(0);
                let rest = room.saturating_sub(name + 2 * BETWEEN.len()).max(CELL_MIN);
                let titles = vec![wording::THREAD.to_owned(), String::new()];
                (Vec::new(), titles, vec![name, text.min(rest)])
            }
        };
        Table { threads, titles, widths, labels, number, width: limit, painter, lines: Vec::new() }
    }

    fn head(&mut self) {
        let titles: Vec<Vec<String>> =
            self.titles.iter().zip(&self.widths).map(|(title, &w)| wrap(title, w)).collect();
        let height = titles.iter().map(Vec::len).max().unwrap_or(1);
        for i in 0..height {
            let step = if i == 0 { wording::STEP } else { "" };
            let mut line = format!("  {}{step}", " ".repeat(self.number - width(step)));
            for (title, &w) in titles.iter().zip(&self.widths) {
                let part = title.get(i).map_or("", String::as_str);
                line.push_str(&format!("{BETWEEN}{}", pad(part, w)));
            }
            self.lines.push(self.painter.paint(Tone::Strong, line.trim_end()));
        }
    }

    fn step(&mut self, number: usize, step: &Step, places: &Places) {
        let place = places.text(step.site.as_ref());
        let text = clean_line(&step.text);
        if let Some(clock) = &step.clock {
            self.across(wording::CLOCK, &clean_line(clock));
        }
        self.row(&number.to_string(), step.preemption, step.thread, &text, &place);
        if let Some(stale) = &step.stale {
            self.across(wording::STALE, &clean_line(stale));
        }
    }

    /// One step; its text may take several lines.
    fn row(&mut self, number: &str, preemption: bool, thread: u32, text: &str, place: &str) {
        let column = self.threads.iter().position(|&other| other == thread);
        let mut cells: Vec<Vec<String>> =
            self.widths.iter().map(|_| vec![NOTHING.to_owned()]).collect();
        if let Some(column) = column {
            cells[column] = wrap(text, self.widths[column]);
        } else {
            let label = self.labels.get(&thread).map_or("", String::as_str);
            cells = vec![wrap(label, self.widths[0]), wrap(text, self.widths[1])];
        }
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for i in 0..height {
            let first = i == 0;
            let star = if first && preemption { "*" } else { " " };
            let number = if first { number } else { "" };
            let indent = " ".repeat(self.number - width(number).min(self.number));
            let mut line = format!(" {}{indent}{number}", self.painter.paint(Tone::Warning, star));
            for (cell, &w) in cells.iter().zip(&self.widths) {
                let text = cell.get(i).map_or("", String::as_str);
                line.push_str(BETWEEN);
                line.push_str(&match text {
                    NOTHING => self.painter.paint(Tone::Faint, text),
                    _ => text.to_owned(),
                });
                line.extend(std::iter::repeat_n(' ', w.saturating_sub(width(text))));
            }
            if first && !place.is_empty() {
                line.push_str(&format!("{BETWEEN}{}", self.painter.paint(Tone::Faint, place)));
            }
            self.lines.push(line.trim_end().to_owned());
        }
    }

    /// A remark that is no step, across all columns.
    fn across(&mut self, word: &str, text: &str) {
        let indent = " ".repeat(before(self.number));
        let lines = hang(&format!("{indent}{BETWEEN}{word} "), text, self.width);
        let painter = self.painter;
        self.lines.extend(lines.iter().map(|line| painter.paint(Tone::Warning, line)));
    }
}

/// What stands before the first column: a space, the star, the number.
fn before(number: usize) -> usize {
    2 + number
}

/// The widths of the columns, if they fit: the widest become narrower first.
fn fit(natural: &[usize], room: usize) -> Option<Vec<usize>> {
    let room = room.checked_sub(natural.len() * BETWEEN.len())?;
    let widest = natural.iter().copied().max().unwrap_or(0);
    let total = |cap: usize| natural.iter().map(|&w| w.min(cap)).sum::<usize>();
    // Columns that would be narrow by nature do not count as squeezed.
    let caps = (CELL_MIN.min(widest)..=widest).rev();
    let cap = caps.into_iter().find(|&cap| total(cap) <= room)?;
    Some(natural.iter().map(|&w| w.min(cap)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_become_narrower_before_narrow_ones() {
        assert_eq!(fit(&[10, 20], 34), Some(vec![10, 20]));
        assert_eq!(fit(&[10, 40], 44), Some(vec![10, 30]));
        assert_eq!(fit(&[40, 40, 40], 66), Some(vec![20, 20, 20]));
        assert_eq!(fit(&[40, 40, 40], 50), None);
        assert_eq!(fit(&[5; 10], 70), Some(vec![5; 10]));
    }

    #[test]
    fn places_are_as_short_as_they_stay_different() {
        let sites = ["src/a/mod.rs", "src/b/mod.rs", "src/lib.rs", "lib.rs"];
        let steps: Vec<Step> = sites
            .iter()
            .map(|file| Step { site: Some(Site::new(*file, 7, 1)), ..Step::new(0, "") })
            .collect();
        let rows: Vec<Row<'_>> = steps.iter().map(|step| Row::Step(1, step)).collect();
        let places = Places::of(&rows);
        let texts: Vec<String> = steps.iter().map(|step| places.text(step.site.as_ref())).collect();
        assert_eq!(texts, ["a/mod.rs:7", "b/mod.rs:7", "src/lib.rs:7", "lib.rs:7"]);
    }
}
