//! Pages with golden text: comparing them, writing them anew, and the rows of the book's table of examples.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// One program of an example, as the book lists it.
pub struct Row<'a> {
    /// The `#[raddle::test]`.
    pub test: &'a str,
    pub verdict: &'a str,
    pub executions: String,
    /// How long it took; what a table says of that is not compared.
    pub time: Duration,
    /// Of the reported execution; empty if there is none.
    pub schedule: String,
}

/// Compares a page with what it should be; with `RADDLE_BLESS=1` it is written anew instead.
///
/// # Panics
/// If they differ, or the page cannot be read or written.
#[track_caller]
pub fn compare(path: &Path, wanted: impl FnOnce(&str) -> String) {
    // Several examples write the same page, and tests run at the same time.
    let file = File::open(path).and_then(|file| file.lock().map(|()| file));
    let _locked = file.unwrap_or_else(|e| panic!("failed to open {}: {e}", path.display()));
    let page = std::fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
    let wanted = wanted(&page);
    if page == wanted {
        return;
    }
    if std::env::var_os("RADDLE_BLESS").is_some() {
        std::fs::write(path, wanted)
            .unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
        return;
    }
    panic!(
        "{} shows something else; run again with RADDLE_BLESS=1 and read what changed.\n{}",
        path.display(),
        difference(&page, &wanted)
    );
}

/// What two pages differ in, without what they begin and end with in common.
fn difference(shown: &str, wanted: &str) -> String {
    let (shown, wanted): (Vec<_>, Vec<_>) = (shown.lines().collect(), wanted.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let before = shown.iter().zip(&wanted).take_while(same).count();
    let (shown, wanted) = (&shown[before..], &wanted[before..]);
    let after = shown.iter().rev().zip(wanted.iter().rev()).take_while(same).count();
    let text = |lines: &[&str]| lines[..lines.len() - after].join("\n");
    format!("shown:\n{}\n\nreported:\n{}", text(shown), text(wanted))
}

/// The page with that row of its table: in place of the one of the same test, or where it belongs.
///
/// # Panics
/// If the page has no table of examples.
#[track_caller]
pub fn with_row(page: &str, folder: &str, row: &Row<'_>) -> String {
    let Row { test, verdict, executions, time, schedule } = row;
    let line = format!(
        "| `{folder}` | `{test}` | {verdict} | {executions} | {} | {schedule} |",
        time_cell(*time)
    );
    let line = line.replace("|  |", "| |");
    let mut lines: Vec<&str> = page.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("| example | "));
    let first = head.expect("the page has a table of examples") + 2;
    let end = lines[first..].iter().position(|line| !line.starts_with('|'));
    let end = end.map_or(lines.len(), |length| first + length);
    let is_same = |line: &&str| line.starts_with(&format!("| `{folder}` | `{test}` |"));
    match lines[first..end].iter().position(is_same) {
        Some(at) if differ_in_time_alone(lines[first + at], &line, TIME) => {}
        Some(at) => lines[first + at] = &line,
        None => {
            let before = |old: &&&str| key(old) < (folder, *test);
            let at = lines[first..end].iter().take_while(before).count();
            lines.insert(first + at, &line);
        }
    }
    lines.join("\n") + "\n"
}

/// In which cell of a row the time is.
const TIME: usize = 4;

/// A time as tables have it.
pub fn time_cell(time: Duration) -> String {
    match time.as_millis() {
        0 => "< 1 ms".to_string(),
        millis @ 1..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// Whether two rows say the same but for the time, in that cell, which is another each time; an empty one asks for one.
pub fn differ_in_time_alone(old: &str, new: &str, time: usize) -> bool {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
    };
    let (mut old, new) = (cells(old), cells(new));
    if old.len() != new.len() || old[time].is_empty() {
        return false;
    }
    old[time].clone_from(&new[time]);
    old == new
}

/// What rows are sorted by: the example and the test.
fn key(line: &str) -> (&str, &str) {
    let mut codes = line.split('`').skip(1).step_by(2);
    (codes.next().unwrap_or_default(), codes.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Row, difference, with_row};
    use std::time::Duration;

    const PAGE: &str =
        "# T\n\n| example | test |\n|---|---|\n| `02-b` | `b::x` | old | 1 | 7 ms | |\n\nend\n";

    fn row<'a>(test: &'a str, verdict: &'a str) -> Row<'a> {
        let (executions, time) = ("3".to_string(), Duration::from_millis(2));
        Row { test, verdict, executions, time, schedule: String::new() }
    }

    #[test]
    fn rows_are_replaced_or_put_where_they_belong() {
        let replaced = with_row(PAGE, "02-b", &row("b::x", "new"));
        assert_eq!(replaced, PAGE.replace("old | 1 | 7 ms |", "new | 3 | 2 ms |"));
        let other_time = replaced.replace("2 ms", "9 s");
        assert_eq!(with_row(&other_time, "02-b", &row("b::x", "new")), other_time);
        let no_time = replaced.replace(" 2 ms ", " ");
        assert_eq!(with_row(&no_time, "02-b", &row("b::x", "new")), replaced);
        let old = "| `02-b` | `b::x` | old | 1 | 7 ms | |\n";
        let first = with_row(PAGE, "01-a", &row("a::x", "new"));
        assert_eq!(
            first,
            PAGE.replace(old, &format!("| `01-a` | `a::x` | new | 3 | 2 ms | |\n{old}"))
        );
        let between = with_row(PAGE, "02-b", &row("b::w", "new"));
        assert_eq!(
            between,
            PAGE.replace(old, &format!("| `02-b` | `b::w` | new | 3 | 2 ms | |\n{old}"))
        );
        let last = with_row(PAGE, "03-c", &row("c::x", "new"));
        assert_eq!(
            last,
            PAGE.replace(old, &format!("{old}| `03-c` | `c::x` | new | 3 | 2 ms | |\n"))
        );
        assert_eq!(with_row(&last, "03-c", &row("c::x", "new")), last);
    }

    #[test]
    fn a_difference_leaves_out_what_is_common() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\ny\nc\n"), "shown:\nb\n\nreported:\nx\ny");
    }
}
