//! What stands behind `cargo raddle loom` or `cargo raddle shuttle`: the word `test`, arguments for cargo, and filters behind `--`.

use crate::exit::{Exit, Trouble};
use std::ffi::OsString;

/// The arguments, by who they are for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rest {
    /// For `cargo test`.
    pub cargo: Vec<OsString>,
    /// Those of them that say which package with which features, for other commands of cargo.
    pub selection: Vec<OsString>,
    /// Only tests whose names have one of these in them.
    pub filters: Vec<String>,
    /// The filters are whole names.
    pub exact: bool,
    /// The tests are built, and not run.
    pub no_run: bool,
}

/// Options that other commands of cargo know as well, and whether a value follows.
const SELECTING: [(&str, bool); 13] = [
    ("--manifest-path", true),
    ("-p", true),
    ("--package", true),
    ("-F", true),
    ("--features", true),
    ("--all-features", false),
    ("--no-default-features", false),
    ("--workspace", false),
    ("--offline", false),
    ("--config", true),
    ("-Z", true),
    ("--color", true),
    ("-q", false),
];

impl Rest {
    /// # Errors
    /// If it does not begin with `test`, or asks for something that cannot be done.
    pub fn new(tool: &str, given: &[OsString]) -> Result<Rest, Trouble> {
        let usage = |message: String| Err(Trouble::new(Exit::Usage, message));
        let Some((command, all)) = given.split_first() else {
            return usage(format!("write `cargo raddle {tool} test`"));
        };
        if command != "test" {
            let command = command.display();
            return usage(format!(
                "`{command}` is not known here; write `cargo raddle {tool} test`"
            ));
        }
        let mut rest = Rest::default();
        let mut all = all.iter();
        while let Some(argument) = all.next() {
            let text = argument.to_string_lossy();
            match &*text {
                "--" => break,
                "--locked" | "--frozen" => {
                    return usage(format!(
                        "{text} forbids that {tool} is replaced; leave it out (--offline is possible)"
                    ));
                }
                "--doc" => return usage(format!("{text} cannot be combined with this")),
                "--no-run" => {
                    rest.no_run = true;
                    continue;
                }
                _ => {}
            }
            let option = text.split('=').next().unwrap_or_default();
            let known = SELECTING.iter().find(|row| row.0 == option);
            rest.cargo.push(argument.clone());
            if let Some((_, has_value)) = known {
                rest.selection.push(argument.clone());
                if *has_value && !text.contains('=') {
                    let value = all.next().cloned().unwrap_or_default();
                    rest.cargo.push(value.clone());
                    rest.selection.push(value);
                }
            }
        }
        for argument in all {
            let text = argument.to_string_lossy().into_owned();
            match text.as_str() {
                "--exact" => rest.exact = true,
                "--nocapture" | "--no-capture" | "--include-ignored" => {}
                _ if text.starts_with('-') => {
                    return usage(format!("{text} behind -- is not known here; filters are"));
                }
                _ => rest.filters.push(text),
            }
        }
        Ok(rest)
    }

    /// Whether a test of that name is asked for.
    pub fn asks_for(&self, test: &str) -> bool {
        let fits = |filter: &String| match self.exact {
            true => test == filter,
            false => test.contains(filter.as_str()),
        };
        self.filters.is_empty() || self.filters.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Result<Rest, Trouble> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        Rest::new("loom", &words)
    }

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn arguments_go_where_they_belong() {
        let text =
            "test --release -p a --features=x --test loom --no-run --lib --offline -- f --exact";
        let rest = rest(text).unwrap();
        let cargo = "--release -p a --features=x --test loom --lib --offline";
        assert_eq!(rest.cargo, words(cargo));
        assert_eq!(rest.selection, words("-p a --features=x --offline"));
        assert!(rest.asks_for("f") && !rest.asks_for("fg"));
        assert!(rest.no_run);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for (text, part) in [
            ("run", "write `cargo raddle loom test`"),
            ("test --locked", "--locked forbids that loom is replaced"),
            ("test --doc", "--doc cannot"),
            ("test -- --list", "--list behind -- is not known"),
        ] {
            let trouble = rest(text).expect_err(text);
            assert!(trouble.message.contains(part), "{}", trouble.message);
            assert_eq!(trouble.exit, Exit::Usage);
        }
    }
}
