//! What is asserted of every bug.

use super::bug::Bug;
use example_support::{FirstScreen, assert_minimal};
use raddle::{Builder, Outcome};
use std::path::Path;

/// The longest token that a small bug may have.
const TOKEN_MAX: usize = 25;

impl Bug {
    /// Asserts that the bug is found as what it is, in few steps and with a short token, of which nothing can
    /// be left out, that its report says where to look, and that the repaired program has no failing execution
    /// under either memory model.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn check(&self) {
        let violation = self.found(Builder::new());
        let report = &violation.report;
        assert_eq!(violation.kind, self.kind(), "{report}");
        let steps = self.steps(&violation);
        assert!(steps <= self.steps_max, "{steps} steps\n{report}");
        assert!(!report.contains("t2"), "a third thread is not needed\n{report}");
        let token = violation.token.as_deref().expect("a failing execution has a token");
        assert_minimal(|| Builder::new().name(self.name), token, &violation, self.broken);
        assert!(token.len() <= TOKEN_MAX, "{token} has {} characters", token.len());
        let module = self.name.split("::").nth(1).expect("`bugs::MODULE::broken`");
        let file = format!("{module}.rs");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()));
        let names: Vec<&str> = self.objects.iter().chain(&["main", "t1"]).copied().collect();
        FirstScreen { names: &names, source: (&file, &text), sites: self.sites }.assert(&violation);
        assert_verified("sc", self.fixed);
        assert_verified("rc20", self.fixed);
        if self.needs_weak_memory {
            assert_verified("sc", self.broken);
        }
    }
}

/// Explores a program of which no execution may fail.
///
/// # Panics
/// If one fails.
#[track_caller]
fn assert_verified(model: &str, program: fn()) {
    match Builder::new().model(model).explore(program) {
        Outcome::Verified(coverage) => assert!(coverage.executions > 1, "nothing concurrent"),
        Outcome::Violation(violation) => panic!("{model}:\n{}", violation.report),
        outcome => panic!("{model}: not everything was explored: {outcome:?}"),
    }
}

/// What is asserted of every token is not true by chance: many executions as a random search finds them have decisions
/// that are not needed.
#[test]
fn executions_that_are_not_minimised_have_more_than_they_need() {
    let has_more = |bug: &&&Bug| {
        let settings = || Builder::new().name(bug.name).strategy("random").minimize("0s");
        let violation = bug.found(settings());
        let token = violation.token.clone().expect("a failing execution has a token");
        let asserted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            assert_minimal(settings, &token, &violation, bug.broken);
        }));
        let Err(message) = asserted else { return false };
        let message = message.downcast_ref::<String>().expect("an assertion has a text");
        assert!(message.contains("is not needed"), "{message}");
        true
    };
    let strong = || super::BUGS.iter().filter(|bug| !bug.needs_weak_memory);
    let (noticed, all) = (strong().filter(has_more).count(), strong().count());
    assert!(4 * noticed > all, "{noticed} of {all}");
}
