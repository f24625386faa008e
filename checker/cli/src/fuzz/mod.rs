//! `cargo raddle fuzz`: a campaign over all checked tests of a workspace.

pub mod arguments;
mod campaign;
mod corpus;
mod entries;
mod failures;
mod merge;
mod output;
mod plan;
mod progress;
mod regress;
mod regressions;
mod shard;
mod summary;
mod tally;
mod worker;

pub use corpus::corpus;
pub use merge::report;
pub use regress::regress;

use crate::cargo::{Built, Tested, find};
use crate::exit::{Exit, Trouble};
use crate::process::Runner;
use crate::rows;
use arguments::Fuzz;
use campaign::{Campaign, Target};
use failures::Known;
use output::{Output, forms};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;
use summary::Summary;

/// How long a campaign is without a limit.
const TIME: Duration = Duration::from_secs(60);

/// Runs a campaign.
///
/// # Errors
/// If it cannot be run, or its output cannot be written.
pub fn fuzz(arguments: &Fuzz) -> Result<Exit, Trouble> {
    let shard = shard::shard(arguments.shard.as_deref(), |name| std::env::var(name).ok())?;
    let time = match (&arguments.max_time, arguments.max_executions) {
        (Some(text), _) => Some(duration(text)?),
        (None, None) => Some(TIME),
        (None, Some(_)) => None,
    };
    let known = known(arguments)?;
    let regressions = regressions::read(&arguments.regressions)?;
    let (built, found) = find(&arguments.cargo, &arguments.choice)?;
    found.iter().try_for_each(rows::refuse_twins)?;
    let targets = targets(&built, found, arguments.include_ignored)?;
    let folder = arguments.output.clone().unwrap_or_else(|| usual_output(&targets));
    let output = Output::create(&folder, &forms(&arguments.report))?;
    let corpus = arguments.corpus.clone().unwrap_or_else(|| folder.join("corpus"));
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let campaign = Campaign {
        built: &built,
        targets: &targets,
        output: &output,
        corpus: &corpus,
        known,
        shard,
        seed: arguments.seed,
        strategy: arguments.strategy.clone(),
        time,
        executions: arguments.max_executions,
        jobs: arguments.jobs.map_or(processors, |jobs| jobs as usize),
        keep_going: arguments.keep_going,
        new_only: arguments.new_only,
    };
    let summary = campaign.run(&regressions)?;
    output.whole(&summary, arguments.new_only)?;
    print!("{}", told(&summary, arguments.new_only));
    println!("everything is in {}", folder.display());
    Ok(summary.exit(arguments.new_only))
}

/// The tests, without those that are ignored.
fn targets(built: &Built, found: Vec<Tested>, ignored_too: bool) -> Result<Vec<Target>, Trouble> {
    let runner = Runner::new(built)?;
    let mut targets = Vec::new();
    for Tested { binary, marks } in found {
        let ignored = match ignored_too {
            true => Default::default(),
            false => runner.ignored(&binary)?,
        };
        let marks = marks.into_iter().filter(|mark| !ignored.contains(mark.in_binary()));
        targets.extend(marks.map(|mark| Target { binary: binary.clone(), mark }));
    }
    match targets.is_empty() {
        true => {
            let message = "all of these tests are ignored; run them with --include-ignored";
            Err(Trouble::new(Exit::NoTest, message))
        }
        false => Ok(targets),
    }
}

/// The failures that are known: accepted ones, and those of earlier campaigns.
fn known(arguments: &Fuzz) -> Result<Known, Trouble> {
    let mut known = Known { ignore_expect: arguments.ignore_expect, ..Known::default() };
    let regressions = regressions::read(&arguments.regressions)?;
    known.ids.extend(regressions.iter().filter(|it| it.accepted).map(|it| it.id()));
    for folder in &arguments.baseline {
        let earlier = Summary::read(folder)?;
        known.ids.extend(earlier.failures.into_iter().map(|failure| failure.id));
    }
    Ok(known)
}

/// `raddle/campaign` in the target folder, beside what tests write.
fn usual_output(targets: &[Target]) -> PathBuf {
    let binary = targets.first().map(|target| target.binary.path.clone()).unwrap_or_default();
    let target =
        binary.ancestors().find(|folder| folder.file_name().is_some_and(|it| it == "target"));
    let near = binary.parent().and_then(|folder| folder.parent()).map(PathBuf::from);
    target.map(PathBuf::from).or(near).unwrap_or_default().join("raddle/campaign")
}

/// What a campaign has come to, for people.
fn told(summary: &Summary, new_only: bool) -> String {
    let mut text = String::new();
    for regression in summary.came_again() {
        text.push_str(&format!("the regression {} fails again\n", regression.name));
    }
    for failure in &summary.failures {
        let counts = summary.counted(new_only).any(|it| it.id == failure.id);
        let how = match (counts, failure.status) {
            (true, _) => "",
            (false, summary::Status::Expected) => " (as expected)",
            (false, _) => " (known)",
        };
        text.push_str(&format!("{}{how}: {}\n", failure.test, failure.title()));
        if let Some(token) = failure.token.as_ref().filter(|_| counts) {
            text.push_str(&format!("  replay: cargo raddle replay {token}\n"));
        }
    }
    for note in &summary.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    let (complete, counted) =
        (summary.tests.iter().filter(|it| it.complete).count(), summary.counted(new_only).count());
    text.push_str(&format!(
        "{} tests, {complete} explored completely; {} executions; {} failures found, {counted} count\n",
        summary.tests.len(),
        summary.executions,
        summary.failures.len()
    ));
    text
}

/// A time such as `500ms`, `90s`, `10m` or `8h`; a number alone counts seconds.
fn duration(text: &str) -> Result<Duration, Trouble> {
    let wrong = || {
        let message = format!("{text:?} is not a time such as 500ms, 90s, 10m or 8h");
        Trouble::new(Exit::Usage, message)
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(end);
    let count: u64 = count.parse().map_err(|_| wrong())?;
    let factor = match unit.trim() {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    count.checked_mul(factor).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let millis = |text| duration(text).map(|it| it.as_millis()).map_err(|it| it.exit);
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("90"), Ok(90_000));
        assert_eq!(millis("10 m"), Ok(600_000));
        assert_eq!(millis("8h"), Ok(28_800_000));
        for text in ["", "m", "5 days", "-1s", "99999999999999999h"] {
            assert_eq!(millis(text), Err(Exit::Usage), "{text}");
        }
    }

    #[test]
    fn what_counts_is_told_with_its_command() {
        let text = told(&output::campaign(), true);
        let expected = "bank::f: data-race: a < b & \"c\": 50%\n  replay: cargo raddle replay rd1-x\n\
                        bank::f (known): data-race: a < b & \"c\": 50%\n\
                        bank::f (as expected): data-race: a < b & \"c\": 50%\n\
                        2 tests, 0 explored completely; 200 executions; 3 failures found, 1 count\n";
        assert_eq!(text, expected);
    }
}
