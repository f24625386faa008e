//! What GitHub Actions reads: annotations on standard output, and a job summary.
//!
//! GitHub shows ten errors of a step and cuts a summary of more than 1 MiB off; what is more is told as such.

use super::shortened;
use crate::fuzz::summary::{Failure, Summary};
use std::fmt::Write;

/// So many errors of one step are shown.
const ERRORS_MAX: usize = 10;
/// So long may the summary of a step be.
const SUMMARY_MAX: usize = 1 << 20;
/// So much of each report stands in it.
const REPORT_MAX: usize = 20_000;

/// The lines that annotate sources.
pub fn annotations(summary: &Summary, new_only: bool) -> String {
    let counted: Vec<&Failure> = summary.counted(new_only).collect();
    let mut text = String::new();
    // One of the ten is kept for the rest.
    let most = if counted.len() > ERRORS_MAX { ERRORS_MAX - 1 } else { ERRORS_MAX };
    for failure in counted.iter().take(most) {
        let mut properties = String::new();
        if let Some(site) = &failure.site {
            let _ = write!(properties, "file={},line={},", property(&site.file), site.line);
            if site.column > 0 {
                let _ = write!(properties, "col={},", site.column);
            }
        }
        let replay = failure.token.as_ref().map(|it| format!("\nreplay: cargo raddle replay {it}"));
        let message =
            format!("{}\n{}{}", failure.test, failure.message, replay.unwrap_or_default());
        let title = property(&format!("raddle: {}", failure.kind));
        let _ = writeln!(text, "::error {properties}title={title}::{}", data(&message));
    }
    if counted.len() > most {
        let more = counted.len() - most;
        let _ = writeln!(text, "::error title=raddle::{more} more failures are in the job summary");
    }
    text
}

/// A text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value in front of it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The job summary, in GitHub's Markdown.
pub fn summary(summary: &Summary, new_only: bool, report: impl Fn(&Failure) -> String) -> String {
    let counted: Vec<&Failure> = summary.counted(new_only).collect();
    let mut text = format!(
        "## raddle: {} in {} executions of {} tests\n\n",
        match counted.len() {
            0 => "nothing found".to_string(),
            1 => "1 failure".to_string(),
            many => format!("{many} failures"),
        },
        summary.executions,
        summary.tests.len()
    );
    if !summary.canary {
        text.push_str(
            "**The built-in bug was not found: this campaign could not find anything.**\n\n",
        );
    }
    for again in summary.came_again() {
        let _ = writeln!(text, "- the regression `{}` of `{}` fails again", again.name, again.test);
    }
    for note in &summary.notes {
        let _ = writeln!(text, "- {}", note.replace('\n', " "));
    }
    for failure in counted {
        let report = shortened(&report(failure), REPORT_MAX, "\n…\n");
        let entry = format!(
            "\n<details><summary><code>{}</code> {}</summary>\n\n{}\n</details>\n",
            html(&failure.test),
            html(&failure.title()),
            fenced(&report)
        );
        if text.len() + entry.len() > SUMMARY_MAX / 2 {
            text.push_str("\nMore failures are in the output folder.\n");
            break;
        }
        text.push_str(&entry);
    }
    text.push_str(
        "\n| test | executions | classes | the next is new | covered |\n|---|--:|--:|--:|--:|\n",
    );
    for test in &summary.tests {
        let unseen = test.unseen().map(|it| format!("{it:.3}")).unwrap_or_default();
        let classes = if test.complete { "all".to_string() } else { test.classes.to_string() };
        let name = test.test.replace('|', "\\|");
        let row = format!(
            "| `{name}` | {} | {classes} | {unseen} | {} |\n",
            test.executions, test.covered
        );
        if text.len() + row.len() > SUMMARY_MAX - 100 {
            text.push_str("\nMore tests are in summary.json.\n");
            break;
        }
        text.push_str(&row);
    }
    text
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A block of code that holds the text, whatever is in it.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.lines().filter(|line| line.trim_start().starts_with("```"));
    let ticks = |line: &str| line.trim_start().chars().take_while(|c| *c == '`').count();
    let fence = "`".repeat(longest.map(ticks).max().unwrap_or(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::output::campaign;

    #[test]
    fn annotations_are_escaped() {
        let expected = "::error file=src/a b.rs,line=3,col=5,title=raddle%3A data-race::bank::f%0Aa < b & \
                        \"c\": 50%25%0Asecond\u{1} line%0Areplay: cargo raddle replay rd1-x\n";
        assert_eq!(annotations(&campaign(), true), expected);
        assert_eq!(annotations(&campaign(), false).lines().count(), 2);
    }

    #[test]
    fn github_shows_ten_at_most() {
        let mut campaign = campaign();
        campaign.failures = vec![campaign.failures[0].clone(); 10];
        assert_eq!(annotations(&campaign, true).lines().count(), 10);
        campaign.failures.push(campaign.failures[0].clone());
        let text = annotations(&campaign, true);
        assert_eq!(text.lines().count(), 10);
        assert!(text.ends_with("::2 more failures are in the job summary\n"), "{text}");
    }

    #[test]
    fn summaries_stay_within_the_limit() {
        let mut campaign = campaign();
        let text = summary(&campaign, true, |_| "```\nreport\n```".to_string());
        assert!(text.starts_with("## raddle: 1 failure in 200 executions of 2 tests\n"), "{text}");
        assert!(text.contains("````text\n```\nreport\n```\n````"), "{text}");
        assert!(text.contains("| `bank::g` | 100 | 7 | 0.020 | 0 |"), "{text}");
        campaign.failures = vec![campaign.failures[0].clone(); 200];
        campaign.tests = vec![campaign.tests[0].clone(); 50_000];
        let text = summary(&campaign, true, |_| "x".repeat(50_000));
        assert!(text.len() <= SUMMARY_MAX, "{}", text.len());
        assert!(text.contains("More failures are in the output folder."));
        assert!(text.contains("More tests are in summary.json."));
    }
}
