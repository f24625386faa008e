//! Which executions of a sample are the same, and how many different ones it has not met.
//!
//! Two executions are of the same class if their events are the same, with the same sources, the same
//! coherence, and the same order of what conflicts on objects: if no thread, and no observer of all
//! locations, can tell them apart. A class is known by a hash, a sum over its events, in which the order in
//! which they came does not matter. Threads count by where they were spawned, so the hash is the same in
//! another process.

use super::run::Run;
use super::threads::Threads;
use crate::graph::{Event, Flags, Graph, Kind, Notes, Passed, Position, Settled, event_mark};
use raddle_shims::kernel::{EventId, ThreadId};
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
    pub fn note_event(&mut self, graph: &Graph, threads: &Threads, at: Position) {
        self.hashes.add(graph, threads, at);
    }

    /// Sees to it that accesses that pass get their marks.
    #[inline(always)]
    pub fn mark(&mut self, graph: &mut Graph, threads: &Threads) {
        if graph.has_unmarked() {
            self.hashes.mark(graph, threads);
        }
    }

    /// Notes an access that passed.
    #[inline(always)]
    pub fn note_passed(&mut self, passed: &Passed) {
        let Passed { mark, source, kind, flags, rank, .. } = *passed;
        self.hashes.count(hash(mark, kind, flags, source, rank));
    }

    /// Notes writes that passed and whose place in coherence has become final.
    #[inline(always)]
    pub fn note_settled(&mut self, graph: &mut Graph) {
        if graph.has_settled() {
            graph.take_settled(|write| self.hashes.settle(write));
        }
    }

    /// Notes an execution that has ended, of which these events have not been noted; true if it is the first of its class.
    pub fn note(&mut self, run: &Run) -> bool {
        for (at, event) in run.graph.events().iter().enumerate() {
            if !event.notes.has(Notes::SETTLED) {
                self.hashes.add(&run.graph, &run.threads, Position(at as u32));
            }
        }
        run.graph.each_unsettled(|write| self.hashes.settle(write));
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

/// The hash of an event as far as it can be said of it alone: what stands for it and for its source, and its place in coherence, or
/// which alternative it took.
#[inline(always)]
fn hash(event: u64, kind: Kind, flags: Flags, source: u64, rank: u32) -> u64 {
    let what = kind as u64 | u64::from(flags.has(Flags::SPURIOUS)) << 8 | u64::from(rank) << 16;
    // Which is which is told by the rotation.
    mix(event.wrapping_add(source.rotate_left(32)), what)
}

impl Hashes {
    fn begin(&mut self) {
        self.spawns.clear();
        self.class = 0;
    }

    /// Makes room for all threads.
    #[cold]
    fn add_threads(&mut self, graph: &Graph, threads: &Threads) {
        for thread in self.spawns.len()..graph.threads() {
            self.spawns.push(threads.place(ThreadId(thread as u32)).fold(mix(0, 0), mix) | 1);
        }
    }

    /// Tells the graph which numbers stand for its threads.
    #[cold]
    fn mark(&mut self, graph: &mut Graph, threads: &Threads) {
        self.add_threads(graph, threads);
        for (thread, spawn) in self.spawns.iter().enumerate() {
            graph.mark_thread(ThreadId(thread as u32), *spawn);
        }
    }

    /// Adds an event.
    fn add(&mut self, graph: &Graph, threads: &Threads, at: Position) {
        if self.spawns.len() < graph.threads() {
            self.add_threads(graph, threads);
        }
        let event = graph.event(at);
        let source = match event.kind.reads() && event.source.is_some() {
            true => self.id(graph.event(event.source).id()),
            false => 1,
        };
        let rank = match event.kind {
            Kind::Write | Kind::Update => event.rank,
            Kind::Choice | Kind::Act => event.chosen,
            _ => 0,
        };
        let mut hash = hash(self.id(event.id()), event.kind, event.flags, source, rank);
        match event.kind {
            // What it comes after directly: the rest of the order follows.
            Kind::Act => {
                let mut before = 0_u64;
                graph.each_conflict(at, |other| {
                    before = before.wrapping_add(mix(self.id(other.id()), 0));
                });
                hash = mix(hash, before);
            }
            // How far the threads were when the clock went on.
            Kind::Sleep | Kind::Advance => hash = mix(hash, self.past(graph, event)),
            _ => {}
        }
        self.count(hash);
    }

    /// Adds a write that passed.
    fn settle(&mut self, Settled { mark, source, kind, rank }: Settled) {
        self.count(hash(mark, kind, Flags::default(), source, rank));
    }

    /// A number that stands for an event.
    #[inline(always)]
    fn id(&self, event: EventId) -> u64 {
        event_mark(self.spawns[event.thread.index()], event.index)
    }

    /// The hash of what an event knows of others than its thread: multilinear (Carter, Wegman, "Universal classes of hash functions",
    /// JCSS 1979).
    fn past(&self, graph: &Graph, event: &Event) -> u64 {
        let known = graph.clocks().get(event.causal).iter().zip(&self.spawns).enumerate();
        let others = known.filter(|(thread, _)| *thread != event.thread.index());
        others.fold(0_u64, |sum, (_, (count, spawn))| {
            sum.wrapping_add(u64::from(*count).wrapping_mul(*spawn))
        })
    }

    /// Counts an event: a sum of numbers and of their squares, so that none can be exchanged for others.
    #[inline(always)]
    fn count(&mut self, hash: u64) {
        let hash = u128::from(hash);
        self.class = self.class.wrapping_add((hash * hash).rotate_left(64).wrapping_add(hash));
    }
}
