//! The workspace that the command is tried on, and how it is called.

use crate::common::{Ended, call};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Calls the command in the workspace.
pub fn raddle(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    call(workspace(), arguments, variables)
}

/// The folder of the workspace, which is written once for all tests.
pub fn workspace() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| crate::common::workspace("with-stand-in", FILES))
}

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"bank\", \"raddle\", \"shims\"]\n"),
    (".config/raddle.toml", "[default]\nsead = 7\n"),
    ("raddle/Cargo.toml", RADDLE_TOML),
    ("raddle/src/lib.rs", RADDLE),
    ("shims/Cargo.toml", SHIMS_TOML),
    ("shims/src/lib.rs", ""),
    ("bank/Cargo.toml", BANK_TOML),
    ("bank/src/lib.rs", BANK),
    ("bank/tests/it.rs", IT),
];

const RADDLE_TOML: &str = r#"
[package]
name = "raddle"
version = "0.1.0"
edition = "2024"

[dependencies]
raddle-macros = { path = "ROOT/checker/macros" }
raddle-report = { path = "ROOT/checker/report" }
raddle-shims = { path = "../shims", features = ["model"] }
"#;

const SHIMS_TOML: &str = r#"
[package]
name = "raddle-shims"
version = "0.1.0"
edition = "2024"

[features]
model = []
"#;

const BANK_TOML: &str = r#"
[package]
name = "my-bank"
version = "0.1.0"
edition = "2024"

[features]
broken = []

[dependencies]
raddle = { path = "../raddle" }
"#;

/// The stand-in: runs the body once and reports what the body has asked for by `say`, a violation if it
/// failed.
const RADDLE: &str = r#"
use std::cell::Cell;
use std::io::Write;
pub use raddle_macros::test;

thread_local!(static SAID: Cell<&'static str> = const { Cell::new("verified") });

pub fn say(verdict: &'static str) {
    SAID.set(verdict);
}

#[derive(Default)]
pub struct Builder {
    name: String,
}

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
    pub fn location(self, file: &str, line: u32) -> Self {
        assert!(file.ends_with(".rs") && line > 0);
        self
    }
    pub fn seed(self, _: u64) -> Self {
        self
    }
    pub fn strategy(self, _: &str) -> Self {
        self
    }
    pub fn allow_incomplete(self, _: bool) -> Self {
        self
    }
}

pub trait Outcome {
    fn failed(&self) -> bool;
    fn passed() -> Self;
}

impl Outcome for () {
    fn failed(&self) -> bool {
        false
    }
    fn passed() {}
}

impl<E> Outcome for Result<(), E> {
    fn failed(&self) -> bool {
        self.is_err()
    }
    fn passed() -> Self {
        Ok(())
    }
}

fn report(name: &str, verdict: &str, executions: u64, note: &str) {
    let Ok(path) = std::env::var("RADDLE_REPORT") else { return };
    let complete = verdict == "verified";
    let token = match verdict {
        "violation" => format!("\"rd1-{name}\""),
        _ => "null".into(),
    };
    let line = format!(
        "{{\"test\":\"{name}\",\"verdict\":\"{verdict}\",\"executions\":{executions},\"complete\":\
         {complete},\"millis\":3,\"token\":{token},\"note\":\"{note}\"}}\n"
    );
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

pub mod __private {
    use super::*;
    use raddle_report::token::{Body, Token};

    pub fn run_test<R: Outcome>(builder: Builder, body: fn() -> R) -> R {
        if let Ok(token) = std::env::var("RADDLE_REPLAY") {
            let token = Token::decode(&token).expect("the command has read it");
            if matches!(token.body, Body::Sample { .. }) {
                report(&builder.name, "error", 0, "the strategy is not known");
                panic!("the strategy is not known");
            }
            if token.expect_test(&builder.name).is_err() {
                report(&builder.name, "other-test", 0, "");
                return R::passed();
            }
        }
        let mut note: Vec<String> = std::env::vars()
            .filter(|(name, _)| name.starts_with("RADDLE_") && name != "RADDLE_REPORT")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        note.sort();
        let result = std::panic::catch_unwind(body);
        let failed = result.as_ref().map_or(true, |outcome| outcome.failed());
        let verdict = if failed { "violation" } else { SAID.get() };
        if verdict != "nothing" {
            report(&builder.name, verdict, 12, &note.join(" "));
        }
        match result {
            Ok(outcome) => {
                assert!(!matches!(verdict, "nondeterminism"), "nondeterminism");
                outcome
            }
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }
}
"#;

const BANK: &str = r#"
#[cfg(feature = "broken")]
compile_error!("this feature is broken");

#[cfg(test)]
mod tests {
    #[raddle::test]
    fn passes() {
        println!("written by a test");
    }

    #[raddle::test(seed = 7, strategy = "random", name = "swift path")]
    fn named() {}

    mod r#match {
        #[raddle::test]
        fn r#type() {}
    }

    #[raddle::test]
    fn fails() {
        panic!("one of the accounts is empty");
    }

    #[raddle::test]
    fn returns_an_error() -> Result<(), String> {
        Err("no such account".into())
    }

    #[raddle::test]
    #[should_panic(expected = "a demanded failure")]
    fn asks_for_a_failure() {
        panic!("a demanded failure");
    }

    #[raddle::test]
    #[ignore = "it is slow"]
    fn slow() {}

    #[raddle::test(allow_incomplete = true)]
    fn stops_early() {
        raddle::say("incomplete");
    }

    #[raddle::test]
    fn lies() {
        raddle::say("nothing");
    }

    #[raddle::test]
    fn diverges() {
        raddle::say("nondeterminism");
    }

    #[test]
    fn ordinary() {}

    /// As the real thing does with a search that is not complete.
    mod incomplete {
        pub struct Refused;
        impl raddle::Outcome for Refused {
            fn failed(&self) -> bool {
                false
            }
            fn passed() -> Self {
                Refused
            }
        }
        impl std::process::Termination for Refused {
            fn report(self) -> std::process::ExitCode {
                std::process::ExitCode::FAILURE
            }
        }
    }

    #[raddle::test]
    fn wants_more() -> incomplete::Refused {
        raddle::say("incomplete");
        incomplete::Refused
    }
}
"#;

const IT: &str = r#"
#[raddle::test]
fn works() {}

#[raddle::test]
fn crashes() {
    if std::env::var_os("BANK_DIES").is_some() {
        std::process::abort();
    }
}

#[raddle::test]
fn leaves_early() {
    if std::env::var_os("BANK_DIES").is_some() {
        std::process::exit(0);
    }
}
"#;
