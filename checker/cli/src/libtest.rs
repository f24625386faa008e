//! What the standard test harness says about the tests that it ran.

use std::collections::BTreeSet;

/// The harness's own opinion of a test. It is what `#[should_panic]` and returned errors go into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opinion {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// The process ended before the harness said anything.
    None,
}

/// The harness's summary of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Summary {
    /// These failed, by the names that the binary knows them by; the others passed.
    Failed(BTreeSet<String>),
    /// There is none: the process ended early.
    Missing,
}

impl Summary {
    /// What it says about the test that the binary knows by this name.
    pub fn opinion(&self, name: &str) -> Opinion {
        match self {
            Summary::Missing => Opinion::None,
            Summary::Failed(failed) if failed.contains(name) => Opinion::Failed,
            Summary::Failed(_) => Opinion::Passed,
        }
    }
}

/// Reads the summary at the end of what the harness wrote to standard output. `success` is whether the
/// process ended with 0.
///
/// Tests write to standard output too, but not after all of them have ended, so the last lines are
/// the harness's. If they contradict the exit code there is no summary.
pub fn summary(output: &str, success: bool) -> Summary {
    let lines: Vec<&str> = output.lines().collect();
    let Some(end) = lines.iter().rposition(|line| line.starts_with("test result: ")) else {
        return Summary::Missing;
    };
    if lines[end].starts_with("test result: ok.") {
        return if success { Summary::Failed(BTreeSet::new()) } else { Summary::Missing };
    }
    let start = lines[..end].iter().rposition(|line| *line == "failures:");
    let names = start.map_or(&[][..], |start| &lines[start + 1..end]);
    let names = names.iter().filter_map(|line| line.strip_prefix("    "));
    // The harness adds " - should panic" to names in its progress only, not here.
    let failed: BTreeSet<String> = names.map(String::from).collect();
    if success || failed.is_empty() { Summary::Missing } else { Summary::Failed(failed) }
}

/// The names in the answer to `--list --format terse`.
pub fn listed(output: &str) -> BTreeSet<String> {
    output.lines().filter_map(|line| line.strip_suffix(": test")).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\nrunning 3 tests\nhello\nfailures:\n    faked\n\ntest a::f ... ok\n\nfailures:\n\n\
                          failures:\n    a::g\n    h\n\ntest result: FAILED. 1 passed; 2 failed; 0 \
                          ignored; 0 measured; 2 filtered out; finished in 0.00s\n\n";

    #[test]
    fn the_failed_ones_are_read() {
        let summary = summary(FAILED, false);
        assert_eq!(summary.opinion("a::f"), Opinion::Passed);
        assert_eq!(summary.opinion("faked"), Opinion::Passed);
        assert_eq!(summary.opinion("a::g"), Opinion::Failed);
        assert_eq!(summary.opinion("h"), Opinion::Failed);
    }

    #[test]
    fn all_passed() {
        let text =
            "\nrunning 1 test\ntest f ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n";
        assert_eq!(summary(text, true).opinion("f"), Opinion::Passed);
    }

    #[test]
    fn what_does_not_fit_together_is_no_summary() {
        let cases = [
            ("", true),
            ("", false),
            ("\nrunning 1 test\n", true),
            ("test result: ok. 1 passed\n", false),
            (FAILED, true),
            ("test result: FAILED. 0 passed; 1 failed\n", false),
        ];
        for (text, success) in cases {
            assert_eq!(summary(text, success), Summary::Missing, "{text}");
        }
        assert_eq!(Summary::Missing.opinion("f"), Opinion::None);
    }

    #[test]
    fn lists_are_read() {
        let names = listed("a::f: test\nb: benchmark\ng: test\n");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a::f", "g"]);
    }
}
