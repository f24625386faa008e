//! What a check tells the person who runs it, and the command that started it.

use crate::explore::{Ran, Test, cut_violation, run};
use crate::flight::{self, Flight, Left};
use crate::outcome::{Kind, Outcome, Violation};
use crate::progress::of_how_many;
use crate::search::Until;
use crate::settings::Task;
use crate::{campaign, passing, replay, settings};
use raddle_engine::explore::{Limit, Sample};
use raddle_report::wording::lock_order as wording;
use serde_json::{Value, json};
use std::io::Write;
use std::panic::resume_unwind;
use std::time::Duration;

/// From how long on it is said that a search could be faster.
const SLOW: Duration = Duration::from_secs(2);

/// A check that failed, of which everything has been told but this.
#[derive(Debug)]
pub struct CheckFailed {
    /// With what a check panics.
    pub message: String,
    /// The failing execution, if it was one.
    pub violation: Option<Box<Violation>>,
}

impl CheckFailed {
    /// Prints, and says with what to panic.
    fn after(text: &str, message: String) -> CheckFailed {
        eprint!("{text}");
        CheckFailed { message, violation: None }
    }

    /// The same for a failing execution.
    pub(crate) fn of(violation: Violation, text: &str) -> CheckFailed {
        let message = violation.message.clone();
        CheckFailed { violation: Some(Box::new(violation)), ..CheckFailed::after(text, message) }
    }

    /// Panics without printing anything else.
    pub(crate) fn panic(self) -> ! {
        resume_unwind(Box::new(self.message))
    }
}

/// Checks a test: what is found wrong is reported and panics.
pub(crate) fn check(test: &Test) {
    checked(test).unwrap_or_else(|failed| failed.panic());
}

/// Checks a test: what is found wrong is reported and given back; else how many executions there were.
///
/// # Panics
/// If what was asked for cannot be done.
pub(crate) fn checked(test: &Test) -> Result<u64, CheckFailed> {
    checked_by(test, |test| run(test, Until::failure(test, Flight::start(test))))
}

/// The same, where executions are looked for in another way.
pub(crate) fn checked_by(
    test: &Test,
    search: impl FnOnce(&Test) -> Ran,
) -> Result<u64, CheckFailed> {
    let task = match settings::task() {
        Ok(task) => task,
        Err(error) => fail(format!("{}error: RADDLE_TASK: {error}\n", headline(test)), error),
    };
    match task {
        Task::Pass => {
            passing::show(test);
            return Ok(1);
        }
        Task::Canary => return campaign::canary(test).map(|()| 1),
        Task::Fuzz => {
            campaign::slice(test);
            return Ok(1);
        }
        Task::Usual | Task::Minimize => {}
    }
    if let Some(token) = settings::replay() {
        return replay::check(test, &token, task).map(|()| 1);
    }
    let mut test = test.clone();
    for left in flight::left(&test) {
        match left {
            Left::Execution { token, execution, strategy } => eprintln!(
                "note: {}: an earlier process ended inside of execution {execution} of the {strategy} search (an \
                 abort, a stack overflow, a signal); to run it again: {}",
                test.name,
                test.replay_command(&token)
            ),
            Left::Shared { jobs } => {
                test.settings.jobs = 1;
                eprintln!(
                    "note: {}: an earlier process ended in the middle of a search by {jobs} workers (an abort, a \
                     stack overflow, a signal); one worker searches now, so if that happens again, its execution \
                     has a number",
                    test.name
                );
            }
        }
    }
    let test = &test;
    let ran = judged(test, search(test));
    told(test, &ran, "").map(|()| ran.outcome.coverage().executions)
}

/// What came of a search, where a limit of events that was reached is a failure.
pub(crate) fn judged(test: &Test, ran: Ran) -> Ran {
    match limit_reached(test, &ran) {
        Some(violation) => Ran { outcome: Outcome::Violation(Box::new(violation)), ..ran },
        None => ran,
    }
}

