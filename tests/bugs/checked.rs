//! What is asserted of every bug.

use super::bug::Bug;
use example_support::assert_fewest;
use raddle::{Builder, Outcome};
use std::path::Path;

/// The longest token that a small bug may have.
const TOKEN_MAX: usize = 25;
/// What is seen of a report at first: so many lines of so many columns.
const SCREEN: (usize, usize) = (40, 80);

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
        assert_eq!(violation.kind, self.kind, "{report}");
        let steps = self.steps(&violation);
        assert!(steps <= self.steps_max, "{steps} steps\n{report}");
        assert!(!report.contains("t2"), "a third thread is not needed\n{report}");
        let token = violation.token.as_deref().expect("a failing execution has a token");
        assert_fewest(self.name, token, &violation, self.broken);
        assert!(token.len() <= TOKEN_MAX, "{token} has {} characters", token.len());
        self.assert_told(&violation.report_in(SCREEN.1));
        assert_verified(self.fixed);
    }

    /// Asserts that the first screen of a report names the kind, the objects, every thread, and the places.
    #[track_caller]
    fn assert_told(&self, report: &str) {
        let screen: Vec<&str> = report.lines().take(SCREEN.0).collect();
        let joined = screen.join("\n");
        assert!(screen[0].starts_with(&format!("error[{}]: ", self.kind)), "{joined}");
        for name in self.objects.iter().chain(&["main", "t1"]) {
            let mut words = joined.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(words.any(|word| word == *name), "`{name}` is not named\n{joined}");
        }
        let file = format!("{}.rs", self.module());
        for (number, text) in self.sites.iter().map(|site| self.line_of(site)) {
            let at = format!("{file}:{number}");
            let is_place = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
            let is_told = joined.match_indices(&at).any(|(i, _)| is_place(&joined[i + at.len()..]));
            assert!(is_told, "{at} is not on the first screen: {text}\n{joined}");
        }
    }

    /// The module, which is also the name of the file.
    fn module(&self) -> &'static str {
        self.name.split("::").nth(1).expect("`bugs::MODULE::broken`")
    }

    /// Number and text of the line that is meant.
    #[track_caller]
    fn line_of(&self, &(from, text): &(&str, &str)) -> (usize, String) {
        let file = format!("{}.rs", self.module());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let source = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()));
        let mut lines = source.lines().enumerate().skip_while(|(_, line)| !line.contains(from));
        let (index, line) = lines
            .find(|(_, line)| line.contains(text))
            .unwrap_or_else(|| panic!("no line has {text:?} behind {from:?}"));
        (index + 1, line.trim().to_owned())
    }
}

/// Explores a program of which no execution may fail, under both memory models.
#[track_caller]
fn assert_verified(program: fn()) {
    assert_verified_under("sc", program);
    assert_verified_under("rc20", program);
}

/// The same under one.
///
/// # Panics
/// If one fails.
#[track_caller]
pub fn assert_verified_under(model: &str, program: fn()) {
    match Builder::new().model(model).explore(program) {
        Outcome::Verified(coverage) => assert!(coverage.executions > 1, "nothing concurrent"),
        Outcome::Violation(violation) => panic!("{model}:\n{}", violation.report),
        outcome => panic!("{model}: not everything was explored: {outcome:?}"),
    }
}
