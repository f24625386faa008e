//! What can be asked for on the command line.

use crate::fuzz::arguments::{Corpus, Fuzz, Regress, Report};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand};
use raddle_report::render::RENDERERS;
use std::ffi::OsString;
use std::path::PathBuf;

/// Lists, runs, replays and explains the tests that `#[raddle::test]` marks.
#[derive(Parser, Debug)]
#[command(name = "cargo raddle", bin_name = "cargo raddle", version, after_help = EXITS)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "Exit codes: 0 explored, nothing found; 1 failure found; 2 usage; 3 build failed; \
4 no matching test; 5 inconclusive where completeness is required; 6 nondeterminism or divergence; \
70 internal error; 75 temporary, retry";

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Builds the tests and lists the checked ones: package, binary, test.
    List(List),
    /// Builds and runs checked tests, and makes sure that each of them really ran.
    Run(Run),
    /// Runs the one execution that a token stands for.
    Replay(Replay),
    /// Shows the execution of a token, of a stored trace, or one that passes.
    Explain(Explain),
    /// Makes the execution of a token smaller, with more time than a test takes for it.
    Minimize(Minimize),
    /// Runs a campaign over all checked tests: regressions first, then as much as the budget allows.
    Fuzz(Box<Fuzz>),
    /// Committed failures, which campaigns replay first.
    Regress(Regress),
    /// Executions that campaigns keep for what they cover.
    Corpus(Corpus),
    /// Puts the output of campaigns together, or writes a form of it again.
    Report(Report),
    /// Looks for mistakes in the set-up.
    Doctor(Doctor),
    /// Runs a test suite that uses loom on raddle: `cargo raddle loom test …`.
    Loom(Face),
    /// Runs a test suite that uses shuttle on raddle: `cargo raddle shuttle test …`.
    Shuttle(Face),
}

/// Arguments of `loom` and `shuttle`.
#[derive(Args, Debug)]
pub struct Face {
    /// The folder of the package that stands in for the other tool [default: that of the sources of this command].
    #[arg(long, value_name = "PATH")]
    pub face: Option<PathBuf>,
    /// Runs the execution of this token only, in the test that it is one of.
    #[arg(long, value_name = "TOKEN")]
    pub replay: Option<String>,
    /// Ends with 5 unless every search was exhaustive and came to its end.
    #[arg(long)]
    pub require_complete: bool,
    /// How many tests run at the same time [default: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub test_threads: Option<u32>,
    /// Prints a JSON object for each test instead of a table.
    #[arg(long)]
    pub json: bool,
    /// `test` and what `cargo test` takes (with `--no-run` the paths of the test binaries are printed); behind `--`
    /// filters, and `--exact`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true,
        value_name = "test …"
    )]
    pub rest: Vec<OsString>,
}

/// Arguments of `list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    pub choice: Choice,
    /// Prints a JSON object for each test instead.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cargo: Cargo,
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub search: Search,
    /// Ends with 5 unless every search was exhaustive and came to its end.
    #[arg(long)]
    pub require_complete: bool,
    /// Runs ignored tests too.
    #[arg(long)]
    pub include_ignored: bool,
    /// How many tests run at the same time [default: as many as there are processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub test_threads: Option<u32>,
    /// Shows the end of what the tests write to standard output, when they have ended.
    #[arg(long)]
    pub show_output: bool,
    /// Prints a JSON object for each test instead of a table.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cargo: Cargo,
}

/// Arguments of `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    /// What to do where the test cannot follow the token: go on, stop there, or go on and count it as an error.
    #[arg(long, value_name = "ANSWER", value_parser = ["continue", "stop", "error"])]
    pub on_divergence: Option<String>,
    /// A token (rd1-…), or a file that holds one, such as a saved report.
    #[arg(value_name = "TOKEN|FILE")]
    pub token: String,
    /// Only this test: its name with or without the crate, or a part of it.
    #[arg(long, value_name = "NAME")]
    pub test: Option<String>,
    #[command(flatten)]
    pub cargo: Cargo,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// A token (rd1-…), a file that holds one, or a file with a trace.
    #[arg(value_name = "TOKEN|FILE", conflicts_with = "passing")]
    pub token: Option<String>,
    /// Shows an execution of this test that passes.
    #[arg(long, value_name = "TEST")]
    pub passing: Option<String>,
    /// Shows every step, also those that the failure does not depend on.
    #[arg(long)]
    pub full: bool,
    /// The form.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats())]
    pub format: String,
    /// Writes to this file instead.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Only this test: its name with or without the crate, or a part of it.
    #[arg(long, value_name = "NAME")]
    pub test: Option<String>,
    #[command(flatten)]
    pub cargo: Cargo,
}

