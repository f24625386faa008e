//! `cargo raddle regress`: committed failures are added, accepted, replayed, pruned and listed.

use crate::arguments::{Cargo, Choice};
use crate::cargo::{Tested, find};
use crate::exit::{Exit, Trouble};
use crate::fuzz::arguments::{Action, Regress};
use crate::fuzz::campaign::Target;
use crate::fuzz::entries::entries;
use crate::fuzz::failures::portable;
use crate::fuzz::output::sources;
use crate::fuzz::plan::{EXHAUSTIVE, Order};
use crate::fuzz::regressions::{Regression, read, sentence};
use crate::fuzz::summary::{Came, Summary};
use crate::fuzz::worker::{self, CRASH, Job};
use crate::libtest::Summary as Harness;
use crate::lines::Found;
use crate::process::Runner;
use crate::token::{Given, resolve};
use std::path::{Path, PathBuf};

/// `cargo raddle regress`.
///
/// # Errors
/// If the tests cannot be built, or a file cannot be read or written.
pub fn regress(arguments: &Regress) -> Result<Exit, Trouble> {
    let folder = &arguments.regressions;
    match &arguments.action {
        Action::List => {
            for regression in read(folder)? {
                let state = if regression.accepted { "accepted" } else { "fixed" };
                println!(
                    "{}: {state}: {} ({})",
                    regression.name(),
                    regression.test,
                    regression.kind
                );
            }
            Ok(Exit::Clean)
        }
        Action::Add { what, note, cargo } => {
            let regression = of(what, cargo, false)?;
            write(Regression { note: note.clone().unwrap_or_default(), ..regression }, folder)
        }
        Action::Accept { what, note, cargo } => {
            let known = read(folder)?.into_iter().find(|it| it.name() == *what);
            let regression = match known {
                Some(known) => known,
                None => of(what, cargo, true)?,
            };
            let note = note.clone().unwrap_or_else(|| regression.note.clone());
            write(Regression { note, accepted: true, ..regression }, folder)
        }
        Action::Run { cargo } => {
            let all = read(folder)?;
            let mut exit = Exit::Clean;
            for (regression, came) in replayed(&all, cargo)? {
                println!("{}", sentence(regression, came));
                exit = exit.worse(match came {
                    Came::Again if !regression.accepted => Exit::Failure,
                    _ => Exit::Clean,
                });
            }
            println!("{} regressions", all.len());
            Ok(exit)
        }
        Action::Prune { cargo } => prune(&read(folder)?, cargo),
    }
}

fn write(regression: Regression, folder: &Path) -> Result<Exit, Trouble> {
    let regression = regression.place(folder);
    regression.write()?;
    println!("{}", regression.path.display());
    Ok(Exit::Clean)
}

fn prune(all: &[Regression], cargo: &Cargo) -> Result<Exit, Trouble> {
    let mut removed = 0;
    for (regression, came) in replayed(all, cargo)? {
        let is_gone = match came {
            Came::Diverged | Came::NoTest => true,
            Came::Passed => regression.accepted,
            Came::Again => false,
        };
        if is_gone {
            std::fs::remove_file(&regression.path)
                .map_err(Trouble::outside(format!("remove {}", regression.path.display())))?;
            println!("removed: {}", sentence(regression, came));
            removed += 1;
        }
    }
    println!("{removed} of {} regressions removed", all.len());
    Ok(Exit::Clean)
}

/// Builds, and replays them.
fn replayed<'a>(
    all: &'a [Regression],
    cargo: &Cargo,
) -> Result<Vec<(&'a Regression, Came)>, Trouble> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (built, found) = find(cargo, &Choice::default())?;
    replay_all(&Runner::new(&built)?, &targets(found), all.iter())
}

fn targets(found: Vec<Tested>) -> Vec<Target> {
    let each = found.into_iter().flat_map(|Tested { binary, marks }| {
        marks.into_iter().map(move |mark| Target { binary: binary.clone(), mark })
    });
    each.collect()
}

/// What comes of a token in the test that is its own.
struct Seen {
    came: Came,
    test: String,
    kind: String,
    signature: String,
}

/// Replays committed failures in these tests.
///
/// # Errors
/// If a process cannot be started.
pub fn replay_all<'a>(
    runner: &Runner<'_>,
    targets: &[Target],
    all: impl Iterator<Item = &'a Regression>,
) -> Result<Vec<(&'a Regression, Came)>, Trouble> {
    all.map(|it| Ok((it, replay(runner, targets, &it.token)?.came))).collect()
}

