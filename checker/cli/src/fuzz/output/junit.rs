//! JUnit's XML, as Jenkins reads it: the only form that all systems do.

use crate::fuzz::summary::{Failure, Status, Summary, TestSummary};
use std::fmt::Write;

/// The file.
pub fn text(summary: &Summary, new_only: bool, report: impl Fn(&Failure) -> String) -> String {
    let mut packages: Vec<&str> = summary.tests.iter().map(|test| test.package.as_str()).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut suites = String::new();
    let (mut tests, mut failures) = (0, 0);
    for package in packages {
        let cases: Vec<Case> = summary
            .tests
            .iter()
            .filter(|test| test.package == package)
            .flat_map(|test| cases(summary, test, new_only, &report))
            .collect();
        let failed = cases.iter().filter(|case| case.state == State::Failed).count();
        let skipped = cases.iter().filter(|case| case.state == State::Skipped).count();
        tests += cases.len();
        failures += failed;
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\">",
            escape(package),
            cases.len()
        );
        suites.extend(cases.into_iter().map(|case| case.text));
        suites.push_str("  </testsuite>\n");
    }
    let seconds = summary.millis as f64 / 1_000.0;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"raddle\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\">\n{suites}</testsuites>\n"
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Passed,
    Failed,
    Skipped,
}

struct Case {
    state: State,
    text: String,
}

/// The cases of a test: one for each of its failures, as not every reader takes several in one, else one that passed.
fn cases(
    summary: &Summary,
    test: &TestSummary,
    new_only: bool,
    report: &impl Fn(&Failure) -> String,
) -> Vec<Case> {
    let failures = summary.failures.iter().filter(|failure| failure.test == test.test);
    let listed: Vec<&Failure> =
        failures.filter(|failure| failure.status != Status::Expected).collect();
    let start = |name: &str| {
        let (name, class) = (escape(name), escape(&format!("{}.{}", test.package, test.binary)));
        format!("    <testcase name=\"{name}\" classname=\"{class}\">\n")
    };
    let explored = format!("{} executions\n", test.executions);
    if listed.is_empty() {
        let out = format!("      <system-out>{}</system-out>\n", escape(&explored));
        let text = format!("{}{out}    </testcase>\n", start(&test.test));
        return vec![Case { state: State::Passed, text }];
    }
    let case = |(number, failure): (usize, &&Failure)| {
        let name = match number {
            0 => test.test.clone(),
            _ => format!("{} [{}]", test.test, failure.id),
        };
        let mut text = start(&name);
        let title = escape(&failure.title());
        let is_known = new_only && failure.status == Status::Known;
        let state = if is_known { State::Skipped } else { State::Failed };
        let _ = match is_known {
            true => writeln!(text, "      <skipped message=\"known: {title}\"/>"),
            false => writeln!(
                text,
                "      <failure message=\"{title}\" type=\"{}\">{}</failure>",
                escape(&failure.kind),
                escape(&report(failure))
            ),
        };
        let replay = failure.token.as_ref().map(|it| format!("replay: cargo raddle replay {it}\n"));
        let out = escape(&format!("{explored}{}", replay.unwrap_or_default()));
        let _ = writeln!(text, "      <system-out>{out}</system-out>\n    </testcase>");
        Case { state, text }
    };
    listed.iter().enumerate().map(case).collect()
}

/// The text as content or as a value of an attribute. What XML 1.0 does not allow at all is replaced.
fn escape(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\t' | '\n' => all.push(c),
            '\r' => all.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => all.push('\u{fffd}'),
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::output::campaign;

    /// The names of elements, opened and closed, in order; panics unless they nest.
    fn elements(text: &str) -> Vec<String> {
        let mut open: Vec<String> = Vec::new();
        let mut all = Vec::new();
        for tag in text.split('<').skip(2) {
            let (tag, _) = tag.split_once('>').expect("a tag has an end");
            let name = |tag: &str| tag.split([' ', '/']).next().unwrap_or_default().to_string();
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed)),
                None => {
                    all.push(format!("{}{}", "/".repeat(open.len()), name(tag)));
                    if !tag.ends_with('/') {
                        open.push(name(tag));
                    }
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        all
    }

    #[test]
    fn elements_nest_as_the_schema_says() {
        let text = text(&campaign(), true, |_| "error <here> & there\u{7}".to_string());
        let expected = [
            "testsuites",
            "/testsuite",
            "//testcase",
            "///failure",
            "///system-out",
            "//testcase",
            "///skipped",
            "///system-out",
            "//testcase",
            "///system-out",
        ];
        assert_eq!(elements(&text), expected, "{text}");
        assert!(text.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{text}");
        assert!(text.contains("error &lt;here&gt; &amp; there\u{fffd}"), "{text}");
        assert!(
            text.contains("message=\"data-race: a &lt; b &amp; &quot;c&quot;: 50%\""),
            "{text}"
        );
        assert!(
            text.contains("<testcase name=\"bank::f [02]\" classname=\"bank.bank\">"),
            "{text}"
        );
    }

    #[test]
    fn what_is_known_fails_unless_only_new_ones_count() {
        let text = text(&campaign(), false, |_| String::new());
        assert!(text.contains("failures=\"2\""), "{text}");
    }
}
