//! What can be asked of campaigns on the command line.

use crate::arguments::{Cargo, Choice};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where committed failures are kept if nothing else is said.
pub const REGRESSIONS: &str = "raddle-regressions";

/// Arguments of `fuzz`.
#[derive(Args, Debug)]
pub struct Fuzz {
    #[command(flatten)]
    pub choice: Choice,
    /// For how long slices of tests are begun, such as 90s, 10m or 8h; regressions come before [default: 60s if there is no limit of executions either].
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
    /// The most executions of all tests together. With this limit alone a seed finds the same every time.
    #[arg(long, value_name = "N")]
    pub max_executions: Option<u64>,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only this strategy [default: exhaustive while that may come to an end, then portfolio].
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// Which part of a campaign on N machines this is, from 1; without it, what Kubernetes, Slurm, GitLab or
    /// CircleCI say in the environment.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// How many tests run at the same time [default: as many as there are processors].
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub jobs: Option<u32>,
    /// Goes on to the end of the budget when something is found.
    #[arg(long)]
    pub keep_going: bool,
    /// Fails only because of failures that are neither accepted in the regressions nor in the baseline.
    #[arg(long)]
    pub new_only: bool,
    /// The output folder of an earlier campaign, whose failures are known.
    #[arg(long, value_name = "DIR")]
    pub baseline: Vec<PathBuf>,
    /// Counts failures that tests expect as found, not as expected.
    #[arg(long)]
    pub ignore_expect: bool,
    /// Ignored tests too.
    #[arg(long)]
    pub include_ignored: bool,
    /// Where everything is written [default: raddle/campaign in the target folder].
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// The executions worth keeping: run first, and added to [default: corpus in the output folder].
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// The committed failures, which are replayed before anything else.
    #[arg(long, value_name = "DIR", default_value = REGRESSIONS)]
    pub regressions: PathBuf,
    /// What is written beside summary.json; github is added inside of GitHub Actions.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [Form::Junit, Form::Sarif, Form::Html])]
    pub report: Vec<Form>,
    #[command(flatten)]
    pub cargo: Cargo,
}

/// A form of report of a whole campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// A page for each failure.
    Html,
    /// report.sarif
    Sarif,
    /// junit.xml
    Junit,
    /// Annotations and a job summary.
    Github,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value().expect("no form is skipped");
        f.write_str(value.get_name())
    }
}

/// Arguments of `regress`.
#[derive(Args, Debug)]
pub struct Regress {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
    /// Where they are.
    #[arg(long, value_name = "DIR", default_value = REGRESSIONS, global = true)]
    pub regressions: PathBuf,
}

/// What to do with committed failures.
#[derive(Subcommand, Debug)]
pub enum Action {
    /// Adds a failure, by its token or the folder that a campaign wrote; it must not come again.
    Add {
        /// A token (rd1-…), a file that holds one, or the folder of a failure.
        #[arg(value_name = "TOKEN|FILE|DIR")]
        what: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        cargo: Box<Cargo>,
    },
    /// Accepts a failure for now: campaigns with --new-only do not fail because of it.
    Accept {
        /// The name of a regression that is there, else as for add.
        #[arg(value_name = "NAME|TOKEN|FILE|DIR")]
        what: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        cargo: Box<Cargo>,
    },
    /// Replays all; ends with 1 if one that is not accepted fails.
    Run {
        #[command(flatten)]
        cargo: Box<Cargo>,
    },
    /// Removes those whose test is gone or has changed too much to follow, and accepted ones that fail no more.
    Prune {
        #[command(flatten)]
        cargo: Box<Cargo>,
    },
    /// Lists them.
    List,
}

/// Arguments of `corpus`.
#[derive(Args, Debug)]
pub struct Corpus {
    /// What to do.
    #[command(subcommand)]
    pub action: CorpusAction,
}

/// What to do with a corpus.
#[derive(Subcommand, Debug)]
pub enum CorpusAction {
    /// Removes executions whose coverage others have too.
    Min {
        /// The corpus.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Tells how many executions of each test there are and what they cover.
    Stats {
        /// The corpus.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Arguments of `report`.
#[derive(Args, Debug)]
pub struct Report {
    /// What to do.
    #[command(subcommand)]
    pub action: ReportAction,
}

/// What to do with the output of campaigns.
#[derive(Subcommand, Debug)]
pub enum ReportAction {
    /// Makes one output folder of those of all shards.
    Merge {
        /// The output folders.
        #[arg(value_name = "DIR", required = true)]
        folders: Vec<PathBuf>,
        /// Where the whole is written.
        #[arg(long, short, value_name = "DIR")]
        output: PathBuf,
        /// What is written beside summary.json; github is added inside of GitHub Actions.
        #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [Form::Junit, Form::Sarif, Form::Html])]
        report: Vec<Form>,
        /// Fails only because of failures that are not known.
        #[arg(long)]
        new_only: bool,
    },
    /// Writes the pages of the failures again.
    Html(Folder),
    /// Writes report.sarif again.
    Sarif(Folder),
    /// Writes junit.xml again.
    Junit(Folder),
}

/// The output of a campaign.
#[derive(Args, Debug)]
pub struct Folder {
    /// The output folder of a campaign.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
