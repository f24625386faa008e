//! A bug: its program, broken and repaired, and what a report of it has to say.

use example_support::{deviations, steps};
use raddle::{Builder, Kind, Outcome, Violation};

/// A bug that was real, in a program as small as its mechanism allows.
pub struct Bug {
    /// The full name of the `#[raddle::test]` that shows it.
    pub name: &'static str,
    /// The name of the kind of failure.
    pub verdict: &'static str,
    /// Whether it takes more than an interleaving: under `sc` nothing fails.
    pub needs_weak_memory: bool,
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
    /// How it fails.
    pub fn kind(&self) -> Kind {
        self.verdict.parse().expect("a bug names a kind")
    }

    /// What a search with these settings finds.
    ///
    /// # Panics
    /// If it finds nothing.
    #[track_caller]
    pub fn found(&self, builder: Builder) -> Violation {
        match builder.name(self.name).explore(self.broken) {
            Outcome::Violation(violation) => *violation,
            outcome => panic!("{}: the {} is not found: {outcome:?}", self.name, self.verdict),
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

/// The constant `BUG` and its tests: `bug! { "deadlock" in 8 steps, objects: […], sites: […], broken: …, fixed: … }`, where
/// the programs are expressions; `… steps under rc20 alone` if no interleaving shows the bug.
macro_rules! bug {
    ($verdict:literal in $steps:literal steps, $($rest:tt)*) => {
        bug!(@ $verdict, $steps, false, $($rest)*);
    };
    ($verdict:literal in $steps:literal steps under rc20 alone, $($rest:tt)*) => {
        bug!(@ $verdict, $steps, true, $($rest)*);

        #[raddle::test(model = "sc")]
        fn no_interleaving_shows_it() {
            (BUG.broken)();
        }
    };
    (
        @ $verdict:literal, $steps:literal, $weak:literal,
        objects: $objects:expr, sites: $sites:expr, broken: $broken:expr, fixed: $fixed:expr $(,)?
    ) => {
        /// The bug.
        pub const BUG: super::bug::Bug = super::bug::Bug {
            name: concat!(module_path!(), "::broken"),
            verdict: $verdict,
            needs_weak_memory: $weak,
            steps_max: $steps,
            objects: &$objects,
            sites: &$sites,
            broken: || $broken,
            fixed: || $fixed,
        };

        #[raddle::test(expect = $verdict)]
        fn broken() {
            (BUG.broken)();
        }

        #[raddle::test]
        fn fixed() {
            (BUG.fixed)();
        }

        #[test]
        fn found_and_verified() {
            BUG.check();
        }
    };
}
pub(crate) use bug;
