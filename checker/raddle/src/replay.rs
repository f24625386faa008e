//! One execution again, from its token.

use crate::explore::{
    Repeated, Test, finish, lost_violation, minimised_deviations, minimised_sample,
    repeat_deviations, repeat_exhaustive, repeat_sample, repeat_until_divergence,
};
use crate::outcome::{Kind, Violation};
use crate::settings::{self, OnDivergence, Task};
use crate::signature::Signature;
use crate::told::{CheckFailed, Line, fail, headline, write_line, write_with};
use crate::worker::Lost;
use crate::{campaign, explain, insight, keep};
use raddle_engine::explore::{Deviation, SampleId, Time};
use raddle_engine::memory::Model;
use raddle_report::text;
use raddle_report::token::{self, Body, Token, TokenError};
use raddle_report::trace::Trace;
use raddle_shims::kernel::ThreadId;

/// Instead of a search: the execution of `RADDLE_REPLAY`, if it is one of this test.
pub(crate) fn check(test: &Test, token: &str, task: Task) -> Result<(), CheckFailed> {
    check_named(test, ("RADDLE_REPLAY", token), task, Some(&test.name))
}

/// The same for a token of any test, or of that alone of which the name is `owner`; errors say where the token was
/// found.
pub(crate) fn check_named(
    test: &Test,
    (place, token): (&str, &str),
    task: Task,
    owner: Option<&str>,
) -> Result<(), CheckFailed> {
    let tell = |verdict, token: Option<&str>, note: Option<String>| {
        write_line(&Line {
            test: &test.name,
            verdict,
            executions: u64::from(verdict != "other-test" && verdict != "error"),
            complete: false,
            millis: 0,
            token: token.map(str::to_string),
            note,
        });
    };
    let text = match read(token) {
        Ok(text) => text,
        Err(error) => {
            tell("error", None, Some(error.clone()));
            fail(format!("{}error: {place}: {error}\n", headline(test)), error);
        }
    };
    let token = match Token::decode(&text) {
        Ok(token) => token,
        Err(error) => {
            let error = error.to_string();
            tell("error", None, Some(error.clone()));
            fail(format!("{}error: {place}: {error}\n", headline(test)), error);
        }
    };
    if let Some(Err(error @ TokenError::OtherTest { .. })) = owner.map(|it| token.expect_test(it)) {
        tell("other-test", None, Some(error.to_string()));
        eprintln!("note: {}: not replayed, as the token is of another test", test.name);
        return Ok(());
    }
    let violation = match repeat(test, &token, &text, task) {
        Ok(violation) => violation,
        Err(error) => {
            tell("error", None, Some(error.clone()));
            fail(format!("{}error: {place}: {error}\n", headline(test)), error);
        }
    };
    match violation {
        None => {
            tell("incomplete", None, Some("the execution does not fail any more".to_string()));
            eprintln!("the execution of the token was run, and does not fail any more");
            Ok(())
        }
        Some(violation) => {
            let verdict = match violation.kind {
                Kind::Nondeterminism => "nondeterminism",
                _ => "violation",
            };
            let note = format!("{}: {}", violation.kind, violation.message);
            let line = Line {
                test: &test.name,
                verdict,
                executions: 1,
                complete: false,
                millis: 0,
                token: violation.token.clone(),
                note: Some(note),
            };
            write_with(&line, Some(("finding", campaign::finding(Some(&violation), None, 1))));
            if test.settings.expect == Some(violation.kind) {
                eprint!("{}", violation.report);
                return Ok(());
            }
            let text = format!("{}{}", headline(test), violation.report);
            Err(CheckFailed::of(violation, &text))
        }
    }
}

/// The execution of a token of this test.
pub(crate) fn once(test: &Test, token: &str) -> Result<Option<Violation>, String> {
    let text = read(token)?;
    let token = Token::decode(&text).map_err(|error| error.to_string())?;
    token.expect_test(&test.name).map_err(|error| error.to_string())?;
    repeat(test, &token, &text, Task::Usual)
}

/// The execution of a token, recorded.
///
/// # Errors
/// What is wrong with the token, or that it is of another test.
pub(crate) fn recorded(test: &Test, token: &str) -> Result<Result<Repeated, Lost>, String> {
    let token = Token::decode(&read(token)?).map_err(|error| error.to_string())?;
    token.expect_test(&test.name).map_err(|error| error.to_string())?;
    execute(&modelled(test, &token)?, &token.body, OnDivergence::Continue)
}

/// The test with the memory model and the time that a token names.
fn modelled(test: &Test, token: &Token) -> Result<Test, String> {
    let mut test = test.clone();
    (test.settings.model, test.settings.time) = match token.model {
        0 => (Model::Sc, Time::Nondeterministic),
        1 => (Model::Rc20, Time::Nondeterministic),
        2 => (Model::Sc, Time::Virtual),
        3 => (Model::Rc20, Time::Virtual),
        other => return Err(format!("the token names memory model {other}, which is not known")),
    };
    Ok(test)
}

