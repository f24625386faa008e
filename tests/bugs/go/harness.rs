//! What every kernel is checked for, and the row of the book's table that says what came of it.

use crate::page::{self, Row};
use example_support::{assert_minimal, executions, schedule, timed};
use raddle::{Builder, Coverage, Kind, Outcome, Violation};
use std::time::Duration;

/// A bug and its repair.
pub struct Kernel {
    /// Project and number of the issue or pull request.
    pub id: &'static str,
    /// The name of the test that runs the broken form.
    pub test: &'static str,
    /// The name of the kind of failure that must be found.
    pub verdict: &'static str,
    /// What the message of the failure must contain.
    pub says: &'static str,
    /// What is set beside the defaults.
    pub settings: fn(Builder) -> Builder,
    /// The program, broken or repaired.
    pub program: fn(bool),
}

impl Kernel {
    /// Checks both forms, and compares what came of it with the row of the table.
    #[track_caller]
    pub fn check(&self) {
        let (violation, time) = self.broken();
        let [weak, sc] = ["rc20", "sc"].map(|model| self.fixed(model).executions);
        page::compare(&Row {
            id: self.id,
            verdict: self.verdict,
            found: violation.coverage.executions + 1,
            time,
            schedule: schedule(&violation.report),
            fixed: executions(weak, sc),
        });
    }

    /// The failure of the broken form, by exhaustive search, in its shortest form, and how long that took.
    #[track_caller]
    fn broken(&self) -> (Violation, Duration) {
        let program = self.program;
        let builder = || (self.settings)(Builder::new()).name(self.test);
        let (outcome, time) = timed(|| builder().explore(move || program(false)));
        let violation = match outcome {
            Outcome::Violation(violation) => violation,
            outcome => panic!("{}: the {} is not found: {outcome:?}", self.id, self.verdict),
        };
        let report = &violation.report;
        let kind: Kind = self.verdict.parse().expect("a kernel names a kind");
        assert_eq!(violation.kind, kind, "{}: {report}", self.id);
        assert!(violation.message.contains(self.says), "{}: {:?}\n{report}", self.id, self.says);
        let token = violation.token.as_deref().expect("a failing execution has a token");
        assert_minimal(builder, token, &violation, move || program(false));
        (*violation, time)
    }

    /// What the repaired form comes to, every execution of it.
    #[track_caller]
    fn fixed(&self, model: &str) -> Coverage {
        let program = self.program;
        match (self.settings)(Builder::new().model(model)).explore(move || program(true)) {
            Outcome::Verified(coverage) => coverage,
            Outcome::Violation(violation) => panic!("{} {model}:\n{}", self.id, violation.report),
            outcome => panic!("{} {model}: not everything was explored: {outcome:?}", self.id),
        }
    }
}

/// The kernel of a module with a function `program(fixed: bool)`, and its tests: `broken`, which is what tokens name,
/// and `found_and_verified`.
macro_rules! kernel {
    ($id:literal: $verdict:literal $(of $says:literal)? $(, $key:ident = $value:literal)* $(,)?) => {
        /// For the table.
        pub const KERNEL: $crate::harness::Kernel = $crate::harness::Kernel {
            id: $id,
            test: concat!(module_path!(), "::broken"),
            verdict: $verdict,
            says: concat!("" $(, $says)?),
            settings: |builder| builder$(.$key($value))*,
            program,
        };

        #[raddle::test(expect = $verdict $(, $key = $value)*)]
        fn broken() {
            program(false);
        }

        #[test]
        fn found_and_verified() {
            KERNEL.check();
        }
    };
}
pub(crate) use kernel;

/// Starts a goroutine that gets clones of what is named: `go!(mutex, channel => mutex.lock())`.
macro_rules! go {
    ($($name:ident),* => $body:expr) => {{
        $(let $name = $name.clone();)*
        raddle_shims::go::go(move || $body)
    }};
}
pub(crate) use go;