fn formats() -> PossibleValuesParser {
    let formats = RENDERERS.iter();
    PossibleValuesParser::new(formats.map(|row| PossibleValue::new(row.name).help(row.about)))
}

/// Arguments of `minimize`.
#[derive(Args, Debug)]
pub struct Minimize {
    /// A token (rd1-…), or a file that holds one, such as a saved report.
    #[arg(value_name = "TOKEN|FILE")]
    pub token: String,
    /// The longest time, such as 5s or 10m.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub max_time: String,
    /// Only this test: its name with or without the crate, or a part of it.
    #[arg(long, value_name = "NAME")]
    pub test: Option<String>,
    #[command(flatten)]
    pub cargo: Cargo,
}

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// The workspace to look at.
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
}

/// Which tests.
#[derive(Args, Debug, Default)]
pub struct Choice {
    /// Only tests whose name has one of these in it.
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    /// The filters are whole names, with or without the crate.
    #[arg(long)]
    pub exact: bool,
    /// Only the tests in this file of the folder tests, as for cargo test.
    #[arg(long = "test", value_name = "NAME")]
    pub targets: Vec<String>,
}

/// How to search; each stands above the test's own attribute.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "How to search")]
pub struct Search {
    /// Such as exhaustive, random, pct or portfolio.
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// The seed of a sampling strategy.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many orderings of two events the bugs need that the strategy pct is to find.
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// How many preemptions an exhaustive search may use.
    #[arg(long, value_name = "N")]
    pub max_preemptions: Option<u32>,
    /// The most executions.
    #[arg(long, value_name = "N")]
    pub iterations: Option<u64>,
    /// The longest time, such as 500ms, 5s or 10m.
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
    /// The memory model: sc or rc20.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The most events of one execution.
    #[arg(long, value_name = "N")]
    pub max_events: Option<u32>,
}

