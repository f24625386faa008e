//! Searches through the executions of a program, on the calling thread; what they have in common with shared ones.

use crate::explore::Test;
use crate::flight::Flight;
use crate::lock_order::LockOrder;
use crate::outcome::Kind;
use crate::parallel;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::worker::Pulse;
use raddle_engine::explore::{
    self as engine, Coverage, Divergence, Ending, Exhaustive, Explorer, Policy, Run, SampleId,
    Sampler, Schedule, Stopwatch,
};
use raddle_runtime::{Lessons, Objects, Runtime};
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::Site;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A program under test.
pub(crate) type Program = Arc<dyn Fn() + Send + Sync>;

/// An execution in which a thread came to a limit.
#[derive(Clone)]
pub(crate) struct Cut {
    pub schedule: Schedule,
    /// What had been explored before.
    pub coverage: Coverage,
}

impl Cut {
    /// The only execution of a search, which was cut.
    pub fn again(schedule: Schedule, coverage: Coverage) -> Cut {
        Cut { schedule, coverage: Coverage { cut: 0, ..coverage } }
    }

    /// An execution that was cut, the first one of a search with that coverage.
    pub fn of(run: &Run, coverage: &Coverage) -> Cut {
        Cut { schedule: run.schedule(), coverage: Coverage { cut: 0, ..*coverage } }
    }
}

pub(crate) struct Clock(pub Instant);

impl Stopwatch for Clock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A search that has ended.
pub(crate) struct Searched {
    pub result: Result<engine::Outcome, Divergence>,
    pub coverage: Coverage,
    /// The latest execution of a sample.
    pub latest: Option<SampleId>,
    pub notes: Notes,
    /// What was learned of the program, which whoever repeats one of its executions must know from the beginning.
    pub lessons: Lessons,
}

/// What is noticed in the executions of a search, beside what they count as.
#[derive(Default)]
pub(crate) struct Notes {
    pub threads_max: usize,
    pub order: LockOrder,
    /// The first execution in which a thread came to a limit.
    pub cut: Option<Cut>,
    /// The thread that did something else than before, and where it stands.
    pub differs: Option<(ThreadId, Site)>,
    /// What was explored before the search began again.
    pub void: Void,
}

/// What was explored in vain, as the search began again when something was learned of a loop.
#[derive(Clone, Copy, Default)]
pub(crate) struct Void {
    /// How often it began again.
    pub times: u64,
    /// How many executions were run before that.
    pub executions: u64,
}

impl Void {
    /// A search begins again after this one.
    pub fn add(&mut self, coverage: &Coverage) {
        self.times += 1;
        self.executions += coverage.runs();
    }

