//! A campaign: regressions, the canary, then rounds of slices until the budget is used up.

use crate::cargo::{Binary, Built};
use crate::exit::Trouble;
use crate::fuzz::corpus::{self, Entry};
use crate::fuzz::failures::{Found, Known, Met, portable};
use crate::fuzz::output::{Output, sources};
use crate::fuzz::plan::{Order, Plan, SAMPLING, Shown};
use crate::fuzz::progress::{Progress, State};
use crate::fuzz::regress::replay_all;
use crate::fuzz::regressions::{Regression, sentence};
use crate::fuzz::shard::Shard;
use crate::fuzz::summary::{Came, Failure, Replayed, Status, Summary, VERSION};
use crate::fuzz::tally::Tally;
use crate::fuzz::worker::{self, CRASH, Done, Job, Raw, confirm};
use crate::marks::Mark;
use crate::process::Runner;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// So many executions the canary has. Each shows it with a probability of more than one in twenty, so it is missed by
/// chance with one of less than 0.95^400 < 2e-9.
const CANARY: u64 = 400;
/// After so many slices in which its process died a test is not run any more: most of them would die as well.
const CRASHES_MAX: u32 = 16;
/// So many executions of a corpus are run first, in the first slice of each test.
const CORPUS_MAX: usize = 500;

/// A test that is part of a campaign.
#[derive(Clone, Debug)]
pub struct Target {
    /// In which binary.
    pub binary: Binary,
    /// Its mark.
    pub mark: Mark,
}

/// What a campaign is to do.
pub struct Campaign<'a> {
    pub built: &'a Built,
    pub targets: &'a [Target],
    pub output: &'a Output,
    pub corpus: &'a Path,
    pub known: Known,
    pub shard: Shard,
    pub seed: u64,
    pub strategy: Option<String>,
    pub time: Option<Duration>,
    pub executions: Option<u64>,
    pub jobs: usize,
    pub keep_going: bool,
    pub new_only: bool,
}

/// What it has come to so far.
struct Course<'a> {
    runner: Runner<'a>,
    start: Instant,
    progress: Progress,
    found: Found,
    tally: Tally,
    /// By test, what of the corpus is run first.
    first: BTreeMap<usize, Vec<String>>,
    regressions: Vec<Replayed>,
    restarts: u64,
    /// By test, in how many slices its process died.
    crashes: BTreeMap<usize, u32>,
    canary: bool,
    notes: Vec<String>,
}

