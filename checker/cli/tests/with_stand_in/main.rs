//! The command as a whole, on a small workspace whose `raddle` is a stand-in that reports what it is
//! told to report. What the real one finds is not the matter here: the command must tell every kind of
//! result from every other, above all when a test lies or dies.

#[path = "../common/mod.rs"]
mod common;
mod fixture;

use common::{expect, verdict};
use fixture::{raddle, workspace};
use raddle_report::token::{Body, Token, test_hash};

#[test]
fn list_finds_tests_without_running_them() {
    let all = raddle(&["list"], &[]);
    let expected = "\
my-bank it it::crashes
my-bank it it::leaves_early
my-bank it it::works
my-bank my_bank my_bank::tests::asks_for_a_failure
my-bank my_bank my_bank::tests::diverges
my-bank my_bank my_bank::tests::fails
my-bank my_bank my_bank::tests::lies
my-bank my_bank my_bank::tests::named
my-bank my_bank my_bank::tests::passes
my-bank my_bank my_bank::tests::r#match::r#type
my-bank my_bank my_bank::tests::returns_an_error
my-bank my_bank my_bank::tests::slow
my-bank my_bank my_bank::tests::stops_early
my-bank my_bank my_bank::tests::wants_more
";
    assert_eq!(all.stdout, expected, "{all:?}");
    expect(&all, 0, &[]);
    let json = raddle(&["raddle", "list", "--json", "swift"], &[]);
    let start = "{\"package\":\"my-bank\",\"binary\":\"my_bank\",\"test\":\"my_bank::tests::named\",\
                 \"name\":\"swift path\",\"executable\":\"";
    expect(&json, 0, &[start]);
    assert_eq!(json.stdout.lines().count(), 1);
}

#[test]
fn marks_survive_optimisation() {
    let ended = raddle(&["list", "--release", "--test", "it"], &[]);
    expect(&ended, 0, &["it::crashes\n", "it::leaves_early\n", "it::works\n"]);
}

#[test]
fn nothing_to_find_is_no_success() {
    for arguments in [["list", "nonsense"], ["run", "nonsense"]] {
        let ended = raddle(&arguments, &[]);
        expect(&ended, 4, &[]);
        assert!(ended.stderr.contains("none of 14 checked tests matches nonsense"), "{ended:?}");
    }
    let slow = raddle(&["run", "--exact", "tests::slow"], &[]);
    expect(&slow, 4, &[]);
    assert_eq!(verdict(&slow, "my_bank::tests::slow"), "ignored");
    let slow = raddle(&["run", "--exact", "tests::slow", "--include-ignored"], &[]);
    expect(&slow, 0, &[]);
}

#[test]
fn usage_and_builds_have_codes_of_their_own() {
    expect(&raddle(&["sing"], &[]), 2, &[]);
    expect(&raddle(&["run", "--seed", "x"], &[]), 2, &[]);
    expect(&raddle(&["run", "--package", "nonsense"], &[]), 3, &[]);
    expect(&raddle(&["run", "--features", "broken"], &[]), 3, &[]);
}

#[test]
fn every_kind_of_result_is_told() {
    let ended = raddle(&["run", "--lib", "--show-output"], &[]);
    expect(&ended, 1, &["replay: cargo raddle replay rd1-my_bank::tests::fails\n"]);
    let expected = [
        ("my_bank::tests::asks_for_a_failure", "failed as expected"),
        ("my_bank::tests::diverges", "nondeterminism"),
        ("my_bank::tests::fails", "violation"),
        ("my_bank::tests::lies", "did not run"),
        ("swift path", "verified"),
        ("my_bank::tests::passes", "verified"),
        ("my_bank::tests::r#match::r#type", "verified"),
        ("my_bank::tests::returns_an_error", "violation"),
        ("my_bank::tests::slow", "ignored"),
        ("my_bank::tests::stops_early", "incomplete"),
        ("my_bank::tests::wants_more", "inconclusive"),
    ];
    for (test, word) in expected {
        assert_eq!(verdict(&ended, test), word, "{test}");
    }
    assert!(ended.stderr.contains("written by a test"), "{ended:?}");
}

#[test]
fn exit_codes_follow_the_worst_verdict() {
    let run =
        |filters: &[&str], more: &[&str]| raddle(&[&["run", "--lib"], filters, more].concat(), &[]);
    let required = ["--require-complete"];
    expect(
        &run(&["passes", "swift", "asks_for"], &required),
        0,
        &["3 tests: 2 verified, 1 failed as"],
    );
    expect(&run(&["passes", "stops_early"], &[]), 0, &[]);
    expect(&run(&["passes", "stops_early"], &required), 5, &[]);
    expect(&run(&["wants_more"], &[]), 5, &[]);
    expect(&run(&["diverges", "wants_more", "lies"], &[]), 6, &[]);
    expect(&run(&["lies", "passes"], &[]), 70, &["reported no check"]);
    expect(&run(&["lies", "fails"], &[]), 1, &[]);
}