    /// What is said of a search that its time or a number of executions has ended: of what it has run beside the executions that it counts.
    pub fn told(&self, coverage: &Coverage) -> Option<String> {
        let given_up = coverage.runs() - coverage.executions;
        let times = match self.times {
            0 => None,
            1 => Some("once".to_string()),
            times => Some(format!("{times} times")),
        };
        let again = times.map(|times| {
            format!(
                "the search began again {times}, as it learned of loops that only read; {} executions before that do not \
                 count",
                self.executions
            )
        });
        let given_up = (given_up > coverage.executions).then(|| {
            format!("{given_up} more were begun and given up, as they repeat others or are not what was asked for")
        });
        let parts: Vec<String> = again.into_iter().chain(given_up).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl Notes {
    /// Looks at an execution that has ended.
    pub fn look(&mut self, run: &Run, ending: Ending, coverage: &Coverage, objects: &Objects) {
        if ending == Ending::Cut && self.cut.is_none() {
            self.cut = Some(Cut::of(run, coverage));
        }
        self.threads_max = self.threads_max.max(run.thread_ids().count());
        self.order.look(run, objects);
    }
}

/// When a search began, what ends it beside its limits, and who is told of its progress.
pub(crate) struct Until {
    pub start: Instant,
    pub stop_at_cut: bool,
    pub flight: Option<Flight>,
    pub progress: Option<Progress>,
}

impl Until {
    /// The end, or a limit.
    pub fn end() -> Until {
        Until { start: Instant::now(), stop_at_cut: false, flight: None, progress: None }
    }

    /// The first failure, to which it belongs that a thread comes to its limit, if that fails the check.
    pub fn failure(test: &Test, flight: Option<Flight>) -> Until {
        let settings = &test.settings;
        // A search that looks for something else goes on where a thread was stopped.
        let expects_other = settings.expect.is_some_and(|kind| kind != Kind::StepLimit);
        let stop_at_cut = !settings.allow_incomplete && !expects_other;
        let progress = Some(Progress::of(test));
        Until { stop_at_cut, flight, progress, ..Until::end() }
    }
}

/// Explores a program as the settings ask for.
pub(crate) fn search(
    settings: &Settings,
    program: Program,
    pulse: Pulse,
    until: Until,
) -> Searched {
    if settings.is_shared() {
        return parallel::search(settings, &program, &pulse, until);
    }
    let runtime = Runtime::new(settings.options, move || program()).beat(pulse.counter());
    match Sampler::new(&settings.strategy, settings.sampling) {
        None => explore_with(settings, runtime, until, || exhaustive(settings), |_| None),
        Some(_) => {
            let sampler = || Sampler::new(&settings.strategy, settings.sampling);
            let sampler = || sampler().expect("this row samples").forgetting().passing();
            let latest = |sampler: &Sampler| Some(sampler.latest());
            explore_with(settings, runtime, until, sampler, latest)
        }
    }
}

/// The exhaustive search that the settings ask for.
pub(crate) fn exhaustive(settings: &Settings) -> Exhaustive {
    bounded(settings, Exhaustive::with_policy(policy(settings)))
}

/// The part of it that begins at this node.
pub(crate) fn exhaustive_below(settings: &Settings, node: Schedule) -> Exhaustive {
    bounded(settings, Exhaustive::below(node, policy(settings)))
}

fn policy(settings: &Settings) -> Policy {
    settings.max_preemptions.map_or_else(Policy::default, |_| Policy::Continue)
}

fn bounded(settings: &Settings, search: Exhaustive) -> Exhaustive {
    match settings.max_preemptions {
        Some(most) => search.with_preemptions(most),
        None => search,
    }
}

fn explore_with<S: engine::Strategy>(
    settings: &Settings,
    mut runtime: Runtime,
    mut until: Until,
    strategy: impl Fn() -> S,
    latest: impl Fn(&S) -> Option<SampleId>,
) -> Searched {
    let clock = Clock(until.start);
    let engine_settings = engine::Settings {
        stopwatch: Some(&clock),
        stop_at_cut: until.stop_at_cut,
        ..engine_settings(settings)
    };
    let mut void = Void::default();
    loop {
        let mut notes = Notes { void, ..Notes::default() };
        let objects = runtime.objects();
        let mut explorer = Explorer::new(strategy(), engine_settings);
        let mut observe = |run: &Run, ending: Ending, coverage: &Coverage| {
            if let Some(flight) = until.flight.as_mut().filter(|_| ending != Ending::Failed) {
                flight.set(coverage.runs());
            }
            if let Some(progress) = &mut until.progress {
                progress.look(coverage);
            }
            notes.look(run, ending, coverage, &objects);
        };
        let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
        if !runtime.takes_back() {
            let coverage = explorer.measured();
            let latest = latest(explorer.strategy_mut().0);
            if let Err(Divergence { event, .. }) = &result {
                let record = runtime.record();
                let at = record.threads.get(event.thread.index()).and_then(|thread| thread.at);
                notes.differs = at.map(|(_, site)| (event.thread, site));
            }
            let lessons = runtime.lessons();
            return Searched { result, coverage, latest, notes, lessons };
        }
        void.add(&explorer.measured());
    }
}

/// How the engine searches.
pub(crate) fn engine_settings(settings: &Settings) -> engine::Settings<'static> {
    engine::Settings {
        model: settings.model,
        time: settings.time,
        limits: settings.limits,
        task_leak_fails: settings.check_task_leaks,
        live_leak_fails: settings.live_leaks,
        ..Default::default()
    }
}
