//! How far a campaign has come: one line that changes on a terminal, lines that stay elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Elsewhere than on a terminal a line about progress is written at most this often.
const PAUSE: Duration = Duration::from_secs(10);

/// How far a campaign has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Since the beginning.
    pub elapsed: Duration,
    /// How long it may take.
    pub of: Option<Duration>,
    /// The number of the round, from 1.
    pub round: u64,
    /// Executions.
    pub executions: u64,
    /// Tests of which nothing is left to explore, and all.
    pub settled: usize,
    /// See [`State::settled`].
    pub tests: usize,
    /// Failures that count.
    pub failures: usize,
}

/// Writes to standard error.
pub struct Progress {
    is_terminal: bool,
    /// Whether the line that changes is there.
    open: bool,
    last: Option<Duration>,
}

impl Progress {
    /// For standard error as it is.
    pub fn new() -> Progress {
        Progress { is_terminal: std::io::stderr().is_terminal(), open: false, last: None }
    }

    /// Shows how far it has come.
    pub fn show(&mut self, state: &State) {
        if self.is_terminal {
            // Back to the start of the line, and the rest of it away.
            eprint!("\r{}\u{1b}[K", line(state));
            let _ = std::io::stderr().flush();
            self.open = true;
        } else if self.last.is_none_or(|last| state.elapsed >= last + PAUSE) {
            self.last = Some(state.elapsed);
            eprintln!("{}", line(state));
        }
    }

    /// Writes a line that stays.
    pub fn say(&mut self, text: &str) {
        if self.open {
            eprint!("\r\u{1b}[K");
            self.open = false;
        }
        eprintln!("{text}");
    }

    /// Leaves what was shown last.
    pub fn end(&mut self) {
        if self.open {
            eprintln!();
            self.open = false;
        }
    }
}

fn line(state: &State) -> String {
    let seconds = |time: Duration| format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60);
    let of = state.of.map(|of| format!("/{}", seconds(of))).unwrap_or_default();
    format!(
        "{}{of}  round {}  {} executions  {}/{} tests settled  {} failures",
        seconds(state.elapsed),
        state.round,
        state.executions,
        state.settled,
        state.tests,
        state.failures
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far() {
        let elapsed = Duration::from_secs(65);
        let state = State { elapsed, round: 3, executions: 1_000, tests: 9, ..State::default() };
        assert_eq!(line(&state), "1:05  round 3  1000 executions  0/9 tests settled  0 failures");
        let state = State { of: Some(Duration::from_secs(600)), ..state };
        assert!(line(&state).starts_with("1:05/10:00  "));
    }
}