#[test]
fn tests_that_end_the_process_do_not_hide_the_others() {
    let calm = raddle(&["run", "--test", "it"], &[]);
    expect(&calm, 0, &["3 tests: 3 verified"]);
    let ended = raddle(&["run", "--test", "it"], &[("BANK_DIES", "1")]);
    expect(&ended, 1, &[]);
    assert_eq!(verdict(&ended, "it::crashes"), "crashed");
    assert_eq!(verdict(&ended, "it::leaves_early"), "did not run");
    assert_eq!(verdict(&ended, "it::works"), "verified");
}

#[test]
fn the_command_line_reaches_the_tests() {
    let arguments = "run --json passes --strategy random --seed 7 --max-time 5s --model sc";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let ended =
        raddle(&arguments, &[("RADDLE_REPLAY", "rd1-other"), ("RADDLE_REPORT", "/nowhere")]);
    let notes = "\"notes\":[\"RADDLE_MAX_TIME=5s RADDLE_MODEL=sc RADDLE_SEED=7 \
                 RADDLE_STRATEGY=random\"]";
    expect(&ended, 0, &["\"verdict\":\"verified\"", notes]);
}

/// A token of a test.
fn token(test: &str) -> String {
    Token { test: test_hash(test), model: 0, body: Body::Deviations(Vec::new()) }.encode()
}

#[test]
fn tokens_are_replayed_by_their_tests() {
    let replay = |test: &str| raddle(&["replay", &token(test)], &[]);
    let again = replay("my_bank::tests::fails");
    expect(&again, 1, &["my_bank::tests::fails: the failure came again"]);
    expect(&replay("my_bank::tests::asks_for_a_failure"), 1, &["the failure came again"]);
    let gone = raddle(&["replay", &token("swift path"), "--test", "swift"], &[]);
    expect(&gone, 0, &["swift path: this execution no longer fails"]);
    expect(&replay("my_bank::tests::slow"), 0, &["no longer fails"]);
    expect(&replay("my_bank::tests::diverges"), 6, &["could not be followed"]);
    expect(&replay("nonsense"), 4, &["no test that was built is the one of"]);
    let elsewhere = raddle(&["replay", &token("swift path"), "--test", "passes"], &[]);
    expect(&elsewhere, 4, &["no test that was built is the one of"]);
}

#[test]
fn bad_tokens_are_usage() {
    let whole = token("swift path");
    let short = raddle(&["replay", &whole[..whole.len() - 1]], &[]);
    expect(&short, 2, &[]);
    assert!(short.stderr.contains("cut short"), "{short:?}");
    expect(&raddle(&["replay", "nonsense"], &[]), 2, &[]);
    let body = Body::Sample { strategy: "other".into(), seed: 1, execution: 2 };
    let other = Token { test: test_hash("swift path"), model: 0, body }.encode();
    expect(&raddle(&["replay", &other], &[]), 2, &["the strategy is not known"]);
}

#[test]
fn tokens_are_read_from_files() {
    let file = workspace().join("saved.txt");
    let report = format!("a report\nreplay: cargo raddle replay {}\n", token("it::works"));
    std::fs::write(&file, report).expect("it can be written");
    let ended = raddle(&["replay", file.to_str().expect("a name")], &[]);
    expect(&ended, 0, &["it::works: this execution no longer fails"]);
}

#[test]
fn doctor_looks_at_the_workspace() {
    let ended = raddle(&["doctor"], &[("RADDLE_SEDE", "1")]);
    let expected = [
        "ok       depending on raddle: my-bank\n",
        "did you mean `RADDLE_SEED`?",
        "error    .config/raddle.toml: no setting, under [default], is called `sead` (did you mean `seed`?)",
        "warning  builds of the whole workspace have raddle-shims' feature `model`",
        "in my-bank, move raddle to [dev-dependencies]",
        "ok       one version of raddle-shims: 0.1.0",
    ];
    expect(&ended, 1, &expected);
}

#[test]
fn a_campaign_that_cannot_find_anything_fails() {
    let output = fixture::workspace().join("blind");
    let _ = std::fs::remove_dir_all(&output);
    let ended = raddle(&["fuzz", "passes", "--output", "blind", "--max-executions", "100"], &[]);
    expect(
        &ended,
        70,
        &["the built-in bug was not found, so this campaign could not find anything"],
    );
}
