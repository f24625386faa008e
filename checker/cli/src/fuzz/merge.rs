//! `cargo raddle report`: the outputs of shards become one, and forms are written again.

use crate::exit::{Exit, Trouble};
use crate::fuzz::arguments::{Folder, Form, Report, ReportAction};
use crate::fuzz::corpus;
use crate::fuzz::failures;
use crate::fuzz::output::{Output, forms, sources};
use crate::fuzz::summary::{Failure, Summary, TestSummary, VERSION};
use crate::fuzz::told;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `cargo raddle report`.
///
/// # Errors
/// If a folder is not the output of a campaign, or cannot be written.
pub fn report(arguments: &Report) -> Result<Exit, Trouble> {
    match &arguments.action {
        ReportAction::Merge { folders, output, report, new_only } => {
            merge(folders, output, &forms(report), *new_only)
        }
        ReportAction::Html(Folder { folder }) => {
            let (summary, output) = (Summary::read(folder)?, Output::open(folder, &[Form::Html]));
            let here = std::env::current_dir().unwrap_or_default();
            for failure in &summary.failures {
                if let Some(trace) = output.trace(failure) {
                    output.page(failure, &trace, &sources(&here))?;
                    println!("{}", folder.join(&failure.folder).join("report.html").display());
                }
            }
            Ok(Exit::Clean)
        }
        ReportAction::Sarif(Folder { folder }) => again(folder, Form::Sarif, "report.sarif"),
        ReportAction::Junit(Folder { folder }) => again(folder, Form::Junit, "junit.xml"),
    }
}

fn again(folder: &Path, form: Form, file: &str) -> Result<Exit, Trouble> {
    Output::open(folder, &[form]).whole(&Summary::read(folder)?, false)?;
    println!("{}", folder.join(file).display());
    Ok(Exit::Clean)
}