/// Tells what came of a test, and panics if it failed; `before` stands before the report of a failure.
pub(crate) fn tell(test: &Test, ran: &Ran, before: &str) {
    told(test, ran, before).unwrap_or_else(|failed| failed.panic());
}

fn told(test: &Test, ran: &Ran, before: &str) -> Result<(), CheckFailed> {
    note_in_file(test, ran);
    match &ran.outcome {
        Outcome::Violation(violation) => on_violation(test, violation, before),
        outcome => on_pass(test, outcome, ran),
    }
}

/// The violation that it is if a thread came to a limit.
fn limit_reached(test: &Test, ran: &Ran) -> Option<Violation> {
    match ran.outcome {
        Outcome::Incomplete(coverage, _) if coverage.cut > 0 && !test.settings.allow_incomplete => {
            Some(cut_violation(test, ran.cut.clone()?))
        }
        _ => None,
    }
}

fn on_pass(test: &Test, outcome: &Outcome, ran: &Ran) -> Result<(), CheckFailed> {
    let coverage = outcome.coverage();
    let how = match outcome {
        Outcome::Incomplete(_, limit) => format!("not complete: {}", limited(limit)),
        _ => "complete".to_string(),
    };
    let of = of_how_many(outcome).map(|of| format!(" {of}")).unwrap_or_default();
    let mut text = format!(
        "explored {}{of}{} ({how}), {} ms\n",
        executions(coverage.executions),
        coverage.sample.map(different).unwrap_or_default(),
        millis(ran.elapsed)
    );
    for note in &ran.notes {
        text.push_str(&format!("note: {}: {note}\n", test.name));
    }
    if let Some(hint) = slow_build(ran.elapsed) {
        text.push_str(&format!("note: {}: {hint}\n", test.name));
    }
    for warning in &ran.warnings {
        let passed = wording::passed(outcome.is_verified());
        text.push_str(&format!("warning: {}: {warning}\n  note: {passed}\n", test.name));
    }
    eprint!("{text}");
    let Some(kind) = test.settings.expect else { return Ok(()) };
    let message = format!("a {kind} was expected, and none was found");
    Err(CheckFailed::after(&format!("{}{message}\n", headline(test)), message))
}

/// What to do about a search that took so long, if most of that was for lack of optimisation.
fn slow_build(elapsed: Duration) -> Option<&'static str> {
    (cfg!(raddle_is_slow) && elapsed >= SLOW).then_some(
        "raddle is built without optimisation, with which a search is some ten times as fast; in the Cargo.toml of \
         the workspace: [profile.dev.package.\"*\"] opt-level = 3",
    )
}

fn on_violation(test: &Test, violation: &Violation, before: &str) -> Result<(), CheckFailed> {
    if test.settings.expect == Some(violation.kind) {
        return Ok(());
    }
    let mut text = headline(test);
    if let Some(kind) = test.settings.expect {
        text.push_str(&format!("a {kind} was expected, but this was found:\n"));
    }
    text.push_str(before);
    text.push_str(&violation.report);
    Err(CheckFailed::of(violation.clone(), &text))
}

/// Prints, and panics without printing anything else.
pub(crate) fn fail(text: String, message: String) -> ! {
    CheckFailed::after(&text, message).panic()
}

/// Says that a test cannot be checked as it was asked for, and panics.
pub(crate) fn refuse(test: &str, location: &(String, u32, u32), error: String) -> ! {
    write_line(&Line {
        test,
        verdict: "error",
        executions: 0,
        complete: false,
        millis: 0,
        token: None,
        note: Some(error.clone()),
    });
    fail(format!("{}error: {error}\n", headline_of(test, location)), format!("raddle: {error}"))
}

/// The line with which std's reports of panics begin, which tools look for.
pub(crate) fn headline(test: &Test) -> String {
    headline_of(&test.name, &test.location)
}

