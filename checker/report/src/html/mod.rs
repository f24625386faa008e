//! A trace as one page that needs nothing else: lanes to step through, source, objects, happens-before.
//!
//! The page is a template with three pieces: the execution as a table, which needs no script, the data
//! of the script as JSON, and the texts around them. Style and script are the page's own.

mod data;
mod sources;

use crate::labels;
use crate::labels::{object_label, place, thread_label};
use crate::markup::escape;
use crate::text::Style;
use crate::text::layout::clean_line;
use crate::trace::{Step, Trace};
use crate::wording;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The table of steps loses its middle, which the script still has, rather than make the page larger than that,
/// in bytes.
const PAGE_MAX: usize = 980_000;
/// So many bytes the table may always have.
const TABLE_MIN: usize = 100_000;

/// The page of an execution, as a file that can be opened, kept and sent: it loads nothing. Of an execution
/// of 5,000 steps it takes less than 1 MB.
///
/// Of the style only [`Style::sources`] matters: the page always has everything. Equal arguments give equal
/// pages. What the program wrote cannot become a part of the page's markup or script, and control characters
/// in it are made visible.
///
/// ```
/// use raddle_report::html::render;
/// use raddle_report::text::Style;
/// use raddle_report::trace::{Kind, Search, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: a < b");
/// let page = render(&Trace::new("bank::tests::transfer", verdict, Search::default()), Style::plain(80));
/// assert!(page.starts_with("<!DOCTYPE html>"));
/// assert!(page.contains("assertion failed: a &lt; b"));
/// ```
pub fn render(trace: &Trace, style: Style<'_>) -> String {
    let data = data::of(trace, style.sources);
    let title =
        format!("{}: {}", data.kind, if data.test.is_empty() { "raddle" } else { &data.test });
    let (message, test) = (escape(&data.message), escape(&data.test));
    let command = escape(data.command.as_deref().unwrap_or(wording::NO_REPLAY));
    let token = escape(data.token.as_deref().unwrap_or_default());
    let (parts, notes, threads, objects) =
        (parts(trace), notes(trace), threads(trace), objects(trace));
    let json = json(&data);
    let rest = [TEMPLATE, STYLE, SCRIPT, &json, &threads, &objects, &parts, &notes, &message];
    let room = PAGE_MAX.saturating_sub(rest.into_iter().map(str::len).sum()).max(TABLE_MIN);
    fill(&[
        ("title", &escape(&title)),
        ("style", STYLE),
        ("kind", data.kind),
        ("message", &message),
        ("test", &test),
        ("token", &token),
        ("command", &command),
        ("parts", &parts),
        ("notes", &notes),
        ("threads", &threads),
        ("objects", &objects),
        ("steps", &steps(trace, room)),
        ("data", &json),
        ("script", SCRIPT),
    ])
}

/// The data that [`render`] puts into the page, for tests.
#[doc(hidden)]
pub fn data(trace: &Trace, style: Style<'_>) -> String {
    json(&data::of(trace, style.sources))
}

/// The template with every `{{name}}` replaced; what is put in is not looked at again.
fn fill(values: &[(&str, &str)]) -> String {
    let mut page = String::with_capacity(values.iter().map(|(_, value)| value.len()).sum());
    for (i, piece) in TEMPLATE.split("{{").enumerate() {
        let Some((name, rest)) = piece.split_once("}}").filter(|_| i > 0) else {
            page.push_str(piece);
            continue;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        page.push_str(value.map_or("", |(_, value)| value));
        page.push_str(rest);
    }
    page
}

/// JSON that can stand in a `<script>`: it neither ends that nor begins a comment, and every line break of
/// JavaScript in it is escaped.
fn json(data: &data::Data) -> String {
    let json =
        serde_json::to_string(data).expect("structs of strings and numbers have a form in JSON");
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn parts(trace: &Trace) -> String {
    let items = trace.verdict.parts.iter().map(|part| {
        let site = part.site.as_ref().map(|site| format!(", {}", wording::at(&place(site))));
        format!("<li>{}{}\n", escape(&clean_line(&part.text)), escape(&site.unwrap_or_default()))
    });
    items.collect()
}

/// What the report remarks.
fn notes(trace: &Trace) -> String {
    let items = labels::remarks(trace).into_iter().map(|(_, text)| text);
    items.map(|text| format!("<li>{}\n", escape(&text))).collect()
}

fn threads(trace: &Trace) -> String {
    let rows = trace.threads.iter().map(|thread| {
        let spawned = thread.spawned.as_ref().map(place).unwrap_or_default();
        cells(&[thread_label(trace, thread.id), labels::state(trace, &thread.state), spawned])
    });
    rows.collect()
}

fn objects(trace: &Trace) -> String {
    let rows = trace.objects.iter().map(|object| {
        let created = object.created.as_ref().map(place).unwrap_or_default();
        let value = object.value.as_deref().map(clean_line).unwrap_or_default();
        let held = labels::held(trace, object).unwrap_or_default();
        cells(&[object_label(trace, object.id), value, held, created])
    });
    rows.collect()
}

/// The steps in so many bytes; the middle of very many is left out.
fn steps(trace: &Trace, room: usize) -> String {
    let rows: Vec<String> =
        trace.steps.iter().enumerate().map(|(i, step)| row(trace, i + 1, step)).collect();
    let size: usize = rows.iter().map(String::len).sum();
    if size <= room {
        return rows.concat();
    }
    let fits = |rows: &mut dyn Iterator<Item = &String>| {
        let mut left = room / 2;
        rows.take_while(|row| match left.checked_sub(row.len()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .count()
    };
    let (head, tail) = (fits(&mut rows.iter()), fits(&mut rows.iter().rev()));
    let gap = wording::table_gap(rows.len() - head - tail);
    let gap = format!("<tr><td><td><td colspan=3>{}\n", escape(&gap));
    [rows[..head].concat(), gap, rows[rows.len() - tail..].concat()].concat()
}

fn row(trace: &Trace, number: usize, step: &Step) -> String {
    let mut remarks = Vec::new();
    if step.preemption {
        remarks.push(wording::PREEMPTED.to_owned());
    }
    remarks.extend(step.stale.as_deref().map(clean_line));
    let site = step.site.as_ref().map(place).unwrap_or_default();
    let thread = thread_label(trace, step.thread);
    cells(&[number.to_string(), thread, clean_line(&step.text), site, remarks.join("; ")])
}

/// A row of a table.
fn cells(texts: &[String]) -> String {
    let last = texts.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
    let cells = texts[..last].iter().map(|text| format!("<td>{}", escape(text)));
    format!("<tr>{}\n", cells.collect::<String>())
}
