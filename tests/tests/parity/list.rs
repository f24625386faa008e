//! The list of what std has, and the list of gaps.

use std::collections::BTreeMap;

/// A line of `data/std-api.txt`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Where it is, below `std`.
    pub path: String,
    /// `fn`, `struct`, `impl Clone` and so on.
    pub kind: String,
    /// Whether it is as old as the oldest compiler that the shims are for.
    pub old: bool,
    /// For `impl`s the type that implements.
    pub of: Option<String>,
    /// Whether it is a function that such a compiler can call at compile time.
    pub constant: bool,
}

impl Item {
    /// For `impl`s the name of the trait, without arguments, and whether it is implemented or refused.
    pub fn implements(&self) -> Option<(&str, bool)> {
        let name = self.kind.strip_prefix("impl ")?.split('<').next()?;
        Some(name.strip_prefix('!').map_or((name, true), |name| (name, false)))
    }

    /// Whether it is an `impl` for another type, which only mentions the one whose path it has.
    pub fn is_elsewhere(&self) -> bool {
        let name = self.path.rsplit("::").next().unwrap_or(&self.path);
        let name_of =
            |of: &str| of.trim_start_matches("&'a ").split(['<', ' ']).next() == Some(name);
        self.of.as_deref().is_some_and(|of| !name_of(of))
    }
}

fn lines(file: &str) -> Vec<String> {
    let path = raddle_tests::tidy::root().join("tests/data").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The minor version of the oldest compiler that the shims are for.
fn oldest() -> u32 {
    let path = raddle_tests::tidy::root().join("shims/Cargo.toml");
    let text = std::fs::read_to_string(path).expect("the shims have a manifest");
    let line = text.lines().find_map(|line| line.strip_prefix("rust-version = \"1."));
    let version = line.and_then(|rest| rest.strip_suffix('"'));
    version.and_then(|minor| minor.parse().ok()).expect("the manifest has a version such as 1.88")
}

fn minor(version: &str) -> u32 {
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok());
    minor.unwrap_or_else(|| panic!("`{version}` is no version of Rust"))
}

/// What std has.
pub fn std_api() -> Vec<Item> {
    let item = |line: String| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [path, kind, since, constant, _deprecated, declaration] = cells[..] else {
            panic!("`{line}` has not six cells");
        };
        Item {
            path: path.to_owned(),
            kind: kind.to_owned(),
            of: declaration.rsplit_once(" for ").map(|(_, of)| of.to_owned()),
            old: minor(since) <= oldest(),
            constant: constant != "-" && minor(constant) <= oldest(),
        }
    };
    lines("std-api.txt").into_iter().map(item).collect()
}

/// The gaps, by path and kind, with their reasons. A path may end in `*`, which stands for the rest of a name.
pub struct Gaps(BTreeMap<(String, String), String>);

impl Gaps {
    /// What is written in `data/std-gaps.txt`.
    pub fn read() -> Gaps {
        let gap = |line: String| match line.split('\t').collect::<Vec<_>>()[..] {
            [path, kind, reason] => {
                assert!(reason.len() > 20, "`{line}` gives no reason");
                ((path.to_owned(), kind.to_owned()), reason.to_owned())
            }
            _ => panic!("`{line}` has not three cells"),
        };
        Gaps(lines("std-gaps.txt").into_iter().map(gap).collect())
    }

    /// The line that excuses the lack of something.
    pub fn excuse(&self, path: &str, kind: &str) -> Option<&(String, String)> {
        self.0.keys().find(|(prefix, its_kind)| {
            its_kind == kind
                && match prefix.split_once('*') {
                    None => prefix == path,
                    Some((before, after)) => {
                        path.len() >= before.len() + after.len()
                            && path.starts_with(before)
                            && path.ends_with(after)
                    }
                }
        })
    }

    /// The lines that are not among `used`.
    pub fn unused<'a>(&'a self, used: &[&(String, String)]) -> Vec<&'a (String, String)> {
        self.0.keys().filter(|line| !used.contains(line)).collect()
    }
}
