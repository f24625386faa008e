//! Rules about the tree that no compiler checks: who depends on whom, what a file may mention.
//!
//! Every `check_*` function is pure: the name of a file and its text in, faults out, so that its unit
//! tests can plant a violation. What is allowed is data, in [`table`]; `tests/tests/tidy.rs` runs the
//! functions over the real tree.

pub mod manifest;
pub mod markdown;
pub mod mask;
pub mod paths;
pub mod source;
pub mod table;

use std::path::{Path, PathBuf};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, relative to the root of the repository, with `/` between folders.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do, as a fragment that fits after the place.
    pub what: String,
}

impl Fault {
    fn new(file: &str, line: usize, what: String) -> Fault {
        Fault { file: file.to_owned(), line, what }
    }
}

/// Says every fault in one numbered sentence, in the order of files and lines; nothing if all is well.
pub fn describe(mut faults: Vec<Fault>) -> Option<String> {
    faults.sort();
    faults.dedup();
    let mut message = format!("the tree breaks {} of its rules:", faults.len());
    for (i, Fault { file, line, what }) in faults.iter().enumerate() {
        message += &format!("\n({}) {file}:{line} {what}.", i + 1);
    }
    (!faults.is_empty()).then_some(message)
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file of the tree whose name ends in `ending`, with its text, sorted by name.
///
/// Left out are `.git` and every folder that a build tool has marked as its own (`CACHEDIR.TAG`).
///
/// # Panics
/// If a folder or file cannot be read.
pub fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), "", ending, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, name: &str, ending: &str, found: &mut Vec<(String, String)>) {
    if name == ".git" || folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("failed to list {}: {e}", folder.display()));
    for entry in entries {
        let entry = entry.unwrap_or_else(|e| panic!("failed to list {}: {e}", folder.display()));
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let inner = if name.is_empty() { file_name } else { format!("{name}/{file_name}") };
        let path = entry.path();
        // A symbolic link is not followed: what it leads to is checked where it lives.
        if path.is_symlink() {
            continue;
        } else if path.is_dir() {
            collect(&path, &inner, ending, found);
        } else if inner.ends_with(ending) {
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
            found.push((inner, text));
        }
    }
}

/// Whether `file` lies in `folder`, or is the file of the module of that name.
fn is_within(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_does_not_hold_its_namesakes() {
        assert!(is_within("a/b/c.rs", "a/b"));
        assert!(is_within("a/b.rs", "a/b"));
        assert!(!is_within("a/bc.rs", "a/b"));
    }

    #[test]
    fn faults_are_numbered_and_placed() {
        let faults = vec![
            Fault::new("b.rs", 2, "is wrong".into()),
            Fault::new("a.rs", 9, "is worse".into()),
            Fault::new("a.rs", 9, "is worse".into()),
        ];
        assert_eq!(
            describe(faults).unwrap(),
            "the tree breaks 2 of its rules:\n(1) a.rs:9 is worse.\n(2) b.rs:2 is wrong."
        );
        assert_eq!(describe(Vec::new()), None);
    }
}