fn replay(runner: &Runner<'_>, targets: &[Target], token: &str) -> Result<Seen, Trouble> {
    let given = Given::new(token)?;
    let nothing =
        |came| Seen { came, test: String::new(), kind: String::new(), signature: String::new() };
    for Target { binary, mark } in targets.iter().filter(|it| given.is_of(it.mark.reported())) {
        let strategy = EXHAUSTIVE.to_string();
        let order = Order { test: 0, round: 0, strategy, seed: 0, executions: 0 };
        let (known, corpus, time, order) = (&[], &[], None, &order);
        let job = Job { binary, mark, order, canary: false, known, corpus, time };
        let (ended, _) = worker::replay(runner, &job, token)?;
        let test = mark.reported().to_string();
        if ended.summary == Harness::Missing {
            let (kind, signature) = (CRASH.to_string(), format!("{CRASH} | {}", ended.status));
            return Ok(Seen { came: Came::Again, test, kind, signature });
        }
        for entry in entries(&ended.report) {
            let test = entry.line.test.clone();
            match entry.line.verdict {
                Found::Violation => {
                    let finding = entry.finding;
                    let signature = finding.as_ref().map(|it| it.signature.clone());
                    let signature =
                        portable(&signature.unwrap_or_default(), sources(&binary.folder));
                    let kind = finding.and_then(|it| it.kind).unwrap_or_default();
                    return Ok(Seen { came: Came::Again, test, kind, signature });
                }
                Found::Nondeterminism | Found::Error => {
                    return Ok(Seen { test, ..nothing(Came::Diverged) });
                }
                Found::Incomplete | Found::Verified => {
                    return Ok(Seen { test, ..nothing(Came::Passed) });
                }
                Found::OtherTest => {}
            }
        }
    }
    Ok(nothing(Came::NoTest))
}

/// The failure that is meant: the folder of one, or a token, which is replayed.
fn of(what: &str, cargo: &Cargo, must_fail: bool) -> Result<Regression, Trouble> {
    if let Some(regression) = of_folder(Path::new(what))? {
        return Ok(regression);
    }
    let token = Given::new(&resolve(what)?)?.text;
    let (built, found) = find(cargo, &Choice::default())?;
    let seen = replay(&Runner::new(&built)?, &targets(found), &token)?;
    match seen.came {
        Came::NoTest => Err(Trouble::new(
            Exit::NoTest,
            format!("no test that was built is the one of {token}; give its package with -p"),
        )),
        Came::Diverged => Err(Trouble::new(
            Exit::Divergence,
            format!("{token} cannot be followed: {} has changed since it was made", seen.test),
        )),
        Came::Passed if must_fail => Err(Trouble::new(
            Exit::Usage,
            format!("{token} does not fail in {}: there is nothing to accept", seen.test),
        )),
        Came::Passed => {
            let Seen { test, .. } = seen;
            let (kind, signature) = ("passes".to_string(), format!("passes | {token}"));
            Ok(regression(test, token, kind, signature))
        }
        Came::Again => Ok(regression(seen.test, token, seen.kind, seen.signature)),
    }
}

fn regression(test: String, token: String, kind: String, signature: String) -> Regression {
    let (note, path) = (String::new(), PathBuf::new());
    Regression { test, token, kind, signature, accepted: false, note, path }
}

/// The failure that a campaign wrote this folder for; none if it is none.
fn of_folder(folder: &Path) -> Result<Option<Regression>, Trouble> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let folder = folder.canonicalize().map_err(Trouble::outside("find the folder"))?;
    let wrong = |why: &str| Trouble::new(Exit::Usage, format!("{}: {why}", folder.display()));
    let campaign = folder.parent().and_then(Path::parent);
    let summary = Summary::read(campaign.ok_or_else(|| wrong("it is no failure's folder"))?)?;
    let is_it = |path: &str| Path::new(path).file_name() == folder.file_name();
    let failure = summary.failures.into_iter().find(|failure| is_it(&failure.folder));
    let failure = failure.ok_or_else(|| wrong("the campaign does not list this failure"))?;
    let token = failure.token.ok_or_else(|| wrong("the failure has no token"))?;
    Ok(Some(regression(failure.test, token, failure.kind, failure.signature)))
}
