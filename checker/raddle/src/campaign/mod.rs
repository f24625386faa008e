//! One slice of a campaign: so many executions of one strategy, all that fails in them, and what they covered. The
//! command that started the process puts slices together.

mod canary;
mod walk;

use crate::explain::{self, covered};
use crate::explore::{
    Repeated, Test, cut_violation, lost_violation, nondeterminism, repeat_schedule, violation,
};
use crate::flight::Flight;
use crate::keep::TOKEN_MAX;
use crate::outcome::{Kind, Violation};
use crate::settings::{self, Task};
use crate::signature::Signature;
use crate::told::{CheckFailed, Line, millis, write_with};
use crate::{replay, worker};
use raddle_engine::explore::{Coverage, SampleId, Sampler};
use raddle_report::token::Body;
use raddle_runtime::install_hook;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use walk::{Failed, Look, Walk, fingerprint, walk};

/// The built-in bug instead of the test: a slice of it, or the replay of its token.
pub(crate) fn canary(test: &Test) -> Result<(), CheckFailed> {
    let mut test = test.clone();
    test.name = canary::NAME.to_string();
    test.program = Arc::new(canary::program);
    test.settings.expect = None;
    match settings::replay() {
        Some(token) => replay::check(&test, &token, Task::Usual),
        None => {
            slice(&test);
            Ok(())
        }
    }
}

