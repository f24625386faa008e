//! The page of the book with a row for each kernel.

use example_support::{differ_in_time_alone, time_cell};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In which cell of a row the time is.
const TIME: usize = 4;

/// What came of a kernel.
pub struct Row<'a> {
    /// Project and number.
    pub id: &'a str,
    /// What kind of failure it is.
    pub verdict: &'a str,
    /// How many executions it took to find.
    pub found: u64,
    /// How long that took, and to make it short; what the table says of that is not compared.
    pub time: Duration,
    /// How long the shortest failing execution is.
    pub schedule: String,
    /// How many executions the repaired form has.
    pub fixed: String,
}

/// One of the bugs as it was told.
#[derive(Clone, Debug)]
pub struct Known {
    /// Project and number.
    pub id: String,
    /// Its class.
    pub class: String,
    /// What must be found.
    pub expected: String,
    /// Whether Rust can have it.
    pub portable: bool,
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn path() -> PathBuf {
    root().join("book/src/go-bugs.md")
}

/// All that are known, in the order of the file.
pub fn known() -> Vec<Known> {
    let text = read(&root().join("tests/data/go-kernels.tsv"));
    let rows = text.lines().skip(1).map(|line| {
        let [id, class, expected, portable] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a line of the data has not four columns: {line:?}")
        };
        let portable = portable.starts_with('y');
        Known { id: id.into(), class: class.into(), expected: expected.into(), portable }
    });
    rows.collect()
}

/// The bug and the verdict of each row of the table.
pub fn rows() -> Vec<(String, String)> {
    let page = read(&path());
    let (start, end) = table(&page);
    let cells = |line: &str| -> Option<(String, String)> {
        let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_string());
        Some((cells.next()?, cells.nth(1)?))
    };
    page[start..end].lines().filter_map(cells).collect()
}

/// Where the rows of the table begin and end.
#[track_caller]
fn table(page: &str) -> (usize, usize) {
    let rule = page.find("\n|---").expect("the page has a table") + 1;
    let start = rule + page[rule..].find('\n').expect("its head has an end") + 1;
    let rows = page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    (start, start + rows.map(str::len).sum::<usize>())
}

/// The page with that row of its table, and all rows in the order of the data.
#[track_caller]
fn with_row(page: &str, known: &[Known], row: &Row<'_>) -> String {
    let (start, end) = table(page);
    let mut text = page[..start].to_string();
    for Known { id, class, .. } in known {
        let begins = format!("| {id} |");
        let old = page[start..end].lines().find(|line| line.starts_with(&begins));
        if id == row.id {
            let Row { verdict, found, time, schedule, fixed, .. } = row;
            let time = time_cell(*time);
            let new =
                format!("{begins} {class} | {verdict} | {found} | {time} | {schedule} | {fixed} |");
            text += old.filter(|old| differ_in_time_alone(old, &new, TIME)).unwrap_or(&new);
            text.push('\n');
        } else if let Some(line) = old {
            text += line;
            text.push('\n');
        }
    }
    text + &page[end..]
}

/// Compares a row with that of the table; with `RADDLE_BLESS=1` it takes its place.
///
/// # Panics
/// If they differ, or if the page cannot be read.
#[track_caller]
pub fn compare(row: &Row<'_>) {
    let known = known();
    assert!(known.iter().any(|known| known.id == row.id), "{} is not in the data", row.id);
    example_support::compare(&path(), |page| with_row(page, &known, row));
}

#[test]
fn a_row_takes_its_place_in_the_order_of_the_data() {
    let known = |id: &str| Known {
        id: id.to_string(),
        class: "Lock".to_string(),
        expected: "leak".to_string(),
        portable: true,
    };
    let all = [known("b#2"), known("a#1"), known("c#3")];
    let page = "text\n\n| bug |\n|---|\n| b#2 | Lock | old | 1 | 7 ms | 2 steps | 3 |\n| c#3 | x |\n\nmore\n";
    let row = |id| {
        let (time, schedule) = (Duration::from_millis(2), "5 steps".to_string());
        Row { id, verdict: "new", found: 4, time, schedule, fixed: "6".into() }
    };
    let line = "Lock | new | 4 | 2 ms | 5 steps | 6 |";
    let replaced = page.replace("Lock | old | 1 | 7 ms | 2 steps | 3 |", line);
    assert_eq!(with_row(page, &all, &row("b#2")), replaced);
    let between = page.replace("| c#3", &format!("| a#1 | {line}\n| c#3"));
    assert_eq!(with_row(page, &all, &row("a#1")), between);
}
