//! Growing what the newest event leads to, compared with all of psc on random graphs.

use super::Closing;
use crate::graph::{Causality, Draft, Flags, Graph, Position};
use crate::memory::{Psc, coherence_floor};
use raddle_shims::kernel::{
    Change, FenceOrdering, LoadOrdering, LocationId, Op, RmwOrdering, StoreOrdering, ThreadId,
    Value,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What came of all additions to all graphs.
#[derive(Default, Debug)]
struct Tally {
    closed: u32,
    open: u32,
    unknown: u32,
    wrong: u32,
}

/// A graph that grows by random events.
struct Growing {
    graph: Graph,
    random: ChaCha8Rng,
    /// Of hundred accesses and fences, how many are SeqCst.
    seq_cst: [u32; 2],
    ended: Vec<bool>,
}

impl Growing {
    fn new(seed: u64) -> Growing {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut part = || [0, 30, 80][(random.next_u32() % 3) as usize];
        let seq_cst = [part(), part().max(30)];
        let graph = Graph::new(Causality::ReadsFrom);
        let mut growing = Growing { graph, random, seq_cst, ended: vec![false] };
        // Some begin with all their threads, which then know nothing of each other.
        for _ in 0..[0, 2, 3][(seed % 3) as usize] {
            let draft = growing.spawn(ThreadId::MAIN);
            growing.graph.push(draft);
        }
        growing
    }

    fn spawn(&mut self, thread: ThreadId) -> Draft {
        self.ended.push(false);
        Draft { chosen: self.ended.len() as u32 - 1, ..plain(thread, Op::Spawn) }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.random.next_u32() % bound
    }

    fn thread(&mut self) -> ThreadId {
        let going: Vec<u32> =
            (0..self.ended.len() as u32).filter(|&thread| !self.ended[thread as usize]).collect();
        ThreadId(going[self.below(going.len() as u32) as usize])
    }

    /// The next event of some thread, anywhere where coherence and atomicity have it.
    fn draft(&mut self) -> Draft {
        let thread = self.thread();
        let location = LocationId(self.below(2));
        self.graph.ensure_location(location);
        let draft = |op| plain(thread, op);
        let is_sc = |random: u32, part: u32| random % 100 < part;
        let (access, fence) = (self.below(100), self.below(100));
        let (access_sc, fence_sc) = (is_sc(access, self.seq_cst[0]), is_sc(fence, self.seq_cst[1]));
        let floor = coherence_floor(&self.graph, thread, location);
        let ranks: Vec<u32> = (floor..=self.graph.last_rank(location)).collect();
        // Old values more often than new ones, as these close cycles.
        let oldest = self.below(ranks.len() as u32).min(self.below(ranks.len() as u32));
        let any = ranks[oldest as usize];
        let updated = |rank: &u32| self.graph.update_of(location, *rank).is_some();
        let free: Vec<u32> = ranks.iter().copied().filter(|rank| !updated(rank)).collect();
        let free = free[self.below(free.len() as u32) as usize];
        let source = |rank| self.graph.at_rank(location, rank);
        let others = self.ended.len() as u32;
        match self.random.next_u32() % 12 {
            0..4 => {
                let ordering = match (access_sc, access % 2) {
                    (true, _) => LoadOrdering::SeqCst,
                    (_, 0) => LoadOrdering::Acquire,
                    _ => LoadOrdering::Relaxed,
                };
                let op = Op::Load { location, ordering, until: None };
                Draft { source: source(any), ..draft(op) }
            }
            4..7 => {
                let ordering = match (access_sc, access % 2) {
                    (true, _) => StoreOrdering::SeqCst,
                    (_, 0) => StoreOrdering::Release,
                    _ => StoreOrdering::Relaxed,
                };
                let op = Op::Store { location, ordering, value: Value(1) };
                Draft { after: free, ..draft(op) }
            }
            7 => {
                let ordering = match (access_sc, access % 2) {
                    (true, _) => RmwOrdering::SeqCst,
                    (_, 0) => RmwOrdering::AcqRel,
                    _ => RmwOrdering::Relaxed,
                };
                let change = Change::swap(Value(1));
                let op = Op::Rmw { location, ordering, change, until: None };
                Draft { source: source(free), ..draft(op) }
            }
            8..10 => {
                let all = [FenceOrdering::Acquire, FenceOrdering::Release, FenceOrdering::AcqRel];
                draft(Op::Fence(match fence_sc {
                    true => FenceOrdering::SeqCst,
                    false => all[(fence % 3) as usize],
                }))
            }
            10 if others < 4 => self.spawn(thread),
            _ => {
                let other = self.below(others);
                if other == 0
                    || other == thread.0
                    || self.below(3) > 0
                    || self.ended[other as usize]
                {
                    return self.draft();
                }
                self.ended[other as usize] = true;
                draft(Op::Join(ThreadId(other)))
            }
        }
    }
}

/// A draft in which nothing has been decided.
fn plain(thread: ThreadId, op: Op) -> Draft {
    Draft { thread, op, source: Position::INITIAL, after: 0, chosen: 0, flags: Flags::default() }
}

/// Adds events to graphs; those that close a cycle are taken away again.
fn compare(closing: &mut Closing, seeds: std::ops::Range<u64>) -> Tally {
    let mut psc = Psc::default();
    let mut tally = Tally::default();
    for seed in seeds {
        let mut growing = Growing::new(seed);
        for _ in 0..12 + seed % 16 {
            let draft = growing.draft();
            let end = growing.graph.end();
            let at = growing.graph.push(draft);
            let is_closed = !psc.is_acyclic(&growing.graph);
            if super::super::psc::may_close_a_cycle(&growing.graph, at) {
                match closing.closes(&growing.graph, at) {
                    None => tally.unknown += 1,
                    Some(known) => tally.wrong += u32::from(known != is_closed),
                }
                *if is_closed { &mut tally.closed } else { &mut tally.open } += 1;
            } else {
                assert!(!is_closed, "seed {seed}: the newest closes a cycle: {:?}", growing.graph);
            }
            if is_closed {
                growing.graph.truncate(end);
            }
        }
    }
    tally
}

#[test]
fn what_is_grown_says_what_all_of_psc_says() {
    let tally = compare(&mut Closing::default(), 0..20_000);
    assert_eq!(tally.wrong, 0, "{tally:?}");
    assert!(tally.closed > 1_500 && tally.open > 20_000, "{tally:?}");
    assert!(tally.unknown * 10 < tally.closed, "too often all is computed: {tally:?}");
}

#[test]
fn the_comparison_notices_readers_that_are_left_out() {
    let mut closing = Closing::default();
    closing.ignore_readers();
    assert!(compare(&mut closing, 0..3_000).wrong > 0);
}
