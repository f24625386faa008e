//! loom's variables: what they set, and what is said of those that mean nothing here.

use super::Builder;
use crate::MAX_THREADS;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

/// loom's own defaults.
const MAX_BRANCHES: usize = 1_000;
const CHECKPOINT_INTERVAL: usize = 20_000;

fn number<T: FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    match value.parse() {
        Ok(number) => Some(number),
        Err(_) => {
            panic!("invalid value for `{name}`: {value:?} is not a number of the expected size")
        }
    }
}

pub(super) fn builder() -> Builder {
    Builder {
        max_threads: MAX_THREADS,
        max_branches: number("LOOM_MAX_BRANCHES").unwrap_or(MAX_BRANCHES),
        max_permutations: number("LOOM_MAX_PERMUTATIONS"),
        max_duration: number("LOOM_MAX_DURATION").map(Duration::from_secs),
        preemption_bound: number("LOOM_MAX_PREEMPTIONS"),
        checkpoint_file: std::env::var_os("LOOM_CHECKPOINT_FILE").map(Into::into),
        checkpoint_interval: number("LOOM_CHECKPOINT_INTERVAL").unwrap_or(CHECKPOINT_INTERVAL),
        expect_explicit_explore: false,
        location: std::env::var_os("LOOM_LOCATION").is_some(),
        log: std::env::var_os("LOOM_LOG").is_some(),
    }
}

/// What is asked for that is done in another way here.
fn differs(builder: &Builder) -> impl Iterator<Item = &'static str> {
    let sentences = [
        (
            builder.checkpoint_file.is_some(),
            "LOOM_CHECKPOINT_FILE: no checkpoint is written or read; a failing execution is repeated by \
             RADDLE_REPLAY=TOKEN, with the token at the end of its report",
        ),
        (
            builder.log,
            "LOOM_LOG: a failing execution is told step by step in its report; nothing else is logged",
        ),
        (
            builder.expect_explicit_explore,
            "expect_explicit_explore: everything is explored, before explore() is called as well",
        ),
    ];
    sentences.into_iter().filter(|row| row.0).map(|row| row.1)
}

/// Says so, once in a process.
pub(super) fn tell_what_differs(builder: &Builder) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for sentence in differs(builder) {
            eprintln!("note: {sentence}");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_else_here_is_told() {
        let mut asked = builder();
        asked.checkpoint_file("path.json").expect_explicit_explore = true;
        let told: Vec<_> = differs(&asked).collect();
        assert_eq!(told.len(), 2 + usize::from(asked.log));
        assert!(told[0].contains("RADDLE_REPLAY=TOKEN"));
    }
}
