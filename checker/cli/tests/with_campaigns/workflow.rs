//! The workflow that the book hands out: it is read as YAML, and its shell steps are run here, job after job as they
//! depend on each other.

use crate::common::set_building;
use crate::fixture::folder;
use saphyr::{LoadableYamlNode, Yaml};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workflows of this repository, and the one for users.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = std::fs::read_dir(root.join(".github/workflows")).expect("there are workflows");
    let mut files: Vec<PathBuf> = own.map(|entry| entry.expect("an entry").path()).collect();
    files.push(root.join("book/src/raddle.yml"));
    files.sort();
    files
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn parsed(text: &str) -> Yaml<'_> {
    let mut all = Yaml::load_from_str(text).expect("it is YAML");
    assert_eq!(all.len(), 1, "one document");
    all.remove(0)
}

fn get<'a>(yaml: &'a Yaml<'a>, key: &str) -> Option<&'a Yaml<'a>> {
    yaml.as_mapping_get(key)
}

fn text<'a>(yaml: &'a Yaml<'a>, key: &str) -> Option<&'a str> {
    get(yaml, key).and_then(Yaml::as_str)
}

/// The names of the entries of a mapping, in order.
fn keys<'a>(yaml: &'a Yaml<'a>) -> Vec<&'a str> {
    let mapping = yaml.as_mapping().expect("a mapping");
    mapping.iter().filter_map(|(key, _)| key.as_str()).collect()
}

/// What a job waits for.
fn needs<'a>(job: &'a Yaml<'a>) -> Vec<&'a str> {
    match get(job, "needs") {
        None => Vec::new(),
        Some(one) if one.as_str().is_some() => one.as_str().into_iter().collect(),
        Some(list) => list.as_sequence().expect("a list").iter().filter_map(Yaml::as_str).collect(),
    }
}

#[test]
fn workflows_are_well_formed() {
    for file in files() {
        let text_of_file = read(&file);
        let workflow = parsed(&text_of_file);
        let shown = file.display();
        assert!(text(&workflow, "name").is_some(), "{shown}");
        assert!(get(&workflow, "on").is_some(), "{shown}");
        assert!(get(&workflow, "permissions").is_some(), "{shown}: what it may do is said");
        let jobs = get(&workflow, "jobs").unwrap_or_else(|| panic!("{shown} has jobs"));
        let mut before = BTreeSet::new();
        for name in keys(jobs) {
            let job = get(jobs, name).expect("it has this key");
            assert!(text(job, "runs-on").is_some(), "{shown}: {name}");
            assert!(
                needs(job).iter().all(|it| before.contains(it)),
                "{shown}: {name} needs what comes later"
            );
            before.insert(name);
            for step in get(job, "steps").and_then(Yaml::as_sequence).expect("it has steps") {
                let kinds = [text(step, "run"), text(step, "uses")];
                assert_eq!(kinds.iter().flatten().count(), 1, "{shown}: {name}: {step:?}");
                if let Some(action) = text(step, "uses") {
                    assert!(action.contains("@v"), "{shown}: {action} has a version");
                }
            }
        }
    }
}

/// A step of a job as it would be run by one of its machines.
struct Step {
    job: String,
    script: String,
    variables: Vec<(String, String)>,
}

/// The shell steps in order, those of a matrix for each of its shards.
fn steps(workflow: &Yaml<'_>) -> Vec<Step> {
    let jobs = get(workflow, "jobs").expect("it has jobs");
    let mut all = Vec::new();
    for name in keys(jobs) {
        let job = get(jobs, name).expect("it has this key");
        let matrix = get(job, "strategy").and_then(|it| get(it, "matrix"));
        let shards = matrix.and_then(|it| get(it, "shard")).and_then(Yaml::as_sequence);
        let shards: Vec<i64> = match shards {
            Some(list) => list.iter().filter_map(Yaml::as_integer).collect(),
            None => vec![0],
        };
        for shard in shards {
            for step in get(job, "steps").and_then(Yaml::as_sequence).expect("it has steps") {
                let Some(script) = text(step, "run") else { continue };
                let of = |name: &str| {
                    let value = get(step, "env").and_then(|env| text(env, name)).expect("a text");
                    let value = value.replace("${{ matrix.shard }}", &shard.to_string());
                    value.replace("${{ github.run_number }}", "17")
                };
                let names = get(step, "env").map(keys).unwrap_or_default();
                let variables = names.iter().map(|name| (name.to_string(), of(name))).collect();
                all.push(Step { job: name.to_string(), script: script.to_string(), variables });
            }
        }
    }
    all
}

/// Runs a step as GitHub does, where the command is installed, with short times and in the workspace of these tests.
fn run(step: &Step, more: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.script]);
    let bin = Path::new(env!("CARGO_BIN_EXE_cargo-raddle")).parent().expect("it is in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([bin.to_path_buf()].into_iter().chain(std::env::split_paths(&path)));
    command.env("PATH", path.expect("names without colons")).current_dir(folder());
    set_building(&mut command);
    command.envs([("PULL_REQUEST_TIME", "2s"), ("NIGHT_TIME", "6s"), ("BANK_CALM", "1")]);
    command.envs(step.variables.iter().map(|(name, value)| (name, value)));
    command.envs(more.iter().copied());
    let output = command.output().expect("bash can be run");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (output.status.code(), text.concat())
}

#[test]
fn the_steps_for_users_run_in_order() {
    for entry in std::fs::read_dir(folder()).expect("it is there") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("raddle-campaign") || name == "raddle-corpus" {
            std::fs::remove_dir_all(&path).expect("it can be removed");
        }
    }
    let text_of_file =
        read(&files().into_iter().find(|it| it.ends_with("raddle.yml")).expect("it is there"));
    let steps = steps(&parsed(&text_of_file));
    let ran: Vec<&Step> =
        steps.iter().filter(|it| !it.script.starts_with("cargo install")).collect();
    let jobs: Vec<&str> = ran.iter().map(|step| step.job.as_str()).collect();
    let shards = ["campaign"; 4];
    assert_eq!(jobs, [&["regressions", "tests", "tests"][..], &shards, &["report"]].concat());
    for step in &ran {
        let (code, text) = run(step, &[]);
        assert_eq!(code, Some(0), "{}: {}\n{text}", step.job, step.script);
    }
    // And if something is wrong: the shard fails, and so does the report, which has it.
    for step in &ran[6..] {
        let (code, text) = run(step, &[("BANK_CALM", "0")]);
        assert_eq!(code, Some(1), "{}: {}\n{text}", step.job, step.script);
    }
    let sarif = read(&folder().join("raddle-campaign/report.sarif"));
    assert!(sarif.contains("money is lost"), "{sarif}");
}
