//! Building the tests with cargo, and what cargo tells about it.

use crate::arguments::{Cargo, Choice};
use crate::exit::{Exit, Trouble};
use crate::marks::{Mark, marks};
use serde::Deserialize;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A test binary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binary {
    /// The package it belongs to.
    pub package: String,
    /// The target, such as the name of the library or of a file in `tests`.
    pub target: String,
    /// The package's folder, in which cargo would run it.
    pub folder: PathBuf,
    /// Where it is.
    pub path: PathBuf,
}

/// What a build produced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Built {
    /// The test binaries, as cargo told of them.
    pub binaries: Vec<Binary>,
    /// Folders of libraries that build scripts named.
    pub libraries: Vec<PathBuf>,
}

/// A test binary and the checked tests in it that were asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tested {
    /// The binary.
    pub binary: Binary,
    /// By path; not empty.
    pub marks: Vec<Mark>,
}

/// Those lines of `--message-format=json` that matter.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        package_id: String,
        manifest_path: PathBuf,
        target: Target,
        profile: Profile,
        executable: Option<PathBuf>,
    },
    BuildScriptExecuted {
        linked_paths: Vec<String>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The program that cargo asks its subcommands to call.
pub fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds the tests. Cargo's own messages go to standard error.
pub fn build(cargo: &Cargo, choice: &Choice) -> Result<Built, Trouble> {
    build_with(&cargo.arguments(&choice.targets))
}

/// The same, with these arguments of `cargo test`.
pub fn build_with(arguments: &[OsString]) -> Result<Built, Trouble> {
    let mut command = Command::new(program());
    command.args(["test", "--no-run", "--message-format=json-render-diagnostics"]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|reason| Trouble::new(Exit::Build, format!("failed to start cargo: {reason}")))?;
    let mut built = Built::default();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(Trouble::outside("read what cargo tells"))?;
        if !built.take(&line) {
            eprintln!("{line}");
        }
    }
    let status = child.wait().map_err(Trouble::outside("wait for cargo"))?;
    if !status.success() {
        return Err(Trouble::new(Exit::Build, "the tests could not be built; see above"));
    }
    Ok(built)
}

/// Builds the tests and finds those that were asked for; at least one.
pub fn find(cargo: &Cargo, choice: &Choice) -> Result<(Built, Vec<Tested>), Trouble> {
    let built = build(cargo, choice)?;
    let mut all = 0;
    let mut found = Vec::new();
    for binary in &built.binaries {
        let what = format!("read the test binary {}", binary.path.display());
        let bytes = std::fs::read(&binary.path).map_err(Trouble::outside(what))?;
        let mut marks = marks(&bytes, &binary.target);
        all += marks.len();
        marks.retain(|mark| mark.is_asked_for(&choice.filters, choice.exact));
        if !marks.is_empty() {
            found.push(Tested { binary: binary.clone(), marks });
        }
    }
    found.sort_by(|a, b| order(&a.binary).cmp(&order(&b.binary)));
    if found.is_empty() {
        return Err(Trouble::new(Exit::NoTest, nothing(all, built.binaries.len(), choice)));
    }
    Ok((built, found))
}

/// Cargo tells of binaries in the order in which they became ready.
fn order(binary: &Binary) -> (&str, &str, &Path) {
    (&binary.package, &binary.target, &binary.path)
}

fn nothing(all: usize, binaries: usize, choice: &Choice) -> String {
    if all > 0 {
        let filters = choice.filters.join(" ");
        return format!("none of {all} checked tests matches {filters}; see cargo raddle list");
    }
    format!(
        "no checked test in {binaries} test binaries: mark one with #[raddle::test], or choose other \
         packages or features"
    )
}

impl Built {
    /// Reads one line; whether it was one of cargo's messages.
    fn take(&mut self, line: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Message>(line) else { return false };
        match message {
            Message::CompilerArtifact {
                package_id,
                manifest_path,
                target,
                profile: Profile { test: true },
                executable: Some(path),
            } => {
                let package = package_name(&package_id);
                let folder = manifest_path.parent().map(Path::to_path_buf).unwrap_or_default();
                self.binaries.push(Binary { package, target: target.name, folder, path });
            }
            Message::BuildScriptExecuted { linked_paths } => {
                let plain = |path: String| match path.split_once('=') {
                    Some(("native" | "dependency" | "crate" | "framework" | "all", path)) => {
                        PathBuf::from(path)
                    }
                    _ => PathBuf::from(path),
                };
                self.libraries.extend(linked_paths.into_iter().map(plain));
            }
            Message::CompilerArtifact { .. } | Message::Other => {}
        }
        true
    }
}

/// The name in an id such as `path+file:///src/bank#0.1.0` or `…#bank@0.1.0`.
fn package_name(id: &str) -> String {
    let (source, fragment) = id.split_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name.into(),
        None if fragment.starts_with(|c: char| !c.is_ascii_digit()) => fragment.into(),
        None => {
            let path = source.split('?').next().unwrap_or(source);
            path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_ids_hold_names() {
        let cases = [
            ("path+file:///src/bank#0.1.0", "bank"),
            ("path+file:///src/x#my-bank@0.1.0", "my-bank"),
            ("path+file:///src/bank/#0.1.0-alpha", "bank"),
            ("git+https://host/a/bank.git?rev=1#bank@0.1.0", "bank"),
            ("registry+https://host/index#serde@1.0.0+meta", "serde"),
            ("path+file:///src/x#bank", "bank"),
        ];
        for (id, name) in cases {
            assert_eq!(package_name(id), name, "{id}");
        }
    }

    #[test]
    fn only_test_binaries_are_taken() {
        let artifact = |test: bool, executable: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"package_id\":\"path+file:///w/bank#0.1.0\",\
                 \"manifest_path\":\"/w/bank/Cargo.toml\",\"target\":{{\"kind\":[\"test\"],\"name\":\
                 \"it\"}},\"profile\":{{\"test\":{test}}},\"executable\":{executable}}}"
            )
        };
        let mut built = Built::default();
        assert!(built.take(&artifact(true, "\"/w/target/it-1\"")));
        assert!(built.take(&artifact(false, "\"/w/target/main\"")));
        assert!(built.take(&artifact(true, "null")));
        assert!(built.take("{\"reason\":\"build-finished\",\"success\":true}"));
        assert!(!built.take("warning: not a message"));
        let script =
            "{\"reason\":\"build-script-executed\",\"linked_paths\":[\"native=/a\",\"/b\"]}";
        assert!(built.take(script));
        let expected = Binary {
            package: "bank".into(),
            target: "it".into(),
            folder: "/w/bank".into(),
            path: "/w/target/it-1".into(),
        };
        assert_eq!(built.binaries, [expected]);
        assert_eq!(built.libraries, [PathBuf::from("/a"), PathBuf::from("/b")]);
    }

    #[test]
    fn what_was_not_found_is_told() {
        let choice = Choice { filters: vec!["abc".into()], ..Choice::default() };
        assert!(nothing(3, 1, &choice).starts_with("none of 3 checked tests matches abc;"));
        assert!(nothing(0, 2, &choice).starts_with("no checked test in 2 test binaries:"));
    }
}
