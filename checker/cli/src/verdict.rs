//! What is to be said about one test, from what it reported and what the harness says.

use crate::exit::Exit;
use crate::libtest::Opinion;
use crate::lines::{Found, Line};
use serde::Serialize;

/// What is to be said about a test.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All executions were explored, and nothing was found.
    Verified,
    /// A failure was found, and the test demands it: `expect`, `#[should_panic]`.
    ExpectedFailure,
    /// Nothing was found in what was explored, and the test is content with that.
    Incomplete,
    /// It is marked `#[ignore]` and was not run.
    Ignored,
    /// The token belongs to another test.
    OtherTest,
    /// Nothing was found in what was explored, and the test demands more.
    Inconclusive,
    /// The check could not be made.
    Error,
    /// The process ended well, but the test did not report anything.
    DidNotRun,
    /// The test behaved differently under the same decisions.
    Nondeterminism,
    /// The process ended in the middle of the test.
    Crashed,
    /// The check is not to blame, but the test failed: before or after it, or because it demands a
    /// failure that was not found.
    Failed,
    /// A failure was found.
    Violation,
}

impl Verdict {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::ExpectedFailure => "failed as expected",
            Verdict::Incomplete => "incomplete",
            Verdict::Ignored => "ignored",
            Verdict::OtherTest => "other test",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Error => "error",
            Verdict::DidNotRun => "did not run",
            Verdict::Nondeterminism => "nondeterminism",
            Verdict::Crashed => "crashed",
            Verdict::Failed => "failed",
            Verdict::Violation => "violation",
        }
    }

    /// How `run` ends because of it.
    pub fn exit(self, require_complete: bool) -> Exit {
        match self {
            Verdict::Verified | Verdict::ExpectedFailure | Verdict::Ignored => Exit::Clean,
            Verdict::Incomplete if require_complete => Exit::Inconclusive,
            Verdict::Incomplete => Exit::Clean,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Error => Exit::Usage,
            Verdict::OtherTest | Verdict::DidNotRun => Exit::Internal,
            Verdict::Nondeterminism => Exit::Divergence,
            Verdict::Crashed | Verdict::Failed | Verdict::Violation => Exit::Failure,
        }
    }
}

/// The verdict on a test with these lines. `died` is whether the process ended without 0 and before the
/// harness could say anything.
pub fn judge(lines: &[Line], opinion: Opinion, died: bool) -> Verdict {
    let Some(worst) = lines.iter().map(|line| line.verdict).max() else {
        return match opinion {
            Opinion::Failed => Verdict::Failed,
            Opinion::None if died => Verdict::Crashed,
            Opinion::Passed | Opinion::None => Verdict::DidNotRun,
        };
    };
    let complete = lines.iter().all(|line| line.complete);
    match (worst, opinion) {
        (Found::Violation, Opinion::Passed) => Verdict::ExpectedFailure,
        (Found::Violation, _) => Verdict::Violation,
        (Found::Nondeterminism, _) => Verdict::Nondeterminism,
        (Found::Error, _) => Verdict::Error,
        (Found::OtherTest, _) => Verdict::OtherTest,
        (Found::Incomplete, Opinion::Failed) => Verdict::Inconclusive,
        (_, Opinion::Failed) => Verdict::Failed,
        (_, Opinion::None) => Verdict::Crashed,
        (Found::Verified, Opinion::Passed) if complete => Verdict::Verified,
        (Found::Verified | Found::Incomplete, Opinion::Passed) => Verdict::Incomplete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verdict: Found, complete: bool) -> Line {
        let (test, token, note) = ("a::f".into(), None, None);
        Line { test, verdict, executions: 1, complete, millis: 1, token, note }
    }

    #[test]
    fn verdicts_follow_from_lines_and_the_harness() {
        use Found as F;
        use Opinion::{Failed, None, Passed};
        type Lines = &'static [(F, bool)];
        let cases: &[(Lines, Opinion, Verdict)] = &[
            (&[], Passed, Verdict::DidNotRun),
            (&[], Failed, Verdict::Failed),
            (&[], None, Verdict::Crashed),
            (&[(F::Verified, true)], Passed, Verdict::Verified),
            (&[(F::Verified, false)], Passed, Verdict::Incomplete),
            (&[(F::Verified, true)], Failed, Verdict::Failed),
            (&[(F::Verified, true)], None, Verdict::Crashed),
            (&[(F::Verified, true), (F::Incomplete, false)], Passed, Verdict::Incomplete),
            (&[(F::Incomplete, false)], Failed, Verdict::Inconclusive),
            (&[(F::Violation, false)], Passed, Verdict::ExpectedFailure),
            (&[(F::Violation, false)], Failed, Verdict::Violation),
            (&[(F::Violation, false)], None, Verdict::Violation),
            (&[(F::Violation, false), (F::Verified, true)], Failed, Verdict::Violation),
            (&[(F::Nondeterminism, false)], Passed, Verdict::Nondeterminism),
            (&[(F::Error, false)], Failed, Verdict::Error),
            (&[(F::OtherTest, false)], Passed, Verdict::OtherTest),
            (&[(F::OtherTest, false), (F::Violation, false)], Failed, Verdict::Violation),
        ];
        for (lines, opinion, expected) in cases {
            let lines: Vec<Line> = lines.iter().map(|(found, full)| line(*found, *full)).collect();
            assert_eq!(judge(&lines, *opinion, true), *expected, "{lines:?} {opinion:?}");
        }
        assert_eq!(judge(&[], None, false), Verdict::DidNotRun);
    }

    #[test]
    fn exit_codes_follow_from_verdicts() {
        let cases = [
            (Verdict::Verified, Exit::Clean, Exit::Clean),
            (Verdict::ExpectedFailure, Exit::Clean, Exit::Clean),
            (Verdict::Incomplete, Exit::Clean, Exit::Inconclusive),
            (Verdict::Ignored, Exit::Clean, Exit::Clean),
            (Verdict::OtherTest, Exit::Internal, Exit::Internal),
            (Verdict::Inconclusive, Exit::Inconclusive, Exit::Inconclusive),
            (Verdict::Error, Exit::Usage, Exit::Usage),
            (Verdict::DidNotRun, Exit::Internal, Exit::Internal),
            (Verdict::Nondeterminism, Exit::Divergence, Exit::Divergence),
            (Verdict::Crashed, Exit::Failure, Exit::Failure),
            (Verdict::Failed, Exit::Failure, Exit::Failure),
            (Verdict::Violation, Exit::Failure, Exit::Failure),
        ];
        for (verdict, exit, required) in cases {
            assert_eq!(verdict.exit(false), exit, "{verdict:?}");
            assert_eq!(verdict.exit(true), required, "{verdict:?}");
        }
    }
}
