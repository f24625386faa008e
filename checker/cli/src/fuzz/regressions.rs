//! Committed failures: a file for each, in a folder that is under version control.
//!
//! ```toml
//! version = 1
//! test = "bank::tests::loses_money"
//! token = "rd1-…"
//! kind = "panic"
//! signature = "panic | src/lib.rs: assert!(money == 3);"
//! accepted = false
//! note = "issue 12"
//! ```
//!
//! One that is not accepted was fixed: it must not fail again. One that is accepted may, for now.

use crate::exit::{Exit, Trouble};
use crate::fuzz::failures::id;
use crate::fuzz::summary::Came;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The version of the files.
const VERSION: u32 = 1;

/// A committed failure.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Regression {
    /// The test, as reports call it.
    pub test: String,
    /// What `cargo raddle replay` takes.
    pub token: String,
    /// The kind of failure.
    pub kind: String,
    /// By what a campaign knows it.
    pub signature: String,
    /// Whether it may fail, for now.
    pub accepted: bool,
    /// Why it is there.
    #[serde(default)]
    pub note: String,
    /// The file.
    #[serde(skip)]
    pub path: PathBuf,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
    #[serde(flatten)]
    regression: Regression,
}

impl Regression {
    /// Its name: that of its file.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Its number in campaigns.
    pub fn id(&self) -> String {
        id(&self.test, &self.signature)
    }

    /// Where it is to be written in a folder, so that the same failure has the same file.
    pub fn place(mut self, folder: &Path) -> Regression {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = self.test.replace("::", "-").chars().map(plain).take(80).collect();
        self.path = folder.join(format!("{name}-{}.toml", self.id()));
        self
    }

    fn text(&self) -> String {
        format!(
            "version = {VERSION}\ntest = {}\ntoken = {}\nkind = {}\nsignature = {}\naccepted = {}\nnote = {}\n",
            quoted(&self.test),
            quoted(&self.token),
            quoted(&self.kind),
            quoted(&self.signature),
            self.accepted,
            quoted(&self.note)
        )
    }

    /// Writes it.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn write(&self) -> Result<(), Trouble> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let shown = self.path.display();
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&self.path, self.text()))
            .map_err(Trouble::outside(format!("write {shown}")))
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// All in a folder, by name; none if there is no such folder.
///
/// # Errors
/// If a file cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Regression>, Trouble> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    paths.sort();
    paths.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Result<Regression, Trouble> {
    let wrong = |what: &str| {
        Trouble::new(Exit::Usage, format!("failed to read {}: {what}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|reason| wrong(&reason.to_string()))?;
    let read: Versioned = toml::from_str(&text).map_err(|reason| wrong(&reason.to_string()))?;
    if read.version != VERSION {
        return Err(wrong(&format!("it is of version {}, not {VERSION}", read.version)));
    }
    Ok(Regression { path: path.to_path_buf(), ..read.regression })
}

/// What is to be said about the replay of a committed failure.
pub fn sentence(regression: &Regression, came: Came) -> String {
    let name = regression.name();
    match (came, regression.accepted) {
        (Came::Again, false) => format!("{name}: FAILS AGAIN ({})", regression.test),
        (Came::Again, true) => format!("{name}: fails, and is accepted ({})", regression.test),
        (Came::Passed, false) => format!("{name}: ok"),
        (Came::Passed, true) => {
            format!(
                "{name}: fails no more: cargo raddle regress prune removes it, or add it as fixed"
            )
        }
        (Came::Diverged, _) => {
            format!(
                "{name}: cannot be followed, as {} has changed: cargo raddle regress prune",
                regression.test
            )
        }
        (Came::NoTest, _) => format!("{name}: no test that was built is {}", regression.test),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn regression() -> Regression {
        Regression {
            test: "bank::f".into(),
            token: "rd1-x".into(),
            kind: "panic".into(),
            signature: "panic | src/lib.rs: assert!(\"\\\" == x)\t\u{7f}".into(),
            accepted: false,
            note: "two\nlines".into(),
            path: PathBuf::new(),
        }
    }

    #[test]
    fn files_hold_what_was_written() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.folder("regressions").expect("a folder");
        assert_eq!(read(&folder.join("none")).map(|it| it.len()), Ok(0));
        let one = regression().place(&folder);
        one.write().expect("it can be written");
        std::fs::write(folder.join("README.md"), "not one").expect("it can be written");
        assert_eq!(read(&folder), Ok(vec![one.clone()]));
        assert!(one.name().starts_with("bank-f-"), "{}", one.name());
        let other = Regression { accepted: true, ..one.clone() };
        assert_eq!(other.place(&folder).path, one.path, "the same failure has the same file");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.folder("regressions").expect("a folder");
        let path = folder.join("x.toml");
        std::fs::write(&path, "version = 1\ntest = 3\n").expect("it can be written");
        assert!(read(&folder).expect_err("no text").message.contains("x.toml"));
        let text = regression().text().replace("version = 1", "version = 2");
        std::fs::write(&path, text).expect("it can be written");
        assert!(read(&folder).expect_err("newer").message.contains("of version 2"));
    }
}
