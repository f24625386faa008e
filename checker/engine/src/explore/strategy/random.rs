//! Random executions: a uniformly random enabled thread at every operation.
//!
//! Reads take the newest source with probability 1 - ε and otherwise step back in coherence, each step
//! with the same odds, as far as coherence allows; so every source keeps a positive probability, and a
//! thread that spins sees the newest value soon. Stores go last, or with probability ε step back the
//! same way. Miri (`weak_memory.rs`) draws uniformly among all sources and never places a store before
//! another; that starves spin loops and misses 2+2W.

use super::{Next, Strategy, undiscovered};
use crate::explore::options::Options;
use crate::explore::run::Run;
use crate::graph::{Draft, Flags, Position};
use raddle_shims::kernel::{Op, ThreadId};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Samples executions from a seed, without end: the caller's limits end the search.
#[derive(Clone, Debug)]
pub struct Random {
    /// At the beginning of the seed's stream 0; execution `n` draws from stream `n`.
    seeded: ChaCha8Rng,
    rng: ChaCha8Rng,
    execution: u64,
    /// ε, in parts of 256.
    staleness: u8,
    /// The thread that yielded last: it is passed over once if others can run.
    yielded: Option<ThreadId>,
    enabled: Vec<ThreadId>,
}

impl Random {
    /// The default ε, in parts of 256: one in five.
    pub const STALENESS: u8 = 51;

    /// The executions of that seed, with the default ε.
    pub fn new(seed: u64) -> Self {
        Random::with_staleness(seed, Random::STALENESS)
    }

    /// The executions of that seed, with ε = `staleness` / 256; 0 never reads a stale value.
    pub fn with_staleness(seed: u64, staleness: u8) -> Self {
        let seeded = ChaCha8Rng::seed_from_u64(seed);
        let rng = seeded.clone();
        Random { seeded, rng, execution: 0, staleness, yielded: None, enabled: Vec::new() }
    }

    /// Goes on with the execution that has that number, counted from 0: each has a stream of random
    /// numbers of its own.
    pub fn starting_at(mut self, execution: u64) -> Self {
        self.execution = execution;
        self
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.rng.next_u32()) * bound as u64) >> 32) as usize
    }

    fn steps_back(&mut self) -> bool {
        (self.rng.next_u32() & 0xff) < u32::from(self.staleness)
    }

    /// Walks down the options from the canonical one.
    fn choose(&mut self, run: &mut Run, draft: &mut Draft) {
        let mut options = Options::of(run, draft.thread, &draft.op);
        let mut chosen = None;
        while let Some(choice) = options.advance(run, draft) {
            if choice.conflict || !run.admits(draft) {
                continue;
            }
            if !self.steps_back() {
                return;
            }
            chosen = Some(*draft);
        }
        *draft = chosen.expect("a thread that is placed is enabled");
    }
}

impl Strategy for Random {
    fn prepare(&mut self, run: &mut Run) -> bool {
        run.graph.clear();
        self.rng = self.seeded.clone();
        self.rng.set_stream(self.execution);
        self.execution += 1;
        self.yielded = None;
        true
    }

    fn select(&mut self, run: &mut Run) -> Next {
        if let Some(thread) = undiscovered(run) {
            return Next::Discover(thread);
        }
        let mut enabled = std::mem::take(&mut self.enabled);
        enabled.clear();
        enabled.extend(run.thread_ids().filter(|&thread| run.is_enabled(thread)));
        if enabled.len() > 1
            && let Some(yielded) = self.yielded.take()
        {
            enabled.retain(|&thread| thread != yielded);
        }
        let next = match enabled.len() {
            0 => Next::Nobody,
            count => Next::Perform(enabled[self.below(count)]),
        };
        self.enabled = enabled;
        next
    }

    fn place(&mut self, run: &mut Run, thread: ThreadId) -> Position {
        let mut draft = run.draft(thread);
        match draft.op {
            Op::Choose { alternatives } => {
                draft.chosen = self.below(alternatives as usize) as u32;
            }
            _ => self.choose(run, &mut draft),
        }
        draft.flags = draft.flags.with(Flags::MAXIMAL);
        run.push(draft)
    }

    fn on_yield(&mut self, thread: ThreadId) {
        self.yielded = Some(thread);
    }
}
