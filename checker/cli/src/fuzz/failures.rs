//! Failures of a campaign, each once, whichever slices and shards it was found in.

use crate::fuzz::plan::{Order, mix};
use crate::fuzz::shard::Shard;
use crate::fuzz::summary::{Failure, Place, Status};
use crate::fuzz::worker::Raw;
use std::collections::{BTreeMap, BTreeSet};

/// How many characters of a message a signature and a summary keep.
const MESSAGE_MAX: usize = 2_000;

/// The signature with the text of lines of source in place of their numbers, so that it stays the same when something
/// else in the file changes.
pub fn portable(signature: &str, sources: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = signature.split(" | ");
    let mut all = vec![parts.next().unwrap_or_default().to_string()];
    all.extend(parts.map(|part| with_text(part, &sources).unwrap_or_else(|| part.to_string())));
    all.join(" | ")
}

/// `src/lib.rs:3:5`, and what may stand behind it, with the line's text instead of the numbers.
fn with_text(part: &str, sources: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let (place, rest) = part.split_once(' ').unwrap_or((part, ""));
    let mut pieces = place.rsplitn(3, ':');
    let (_column, line, file) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let line: usize = line.parse().ok()?;
    let text = sources(file)?;
    let text = text.lines().nth(line.checked_sub(1)?)?.trim();
    Some(format!("{file}: {text} {rest}").trim_end().to_string())
}

/// The name of a failure: a number that follows from the test and the signature.
pub fn id(test: &str, signature: &str) -> String {
    let hash = |text: &str| text.bytes().fold(0, |hash, byte| mix(hash, byte.into()));
    format!("{:08x}", mix(hash(test), hash(signature)) >> 32)
}

/// What a failure's folder is called: readable, and short enough for every system.
pub fn folder(test: &str, id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = test.replace("::", "-").chars().map(plain).take(80).collect();
    format!("failures/{name}-{id}")
}

/// What is known before a campaign begins.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Ids of failures that are known.
    pub ids: BTreeSet<String>,
    /// Whether what tests expect counts as found.
    pub ignore_expect: bool,
}

/// What a campaign has found.
#[derive(Debug, Default)]
pub struct Found {
    failures: BTreeMap<String, Failure>,
    /// By check, the signatures that workers know.
    signatures: BTreeMap<String, BTreeSet<String>>,
}

/// A failure as it comes from a slice, with what it is judged by.
pub struct Met<'a> {
    /// It.
    pub raw: &'a Raw,
    /// Whose it is.
    pub package: &'a str,
    /// In which slice.
    pub order: &'a Order,
    /// In which part of the campaign.
    pub shard: Shard,
    /// What the test expects.
    pub expect: Option<&'a str>,
}

impl Found {
    /// The signatures of a check that need no report any more.
    pub fn signatures(&self, test: &str) -> Vec<String> {
        self.signatures.get(test).into_iter().flatten().cloned().collect()
    }

    /// The failures so far, by id.
    pub fn all(&self) -> impl Iterator<Item = &Failure> {
        self.failures.values()
    }

    /// The failures so far, ordered by test.
    pub fn list(&self) -> Vec<Failure> {
        let mut all: Vec<Failure> = self.failures.values().cloned().collect();
        all.sort_by(|a, b| (&a.test, &a.kind, &a.id).cmp(&(&b.test, &b.kind, &b.id)));
        all
    }

    /// Whether it was found before; then it is counted.
    pub fn again(&mut self, met: &Met<'_>, signature: &str) -> bool {
        let id = id(&met.raw.test, signature);
        let of_test = self.signatures.entry(met.raw.test.clone()).or_default();
        of_test.insert(met.raw.finding.signature.clone());
        match self.failures.get_mut(&id) {
            Some(failure) => {
                failure.times += met.raw.finding.times;
                true
            }
            None => false,
        }
    }

    /// Adds one that was not found before, and gives it back.
    pub fn add(
        &mut self,
        met: &Met<'_>,
        signature: String,
        replayed: (u32, u32),
        known: &Known,
    ) -> &Failure {
        let raw = met.raw;
        let id = id(&raw.test, &signature);
        let kind = raw
            .finding
            .kind
            .clone()
            .unwrap_or_else(|| signature.split(" | ").next().unwrap_or_default().to_string());
        let status = match met.expect {
            Some(expect) if expect == kind && !known.ignore_expect => Status::Expected,
            _ if known.ids.contains(&id) => Status::Known,
            _ => Status::New,
        };
        let message = raw.finding.message.clone().unwrap_or_default();
        let site = raw.trace.as_ref().and_then(|trace| trace.verdict.site.clone());
        let failure = Failure {
            folder: folder(&raw.test, &id),
            test: raw.test.clone(),
            package: met.package.to_string(),
            kind,
            message: message.chars().take(MESSAGE_MAX).collect(),
            signature,
            status,
            token: raw.token.clone(),
            replayed,
            times: raw.finding.times,
            of: 0,
            strategy: met.order.strategy.clone(),
            seed: met.order.seed,
            shards: vec![met.shard],
            site: site.map(|it| Place { file: it.file, line: it.line, column: it.column }),
            id: id.clone(),
        };
        self.failures.entry(id).or_insert(failure)
    }

