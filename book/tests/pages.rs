//! The pages of the book and the blocks of code in them.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// One page.
pub struct Page {
    /// The name of its file.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// A block of code behind a line `<!-- MARK -->`.
pub struct Block {
    /// What it shows.
    pub mark: String,
    /// Where its contents are.
    pub range: Range<usize>,
}

/// Where the pages are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All pages, sorted by name.
pub fn pages() -> Vec<Page> {
    let entries = std::fs::read_dir(folder()).expect("the book has pages");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    let read = |name: String| {
        let text = std::fs::read_to_string(folder().join(&name))
            .unwrap_or_else(|e| panic!("failed to read {name}: {e}"));
        Page { name, text }
    };
    names.into_iter().map(read).collect()
}

/// Every block: its number of line, its language, its mark if it has one, its contents.
fn blocks(text: &str) -> Vec<(usize, String, Option<String>, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut open: Option<(usize, String, Option<String>, usize)> = None;
    let mut mark = None;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some((number, language, mark, start))) => {
                found.push((number, language, mark, start..at));
            }
            (Some(language), None) => {
                open = Some((i + 1, language.trim().to_string(), mark.take(), end));
            }
            (None, inside) => open = inside,
        }
        let comment = line.trim().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        mark = comment.map(str::to_string);
        at = end;
    }
    assert!(open.is_none(), "a block has no end");
    found
}

/// The blocks with a mark, in order.
pub fn marked(text: &str) -> Vec<Block> {
    let blocks = blocks(text).into_iter();
    blocks.filter_map(|(.., mark, range)| Some(Block { mark: mark?, range })).collect()
}

/// Line and language of the blocks without one.
pub fn unmarked(text: &str) -> Vec<(usize, String)> {
    let blocks = blocks(text).into_iter().filter(|(.., mark, _)| mark.is_none());
    blocks.map(|(line, language, ..)| (line, language)).collect()
}

#[test]
fn blocks_are_found_with_their_marks() {
    let text = "a\n```sh\nx\n```\n<!-- code: b c -->\n```rust\ny\n\nz\n```\n";
    let marked = marked(text);
    assert_eq!(marked.len(), 1);
    assert_eq!(
        (marked[0].mark.as_str(), &text[marked[0].range.clone()]),
        ("code: b c", "y\n\nz\n")
    );
    assert_eq!(unmarked(text), [(2, "sh".to_string())]);
}