fn headline_of(test: &str, (file, line, column): &(String, u32, u32)) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or(test);
    format!("\nthread '{name}' panicked at {file}:{line}:{column}:\n")
}

fn limited(limit: &Limit) -> String {
    match limit {
        Limit::Events(most) => format!("a thread came to its limit of {most} operations"),
        Limit::Executions(most) => format!("limit of {}", executions(*most)),
        Limit::Time(most) => format!("limit of {} s", most.as_secs_f32()),
        Limit::Preemptions(most) => {
            format!("all that needs at most {most} preemptions is explored, nothing else")
        }
        Limit::Sampled => "a sample".to_string(),
        Limit::Split => "part of it was handed over".to_string(),
    }
}

/// How many executions of a sample differ, and what that says about those that it has not met.
fn different(sample: Sample) -> String {
    let unseen = match sample.unseen() {
        0.0 => "no execution was met once only, so few can be left".to_string(),
        unseen => format!("the next is a new one with a probability of about {unseen:.2}"),
    };
    format!(", {} of them different: {unseen}", grouped(sample.classes))
}

pub(crate) fn millis(elapsed: Duration) -> u64 {
    elapsed.as_millis() as u64
}

fn executions(number: u64) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} execution{s}", grouped(number))
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn note_in_file(test: &Test, ran: &Ran) {
    let coverage = ran.outcome.coverage();
    let (verdict, token, note) = match &ran.outcome {
        Outcome::Verified(_) => {
            let warning = || Some(ran.warnings.first()?.to_string().lines().next()?.to_string());
            ("verified", None, ran.notes.first().cloned().or_else(warning))
        }
        Outcome::Incomplete(_, limit) => {
            let of = of_how_many(&ran.outcome)
                .map(|of| format!("; {} {of}", grouped(coverage.executions)));
            ("incomplete", None, Some(limited(limit) + &of.unwrap_or_default()))
        }
        Outcome::Violation(violation) => {
            let verdict = match violation.kind {
                Kind::Nondeterminism => "nondeterminism",
                _ => "violation",
            };
            let note = format!("{}: {}", violation.kind, violation.message);
            (verdict, violation.token.clone(), Some(note))
        }
    };
    write_line(&Line {
        test: &test.name,
        verdict,
        executions: coverage.executions + coverage.failed,
        complete: ran.outcome.is_verified(),
        millis: millis(ran.elapsed),
        token,
        note,
    });
}

/// What the command that started the tests is told about one check.
pub(crate) struct Line<'a> {
    pub test: &'a str,
    pub verdict: &'static str,
    pub executions: u64,
    pub complete: bool,
    pub millis: u64,
    pub token: Option<String>,
    pub note: Option<String>,
}

/// Appends a line to the file that `RADDLE_REPORT` names, in one write, so that tests may run in parallel.
pub(crate) fn write_line(line: &Line<'_>) {
    write_with(line, None);
}

/// The same, with more to know under a name.
pub(crate) fn write_with(line: &Line<'_>, more: Option<(&str, Value)>) {
    let Some(path) = settings::report_file() else { return };
    let mut text = json!({
        "test": line.test,
        "verdict": line.verdict,
        "executions": line.executions,
        "complete": line.complete,
        "millis": line.millis,
        "token": line.token,
        "note": line.note,
    });
    if let Some((name, value)) = more {
        text[name] = value;
    }
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()));
    if let Err(error) = written {
        eprintln!("warning: failed to write the report file {path}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_long_is_called_slow() {
        let short = SLOW - Duration::from_millis(1);
        assert_eq!(slow_build(short), None);
        let hint = slow_build(SLOW);
        assert_eq!(hint.is_some(), cfg!(raddle_is_slow));
        assert!(hint.is_none_or(|hint| hint.contains("[profile.dev.package.\"*\"] opt-level = 3")));
    }

    #[test]
    fn digits_are_grouped() {
        let all = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in all {
            assert_eq!(grouped(number), text);
        }
    }
}
