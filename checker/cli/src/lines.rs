//! The lines that checked tests append to the file `RADDLE_REPORT` names, one for each checked model.

use serde::Deserialize;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Line {
    /// The name of the test in reports and tokens.
    pub test: String,
    /// What came of it.
    pub verdict: Found,
    /// How many executions were explored.
    pub executions: u64,
    /// Whether the search was exhaustive and came to its end.
    pub complete: bool,
    /// How long it took.
    pub millis: u64,
    /// What `cargo raddle replay` takes to see it again.
    #[serde(default)]
    pub token: Option<String>,
    /// A sentence for the user.
    #[serde(default)]
    pub note: Option<String>,
}

/// What came of a check, from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The token to be replayed is that of another test.
    OtherTest,
    /// All executions were explored, and nothing was found.
    Verified,
    /// Nothing was found in what was explored.
    Incomplete,
    /// The check could not be made: a wrong setting, a damaged token.
    Error,
    /// The test behaved differently under the same decisions.
    Nondeterminism,
    /// A failure.
    Violation,
}

/// The lines of a report file, and how many lines could not be read.
pub fn parse(text: &str) -> (Vec<Line>, usize) {
    let mut lines = Vec::new();
    let mut damaged = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(line) => lines.push(line),
            Err(_) => damaged += 1,
        }
    }
    (lines, damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "{\"test\":\"a::f\",\"verdict\":\"verified\",\"executions\":12,\"complete\":true,\
                    \"millis\":3,\"token\":null,\"note\":null}\n\n\
                    {\"test\":\"a::g\",\"verdict\":\"violation\",\"executions\":1,\"complete\":false,\
                    \"millis\":0,\"token\":\"rd1-x\",\"note\":\"deadlock\",\"later\":1}\n";
        let (lines, damaged) = parse(text);
        assert_eq!(damaged, 0);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].verdict, lines[0].executions), (Found::Verified, 12));
        assert_eq!(lines[1].token.as_deref(), Some("rd1-x"));
        assert_eq!(lines[1].note.as_deref(), Some("deadlock"));
    }

    #[test]
    fn all_verdicts_are_known() {
        let all = [
            ("other-test", Found::OtherTest),
            ("verified", Found::Verified),
            ("incomplete", Found::Incomplete),
            ("error", Found::Error),
            ("nondeterminism", Found::Nondeterminism),
            ("violation", Found::Violation),
        ];
        for (text, found) in all {
            let read: Result<Found, _> = serde_json::from_str(&format!("\"{text}\""));
            assert_eq!(read.ok(), Some(found));
        }
        assert!(all.is_sorted_by_key(|(_, found)| *found));
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        let text = "{\"test\":\"a\",\"verdict\":\"fine\",\"executions\":1,\"complete\":true,\"millis\":1}\n\
                    {\"test\":\"a\",\"verd";
        assert_eq!(parse(text), (vec![], 2));
        assert_eq!(parse(""), (vec![], 0));
    }
}
