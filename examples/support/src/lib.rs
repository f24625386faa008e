//! What the tests of the examples share: reports are compared with those that the READMEs show.

#![forbid(unsafe_code)]

use raddle::{Builder, Kind, Outcome, Violation};
use raddle_report::token::{Body, Token};
use std::path::Path;

/// Explores a scenario that must fail in this way, and compares its report, byte by byte, with the block of
/// code behind the line `<!-- report: NAME -->` of the package's `README.md`. With `RADDLE_BLESS=1` the
/// block is replaced instead.
///
/// `name` is that of the `#[raddle::test]` with the same scenario, so that the token in the report is that
/// test's. `package` is the folder of the package, `env!("CARGO_MANIFEST_DIR")`.
///
/// # Panics
/// If the scenario does not fail in this way, if the report differs, or if the page cannot be read or has no
/// such line.
#[track_caller]
pub fn assert_reported(
    name: &str,
    kind: Kind,
    package: &str,
    scenario: impl Fn() + Send + Sync + Copy + 'static,
) {
    let outcome = Builder::new().name(name).explore(scenario);
    let Outcome::Violation(violation) = outcome else {
        panic!("a {kind} was expected, but came {outcome:?}")
    };
    assert_eq!(violation.kind, kind, "{}", violation.report);
    let token = violation.token.as_deref().expect("a failing execution has a token");
    assert_minimal(name, token, &violation, scenario);
    let path = Path::new(package).join("README.md");
    let page = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
    let (start, end) = block(&page, name);
    let report = violation.report.trim_matches('\n');
    if std::env::var_os("RADDLE_BLESS").is_some() {
        let page = format!("{}{report}\n{}", &page[..start], &page[end..]);
        std::fs::write(&path, page)
            .unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
        return;
    }
    let shown = page[start..end].trim_matches('\n');
    assert!(
        shown == report,
        "{} shows another report; run again with RADDLE_BLESS=1 and read what changed.\n\
         shown:\n{shown}\n\nreported:\n{report}",
        path.display()
    );
}

/// Asserts that no deviation can be left out of a token: without it the execution does not fail, or in
/// another way. All are tried.
///
/// # Panics
/// If one can.
#[track_caller]
pub fn assert_minimal(
    name: &str,
    token: &str,
    violation: &Violation,
    scenario: impl Fn() + Send + Sync + Copy + 'static,
) {
    let whole = Token::decode(token).expect("a token that was reported can be read");
    let Body::Deviations(deviations) = &whole.body else { panic!("{token} has no deviations") };
    let place = |report: &str| report.lines().find(|l| l.contains("--> ")).map(str::to_string);
    for number in 0..deviations.len() {
        let mut less = deviations.clone();
        let left_out = less.remove(number);
        let without = Token { body: Body::Deviations(less), ..whole.clone() }.encode();
        let replayed = Builder::new().name(name).replay(&without, scenario);
        if let Ok(Some(other)) = replayed {
            let same =
                other.kind == violation.kind && place(&other.report) == place(&violation.report);
            assert!(!same, "{left_out:?} is not needed in {token}\n{}", other.report);
        }
    }
}

/// How many decisions of the execution that a token stands for differ from the default.
///
/// # Panics
/// If it is no token, or one of a sampled execution.
#[track_caller]
#[must_use]
pub fn deviations(token: &str) -> usize {
    match Token::decode(token).map(|token| token.body) {
        Ok(Body::Deviations(deviations)) => deviations.len(),
        Ok(Body::Sample { .. }) => panic!("{token} has no deviations"),
        Err(error) => panic!("{error}"),
    }
}

/// Explores a scenario of which no execution may fail, and returns how many there are.
///
/// # Panics
/// If one fails, or not all could be explored.
#[track_caller]
pub fn assert_verified(scenario: impl Fn() + Send + Sync + 'static) -> u64 {
    match raddle::explore(scenario) {
        Outcome::Verified(coverage) => coverage.executions,
        Outcome::Violation(violation) => panic!("{}", violation.report),
        outcome => panic!("not everything was explored: {outcome:?}"),
    }
}

/// Where the contents of the block of code behind the line of that name begin and end.
#[track_caller]
fn block(page: &str, name: &str) -> (usize, usize) {
    let mark = format!("<!-- report: {name} -->\n```text\n");
    let at = page.find(&mark);
    let start = at.unwrap_or_else(|| panic!("the page has no {mark:?}")) + mark.len();
    let length = page[start..].find("```").expect("the block of code has an end");
    (start, start + length)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn blocks_are_found_by_their_names() {
        let page = "a\n```text\nx\n```\n<!-- report: b -->\n```text\ny\n\nz\n```\nc\n";
        let (start, end) = block(page, "b");
        assert_eq!(&page[start..end], "y\n\nz\n");
    }
}
