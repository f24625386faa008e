//! The random numbers of one execution.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Random numbers that depend on a seed and the number of an execution, and on nothing else.
///
/// Execution `n` draws from stream `n` of ChaCha8 (Bernstein, "ChaCha, a variant of Salsa20", 2008), so
/// that it can be repeated without those before it.
#[derive(Clone, Debug)]
pub struct Dice {
    /// At the beginning of stream 0.
    seeded: ChaCha8Rng,
    rng: ChaCha8Rng,
}

impl Dice {
    /// Those of a seed.
    pub(super) fn new(seed: u64) -> Dice {
        let seeded = ChaCha8Rng::seed_from_u64(seed);
        Dice { rng: seeded.clone(), seeded }
    }

    /// Begins the stream of an execution.
    pub(super) fn begin(&mut self, execution: u64) {
        self.rng = self.seeded.clone();
        self.rng.set_stream(execution);
    }

    /// A number below `bound`, each with the same probability but for a bias of at most `bound` / 2³².
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.rng.next_u32()) * bound as u64) >> 32) as usize
    }

    /// True with probability `parts` / 256.
    #[inline]
    pub fn chance(&mut self, parts: u8) -> bool {
        (self.rng.next_u32() & 0xff) < u32::from(parts)
    }

    /// Any number.
    #[inline]
    pub fn number(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// The index of one of some weights, drawn in proportion to them; the first if all are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let total: u64 = weights.clone().sum();
        let mut rest = ((u128::from(self.rng.next_u64()) * u128::from(total)) >> 64) as u64;
        for (index, weight) in weights.enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        0
    }
}
