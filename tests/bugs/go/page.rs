//! The page of the book with a row for each kernel: it is compared, and with `RADDLE_BLESS=1` written.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What came of a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Project and number.
    pub id: String,
    /// The class of the bug.
    pub class: String,
    /// What kind of failure it is.
    pub verdict: String,
    /// How many executions it took to find.
    pub found: u64,
    /// How many steps the shortest failing execution has.
    pub steps: u64,
    /// How many executions the repaired form has in interleavings.
    pub sc: u64,
    /// How many under the memory model.
    pub rc20: u64,
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

/// The class of a bug.
#[track_caller]
pub fn class(id: &str) -> String {
    let known = known().into_iter().find(|known| known.id == id);
    known.unwrap_or_else(|| panic!("{id} is not in the data")).class
}

/// What stands between the cells of a row.
const BETWEEN: &str = " | ";
/// What ends the head of the table.
const RULE: &str = "|---|---|---|---:|---:|---:|---:|\n";

impl Row {
    fn line(&self) -> String {
        let Row { id, class, verdict, found, steps, sc, rc20 } = self;
        format!("| {id} | {class} | {verdict} | {found} | {steps} | {sc} | {rc20} |\n")
    }

    fn of_line(line: &str) -> Option<Row> {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<&str> = inner.split(BETWEEN).collect();
        let [id, class, verdict, found, steps, sc, rc20] = cells[..] else { return None };
        Some(Row {
            id: id.into(),
            class: class.into(),
            verdict: verdict.into(),
            found: found.parse().ok()?,
            steps: steps.parse().ok()?,
            sc: sc.parse().ok()?,
            rc20: rc20.parse().ok()?,
        })
    }
}

fn path() -> PathBuf {
    root().join("book/src/go-bugs.md")
}

/// The rows of the table.
pub fn rows() -> Vec<Row> {
    read(&path()).lines().filter_map(Row::of_line).collect()
}

/// The page with these rows instead of its own, in the order of the data.
fn with_rows(page: &str, rows: &[Row]) -> String {
    let start = page.find(RULE).expect("the page has a table") + RULE.len();
    let length: usize =
        page[start..].split_inclusive('\n').take_while(|l| l.starts_with('|')).map(str::len).sum();
    let mut text = page[..start].to_string();
    for known in known() {
        rows.iter().filter(|row| row.id == known.id).for_each(|row| text += &row.line());
    }
    text + &page[start + length..]
}

/// Compares a row with that of the table; with `RADDLE_BLESS=1` it takes its place.
///
/// # Panics
/// If they differ, or if the page cannot be read.
#[track_caller]
pub fn compare(row: Row) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rows = rows();
    if std::env::var_os("RADDLE_BLESS").is_some() {
        rows.retain(|other| other.id != row.id);
        rows.push(row);
        let page = with_rows(&read(&path()), &rows);
        std::fs::write(path(), page).expect("the page can be written");
        return;
    }
    let shown = rows.iter().find(|other| other.id == row.id);
    assert_eq!(shown, Some(&row), "run again with RADDLE_BLESS=1 and read what changed");
}
