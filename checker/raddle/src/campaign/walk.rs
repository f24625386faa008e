//! The search of a slice: one execution after another, whether it fails or not.

use crate::flight::Flight;
use crate::search::{Clock, Cut, engine_settings, exhaustive};
use crate::settings::Settings;
use crate::worker::Pulse;
use raddle_engine::explore::{
    self as engine, Coverage, Divergence, Ending, Exhaustive, Explorer, Limit, Limits, Run,
    SampleId, Sampler, Schedule,
};
use raddle_engine::graph::{Event, Graph, Kind};
use raddle_runtime::Runtime;
use raddle_shims::kernel::{EventId, Failure, LocationId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// So many failures that look different are kept of a slice; what else fails is counted.
const FAILURES_MAX: usize = 64;
/// So many executions of a slice are run again for what they cover.
const LOOKS_MAX: usize = 32;
/// How many executions a slice has if nothing is said.
const EXECUTIONS: u64 = 1_000;

/// A strategy that a campaign may use.
pub(super) trait Source: engine::Strategy {
    /// The latest execution of a sample.
    fn latest(&self) -> Option<SampleId>;

    /// The classes that were met, and how often.
    fn classes(&self) -> Vec<(u64, u32)>;

    /// Whether all events of the next execution will be looked at.
    fn show_all(&mut self, shows_all: bool);
}

impl Source for Sampler {
    fn latest(&self) -> Option<SampleId> {
        Some(Sampler::latest(self))
    }

    fn classes(&self) -> Vec<(u64, u32)> {
        Sampler::classes(self).map(|(class, times)| (class as u64, times)).collect()
    }

    fn show_all(&mut self, shows_all: bool) {
        Sampler::show_all(self, shows_all);
    }
}

impl Source for Exhaustive {
    fn latest(&self) -> Option<SampleId> {
        None
    }

    fn classes(&self) -> Vec<(u64, u32)> {
        Vec::new()
    }

    fn show_all(&mut self, _: bool) {}
}

/// Executions that failed and look alike.
pub(super) struct Failed {
    pub schedule: Schedule,
    pub sample: Option<SampleId>,
    pub times: u64,
    /// What had been explored before the first of them.
    pub coverage: Coverage,
}

/// An execution that is to be run again.
pub(super) struct Look {
    pub schedule: Schedule,
    pub sample: Option<SampleId>,
    pub fingerprint: u64,
    pub failed: bool,
    /// Whether it does something that was not seen before, or is looked at for its determinism only.
    pub new: bool,
}

/// What came of a slice.
#[derive(Default)]
pub(super) struct Walk {
    /// All that were run, failing ones included.
    pub tried: u64,
    pub coverage: Coverage,
    /// The strategy knew no more executions.
    pub ended: bool,
    /// Every execution was explored.
    pub complete: bool,
    /// The time was over before the executions were.
    pub timed: bool,
    pub failed: Vec<Failed>,
    pub looks: Vec<Look>,
    pub cut: Option<Cut>,
    pub classes: Vec<(u64, u32)>,
    /// The execution that would have been the next.
    pub next: Option<SampleId>,
    pub divergence: Option<Divergence>,
    by_key: BTreeMap<String, usize>,
    pairs: BTreeSet<u64>,
}

/// Runs the executions that the settings ask for.
pub(super) fn walk(
    settings: &Settings,
    program: Arc<dyn Fn() + Send + Sync>,
    pulse: Pulse,
    flight: Option<Flight>,
) -> Walk {
    let runtime = Runtime::new(settings.options, move || program()).beat(pulse.counter());
    match Sampler::new(&settings.strategy, settings.sampling) {
        None => walk_with(settings, runtime, flight, || exhaustive(settings)),
        Some(_) => {
            let sampler = || Sampler::new(&settings.strategy, settings.sampling);
            let sampler = || sampler().expect("this row samples").forgetting().passing();
            walk_with(settings, runtime, flight, sampler)
        }
    }
}

fn walk_with<S: Source>(
    settings: &Settings,
    mut runtime: Runtime,
    mut flight: Option<Flight>,
    strategy: impl Fn() -> S,
) -> Walk {
    let clock = Clock(Instant::now());
    let engine_settings = engine::Settings {
        stopwatch: Some(&clock),
        stop_at_cut: !settings.allow_incomplete,
        ..engine_settings(settings)
    };
    loop {
        let mut walk = Walk::default();
        let mut explorer = Explorer::new(strategy(), engine_settings);
        let whole = runtime
            .within(|runtime| walk.go(&mut explorer, runtime, settings.limits, flight.as_mut()));
        if whole {
            walk.coverage = explorer.measured();
            let (strategy, run) = explorer.strategy_mut();
            walk.classes = strategy.classes();
            walk.next = strategy.prepare(run).then(|| strategy.latest()).flatten();
            return walk;
        }
    }
}

impl Walk {
    /// That of a slice which could not go on.
    pub fn interrupted() -> Walk {
        Walk { timed: true, ..Walk::default() }
    }

    /// False if it has to be begun again, as the runtime has learned something about the program.
    fn go<S: Source>(
        &mut self,
        explorer: &mut Explorer<'_, S>,
        runtime: &mut Runtime,
        limits: Limits,
        mut flight: Option<&mut Flight>,
    ) -> bool {
        let wanted = limits.executions.unwrap_or(EXECUTIONS);
        while self.tried < wanted {
            if let Some(flight) = &mut flight {
                flight.set(self.tried);
            }
            let one_more = self.tried + 1;
            explorer.set_limits(Limits { executions: Some(one_more), ..limits });
            let mut seen: Option<(Vec<u64>, u64, bool, Schedule)> = None;
            let (looks, pairs) = (self.looks.len() < LOOKS_MAX, &self.pairs);
            let checked = (self.tried + 1).is_power_of_two();
            explorer.strategy_mut().0.show_all(looks || checked);
            let cut = &mut self.cut;
            let mut observe = |run: &Run, ending: Ending, coverage: &Coverage| {
                if ending == Ending::Cut {
                    cut.get_or_insert_with(|| Cut::of(run, coverage));
                }
                if !looks && !checked {
                    return;
                }
                let new: Vec<u64> =
                    pairs_of(&run.graph).into_iter().filter(|it| !pairs.contains(it)).collect();
                let failed = matches!(ending, Ending::Failed);
                let is_whole = failed || matches!(ending, Ending::Complete | Ending::Deadlock);
                if is_whole && (checked || !new.is_empty()) {
                    seen = Some((new, fingerprint(&run.graph), failed, run.schedule()));
                }
            };
            let before = self.coverage;
            let outcome = match explorer.explore(runtime, &mut observe) {
                _ if runtime.takes_back() => return false,
                Ok(outcome) => outcome,
                Err(divergence) => {
                    self.divergence = Some(divergence);
                    return true;
                }
            };
            let sample = explorer.strategy_mut().0.latest();
            if let Some((new, fingerprint, failed, schedule)) = seen {
                let (sample, is_new) = (sample.clone(), !new.is_empty());
                self.pairs.extend(new);
                self.looks.push(Look { schedule, sample, fingerprint, failed, new: is_new });
            }
            if !self.took(outcome, (sample, before), wanted) {
                return true;
            }
        }
        true
    }

    /// Notes how an execution, or the search, ended; false if the latter.
    fn took(
        &mut self,
        outcome: engine::Outcome,
        (sample, before): (Option<SampleId>, Coverage),
        wanted: u64,
    ) -> bool {
        let (coverage, goes_on) = match outcome {
            engine::Outcome::Verified(coverage) => {
                (self.ended, self.complete) = (true, true);
                (coverage, false)
            }
            engine::Outcome::Violation(found) => {
                self.note(&found.failure, found.schedule, sample, before);
                (found.coverage, true)
            }
            engine::Outcome::Incomplete(coverage, Limit::Executions(_)) => (coverage, true),
            engine::Outcome::Incomplete(coverage, Limit::Time(_)) => {
                self.timed = self.tried < wanted;
                (coverage, false)
            }
            engine::Outcome::Incomplete(coverage, _) => {
                self.ended = true;
                (coverage, false)
            }
        };
        self.coverage = coverage;
        self.tried = coverage.all();
        goes_on
    }

    /// Notes an execution that failed.
    fn note(
        &mut self,
        failure: &Failure,
        schedule: Schedule,
        sample: Option<SampleId>,
        coverage: Coverage,
    ) {
        let key = match failure {
            // Values in messages differ.
            Failure::Assertion { message, .. } => {
                message.chars().filter(|c| !c.is_ascii_digit()).collect()
            }
            other => format!("{other:?}"),
        };
        match self.by_key.get(&key) {
            Some(&at) => self.failed[at].times += 1,
            None if self.failed.len() < FAILURES_MAX => {
                self.by_key.insert(key, self.failed.len());
                self.failed.push(Failed { schedule, sample, times: 1, coverage });
            }
            None => {}
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) on the sum.
fn mix(hash: u64, number: u64) -> u64 {
    let mut z = hash.wrapping_add(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn number(id: EventId, most: u32) -> u64 {
    u64::from(id.thread.0) << 32 | u64::from(id.index.min(most))
}

/// Which event reads from which, and which acts on an object after which: a quick look at what may be new about an
/// execution. Far into a thread the events count as one, or loops would never cease to be new.
fn pairs_of(graph: &Graph) -> BTreeSet<u64> {
    const FAR: u32 = 63;
    let mut latest: BTreeMap<LocationId, EventId> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for event in graph.events() {
        let other = match event.kind {
            Kind::Read | Kind::Update => source(graph, event),
            Kind::Act => event.location().and_then(|object| latest.insert(object, event.id())),
            _ => continue,
        };
        let other = other.map_or(u64::MAX, |other| number(other, FAR));
        pairs.insert(mix(mix(number(event.id(), FAR), other), u64::from(event.chosen)));
    }
    pairs
}

fn source(graph: &Graph, event: &Event) -> Option<EventId> {
    (event.source.is_some()).then(|| graph.event(event.source).id())
}

/// A number that is the same for executions that did the same, whatever their values, which may be addresses.
pub(super) fn fingerprint(graph: &Graph) -> u64 {
    let one = |event: &Event| {
        let source: Option<EventId> = source(graph, event);
        let source = source.map_or(u64::MAX, |source| number(source, u32::MAX));
        let hash = mix(number(event.id(), u32::MAX), event.kind as u64);
        mix(mix(mix(hash, source), event.rank.into()), event.chosen.into())
    };
    graph.events().iter().map(one).fold(0, u64::wrapping_add)
}