fn unknown_strategy(name: &str) -> String {
    format!("the token was made by the strategy {name:?}, which is not known")
}

fn listed(list: &[token::Deviation]) -> Vec<Deviation> {
    let deviation = |deviation: &token::Deviation| Deviation {
        step: deviation.step,
        thread: deviation.thread.map(ThreadId),
        alternative: deviation.alternative,
    };
    list.iter().map(deviation).collect()
}

/// The execution that the body of a token describes.
fn execute(
    test: &Test,
    body: &Body,
    on_divergence: OnDivergence,
) -> Result<Result<Repeated, Lost>, String> {
    Ok(match body {
        Body::Deviations(list) if on_divergence == OnDivergence::Stop => {
            repeat_until_divergence(test, listed(list))
        }
        Body::Deviations(list) => repeat_deviations(test, listed(list)),
        Body::Sample { strategy, execution, .. } if strategy == "exhaustive" => {
            repeat_exhaustive(test, *execution)
        }
        Body::Sample { strategy, .. } => {
            let sample = sample(body).ok_or_else(|| unknown_strategy(strategy))?;
            repeat_sample(test, &sample).ok_or_else(|| unknown_strategy(strategy))?
        }
    })
}

fn sample(body: &Body) -> Option<SampleId> {
    let Body::Sample { strategy, seed, execution } = body else { return None };
    Some(SampleId { strategy: strategy.clone(), seed: *seed, execution: *execution })
}

/// The token itself, or the first one in the file that is named.
pub(crate) fn read(given: &str) -> Result<String, String> {
    let is_file = given.contains(['/', '\\', '.']) || std::path::Path::new(given).is_file();
    if !is_file {
        return Ok(given.to_string());
    }
    let text = std::fs::read_to_string(given)
        .map_err(|error| format!("failed to read the token file {given}: {error}"))?;
    let line = text.lines().map(str::trim).find(|line| line.starts_with("rd"));
    let line = line.ok_or_else(|| format!("the file {given} holds no token"))?;
    Ok(line.to_string())
}

/// What comes of the execution; none if it does not fail.
fn repeat(
    test: &Test,
    token: &Token,
    given: &str,
    task: Task,
) -> Result<Option<Violation>, String> {
    let test = modelled(test, token)?;
    let on_divergence = settings::on_divergence()?;
    if task == Task::Minimize {
        match &token.body {
            Body::Deviations(list) => return Ok(minimised_deviations(&test, listed(list))),
            Body::Sample { strategy, .. } if strategy != "exhaustive" => {
                let smaller = sample(&token.body).and_then(|it| minimised_sample(&test, &it));
                return smaller.ok_or_else(|| unknown_strategy(strategy));
            }
            Body::Sample { .. } => {}
        }
    }
    let repeated = execute(&test, &token.body, on_divergence)?;
    let repeated = match repeated {
        Ok(repeated) => repeated,
        Err(lost) => return Ok(Some(lost_violation(&test, lost))),
    };
    let coverage = repeated.coverage;
    match (&repeated.failure, repeated.divergence.clone()) {
        (Some(failure), divergence)
            if divergence.is_none() || on_divergence != OnDivergence::Error =>
        {
            let insight = insight::of(&test, failure, &repeated);
            let mut trace = explain::trace(&test, failure, &repeated, &insight, &coverage);
            trace.token = Some(given.trim().to_string());
            trace.notes.extend(divergence.map(|why| {
                format!("this is not the execution that the token was made from: {why}")
            }));
            trace.notes.extend(difference(given, &trace));
            let token = trace.token.clone();
            let signature = Some(Signature::of(failure, &repeated.record).to_string());
            Ok(Some(Violation { signature, ..finish(trace, token, coverage) }))
        }
        (_, Some(why)) => {
            let message = format!(
                "the program is not the one that the token was made from, or is not deterministic: {why}"
            );
            let mut trace = explain::bare(&test, Kind::Nondeterminism, &message, &coverage);
            trace.notes.extend(difference(given, &explain::passed(&test, &repeated)));
            Ok(Some(finish(trace, None, coverage)))
        }
        (_, None) if test.settings.allow_incomplete => Ok(None),
        (_, None) => Ok(explain::cut(&test, &repeated, &coverage).map(|mut trace| {
            trace.token = Some(given.trim().to_string());
            let token = trace.token.clone();
            finish(trace, token, coverage)
        })),
    }
}

/// How an execution first differs from the one that was kept when the token was made.
fn difference(token: &str, now: &Trace) -> Option<String> {
    match keep::saved(token.trim())? {
        Ok(then) => text::difference(&then, now),
        Err(fault) => Some(format!("what the token showed before is not known: {fault}")),
    }
}
