//! A bug: its program, broken and repaired, and what a report of it has to say.

use example_support::{deviations, steps};
use raddle::{Builder, Kind, Outcome, Violation};

/// A bug that was real, in a program as small as its mechanism allows.
pub struct Bug {
    /// The full name of the `#[raddle::test]` that shows it.
    pub name: &'static str,
    /// How it fails.
    pub kind: Kind,
    /// How many steps the minimised execution may have.
    pub steps_max: u64,
    /// What the report has to name: what is fought over, or waited for.
    pub objects: &'static [&'static str],
    /// The places that the report has to show, each as two texts: it is the first line with the second
    /// text, from the first line that begins with the first text on.
    pub sites: &'static [(&'static str, &'static str)],
    /// The program with the bug.
    pub broken: fn(),
    /// The repaired program.
    pub fixed: fn(),
}

impl Bug {
    /// What a search with these settings finds.
    ///
    /// # Panics
    /// If it finds nothing.
    #[track_caller]
    pub fn found(&self, builder: Builder) -> Violation {
        match builder.name(self.name).explore(self.broken) {
            Outcome::Violation(violation) => *violation,
            outcome => panic!("{}: the {} is not found: {outcome:?}", self.name, self.kind),
        }
    }

    /// How many steps its report says that an execution has.
    #[track_caller]
    pub fn steps(&self, violation: &Violation) -> u64 {
        // So wide that no line of it is broken.
        steps(&violation.report_in(1_000))
    }

    /// How many decisions of an execution differ from the default.
    #[track_caller]
    pub fn deviations(&self, violation: &Violation) -> usize {
        deviations(violation.token.as_deref().expect("a failing execution has a token"))
    }
}
