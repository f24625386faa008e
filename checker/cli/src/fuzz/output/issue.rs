//! The text of an issue about a failure, ready to be pasted or to be handed to a tracker's command.

use super::github::fenced;
use super::shortened;
use crate::fuzz::summary::Failure;
use std::fmt::Write;

/// GitHub takes an issue of 65,536 characters; this leaves room for what people add.
const REPORT_MAX: usize = 50_000;

/// The text: the first line is the title.
pub fn text(failure: &Failure, report: &str) -> String {
    let mut text = format!("# {}: {}\n\n", failure.test, failure.title());
    if let Some(token) = &failure.token {
        let _ = write!(
            text,
            "```sh\ncargo raddle replay {token}\n# when it is fixed, so that it stays fixed:\n\
             cargo raddle regress add {token}\n```\n\n"
        );
    }
    if failure.is_flaky() {
        let (again, of) = failure.replayed;
        let _ = writeln!(
            text,
            "**Only {again} of {of} replays showed it again**: the test does not behave the same under the same \
             decisions.\n"
        );
    }
    text.push_str(&fenced(&shortened(report, REPORT_MAX, "\n… (the rest is in report.txt)\n")));
    let _ = write!(
        text,
        "\nFound by `{}` with seed {}, in {} of {} executions of the test. Signature `{}`, id `{}`.\n",
        failure.strategy,
        failure.seed,
        failure.times,
        failure.of,
        failure.signature.replace('`', "'"),
        failure.id
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::output::campaign;

    #[test]
    fn issues_say_how_to_see_it_again_and_stay_short() {
        let mut failure = campaign().failures.remove(0);
        let told = text(&failure, "a report");
        assert!(told.starts_with("# bank::f: data-race: a < b & \"c\": 50%\n"), "{told}");
        assert!(told.contains("cargo raddle regress add rd1-x\n"), "{told}");
        assert!(told.contains("```text\na report\n```"), "{told}");
        assert!(!told.contains("replays showed"), "{told}");
        failure.replayed = (1, 3);
        let told = text(&failure, &"x\n".repeat(100_000));
        assert!(told.contains("Only 1 of 3 replays showed it again"));
        assert!(
            told.len() < 65_536 && told.contains("the rest is in report.txt"),
            "{}",
            told.len()
        );
    }
}
