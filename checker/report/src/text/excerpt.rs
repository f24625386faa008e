//! The lines of source that a verdict is about, with its participants marked.

use std::collections::BTreeMap;

use super::Style;
use super::layout::{Painter, Tone, clean, clean_line, pad, width, width_of};
use crate::trace::{Site, Verdict};

/// Up to this many marked lines have a line of context before and behind them.
const CONTEXT_MAX: usize = 2;

/// An excerpt.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// Its lines.
    pub(super) lines: Vec<String>,
    /// Whether every participant is shown with its whole text.
    pub(super) says_all: bool,
}

/// What is marked at one place.
#[derive(Debug)]
struct Mark<'a> {
    site: &'a Site,
    primary: bool,
    /// Number and text of each participant that is at this place.
    parts: Vec<(usize, String)>,
}

/// One file of which something is shown.
#[derive(Debug)]
struct File<'a> {
    marks: Vec<Mark<'a>>,
    /// Its lines; empty if they cannot be had.
    source: Vec<String>,
}

/// The excerpt of a verdict. Of a file without source only the place is shown.
pub(super) fn render(verdict: &Verdict, style: &Style<'_>, painter: Painter) -> Excerpt {
    let mut files = files(verdict);
    for file in &mut files {
        file.read(style);
    }
    let shown = |file: &File<'_>| file.marks.iter().flat_map(|m| &m.parts).count();
    let visible: usize = files.iter().filter(|file| !file.source.is_empty()).map(shown).sum();
    let last = |file: &File<'_>| file.marks.iter().map(|m| m.site.line).max().unwrap_or(0);
    let seen = files.iter().filter(|file| !file.source.is_empty());
    let gutter = seen.map(last).max().map_or(1, |line| (line + 1).to_string().len());
    let canvas = Canvas { gutter, width: style.width, painter };
    let fits = |mark: &Mark<'_>, source: &[String]| canvas.fits(mark, source);
    let fit = files.iter().all(|file| file.marks.iter().all(|mark| fits(mark, &file.source)));
    let says_all = fit && visible == verdict.parts.len();
    let mut lines = Vec::new();
    for (i, file) in files.iter().enumerate() {
        // What took part elsewhere and cannot be shown is listed by the caller.
        if i > 0 && file.source.is_empty() {
            continue;
        }
        let arrow = if i == 0 { "-->" } else { ":::" };
        let arrow = painter.paint(Tone::Frame, &format!("{}{arrow}", " ".repeat(gutter)));
        lines.push(format!("{arrow} {}", clean_line(&file.marks[0].site.to_string())));
        canvas.file(file, says_all, &mut lines);
    }
    Excerpt { lines, says_all }
}

/// The marks of each file; the file and the mark where it came to light first.
fn files(verdict: &Verdict) -> Vec<File<'_>> {
    let first = verdict.site.as_ref();
    let first = first.or_else(|| verdict.parts.iter().find_map(|part| part.site.as_ref()));
    let mut files: Vec<File<'_>> = Vec::new();
    let parts = verdict.parts.iter().enumerate();
    let parts = parts.filter_map(|(i, p)| Some((p.site.as_ref()?, (i + 1, clean_line(&p.text)))));
    let all = first.map(|site| (site, None)).into_iter();
    for (site, part) in all.chain(parts.map(|(site, part)| (site, Some(part)))) {
        let known = files.iter().position(|file| file.marks[0].site.file == site.file);
        let file = match known {
            Some(known) => &mut files[known],
            None => {
                files.push(File { marks: Vec::new(), source: Vec::new() });
                let last = files.len() - 1;
                &mut files[last]
            }
        };
        match file.marks.iter_mut().find(|mark| mark.site == site) {
            Some(mark) => mark.parts.extend(part),
            None => {
                let (primary, parts) = (Some(site) == first, part.into_iter().collect());
                file.marks.push(Mark { site, primary, parts });
            }
        }
    }
    files
}

impl File<'_> {
    /// Gets its source. Marks behind its end are dropped, or, if that is the first, the source: then
    /// the file has changed since.
    fn read(&mut self, style: &Style<'_>) {
        let text = (style.sources)(&self.marks[0].site.file).unwrap_or_default();
        let source: Vec<String> = text.lines().map(str::to_owned).collect();
        let known = |mark: &Mark<'_>| (1..=source.len()).contains(&(mark.site.line as usize));
        if known(&self.marks[0]) {
            self.marks.retain(known);
            self.source = source;
        }
    }
}

/// What lines are drawn on.
#[derive(Clone, Copy, Debug)]
struct Canvas {
    gutter: usize,
    width: usize,
    painter: Painter,
}

impl Canvas {
    /// How many columns are left for source.
    fn room(self) -> usize {
        self.width.saturating_sub(self.gutter + 3).max(20)
    }

    /// Whether the texts of a mark fit beside its underline.
    fn fits(self, mark: &Mark<'_>, source: &[String]) -> bool {
        let Some(line) = source.get((mark.site.line as usize).wrapping_sub(1)) else {
            return true;
        };
        let (start, length) = self.window(line, &[mark]).underline(line, mark);
        let fits = |(number, text): &(usize, String)| {
            start + length + 1 + width(&label(*number, text)) <= self.room()
        };
        mark.parts.iter().all(fits)
    }