    /// Notes how many executions a test has had.
    pub fn set_of(&mut self, test: &str, of: u64) {
        for failure in self.failures.values_mut().filter(|it| it.test == test) {
            failure.of = of;
        }
    }
}

/// Adds a failure of another part of the campaign to a list.
pub fn merge(all: &mut BTreeMap<String, Failure>, failure: &Failure) -> bool {
    match all.get_mut(&failure.id) {
        None => {
            all.insert(failure.id.clone(), failure.clone());
            true
        }
        Some(known) => {
            known.times += failure.times;
            known.of += failure.of;
            known.shards.extend(&failure.shards);
            known.shards.sort();
            known.shards.dedup();
            // It counts if it counts anywhere.
            known.status = known.status.min(failure.status);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::entries::Finding;

    fn sources(file: &str) -> Option<String> {
        (file == "src/lib.rs").then(|| "fn f() {\n    x.lock();\n}\n".to_string())
    }

    #[test]
    fn signatures_hold_text_in_place_of_numbers() {
        let signature =
            "deadlock | src/lib.rs:2:7 | src/lib.rs:2:7 Some(\"x\") | /std/x.rs:1:1 | leak: a:b";
        let expected = "deadlock | src/lib.rs: x.lock(); | src/lib.rs: x.lock(); Some(\"x\") | /std/x.rs:1:1 \
                        | leak: a:b";
        assert_eq!(portable(signature, sources), expected);
        for odd in ["", "panic", "panic | ", "panic | src/lib.rs:0:1", "panic | src/lib.rs:99:1"] {
            assert_eq!(portable(odd, sources), odd);
        }
    }

    #[test]
    fn folders_are_plain_and_short() {
        assert_eq!(folder("bank::tests::fäils", "0a"), "failures/bank-tests-f-ils-0a");
        assert!(folder(&"x".repeat(500), "0a").len() < 100);
    }

    fn raw(kind: Option<&str>) -> Raw {
        let kind = kind.map(String::from);
        let signature = "panic | src/lib.rs:2:7".to_string();
        let finding = Finding { signature, times: 2, message: Some("no".into()), kind };
        Raw { test: "f".into(), finding, token: None, trace: None, replayed: None }
    }

    #[test]
    fn the_same_failure_is_counted_and_not_listed_twice() {
        let order = Order { test: 0, round: 0, strategy: "pos".into(), seed: 1, executions: 9 };
        let (first, second) = (raw(Some("panic")), raw(None));
        let met = |raw, expect| Met { raw, package: "p", order: &order, shard: Shard::ALL, expect };
        let mut found = Found::default();
        assert!(!found.again(&met(&first, None), "panic | x"));
        found.add(&met(&first, Some("panic")), "panic | x".into(), (3, 3), &Known::default());
        assert!(found.again(&met(&second, None), "panic | x"));
        assert!(!found.again(&met(&second, None), "panic | y"));
        assert_eq!(found.signatures("f"), ["panic | src/lib.rs:2:7"]);
        let list = found.list();
        assert_eq!((list.len(), list[0].times, list[0].status), (1, 4, Status::Expected));
    }

    #[test]
    fn what_counts_depends_on_what_is_known() {
        let order = Order { test: 0, round: 0, strategy: "pos".into(), seed: 1, executions: 9 };
        let first = raw(Some("panic"));
        let status = |expect, known: &Known| {
            let met = Met { raw: &first, package: "p", order: &order, shard: Shard::ALL, expect };
            Found::default().add(&met, "panic | x".into(), (3, 3), known).status
        };
        let mut known = Known::default();
        assert_eq!(status(None, &known), Status::New);
        assert_eq!(status(Some("deadlock"), &known), Status::New);
        known.ids.insert(id("f", "panic | x"));
        assert_eq!(status(None, &known), Status::Known);
        known.ignore_expect = true;
        assert_eq!(status(Some("panic"), &known), Status::Known);
    }

    #[test]
    fn shards_are_put_together() {
        let order = Order { test: 0, round: 0, strategy: "pos".into(), seed: 1, executions: 9 };
        let first = raw(Some("panic"));
        let met = Met {
            raw: &first,
            package: "p",
            order: &order,
            shard: Shard { number: 1, of: 2 },
            expect: None,
        };
        let mut one = Found::default();
        one.add(&met, "panic | x".into(), (3, 3), &Known::default());
        one.set_of("f", 10);
        let one = one.list().remove(0);
        let two = Failure {
            shards: vec![Shard { number: 2, of: 2 }],
            status: Status::Known,
            ..one.clone()
        };
        let mut all = BTreeMap::new();
        assert!(merge(&mut all, &two));
        assert!(!merge(&mut all, &one));
        let it = &all[&one.id];
        assert_eq!((it.times, it.of, it.shards.len(), it.status), (4, 20, 2, Status::New));
    }
}