impl Campaign<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// If a process cannot be started or a file cannot be written.
    pub fn run(&self, regressions: &[Regression]) -> Result<Summary, Trouble> {
        let mut course = Course {
            runner: Runner::new(self.built)?,
            start: Instant::now(),
            progress: Progress::new(),
            found: Found::default(),
            tally: Tally::default(),
            first: BTreeMap::new(),
            regressions: Vec::new(),
            restarts: 0,
            crashes: BTreeMap::new(),
            canary: false,
            notes: Vec::new(),
        };
        self.regressions(&mut course, regressions)?;
        course.canary = self.canary(&mut course)?;
        let came_again =
            course.regressions.iter().any(|it| it.result == Came::Again && !it.accepted);
        if course.canary && (self.keep_going || !came_again) {
            self.read_corpus(&mut course)?;
            // What comes before has to be done whatever the budget is.
            course.start = Instant::now();
            self.rounds(&mut course)?;
        }
        course.progress.end();
        self.finish(&course)
    }

    /// Replays the committed failures that fall to this shard.
    fn regressions(&self, course: &mut Course<'_>, all: &[Regression]) -> Result<(), Trouble> {
        let shard = self.shard;
        let is_mine = |number: usize| number as u32 % shard.of == shard.number - 1;
        let mine = all.iter().enumerate().filter(|(number, _)| is_mine(*number)).map(|(_, it)| it);
        for (regression, result) in replay_all(&course.runner, self.targets, mine)? {
            course.progress.say(&sentence(regression, result));
            course.regressions.push(Replayed {
                name: regression.name(),
                test: regression.test.clone(),
                result,
                accepted: regression.accepted,
            });
        }
        Ok(())
    }

    /// Whether the built-in bug is found, and is found again three times.
    fn canary(&self, course: &mut Course<'_>) -> Result<bool, Trouble> {
        let strategy = self.strategy.clone().unwrap_or_else(|| SAMPLING.to_string());
        let (test, round, seed) = (0, 0, self.seed >> 32 ^ self.seed & 0xffff_ffff);
        let order = Order { test, round, strategy, seed, executions: CANARY };
        let job = Job { canary: true, ..self.job(&order, &[], &[]) };
        let done = worker::run(&course.runner, &job)?;
        for raw in &done.found {
            let (again, of) = confirm(&course.runner, &job, raw)?;
            if raw.finding.kind.as_deref() == Some("panic") && again == of && of > 0 {
                course.progress.say("the canary was found");
                return Ok(true);
            }
        }
        let why = done.error.unwrap_or_else(|| format!("{CANARY} executions do not show it"));
        let note = format!(
            "the built-in bug was not found, so this campaign could not find anything: {why}; run cargo raddle \
             doctor"
        );
        course.notes.push(note);
        Ok(false)
    }

    fn read_corpus(&self, course: &mut Course<'_>) -> Result<(), Trouble> {
        for (_, entry) in corpus::read(self.corpus)? {
            course.tally.covers(&entry);
            let of = |target: &Target| target.mark.reported() == entry.test;
            if let Some(test) = self.targets.iter().position(of) {
                let first = course.first.entry(test).or_default();
                if first.len() < CORPUS_MAX {
                    first.push(entry.token);
                }
            }
        }
        Ok(())
    }

    fn rounds(&self, course: &mut Course<'_>) -> Result<(), Trouble> {
        let names = self.targets.iter().map(|it| format!("{} {}", it.binary.package, it.mark.path));
        let strategy = self.strategy.clone();
        let mut plan = Plan::new(names, (self.seed, self.shard), strategy, self.executions);
        let mut round = 0;
        loop {
            let orders = plan.round();
            round += 1;
            if orders.is_empty() || self.is_over(course) {
                return Ok(());
            }
            let results = self.slices(course, &orders)?;
            for (order, done) in orders.iter().zip(results) {
                let Some(done) = done else { continue };
                let shown = self.take(course, order, done)?;
                plan.note(order, &shown);
            }
            // Whoever kills the campaign finds what it had come to.
            self.summary(course).write(self.output.folder())?;
            let counted = course.found.all().filter(|failure| self.counts(failure)).count();
            course.progress.show(&State {
                elapsed: course.start.elapsed(),
                of: self.time,
                round,
                executions: course.tally.summaries().iter().map(|it| it.executions).sum(),
                settled: plan.settled(),
                tests: self.targets.len(),
                failures: counted,
            });
            if counted > 0 && !self.keep_going {
                course.notes.push("it ended with what it found; --keep-going goes on".to_string());
                return Ok(());
            }
        }
    }

    fn is_over(&self, course: &Course<'_>) -> bool {
        self.time.is_some_and(|time| course.start.elapsed() >= time)
    }

    fn counts(&self, failure: &Failure) -> bool {
        match failure.status {
            Status::New => true,
            Status::Known => !self.new_only,
            Status::Expected => false,
        }
    }

    /// Runs the slices of a round, as many at a time as there may be; none where the time was over before.
    fn slices(&self, course: &Course<'_>, orders: &[Order]) -> Result<Vec<Option<Done>>, Trouble> {
        let next = AtomicUsize::new(0);
        let results: Mutex<BTreeMap<usize, Result<Done, Trouble>>> = Mutex::default();
        let Course { runner, found, first, start, .. } = course;
        let work = || {
            loop {
                let number = next.fetch_add(1, Relaxed);
                let Some(order) = orders.get(number) else { return };
                let left = self.time.map(|time| time.saturating_sub(start.elapsed()));
                if left.is_some_and(|left| left.is_zero()) {
                    return;
                }
                let known = found.signatures(self.targets[order.test].mark.reported());
                let corpus = first.get(&order.test).filter(|_| order.round == 0);
                let corpus = corpus.map(Vec::as_slice).unwrap_or_default();
                let job = Job { time: left, ..self.job(order, &known, corpus) };
                let done = worker::run(runner, &job);
                results.lock().expect("nobody panics with it").insert(number, done);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(orders.len()) {
                scope.spawn(work);
            }
        });
        let mut results = results.into_inner().expect("nobody panics with it");
        (0..orders.len()).map(|number| results.remove(&number).transpose()).collect()
    }

    fn job<'b>(&'b self, order: &'b Order, known: &'b [String], corpus: &'b [String]) -> Job<'b> {
        let Target { binary, mark } = &self.targets[order.test];
        Job { binary, mark, order, canary: false, known, corpus, time: None }
    }

    /// Takes in what came of a slice.
    fn take(&self, course: &mut Course<'_>, order: &Order, done: Done) -> Result<Shown, Trouble> {
        let target = &self.targets[order.test];
        course.restarts += u64::from(done.restarts);
        if let Some(error) = &done.error {
            let note = format!("{}: {error}", target.mark.reported());
            if !course.notes.contains(&note) {
                course.notes.push(note);
            }
        }
        let names = (target.binary.package.as_str(), target.binary.target.as_str());
        let (mut shown, kept) = course.tally.note(names, order, &done);
        kept.iter().try_for_each(|entry: &Entry| entry.write(self.corpus))?;
        for raw in &done.found {
            self.take_failure(course, order, &done, raw)?;
        }
        if done.found.iter().any(|raw| raw.finding.kind.as_deref() == Some(CRASH)) {
            let crashes = course.crashes.entry(order.test).or_default();
            *crashes += 1;
            if *crashes == CRASHES_MAX {
                shown.settled = true;
                let name = target.mark.reported();
                let note = format!(
                    "{name}: its process died in {CRASHES_MAX} slices; it was not run any more"
                );
                course.notes.push(note);
            }
        }
        for test in done.slices.keys() {
            course.found.set_of(test, course.tally.executions(test));
        }
        Ok(shown)
    }

    fn take_failure(
        &self,
        course: &mut Course<'_>,
        order: &Order,
        done: &Done,
        raw: &Raw,
    ) -> Result<(), Trouble> {
        let target = &self.targets[order.test];
        let sources = sources(&target.binary.folder);
        let signature = portable(&raw.finding.signature, &sources);
        let expect = done.slices.get(&raw.test).and_then(|slice| slice.expect.as_deref());
        let (package, shard) = (target.binary.package.as_str(), self.shard);
        let met = Met { raw, package, order, shard, expect };
        if course.found.again(&met, &signature) {
            return Ok(());
        }
        let replayed = confirm(&course.runner, &self.job(order, &[], &[]), raw)?;
        let failure = course.found.add(&met, signature, replayed, &self.known);
        let how = match failure.status {
            Status::New => "found",
            Status::Known => "found, known",
            Status::Expected => "found, as expected",
        };
        let text = format!("{how}: {}: {}", failure.test, failure.title());
        self.output.failure(failure, raw.trace.as_ref(), &sources)?;
        course.progress.say(&text);
        Ok(())
    }

    /// What it has come to so far.
    fn summary(&self, course: &Course<'_>) -> Summary {
        let tests = course.tally.summaries();
        let mut summary = Summary {
            version: VERSION,
            seed: self.seed,
            shards: vec![self.shard],
            canary: course.canary,
            millis: course.start.elapsed().as_millis() as u64,
            executions: tests.iter().map(|test| test.executions).sum(),
            restarts: course.restarts,
            tests,
            failures: course.found.list(),
            regressions: course.regressions.clone(),
            notes: course.notes.clone(),
        };
        let missed = summary.missed().map(|test| {
            let expect = test.expect.as_deref().unwrap_or_default();
            format!("{}: a {expect} is expected, and was not found", test.test)
        });
        let missed: Vec<String> = missed.collect();
        summary.notes.extend(missed);
        let flaky = summary.failures.iter().filter(|failure| failure.is_flaky()).map(|failure| {
            let (again, of) = failure.replayed;
            format!("{}: only {again} of {of} replays of {} failed again", failure.test, failure.id)
        });
        let flaky: Vec<String> = flaky.collect();
        summary.notes.extend(flaky);
        summary
    }

    fn finish(&self, course: &Course<'_>) -> Result<Summary, Trouble> {
        let summary = self.summary(course);
        // Now it is known in how many executions each failed.
        for failure in &summary.failures {
            let of = |target: &&Target| target.binary.package == failure.package;
            let folder = self.targets.iter().find(of).map(|it| it.binary.folder.clone());
            let trace = self.output.trace(failure);
            let folder = folder.unwrap_or_default();
            let sources = sources(&folder);
            self.output.failure(failure, trace.as_ref(), &sources)?;
        }
        Ok(summary)
    }
}