fn merge(
    folders: &[PathBuf],
    output: &Path,
    forms: &[Form],
    new_only: bool,
) -> Result<Exit, Trouble> {
    let all: Vec<Summary> =
        folders.iter().map(|folder| Summary::read(folder)).collect::<Result<_, _>>()?;
    if folders.iter().any(|folder| same(folder, output)) {
        let message = "the output must be another folder than those that are merged";
        return Err(Trouble::new(Exit::Usage, message));
    }
    let merged = put_together(&all);
    let output = Output::create(output, forms)?;
    for failure in &merged.failures {
        let from = folders.iter().zip(&all).find(|(_, summary)| has_token(summary, failure));
        if let Some((folder, _)) = from {
            copy(&folder.join(&failure.folder), &output.folder().join(&failure.folder))?;
        }
    }
    for folder in folders {
        for (_, entry) in corpus::read(&folder.join("corpus"))? {
            entry.write(&output.folder().join("corpus"))?;
        }
    }
    output.whole(&merged, new_only)?;
    print!("{}", told(&merged, new_only));
    println!("everything is in {}", output.folder().display());
    Ok(merged.exit(new_only))
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn has_token(summary: &Summary, failure: &Failure) -> bool {
    summary.failures.iter().any(|it| it.id == failure.id && it.token == failure.token)
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    let work = || {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok::<(), std::io::Error>(())
    };
    work().map_err(Trouble::outside(format!("copy {}", from.display())))
}

/// The whole of several parts. Parts with the same shard, as of a job that was started again, add up like others.
fn put_together(all: &[Summary]) -> Summary {
    let mut failures = BTreeMap::new();
    let mut tests: BTreeMap<(String, String), TestSummary> = BTreeMap::new();
    let mut whole = Summary { version: VERSION, canary: !all.is_empty(), ..Summary::default() };
    whole.seed = all.first().map(|it| it.seed).unwrap_or_default();
    for part in all {
        whole.canary &= part.canary;
        whole.shards.extend(&part.shards);
        whole.millis = whole.millis.max(part.millis);
        whole.executions += part.executions;
        whole.restarts += part.restarts;
        whole.regressions.extend(part.regressions.iter().cloned());
        for note in part.notes.iter().filter(|note| !is_of_one(note)) {
            if !whole.notes.contains(note) {
                whole.notes.push(note.clone());
            }
        }
        for failure in &part.failures {
            failures::merge(&mut failures, failure);
        }
        for test in &part.tests {
            let key = (test.package.clone(), test.test.clone());
            match tests.get_mut(&key) {
                None => _ = tests.insert(key, test.clone()),
                Some(sum) => add(sum, test),
            }
        }
    }
    whole.shards.sort();
    whole.shards.dedup();
    if let Some(of) = whole.shards.iter().map(|shard| shard.of).max() {
        let missing: Vec<String> = (1..=of)
            .filter(|number| !whole.shards.iter().any(|shard| shard.number == *number))
            .map(|number| format!("{number}/{of}"))
            .collect();
        if !missing.is_empty() {
            whole.notes.push(format!("missing shards: {}", missing.join(", ")));
        }
    }
    whole.tests = tests.into_values().collect();
    whole.failures = failures.into_values().collect();
    whole.failures.sort_by(|a, b| (&a.test, &a.kind, &a.id).cmp(&(&b.test, &b.kind, &b.id)));
    let missed = whole.missed().map(|test| {
        let expect = test.expect.as_deref().unwrap_or_default();
        format!("{}: a {expect} is expected, and was not found", test.test)
    });
    let missed: Vec<String> = missed.collect();
    whole.notes.extend(missed);
    whole
}

/// Whether a note says what may be different in the whole.
fn is_of_one(note: &str) -> bool {
    note.ends_with("is expected, and was not found")
}

/// Adds what another part did of a test. What both may have met or covered is not added, but the greater taken.
fn add(sum: &mut TestSummary, part: &TestSummary) {
    sum.executions += part.executions;
    sum.failed += part.failed;
    sum.complete |= part.complete;
    sum.checked += part.checked;
    sum.covered = sum.covered.max(part.covered);
    if part.classes > sum.classes {
        (sum.sampled, sum.classes, sum.once) = (part.sampled, part.classes, part.once);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::output::campaign;
    use crate::fuzz::shard::Shard;
    use crate::scratch::Scratch;

    fn part(number: u32, failures: &[usize]) -> Summary {
        let whole = campaign();
        let shard = Shard { number, of: 3 };
        let chosen = failures.iter().map(|&at| whole.failures[at].clone());
        let failures = chosen.map(|it| Failure { shards: vec![shard], ..it }).collect();
        Summary { shards: vec![shard], failures, ..whole }
    }

    #[test]
    fn nothing_is_counted_twice_and_nothing_is_lost() {
        let whole = put_together(&[part(1, &[0, 1]), part(2, &[1, 2])]);
        assert_eq!(whole.failures.len(), 3);
        assert_eq!(whole.failures[1].shards.len(), 2);
        assert_eq!((whole.executions, whole.tests.len()), (400, 2));
        assert_eq!((whole.tests[0].executions, whole.tests[0].sampled), (200, 50));
        assert_eq!(whole.notes, ["missing shards: 3/3"]);
        assert!(whole.canary && !put_together(&[]).canary);
        let blind = Summary { canary: false, ..part(3, &[]) };
        let whole = put_together(&[part(1, &[]), blind]);
        assert_eq!(whole.exit(false), Exit::Internal);
    }

    #[test]
    fn folders_become_one() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.folder("parts").expect("a folder");
        let mut folders = Vec::new();
        for (number, failures) in [(1, [0, 1]), (2, [1, 2])] {
            let summary = part(number, &failures);
            let path = folder.join(number.to_string());
            let output = Output::create(&path, &[]).expect("it is new");
            for failure in &summary.failures {
                output.failure(failure, None, &|_| None).expect("it can be written");
            }
            let test = format!("f{number}");
            let entry = corpus::Entry::new(&test, "rd1-x", vec!["a".into()]);
            entry.write(&path.join("corpus")).expect("it can be written");
            output.whole(&summary, false).expect("it can be written");
            folders.push(path);
        }
        let whole = folder.join("whole");
        let exit = merge(&folders, &whole, &[Form::Junit, Form::Sarif], false);
        assert_eq!(exit, Ok(Exit::Failure));
        let summary = Summary::read(&whole).expect("it was written");
        for failure in &summary.failures {
            assert!(whole.join(&failure.folder).join("token").is_file(), "{}", failure.folder);
        }
        assert_eq!(corpus::read(&whole.join("corpus")).map(|it| it.len()), Ok(2));
        assert!(whole.join("junit.xml").is_file() && whole.join("report.sarif").is_file());
        let refused = merge(&folders, &folders[0], &[], false).expect_err("it is one of them");
        assert_eq!(refused.exit, Exit::Usage);
    }
}
