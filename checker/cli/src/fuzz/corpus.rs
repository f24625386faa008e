//! Executions worth keeping, by content: a file for each, with its token and what it covers.
//!
//! An execution is worth keeping if it covers what no other one of its test does: a read from a write, a lock under
//! another one, an arm of a select, each by its places in the source. Shards that write into the same
//! folder do not disturb each other, and folders are merged by copying files, as names follow from contents.

use crate::exit::{Exit, Trouble};
use crate::fuzz::arguments::{Corpus, CorpusAction};
use crate::fuzz::plan::mix;
use crate::table::json;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The version of the files.
const VERSION: u32 = 1;

/// An execution that is kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Entry {
    version: u32,
    /// The test.
    pub test: String,
    /// It.
    pub token: String,
    /// What it covers, sorted.
    pub covers: Vec<String>,
}

impl Entry {
    /// An execution and what it covers.
    pub fn new(test: &str, token: &str, mut covers: Vec<String>) -> Entry {
        covers.sort();
        covers.dedup();
        Entry { version: VERSION, test: test.to_string(), token: token.to_string(), covers }
    }

    /// The name of its file, which follows from its contents.
    fn name(&self) -> String {
        let texts = [&self.test, &self.token].into_iter().chain(&self.covers);
        let bytes = texts.flat_map(|text| text.bytes().chain([0]));
        let hash = bytes.fold(0, |hash, byte| mix(hash, byte.into()));
        format!("{hash:016x}.json")
    }

    /// Writes it into a folder, unless it is there.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn write(&self, folder: &Path) -> Result<(), Trouble> {
        let path = folder.join(self.name());
        if path.exists() {
            return Ok(());
        }
        let text = json(self)?;
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, format!("{text}\n")))
            .map_err(Trouble::outside(format!("write {}", path.display())))
    }
}