    fn file(self, file: &File<'_>, labels: bool, lines: &mut Vec<String>) {
        if file.source.is_empty() {
            return;
        }
        let mut marked: BTreeMap<usize, Vec<&Mark<'_>>> = BTreeMap::new();
        for mark in &file.marks {
            marked.entry(mark.site.line as usize).or_default().push(mark);
        }
        let context = usize::from(marked.len() <= CONTEXT_MAX);
        let mut shown: Vec<usize> = Vec::new();
        for &line in marked.keys() {
            let around = line.saturating_sub(context).max(1)..=(line + context);
            let blank =
                |n: &usize| file.source.get(n - 1).is_none_or(|text| text.trim().is_empty());
            shown.extend(around.filter(|n| *n == line || !blank(n)));
        }
        shown.sort_unstable();
        shown.dedup();
        lines.push(self.frame("", ""));
        let mut before = None;
        for number in shown {
            match before {
                Some(before) if before + 2 == number => {
                    lines.push(self.source(number - 1, &file.source, &[]));
                }
                Some(before) if before + 1 < number => {
                    lines.push(self.painter.paint(Tone::Frame, "..."));
                }
                _ => {}
            }
            let marks = marked.get(&number).map_or(&[][..], Vec::as_slice);
            lines.push(self.source(number, &file.source, marks));
            self.underlines(&file.source[number - 1], marks, labels, lines);
            before = Some(number);
        }
        lines.push(self.frame("", ""));
    }

    fn source(self, number: usize, source: &[String], marks: &[&Mark<'_>]) -> String {
        let line = &source[number - 1];
        self.frame(&number.to_string(), &self.window(line, marks).text)
    }

    fn frame(self, number: &str, text: &str) -> String {
        let bar = self.painter.paint(Tone::Frame, &format!("{} |", pad(number, self.gutter)));
        if text.is_empty() { bar } else { format!("{bar} {text}") }
    }

    /// One row for each place of a line, and one more for each participant that shares a place.
    fn underlines(self, line: &str, marks: &[&Mark<'_>], labels: bool, lines: &mut Vec<String>) {
        let window = self.window(line, marks);
        for mark in marks {
            let (start, length) = window.underline(line, mark);
            let (sign, tone) = if mark.primary { ("^", Tone::Error) } else { ("-", Tone::Frame) };
            let mut row = " ".repeat(start);
            row.push_str(&self.painter.paint(tone, &sign.repeat(length)));
            if labels {
                let indent = " ".repeat(start + length);
                for (number, text) in &mark.parts {
                    row.push_str(&self.painter.paint(tone, &format!(" {}", label(*number, text))));
                    lines.push(self.frame("", &std::mem::replace(&mut row, indent.clone())));
                }
                if mark.parts.is_empty() {
                    lines.push(self.frame("", &row));
                }
            } else {
                let numbers = mark.parts.iter().map(|(number, _)| format!(" ({number})"));
                row.push_str(&self.painter.paint(tone, &numbers.collect::<String>()));
                lines.push(self.frame("", &row));
            }
        }
    }

    /// The part of a line that can be shown, so that its first mark can be seen.
    fn window(self, line: &str, marks: &[&Mark<'_>]) -> Window {
        let room = self.room();
        let whole = Window { skipped: 0, shift: 0, text: clean(line), room };
        if width(&whole.text) <= room {
            return whole;
        }
        let first = marks.iter().map(|mark| mark.site.column.max(1) as usize - 1).min();
        let length = marks.iter().map(|mark| whole.underline(line, mark).1).max().unwrap_or(1);
        let first = first.unwrap_or(0);
        let at = columns(line, first);
        let skipped = if at + length < room { 0 } else { first.saturating_sub(room / 3) };
        let shift = usize::from(skipped > 0);
        let mut text = "…".repeat(shift);
        for c in clean(&line.chars().skip(skipped).collect::<String>()).chars() {
            if width(&text) + width_of(c) >= room {
                text.push('…');
                break;
            }
            text.push(c);
        }
        Window { skipped, shift, text, room }
    }
}

/// The part of a line that is shown.
#[derive(Debug)]
struct Window {
    /// How many characters are left out before it.
    skipped: usize,
    /// The columns of what stands in their place.
    shift: usize,
    text: String,
    room: usize,
}

impl Window {
    /// In which column the underline of a mark begins, and how long it is.
    fn underline(&self, line: &str, mark: &Mark<'_>) -> (usize, usize) {
        let characters = mark.site.column as usize;
        if characters == 0 {
            // The column is not known: the whole statement.
            let indent = line.chars().take_while(|c| c.is_whitespace()).count();
            let start = columns(line, indent);
            return (start, width(&clean(line)).saturating_sub(start).clamp(1, self.room));
        }
        let rest: String = line.chars().skip(self.skipped).collect();
        let start = self.shift + columns(&rest, (characters - 1).saturating_sub(self.skipped));
        let length = name_length(line, characters - 1);
        let start = start.min(self.room.saturating_sub(1));
        (start, length.min(self.room - start).max(1))
    }
}

/// How many columns the first characters of a line take as they are shown.
fn columns(line: &str, characters: usize) -> usize {
    width(&clean(&line.chars().take(characters).collect::<String>()))
}

/// How many columns the path, method or macro takes that begins at a character; 1 if none does.
fn name_length(line: &str, from: usize) -> usize {
    let rest: Vec<char> = line.chars().skip(from).collect();
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut end = 0;
    while let Some(c) = rest.get(end) {
        if is_name(c) {
            end += 1;
        } else if rest[end..].starts_with(&[':', ':']) && rest.get(end + 2).is_some_and(is_name) {
            end += 2;
        } else {
            // The `!` of a macro, but not that of `a != b`.
            end += usize::from(end > 0 && *c == '!' && rest.get(end + 1) != Some(&'='));
            break;
        }
    }
    rest[..end].iter().map(|&c| width_of(c)).sum::<usize>().max(1)
}

fn label(number: usize, text: &str) -> String {
    format!("({number}) {text}")
}
