//! Campaigns as a whole, with the real raddle: what they find, what they lose, what they write.

#[path = "../common/bank.rs"]
mod bank;
#[path = "../common/mod.rs"]
mod common;
mod fixture;
mod workflow;

use common::{Ended, expect, verdict};
use fixture::{folder, output, raddle};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Runs a campaign into a place of that name, and gives its summary as well.
fn campaign(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Ended, Value) {
    let output = output(name);
    let place = output.to_str().expect("a name");
    let ended = raddle(&[&["fuzz", "--output", place], arguments].concat(), variables);
    let summary = summary(&output).unwrap_or_else(|| panic!("no summary: {ended:?}"));
    (ended, summary)
}

fn summary(output: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(output.join("summary.json")).ok()?;
    serde_json::from_str(&text).ok()
}

fn failures(summary: &Value) -> &Vec<Value> {
    summary["failures"].as_array().expect("a list")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// What was found, with everything that must be the same if it is found again.
fn findings(summary: &Value) -> BTreeSet<String> {
    let keys =
        ["id", "test", "kind", "signature", "status", "token", "times", "of", "strategy", "seed"];
    let one = |failure: &Value| keys.map(|key| failure[key].to_string()).join(" ");
    failures(summary).iter().map(one).collect()
}

/// By which the same failures are known, whatever found them.
fn ids(summary: &Value) -> BTreeSet<String> {
    failures(summary).iter().map(|it| format!("{} {}", text(it, "test"), text(it, "id"))).collect()
}

const BUDGET: [&str; 5] = ["--max-executions", "3200", "--seed", "3", "--keep-going"];

#[test]
fn a_campaign_finds_what_is_wrong_and_the_same_seed_finds_the_same() {
    let (ended, first) = campaign("first", &BUDGET, &[]);
    expect(
        &ended,
        1,
        &["bank::tests::small_and_wrong: panic: money is lost", "replay: cargo raddle replay rd1-"],
    );
    let tests: Vec<&str> = failures(&first).iter().map(|it| text(it, "test")).collect();
    let expected = ["expected", "large_and_wrong", "large_and_wrong", "small_and_wrong"];
    assert_eq!(tests, expected.map(|name| format!("bank::tests::{name}")), "{first}");
    assert!(
        failures(&first).iter().all(|it| it["replayed"] == serde_json::json!([3, 3])),
        "{first}"
    );
    assert_eq!(text(&failures(&first)[0], "status"), "expected");
    assert_eq!(text(&failures(&first)[1], "status"), "new");
    let notes = first["notes"].to_string();
    assert!(
        notes.contains("bank::tests::expected_in_vain: a panic is expected, and was not found"),
        "{notes}"
    );
    let right = first["tests"].as_array().expect("a list").iter();
    let right =
        right.clone().find(|it| it["test"] == "bank::tests::large_and_right").expect("it ran");
    assert!(right["sampled"].as_u64() > Some(0) && right["classes"].as_u64() > Some(10), "{right}");
    assert_eq!(first["executions"].as_u64().map(|it| it <= 3_200), Some(true));
    let (_, again) = campaign("again", &[&BUDGET[..], &["--jobs", "1"]].concat(), &[]);
    assert_eq!(findings(&again), findings(&first), "whatever the number of processes");
    let other = ["--max-executions", "3200", "--seed", "4", "--keep-going"];
    let (_, other) = campaign("other", &other, &[]);
    assert_eq!(ids(&other), ids(&first), "another seed finds the same bugs");
    assert_ne!(findings(&other), findings(&first), "but elsewhere");
}

#[test]
fn killing_workers_loses_nothing() {
    let large =
        |executions, tests| ["--max-executions", executions, "--seed", "5", "--keep-going", tests];
    let (ended, killed) = disturbed("often", &large("3500", "large"), 20, &[]);
    assert!(killed["restarts"].as_u64() >= Some(10), "{ended:?}, {killed}");
    // A slice dies twice in the same execution. Then one of three replays does; or whatever is run to learn what came
    // before that execution, each time elsewhere.
    let budget = large("300", "large_and_wrong");
    for (name, at, restarts) in [("replay", "1 1 1", 2), ("window", "7 7 2 3 5 4", 2)] {
        let times = at.split(' ').count();
        let (ended, killed) = disturbed(name, &budget, times, &[("BANK_KILLS_AT", at)]);
        assert_eq!(killed["restarts"].as_u64(), Some(restarts), "{ended:?}, {killed}");
    }
}

/// Runs a campaign whose processes are killed so many times, which must find what it finds if it is left alone.
fn disturbed(
    name: &str,
    budget: &[&str],
    times: usize,
    variables: &[(&str, &str)],
) -> (Ended, Value) {
    let (_, undisturbed) = campaign(&format!("undisturbed-{name}"), budget, &[]);
    let kills = folder().join(format!("kills-{name}.txt"));
    let _ = std::fs::remove_file(&kills);
    let max = times.to_string();
    let kill = [("BANK_KILLS", kills.to_str().expect("a name")), ("BANK_KILLS_MAX", &max)];
    let (ended, killed) = campaign(&format!("killed-{name}"), budget, &[&kill, variables].concat());
    let count = std::fs::read(&kills).expect("processes were killed").len();
    assert!(count >= times, "only {count} were killed: {ended:?}");
    assert_eq!(findings(&killed), findings(&undisturbed));
    assert_eq!(killed["executions"], undisturbed["executions"]);
    (ended, killed)
}

#[test]
fn a_test_that_takes_its_process_with_it_is_a_failure_with_a_token() {
    for how in ["abort", "overflow"] {
        let budget = ["--max-executions", "1500", "--keep-going", "--test", "deadly"];
        let (ended, summary) = campaign(&format!("dies-{how}"), &budget, &[("BANK_DIES", how)]);
        expect(&ended, 1, &["deadly::dies: "]);
        let kinds: BTreeSet<&str> = failures(&summary).iter().map(|it| text(it, "kind")).collect();
        // An overflow of a stack of the model is noticed by it.
        let deadly = if how == "abort" { "crash" } else { "misuse" };
        assert!(kinds.contains(deadly), "{how}: {summary}");
        let crash = failures(&summary).iter().find(|it| text(it, "kind") != "panic").expect("one");
        let again = raddle(&["replay", text(crash, "token")], &[("BANK_DIES", how)]);
        assert_eq!(again.code, Some(1), "{again:?}");
    }
}

#[test]
fn what_is_written_is_complete() {
    let (ended, summary) =
        campaign("written", &[&BUDGET[..], &["--report", "junit,sarif,html,github"]].concat(), &[]);
    let output = folder().join("out/written");
    let read = |name: &str| {
        std::fs::read_to_string(output.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    let sarif: Value = serde_json::from_str(&read("report.sarif")).expect("it is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    assert_eq!(results.len(), 3, "all but what was expected");
    for result in results {
        let flows = &result["codeFlows"][0]["threadFlows"];
        assert!(flows.as_array().is_some_and(|it| it.len() >= 2), "{result}");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uri"], "src/lib.rs");
    }
    assert!(read("junit.xml").contains("failures=\"3\""));
    assert!(read("github.md").contains("## raddle: 3 failures"));
    let annotations =
        ended.stdout.lines().filter(|line| line.starts_with("::error file=src/lib.rs,"));
    assert_eq!(annotations.count(), 3, "{ended:?}");
    for failure in failures(&summary) {
        let folder = text(failure, "folder");
        assert_eq!(read(&format!("{folder}/token")).trim(), text(failure, "token"));
        assert!(read(&format!("{folder}/report.txt")).contains("error["));
        assert!(read(&format!("{folder}/issue.md")).contains("cargo raddle regress add"));
        assert!(read(&format!("{folder}/report.html")).contains("<html"));
        let explained = raddle(&["explain", &format!("out/written/{folder}/trace.json")], &[]);
        expect(&explained, 0, &["error["]);
    }
    let stats = raddle(&["corpus", "stats", "out/written/corpus"], &[]);
    expect(&stats, 0, &["bank::tests::large_and_wrong: ", " reads-from pairs", " 2 lock orders"]);
    let min = raddle(&["corpus", "min", "out/written/corpus"], &[]);
    expect(&min, 0, &["executions are enough"]);
    let after = raddle(&["corpus", "stats", "out/written/corpus"], &[]);
    let pairs = |ended: &Ended| {
        ended
            .stdout
            .split(" cover ")
            .skip(1)
            .map(|it| it.lines().next().map(String::from))
            .collect::<Vec<_>>()
    };
    assert_eq!(pairs(&after), pairs(&stats), "nothing that was covered is lost");
    for form in ["html", "sarif", "junit"] {
        expect(&raddle(&["report", form, "out/written"], &[]), 0, &["out/written/"]);
    }
}

#[test]
fn four_shards_become_one_report() {
    let mut parts = Vec::new();
    let mut all = BTreeSet::new();
    let mut executions = 0;
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let name = format!("shard-{}", &shard[..1]);
        let (_, part) = campaign(&name, &[&BUDGET[..], &["--shard", shard]].concat(), &[]);
        all.extend(ids(&part));
        executions += part["executions"].as_u64().expect("a number");
        parts.push(format!("out/{name}"));
    }
    let whole = output("whole");
    let mut arguments = vec!["report", "merge", "--output", whole.to_str().expect("a name")];
    arguments.extend(parts.iter().map(String::as_str));
    let merged = raddle(&arguments, &[]);
    expect(&merged, 1, &["4 failures found, 3 count"]);
    let summary = summary(&whole).expect("it was written");
    assert_eq!(ids(&summary), all);
    assert_eq!(summary["executions"].as_u64(), Some(executions));
    assert_eq!(summary["shards"].as_array().map(Vec::len), Some(4));
    let found_by_all = |it: &&Value| it["shards"].as_array().is_some_and(|it| it.len() == 4);
    assert_eq!(failures(&summary).iter().filter(found_by_all).count(), 4, "{summary}");
    assert!(whole.join(text(&failures(&summary)[0], "folder")).join("token").is_file());
}

#[test]
fn known_failures_do_not_count_where_only_new_ones_do() {
    let only = ["small_and_wrong", "--max-executions", "500"];
    let (_, summary) = campaign("known", &only, &[]);
    let failure = &failures(&summary)[0];
    let regressions = output("regressions");
    let regressions = regressions.to_str().expect("a name");
    let new_only = [&only[..], &["--new-only", "--regressions", regressions]].concat();
    let (ended, _) = campaign("known-1", &new_only, &[]);
    expect(&ended, 1, &[]);
    let baseline = [&new_only[..], &["--baseline", "out/known"]].concat();
    let (ended, _) = campaign("known-2", &baseline, &[]);
    expect(&ended, 0, &["(known)", "1 failures found, 0 count"]);
    let from = format!("out/known/{}", text(failure, "folder"));
    let accept = ["regress", "accept", &from, "--regressions", regressions, "--note", "issue 12"];
    expect(&raddle(&accept, &[]), 0, &["bank-tests-small-and-wrong-"]);
    let (ended, _) = campaign("known-3", &new_only, &[]);
    expect(&ended, 0, &["1 failures found, 0 count"]);
    assert!(ended.stderr.contains("fails, and is accepted"), "{ended:?}");
    let (ended, _) =
        campaign("known-4", &[&only[..], &["--regressions", regressions]].concat(), &[]);
    expect(&ended, 1, &["1 failures found, 1 count"]);
}

#[test]
fn regressions_are_kept() {
    let (_, summary) = campaign("regress", &["small_and_wrong", "--max-executions", "500"], &[]);
    let failure = &failures(&summary)[0];
    let regressions = output("kept");
    let at = ["--regressions", regressions.to_str().expect("a name")];
    let regress = |arguments: &[&str]| raddle(&[&["regress"], arguments, &at].concat(), &[]);
    expect(&regress(&["list"]), 0, &[]);
    expect(&regress(&["run"]), 0, &["0 regressions"]);
    expect(&regress(&["add", text(failure, "token")]), 0, &[".toml"]);
    let listed = regress(&["list"]);
    expect(&listed, 0, &[": fixed: bank::tests::small_and_wrong (panic)"]);
    assert!(
        listed.stdout.contains(text(failure, "id")),
        "the same name as in the campaign: {listed:?}"
    );
    expect(&regress(&["run"]), 1, &["FAILS AGAIN"]);
    let fuzz = ["large_and_right", "--max-executions", "100", at[0], at[1]];
    let (ended, summary) = campaign("came-again", &fuzz, &[]);
    expect(&ended, 0, &[]);
    assert_eq!(summary["regressions"][0]["result"], "no-test", "only what was asked for is run");
    let (ended, _) = campaign("came-again", &[&["pays", "wrong"], &fuzz[1..]].concat(), &[]);
    expect(&ended, 1, &["the regression ", " fails again"]);
    let name = listed.stdout.split(':').next().expect("a name");
    expect(&regress(&["accept", name, "--note", "later"]), 0, &[name]);
    expect(&regress(&["run"]), 0, &["fails, and is accepted"]);
    expect(&regress(&["prune"]), 0, &["0 of 1 regressions removed"]);
    let file = regressions.join(format!("{name}.toml"));
    let gone = std::fs::read_to_string(&file).expect("it is there").replace("rd1-", "rd1-0");
    std::fs::write(&file, gone).expect("it can be written");
    assert_eq!(regress(&["run"]).code, Some(2), "a damaged token is an error");
    expect(&regress(&["add", "nonsense"]), 2, &[]);
}

#[test]
fn a_campaign_ends_with_what_it_finds_unless_it_is_to_go_on() {
    let (ended, summary) = campaign("ends", &["--max-executions", "3200"], &[]);
    expect(&ended, 1, &["--keep-going goes on"]);
    assert!(summary["executions"].as_u64() < Some(1_000), "{summary}");
}

#[test]
fn ordinary_runs_are_as_they_were() {
    let ended = raddle(&["run", "small", "expected"], &[]);
    assert_eq!(verdict(&ended, "bank::tests::small_and_right"), "verified");
    assert_eq!(verdict(&ended, "bank::tests::small_and_wrong"), "violation");
    assert_eq!(verdict(&ended, "bank::tests::expected"), "failed as expected");
}

#[test]
fn time_ends_a_campaign() {
    let (ended, _) = campaign("time", &["large_and_right", "--max-time", "2s"], &[]);
    expect(&ended, 0, &["1 tests, 0 explored completely"]);
    assert!(ended.stderr.contains("/0:02  round "), "{ended:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    expect(&raddle(&["fuzz", "--max-time", "soon"], &[]), 2, &[]);
    expect(&raddle(&["fuzz", "--shard", "5/4"], &[]), 2, &[]);
    expect(&raddle(&["fuzz", "nonsense"], &[]), 4, &[]);
    let ended = raddle(&["fuzz", "--output", "src", "small"], &[]);
    expect(&ended, 2, &[]);
    assert!(ended.stderr.contains("choose another --output"), "{ended:?}");
    let gitlab = [("CI_NODE_INDEX", "9"), ("CI_NODE_TOTAL", "4")];
    expect(&raddle(&["fuzz", "small"], &gitlab), 2, &[]);
    expect(&raddle(&["report", "merge", "src", "--output", "out/x"], &[]), 2, &[]);
}