/// All of a folder, in the order of their names; none if there is no such folder.
///
/// # Errors
/// If a file cannot be read, or is of another version.
pub fn read(folder: &Path) -> Result<Vec<(PathBuf, Entry)>, Trouble> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let wrong = |what: String| {
            Trouble::new(Exit::Usage, format!("failed to read {}: {what}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|reason| wrong(reason.to_string()))?;
        let entry: Entry =
            serde_json::from_str(&text).map_err(|reason| wrong(reason.to_string()))?;
        match entry.version {
            VERSION => Ok((path, entry)),
            other => Err(wrong(format!("it is of version {other}, not {VERSION}"))),
        }
    };
    paths.into_iter().map(read).collect()
}

/// Those of some executions that cover all that they cover together: again and again the one that adds most. Ties go to
/// the one that comes first. Within a factor of 1 + ln(n) of the fewest (Chvátal, "A greedy heuristic for the
/// set-covering problem", Mathematics of Operations Research 4, 1979).
fn fewest(entries: &[&Entry]) -> Vec<usize> {
    let mut missing: BTreeSet<&str> =
        entries.iter().flat_map(|entry| entry.covers.iter().map(String::as_str)).collect();
    let mut kept = Vec::new();
    while !missing.is_empty() {
        let adds =
            |entry: &Entry| entry.covers.iter().filter(|it| missing.contains(it.as_str())).count();
        let best = (0..entries.len()).rev().max_by_key(|&i| adds(entries[i]));
        let Some(best) = best.filter(|&i| adds(entries[i]) > 0) else { break };
        for covered in &entries[best].covers {
            missing.remove(covered.as_str());
        }
        kept.push(best);
    }
    kept.sort_unstable();
    kept
}

/// `cargo raddle corpus`.
///
/// # Errors
/// If the folder cannot be read or changed.
pub fn corpus(arguments: &Corpus) -> Result<Exit, Trouble> {
    let (CorpusAction::Min { folder } | CorpusAction::Stats { folder }) = &arguments.action;
    if !folder.is_dir() {
        let message = format!("{} is no folder", folder.display());
        return Err(Trouble::new(Exit::Usage, message));
    }
    let all = read(folder)?;
    match arguments.action {
        CorpusAction::Stats { .. } => print!("{}", stats(&all)),
        CorpusAction::Min { .. } => {
            let removed = minimise(&all)?;
            println!("{} of {} executions are enough", all.len() - removed, all.len());
        }
    }
    Ok(Exit::Clean)
}

fn by_test(all: &[(PathBuf, Entry)]) -> BTreeMap<&str, Vec<&(PathBuf, Entry)>> {
    let mut by_test: BTreeMap<&str, Vec<&(PathBuf, Entry)>> = BTreeMap::new();
    for entry in all {
        by_test.entry(&entry.1.test).or_default().push(entry);
    }
    by_test
}

/// Removes what is not needed, and tells how many.
fn minimise(all: &[(PathBuf, Entry)]) -> Result<usize, Trouble> {
    let mut removed = 0;
    for entries in by_test(all).values() {
        let kept = fewest(&entries.iter().map(|(_, entry)| entry).collect::<Vec<_>>());
        for (number, (path, _)) in entries.iter().enumerate() {
            if kept.binary_search(&number).is_err() {
                std::fs::remove_file(path)
                    .map_err(Trouble::outside(format!("remove {}", path.display())))?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// A line for each test: executions, and how much of each kind they cover.
fn stats(all: &[(PathBuf, Entry)]) -> String {
    let mut text = String::new();
    for (test, entries) in by_test(all) {
        let covers: BTreeSet<&str> =
            entries.iter().flat_map(|(_, entry)| entry.covers.iter().map(String::as_str)).collect();
        let of = |kind: &str| covers.iter().filter(|it| it.starts_with(kind)).count();
        text.push_str(&format!(
            "{test}: {} executions cover {} reads-from pairs, {} lock orders, {} arms of selects\n",
            entries.len(),
            of("reads-from "),
            of("lock-order "),
            of("select ")
        ));
    }
    match text.is_empty() {
        true => "the corpus is empty\n".to_string(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn entry(test: &str, token: &str, covers: &[&str]) -> Entry {
        Entry::new(test, token, covers.iter().map(|it| it.to_string()).collect())
    }

    #[test]
    fn what_others_cover_is_not_kept() {
        let all = [
            entry("f", "a", &["1", "2"]),
            entry("f", "b", &["2", "3", "4"]),
            entry("f", "c", &["1"]),
            entry("f", "d", &[]),
        ];
        assert_eq!(fewest(&all.iter().collect::<Vec<_>>()), [0, 1]);
        assert_eq!(fewest(&[]), [0; 0]);
    }

    #[test]
    fn files_are_named_by_content_and_minimised_by_test() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.folder("corpus").expect("a folder");
        let entries = [
            entry("f", "a", &["reads-from x > y", "lock-order a > b"]),
            entry("f", "b", &["lock-order a > b"]),
            entry("g", "b", &["select 0 > x", "lock-order a > b"]),
        ];
        for entry in entries.iter().chain(&entries) {
            entry.write(&folder).expect("it can be written");
        }
        let all = read(&folder).expect("it can be read");
        assert_eq!(all.len(), 3);
        let expected = "f: 2 executions cover 1 reads-from pairs, 1 lock orders, 0 arms of selects\n\
                        g: 1 executions cover 0 reads-from pairs, 1 lock orders, 1 arms of selects\n";
        assert_eq!(stats(&all), expected);
        assert_eq!(minimise(&all), Ok(1));
        let mut left: Vec<Entry> =
            read(&folder).expect("it can be read").into_iter().map(|it| it.1).collect();
        left.sort();
        assert_eq!(left, [entries[0].clone(), entries[2].clone()]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.folder("corpus").expect("a folder");
        assert_eq!(read(&folder.join("none")), Ok(Vec::new()));
        std::fs::write(folder.join("x.json"), "{}").expect("it can be written");
        assert!(read(&folder).expect_err("it is empty").message.contains("x.json"));
    }
}
