//! Which executions of a sample are the same, and how many different ones it has not met.
//!
//! Two executions are of the same class if their events are the same, with the same sources, the same
//! coherence, and the same order of what conflicts on objects: if no thread, and no observer of all
//! locations, can tell them apart. A class is known by a hash, a sum over its events, in which the order in
//! which they came does not matter. Threads count by where they were spawned, so the hash is the same in
//! another process.

use super::run::Run;
use super::threads::Threads;
use crate::graph::{ClockId, Event, Flags, Graph, Kind, Position};
use raddle_shims::kernel::ThreadId;
use std::collections::BTreeMap;

/// What a sample says about the whole, if its executions are drawn independently.
///
/// Lessons and the arms of a portfolio are drawn differently from the rest, so for strategies that have these
/// the estimates are indications.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// How many executions were drawn.
    pub executions: u64,
    /// How many of them are different.
    pub classes: u64,
    /// How many classes were met once only.
    pub once: u64,
    /// How many classes were met twice.
    pub twice: u64,
}

impl Sample {
    /// About the probability that the next execution is one that has not been met (Good, "The population
    /// frequencies of species and the estimation of population parameters", Biometrika 40, 1953: the part
    /// of the sample that was met once only). 1 for an empty sample.
    ///
    /// ```
    /// let sample = raddle_engine::explore::Sample { executions: 100, classes: 40, once: 25, twice: 5 };
    /// assert_eq!(sample.unseen(), 0.25);
    /// ```
    pub fn unseen(&self) -> f64 {
        match self.executions {
            0 => 1.0,
            executions => self.once as f64 / executions as f64,
        }
    }

    /// A lower bound, on the average, for the number of all classes (Chao, "Nonparametric estimation of the number of
    /// classes in a population", Scandinavian Journal of Statistics 11, 1984; the form that is not biased).
    pub fn classes_min(&self) -> f64 {
        let (once, twice) = (self.once as f64, self.twice as f64);
        self.classes as f64 + once * (once - 1.0).max(0.0) / (2.0 * (twice + 1.0))
    }
}

/// The classes of a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    met: BTreeMap<u128, u32>,
    sample: Sample,
    hashes: Hashes,
}

impl Classes {
    /// An execution begins.
    pub fn begin(&mut self) {
        self.hashes.begin();
    }

    /// Notes an event of which nothing will change, before it is forgotten.
    pub fn note_event(&mut self, graph: &Graph, threads: &Threads, event: &Event) {
        self.hashes.add(graph, threads, event);
    }

    /// Events have been forgotten, so that clocks have other numbers.
    pub fn on_forgotten(&mut self) {
        self.hashes.forget_clocks();
    }

    /// Notes an execution that has ended, of which these events have not been noted; true if it is the first of its class.
    pub fn note(&mut self, run: &Run) -> bool {
        let rest = run.graph.events().iter().filter(|event| !event.settled);
        rest.for_each(|event| self.hashes.add(&run.graph, &run.threads, event));
        let class = self.hashes.class;
        let times = self.met.entry(class).or_insert(0);
        *times = times.saturating_add(1);
        let sample = &mut self.sample;
        sample.executions += 1;
        match *times {
            1 => {
                sample.classes += 1;
                sample.once += 1;
            }
            2 => {
                sample.once -= 1;
                sample.twice += 1;
            }
            3 => sample.twice -= 1,
            _ => {}
        }
        *times == 1
    }

    /// Each class by its hash, and how often it was met.
    pub fn met(&self) -> impl Iterator<Item = (u128, u32)> {
        self.met.iter().map(|(class, times)| (*class, *times))
    }

    /// What is known of the whole.
    pub fn sample(&self) -> Sample {
        self.sample
    }
}

/// Room for hashing.
#[derive(Clone, Debug, Default)]
struct Hashes {
    /// By thread, where it was spawned, as an odd number.
    spawns: Vec<u64>,
    /// By thread, the latest clock of its events and the hash of that.
    clocks: Vec<(ClockId, u64)>,
    /// The sum of the events so far.
    class: u128,
}

/// Mixes a number into a hash: the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014) on the sum.
#[inline]
fn mix(hash: u64, number: u64) -> u64 {
    let mut z = hash.wrapping_add(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Hashes {
    fn begin(&mut self) {
        self.spawns.clear();
        self.clocks.clear();
        self.class = 0;
    }

    /// Makes room for all threads.
    #[cold]
    fn add_threads(&mut self, graph: &Graph, threads: &Threads) {
        for thread in self.spawns.len()..graph.threads() {
            self.spawns.push(threads.place(ThreadId(thread as u32)).fold(mix(0, 0), mix) | 1);
        }
        self.clocks.resize(self.spawns.len(), (ClockId::BOTTOM, 0));
    }

    /// Adds an event.
    fn add(&mut self, graph: &Graph, threads: &Threads, event: &Event) {
        if self.spawns.len() < graph.threads() {
            self.add_threads(graph, threads);
        }
        let id = |at: Position| match at.is_some() {
            false => 1,
            true => {
                let event = graph.event(at);
                mix(self.spawns[event.thread.index()], event.index.into())
            }
        };
        let me = event.thread.index();
        let mut hash = mix(self.spawns[me], event.index.into());
        hash = mix(hash, event.kind as u64 | u64::from(event.is(Flags::SPURIOUS)) << 8);
        hash = match event.kind {
            Kind::Read => mix(hash, id(event.source)),
            Kind::Update => mix(mix(hash, id(event.source)), event.rank.into()),
            Kind::Write => mix(hash, event.rank.into()),
            Kind::Choice | Kind::Act => mix(hash, event.chosen.into()),
            Kind::Fence | Kind::Spawn | Kind::Join | Kind::Sleep | Kind::Advance => hash,
        };
        // What comes before says in which order conflicting actions came.
        let clock = &mut self.clocks[me];
        if clock.0 != event.causal || event.causal == ClockId::BOTTOM {
            // Multilinear hashing (Carter, Wegman, "Universal classes of hash functions", JCSS 1979).
            let known = graph.clocks().get(event.causal).iter().zip(&self.spawns);
            let sum = known.fold(0_u64, |sum, (count, spawn)| {
                sum.wrapping_add(u64::from(*count).wrapping_mul(*spawn))
            });
            let own = u64::from(graph.clocks().known(event.causal, me));
            *clock = (event.causal, sum.wrapping_sub(own.wrapping_mul(self.spawns[me])));
        }
        hash = mix(hash, clock.1);
        let part = u128::from(hash) << 64 | u128::from(mix(hash, 1));
        self.class = self.class.wrapping_add(part);
    }

    /// Clocks have got other numbers.
    fn forget_clocks(&mut self) {
        self.clocks.fill((ClockId::BOTTOM, 0));
    }
}
