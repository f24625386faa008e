//! What a worker tells: lines of the report file, with more in them than those of an ordinary run.

use crate::lines::{Found, Line};
use serde::Deserialize;

/// A line.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// What all lines have.
    #[serde(flatten)]
    pub line: Line,
    /// A failure.
    #[serde(default)]
    pub finding: Option<Finding>,
    /// A slice that has come to its end.
    #[serde(default)]
    pub slice: Option<Slice>,
}

/// A failure.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Finding {
    /// By what it is told from others of the same test: a kind, and places in the source.
    pub signature: String,
    /// In how many executions.
    pub times: u64,
    /// Its kind; none if it was known.
    pub kind: Option<String>,
    /// What is wrong, in one sentence.
    pub message: Option<String>,
}

/// A slice that has come to its end.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub struct Slice {
    /// The kind of failure that the test expects.
    pub expect: Option<String>,
    /// How many executions were run.
    pub tried: u64,
    /// How many of them failed.
    pub failed: u64,
    /// The strategy knew no more.
    pub ended: bool,
    /// The time was over first.
    pub timed: bool,
    /// How many executions were run a second time, to see whether they do the same.
    pub checked: u64,
    /// The operations of all executions.
    pub operations: u64,
    /// The classes, as hexadecimal numbers, and how often each was met.
    pub classes: Vec<(String, u32)>,
    /// Executions that are worth keeping.
    pub corpus: Vec<Kept>,
    /// The token of the execution that would have been the next.
    pub next: Option<String>,
}

/// An execution that is worth keeping.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Kept {
    /// It.
    pub token: String,
    /// What it covers.
    pub covers: Vec<String>,
}

/// The lines of a report file that can be read; the last one may be cut, if the process was killed.
pub fn entries(text: &str) -> Vec<Entry> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

impl Entry {
    /// Whether the check could not be made.
    pub fn is_error(&self) -> bool {
        matches!(self.line.verdict, Found::Error | Found::OtherTest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_kinds_are_read() {
        let start =
            "\"executions\":0,\"complete\":false,\"millis\":0,\"token\":\"rd1-x\",\"note\":null";
        let text = format!(
            "{{\"test\":\"a\",\"verdict\":\"violation\",{start},\"finding\":{{\"signature\":\"panic | f:1:2\",\
             \"times\":3,\"kind\":\"panic\",\"message\":\"no\"}}}}\n\
             {{\"test\":\"a\",\"verdict\":\"incomplete\",{start},\"slice\":{{\"strategy\":\"pct\",\"seed\":1,\
             \"expect\":null,\"tried\":9,\"failed\":3,\"ended\":false,\"timed\":false,\"checked\":2,\"operations\":90,\
             \"classes\":[[\"0f\",9]],\"corpus\":[{{\"token\":\"rd1-y\",\"covers\":[\"x\"]}}],\"next\":null}}}}\n\
             {{\"test\":\"a\",\"verdict\":\"verified\",{start}}}\n{{\"test\":\"a\",\"verd"
        );
        let all = entries(&text);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].finding.as_ref().map(|it| it.times), Some(3));
        let slice = all[1].slice.as_ref().expect("a slice");
        assert_eq!((slice.tried, slice.classes[0].1, slice.corpus.len()), (9, 9, 1));
        assert!(all[2].finding.is_none() && all[2].slice.is_none() && !all[2].is_error());
    }
}
