//! `cargo raddle doctor`: looks for mistakes in the set-up and says what to do about each.

mod settings;
mod toolchain;
mod workspace;

use crate::arguments::Doctor;
use crate::cargo::program;
use crate::exit::{Exit, Trouble};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but perhaps not as it was meant.
    Warning,
    /// Does not work.
    Error,
}

/// What was found about one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was found, and after a colon or semicolon what to do.
    pub text: String,
}

impl Finding {
    fn ok(text: impl Into<String>) -> Finding {
        Finding { level: Level::Ok, text: text.into() }
    }

    fn warning(text: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, text: text.into() }
    }

    fn error(text: impl Into<String>) -> Finding {
        Finding { level: Level::Error, text: text.into() }
    }
}

/// Prints a line for each thing that was looked at; ends with 1 if one of them is an error.
pub fn doctor(arguments: &Doctor) -> Result<Exit, Trouble> {
    let path = arguments.manifest_path.as_deref();
    let mut findings = vec![
        toolchain::cargo(asked(&program(), &["--version"], None)),
        toolchain::rustc(asked(&rustc(), &["--version"], None)),
    ];
    match asked(&program(), &["metadata", "--format-version=1", "--no-deps"], path) {
        Ok(text) => match workspace::Workspace::parse(&text) {
            Ok(workspace) => findings.extend(of_workspace(&workspace, path)),
            Err(fault) => findings.push(Finding::error(fault)),
        },
        Err(fault) => findings.push(Finding::error(format!("no workspace to look at: {fault}"))),
    }
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    findings.push(settings::variables(names));
    print!("{}", written(&findings));
    let bad = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if bad { Exit::Failure } else { Exit::Clean })
}

fn of_workspace(workspace: &workspace::Workspace, path: Option<&Path>) -> Vec<Finding> {
    let tree = |edges: &str| {
        let arguments =
            ["tree", "--workspace", "--prefix=none", "--format={p}|{f}", "--edges", edges];
        asked(&program(), &arguments, path).map(|text| workspace::shims(&text))
    };
    let mut findings = vec![workspace.depends_on_raddle()];
    findings.push(match tree("normal,build") {
        Ok(found) => workspace.model_in_production(&found),
        Err(fault) => Finding::warning(format!("dependencies could not be listed: {fault}")),
    });
    findings.extend(tree("normal,build,dev").ok().map(|found| workspace::versions(&found)));
    let root = Path::new(&workspace.root);
    if let Ok(text) = std::fs::read_to_string(root.join("Cargo.toml")) {
        findings.push(workspace::checks_in_tests(&text));
        findings.push(workspace::engine_in_tests(&text));
    }
    // Tests look beside their own manifest first, then in the folders above.
    let files = root.ancestors().map(|folder| folder.join(settings::CONFIG));
    let Some(config) = files.into_iter().find(|file| file.is_file()) else {
        findings.push(Finding::ok(format!("no {}: defaults are used", settings::CONFIG)));
        return findings;
    };
    match std::fs::read_to_string(&config) {
        Ok(text) => findings.extend(settings::config(&text)),
        Err(reason) => {
            findings.push(Finding::error(format!("{} cannot be read: {reason}", config.display())));
        }
    }
    findings
}

fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What a program answers; else the first line of its complaint.
fn asked(
    program: &OsString,
    arguments: &[&str],
    manifest: Option<&Path>,
) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    if let Some(path) = manifest {
        command.arg("--manifest-path").arg(path);
    }
    let name = program.to_string_lossy();
    let output = command.output().map_err(|reason| format!("failed to start {name}: {reason}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let mut lines = complaint.lines().filter(|line| !line.trim().is_empty());
    let first = lines.clone().find(|line| line.starts_with("error")).or_else(|| lines.next());
    Err(first.map_or_else(|| format!("{name}: {}", output.status), String::from))
}

fn written(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let word = match finding.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        format!("{word:<8} {}\n", finding.text)
    };
    findings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_a_line() {
        let findings = [Finding::ok("a"), Finding::warning("b: do c"), Finding::error("d")];
        assert_eq!(written(&findings), "ok       a\nwarning  b: do c\nerror    d\n");
    }

    #[test]
    fn complaints_are_passed_on() {
        let missing = asked(&"raddle-is-no-such-program".into(), &[], None);
        assert!(missing.is_err_and(|fault| fault.starts_with("failed to start raddle-is-no")));
    }
}