impl Search {
    /// The variables that tell a test binary.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("RADDLE_STRATEGY", self.strategy.clone()),
            ("RADDLE_SEED", self.seed.map(|seed| seed.to_string())),
            ("RADDLE_DEPTH", self.depth.map(|depth| depth.to_string())),
            ("RADDLE_MAX_PREEMPTIONS", self.max_preemptions.map(|most| most.to_string())),
            ("RADDLE_ITERATIONS", self.iterations.map(|most| most.to_string())),
            ("RADDLE_MAX_TIME", self.max_time.clone()),
            ("RADDLE_MODEL", self.model.clone()),
            ("RADDLE_MAX_EVENTS", self.max_events.map(|most| most.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// What is handed on to `cargo test`.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What to build, as for cargo test")]
pub struct Cargo {
    /// Only this package; may be given several times.
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,
    /// All packages of the workspace.
    #[arg(long, alias = "all")]
    pub workspace: bool,
    /// Not this package.
    #[arg(long, value_name = "SPEC")]
    pub exclude: Vec<String>,
    /// Only the library's own tests.
    #[arg(long)]
    pub lib: bool,
    /// Only the tests of all binaries.
    #[arg(long)]
    pub bins: bool,
    /// Only the tests of this binary.
    #[arg(long, value_name = "NAME")]
    pub bin: Vec<String>,
    /// Only targets that are tests.
    #[arg(long)]
    pub tests: bool,
    /// Only the tests of all examples.
    #[arg(long)]
    pub examples: bool,
    /// Only the tests of this example.
    #[arg(long, value_name = "NAME")]
    pub example: Vec<String>,
    /// All targets.
    #[arg(long)]
    pub all_targets: bool,
    /// These features, separated by commas.
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,
    /// All features.
    #[arg(long)]
    pub all_features: bool,
    /// Not the default features.
    #[arg(long)]
    pub no_default_features: bool,
    /// With optimisation.
    #[arg(short, long)]
    pub release: bool,
    /// With this profile.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// For this target triple.
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// Where to put what is built.
    #[arg(long, value_name = "PATH")]
    pub target_dir: Option<PathBuf>,
    /// The workspace.
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Cargo.lock may not change.
    #[arg(long)]
    pub locked: bool,
    /// Without the network.
    #[arg(long)]
    pub offline: bool,
    /// Both.
    #[arg(long)]
    pub frozen: bool,
    /// Cargo tells nothing but errors.
    #[arg(short, long)]
    pub quiet: bool,
    /// More arguments for cargo test, as they are.
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub rest: Vec<OsString>,
}

impl Cargo {
    /// The arguments of `cargo test` that say the same; `targets` are values of its `--test`.
    pub fn arguments(&self, targets: &[String]) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        all.extend(targets.iter().flat_map(|target| ["--test".into(), target.into()]));
        let flags = [
            ("--workspace", self.workspace),
            ("--lib", self.lib),
            ("--bins", self.bins),
            ("--tests", self.tests),
            ("--examples", self.examples),
            ("--all-targets", self.all_targets),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--release", self.release),
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
            ("--quiet", self.quiet),
        ];
        all.extend(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| flag.into()));
        let lists = [
            ("--package", &self.package),
            ("--exclude", &self.exclude),
            ("--bin", &self.bin),
            ("--example", &self.example),
            ("--features", &self.features),
        ];
        for (flag, values) in lists {
            all.extend(values.iter().flat_map(|value| [flag.into(), value.into()]));
        }
        let texts = [("--profile", &self.profile), ("--target", &self.target)];
        for (flag, value) in texts {
            all.extend(value.iter().flat_map(|value| [flag.into(), value.into()]));
        }
        let paths = [("--target-dir", &self.target_dir), ("--manifest-path", &self.manifest_path)];
        for (flag, value) in paths {
            all.extend(value.iter().flat_map(|value| [flag.into(), value.into()]));
        }
        all.extend(self.rest.iter().cloned());
        all
    }
}

/// The arguments of this process, without the `raddle` that cargo puts in front when it is called as
/// `cargo raddle`.
pub fn own(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut all: Vec<OsString> = arguments.collect();
    if all.get(1).is_some_and(|first| first == "raddle") {
        all.remove(1);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(text: &str) -> Command {
        let arguments = own(text.split_whitespace().map(OsString::from));
        Arguments::try_parse_from(arguments).unwrap_or_else(|fault| panic!("{fault}")).command
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn it_is_called_by_cargo_or_directly() {
        for text in ["cargo-raddle raddle list ab", "cargo-raddle list ab"] {
            let Command::List(list) = parsed(text) else { panic!("{text}") };
            assert_eq!(list.choice.filters, ["ab"]);
        }
    }

    #[test]
    fn what_cargo_test_knows_is_handed_on() {
        let text = "cargo-raddle run f -p one --package two -F a,b --release --lib \
                    --manifest-path x/Cargo.toml --test it --workspace -- --config k=1";
        let Command::Run(run) = parsed(text) else { panic!("not run") };
        let expected = "--test it --workspace --lib --release --package one --package two \
                        --features a,b --manifest-path x/Cargo.toml --config k=1";
        let expected: Vec<OsString> = expected.split_whitespace().map(OsString::from).collect();
        assert_eq!(run.cargo.arguments(&run.choice.targets), expected);
        assert_eq!(run.choice.filters, ["f"]);
    }

    /// Every command that the book shows can be given.
    #[test]
    fn the_commands_of_the_book_are_commands() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
        let mut seen = 0;
        for page in ["campaigns.md", "raddle.yml"] {
            let text = std::fs::read_to_string(folder.join(page)).expect("the book has this page");
            let text = text.replace("\\\n", " ");
            let commands = text.lines().filter_map(|line| {
                line.trim().trim_start_matches("run: ").strip_prefix("cargo raddle ")
            });
            for command in commands {
                let mut command = command.to_string();
                let times = ["PULL_REQUEST_TIME", "NIGHT_TIME"].map(|name| (name, "3m"));
                for (name, value) in [("SHARD", "1"), ("SEED", "7")].into_iter().chain(times) {
                    command = command.replace(&format!("${name}"), value);
                }
                // What stands in quotes is one word.
                let words = command.split('"').enumerate().flat_map(|(i, part)| match i % 2 {
                    0 => part.split_whitespace().map(String::from).collect(),
                    _ => vec![part.to_string()],
                });
                let words = ["cargo-raddle".to_string()].into_iter().chain(words);
                let words: Vec<String> = words.collect();
                if let Err(fault) = Arguments::try_parse_from(&words) {
                    panic!("{page}: {command}: {fault}");
                }
                seen += 1;
            }
        }
        assert!(seen > 15, "{seen} commands are shown");
    }

    #[test]
    fn the_search_becomes_variables() {
        let text = "cargo-raddle run --strategy random --seed 7 --iterations 10 --max-time 5s \
                    --model sc --max-events 50";
        let Command::Run(run) = parsed(text) else { panic!("not run") };
        let expected = [
            ("RADDLE_STRATEGY", "random"),
            ("RADDLE_SEED", "7"),
            ("RADDLE_ITERATIONS", "10"),
            ("RADDLE_MAX_TIME", "5s"),
            ("RADDLE_MODEL", "sc"),
            ("RADDLE_MAX_EVENTS", "50"),
        ];
        let variables = run.search.variables();
        let variables: Vec<_> =
            variables.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(variables, expected);
        assert!(Search::default().variables().is_empty());
    }
}