/// Runs a slice, and writes a line about each failure and one about the whole.
pub(crate) fn slice(test: &Test) {
    install_hook();
    let start = Instant::now();
    let mut told = Told::new(test);
    let mut covered = Covered::default();
    for token in settings::corpus() {
        // A token of another test, or of an earlier version, is of no use and does no harm.
        if let Ok(Ok(repeated)) = replay::recorded(test, &token) {
            covered.note(token, &repeated);
            told.execution(repeated, &None, Coverage::default(), 1);
        }
    }
    let flight = Flight::start(test);
    let (settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    let walked =
        worker::run(settings.patience, move |pulse| walk(&settings, program, pulse, flight));
    let walked = match walked {
        Ok(walked) => walked,
        Err(lost) => {
            let violation = lost_violation(test, lost);
            let signature = format!("{} | {}", violation.kind, violation.message);
            told.violation(violation, signature, 1);
            Walk::interrupted()
        }
    };
    for Failed { schedule, sample, times, coverage } in &walked.failed {
        match repeat_schedule(test, schedule.clone()) {
            Err(lost) => {
                told.violation(lost_violation(test, lost), "misuse | stuck".into(), *times)
            }
            Ok(repeated) => told.execution(repeated, sample, *coverage, *times),
        }
    }
    if let Some(cut) = walked.cut.clone().filter(|_| !test.settings.allow_incomplete) {
        let violation = cut_violation(test, cut);
        told.violation(violation, Kind::StepLimit.name().to_string(), 1);
    }
    if let Some(divergence) = &walked.divergence {
        told.nondeterminism(divergence.to_string(), walked.coverage);
    }
    for look in &walked.looks {
        covered.look(test, look, &mut told);
    }
    end(test, &walked, &covered, millis(start.elapsed()));
}

/// Failures that have been told.
struct Told<'a> {
    test: &'a Test,
    known: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl<'a> Told<'a> {
    fn new(test: &'a Test) -> Told<'a> {
        Told { test, known: settings::known().into_iter().collect(), told: BTreeSet::new() }
    }

    /// An execution that failed when it was run first.
    fn execution(
        &mut self,
        repeated: Repeated,
        sample: &Option<SampleId>,
        coverage: Coverage,
        times: u64,
    ) {
        let Some(failure) = &repeated.failure else { return };
        let signature = Signature::of(failure, &repeated.record).to_string();
        if self.known.contains(&signature) || self.told.contains(&signature) {
            // What is known needs no report, and above all is not minimised again.
            return self.line(None, signature, times);
        }
        let found = violation(self.test, (repeated.schedule, sample.clone()), coverage);
        self.violation(found, signature, times);
    }

    fn nondeterminism(&mut self, message: String, coverage: Coverage) {
        let violation = nondeterminism(self.test, message, coverage);
        self.violation(violation, Kind::Nondeterminism.name().to_string(), 1);
    }

    fn violation(&mut self, violation: Violation, signature: String, times: u64) {
        let again = !self.told.insert(signature.clone()) || self.known.contains(&signature);
        self.line((!again).then_some(violation), signature, times);
    }

    fn line(&self, violation: Option<Violation>, signature: String, times: u64) {
        let verdict = match violation.as_ref().map(|it| it.kind) {
            Some(Kind::Nondeterminism) => "nondeterminism",
            _ => "violation",
        };
        let note = violation.as_ref().map(|it| format!("{}: {}", it.kind, it.message));
        let finding = finding(violation.as_ref(), Some(signature), times);
        let token = violation.and_then(|it| it.token);
        let line = Line {
            test: &self.test.name,
            verdict,
            executions: 0,
            complete: false,
            millis: 0,
            token,
            note,
        };
        write_with(&line, Some(("finding", finding)));
    }
}

/// What is told of a failure beside its line: what it is known by, and how often it was met.
pub(crate) fn finding(
    violation: Option<&Violation>,
    signature: Option<String>,
    times: u64,
) -> Value {
    let own = || violation.and_then(|it| it.signature.clone());
    let name = || violation.map(|it| it.kind.name().to_string());
    json!({
        "signature": signature.or_else(own).or_else(name),
        "times": times,
        "kind": violation.map(|it| it.kind.name()),
        "message": violation.map(|it| &it.message),
    })
}

/// What a slice covered, and the executions that did.
#[derive(Default)]
struct Covered {
    all: BTreeSet<String>,
    /// By token, all that it covers, something new among that.
    entries: BTreeMap<String, Vec<String>>,
    /// How many executions were run a second time.
    checked: u64,
}

impl Covered {
    fn note(&mut self, token: String, repeated: &Repeated) {
        let covers = covered(repeated);
        if token.len() <= TOKEN_MAX && !covers.is_subset(&self.all) {
            self.all.extend(covers.iter().cloned());
            self.entries.insert(token, covers.into_iter().collect());
        }
    }

    /// Runs an execution once more: it must do the same.
    fn look(&mut self, test: &Test, look: &Look, told: &mut Told<'_>) {
        let Ok(repeated) = repeat_schedule(test, look.schedule.clone()) else { return };
        self.checked += 1;
        let fails = repeated.failure.is_some();
        let why = match repeated.divergence.clone() {
            Some(why) => Some(why),
            None if fails != look.failed => {
                Some("an execution that was run twice failed once".to_string())
            }
            // An execution that fails is broken off, and where the others stand then need not be the same.
            None if !fails && fingerprint(&repeated.graph) != look.fingerprint => {
                Some("an execution that was run twice did something else".to_string())
            }
            None => None,
        };
        if let Some(why) = why {
            return told.nondeterminism(why, repeated.coverage);
        }
        if look.new {
            let body = match &look.sample {
                Some(sample) => body(sample),
                None => explain::body(&repeated.told.deviations),
            };
            self.note(explain::token(test, body), &repeated);
        }
    }
}

fn body(sample: &SampleId) -> Body {
    let SampleId { strategy, seed, execution } = sample.clone();
    Body::Sample { strategy, seed, execution }
}

/// The line about a slice.
fn end(test: &Test, walked: &Walk, covered: &Covered, millis: u64) {
    let coverage = &walked.coverage;
    let samples = Sampler::new(&test.settings.strategy, test.settings.sampling).is_some();
    let next = match (&walked.next, samples) {
        (Some(sample), _) => Some(body(sample)),
        (None, true) => None,
        (None, false) => Some(Body::Sample {
            strategy: "exhaustive".to_string(),
            seed: 0,
            execution: coverage.runs(),
        }),
    };
    let entries = covered.entries.iter();
    let entries: Vec<Value> =
        entries.map(|(token, covers)| json!({ "token": token, "covers": covers })).collect();
    let classes: Vec<(String, u32)> =
        walked.classes.iter().map(|(class, times)| (format!("{class:016x}"), *times)).collect();
    let slice = json!({
        "strategy": test.settings.strategy.name,
        "seed": test.settings.sampling.seed,
        "expect": test.settings.expect.map(Kind::name),
        "tried": walked.tried,
        "failed": coverage.failed,
        "ended": walked.ended,
        "timed": walked.timed,
        "checked": covered.checked,
        "operations": coverage.operations,
        "classes": classes,
        "corpus": entries,
        "next": next.map(|body| explain::token(test, body)),
    });
    let line = Line {
        test: &test.name,
        verdict: if walked.complete { "verified" } else { "incomplete" },
        executions: walked.tried,
        complete: walked.complete,
        millis,
        token: None,
        note: None,
    };
    write_with(&line, Some(("slice", slice)));
}
