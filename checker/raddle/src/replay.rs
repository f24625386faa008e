//! One execution again, from its token.

use crate::explain;
use crate::explore::{Test, finish, lost_violation, repeat_deviations, repeat_sample};
use crate::outcome::{Kind, Violation};
use crate::told::{Line, fail, headline, write_line};
use raddle_engine::explore::{Deviation, Time};
use raddle_engine::memory::Model;
use raddle_report::token::{Body, Token, TokenError};
use raddle_shims::kernel::ThreadId;

/// Instead of a search: the execution of `RADDLE_REPLAY`, if it is one of this test.
pub(crate) fn check(test: &Test, token: &str) {
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
            fail(format!("{}error: RADDLE_REPLAY: {error}\n", headline(test)), error);
        }
    };
    let token = match Token::decode(&text) {
        Ok(token) => token,
        Err(error) => {
            let error = error.to_string();
            tell("error", None, Some(error.clone()));
            fail(format!("{}error: RADDLE_REPLAY: {error}\n", headline(test)), error);
        }
    };
    if let Err(error @ TokenError::OtherTest { .. }) = token.expect_test(&test.name) {
        tell("other-test", None, Some(error.to_string()));
        eprintln!("note: {}: not replayed, as the token is of another test", test.name);
        return;
    }
    let violation = match repeat(test, &token, &text) {
        Ok(violation) => violation,
        Err(error) => {
            tell("error", None, Some(error.clone()));
            fail(format!("{}error: RADDLE_REPLAY: {error}\n", headline(test)), error);
        }
    };
    match violation {
        None => {
            tell("incomplete", None, Some("the execution does not fail any more".to_string()));
            eprintln!("the execution of the token was run, and does not fail any more");
        }
        Some(violation) => {
            let verdict = match violation.kind {
                Kind::Nondeterminism => "nondeterminism",
                _ => "violation",
            };
            let note = format!("{}: {}", violation.kind, violation.message);
            tell(verdict, violation.token.as_deref(), Some(note));
            if test.settings.expect == Some(violation.kind) {
                eprint!("{}", violation.report);
                return;
            }
            fail(format!("{}{}", headline(test), violation.report), violation.message);
        }
    }
}

/// The token itself, or the first one in the file that is named.
fn read(given: &str) -> Result<String, String> {
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
fn repeat(test: &Test, token: &Token, text: &str) -> Result<Option<Violation>, String> {
    let mut test = test.clone();
    (test.settings.model, test.settings.time) = match token.model {
        0 => (Model::Sc, Time::Nondeterministic),
        1 => (Model::Rc20, Time::Nondeterministic),
        2 => (Model::Sc, Time::Virtual),
        3 => (Model::Rc20, Time::Virtual),
        other => return Err(format!("the token names memory model {other}, which is not known")),
    };
    let repeated = match &token.body {
        Body::Deviations(list) => {
            let deviations = list.iter().map(|deviation| Deviation {
                step: deviation.step,
                thread: deviation.thread.map(ThreadId),
                alternative: deviation.alternative,
            });
            repeat_deviations(&test, deviations.collect())
        }
        Body::Sample { strategy, seed, execution } if strategy == "random" => {
            repeat_sample(&test, *seed, *execution)
        }
        Body::Sample { strategy, .. } => {
            return Err(format!(
                "the token was made by the strategy {strategy:?}, which is not known"
            ));
        }
    };
    let repeated = match repeated {
        Ok(repeated) => repeated,
        Err(lost) => return Ok(Some(lost_violation(&test, lost))),
    };
    let coverage = repeated.coverage;
    match (&repeated.failure, repeated.divergence.clone()) {
        (Some(failure), divergence) => {
            let mut trace = explain::trace(&test, failure, &repeated, &coverage);
            trace.token = Some(text.trim().to_string());
            trace.notes.extend(divergence.map(|why| {
                format!("this is not the execution that the token was made from: {why}")
            }));
            let token = trace.token.clone();
            Ok(Some(finish(trace, token, coverage)))
        }
        (None, Some(why)) => {
            let message = format!(
                "the program is not the one that the token was made from, or is not deterministic: {why}"
            );
            let trace = explain::bare(&test, Kind::Nondeterminism, &message, &coverage);
            Ok(Some(finish(trace, None, coverage)))
        }
        (None, None) if test.settings.allow_incomplete => Ok(None),
        (None, None) => Ok(explain::cut(&test, &repeated, &coverage).map(|mut trace| {
            trace.token = Some(text.trim().to_string());
            let token = trace.token.clone();
            finish(trace, token, coverage)
        })),
    }
}
