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
    /// Instead of random numbers.
    given: Option<Box<Given>>,
}

/// Bytes that somebody else chose, and how many of them are used up.
#[derive(Clone, Debug)]
struct Given {
    bytes: Vec<u8>,
    used: usize,
}

impl Given {
    /// The next byte in the whole range of 32 bits. Behind the last one come the greatest numbers: these take the
    /// last thread that can go on, and read what is newest.
    fn next(&mut self) -> u32 {
        let byte = self.bytes.get(self.used).copied().unwrap_or(u8::MAX);
        self.used += 1;
        u32::from(byte) * 0x0101_0101
    }
}

impl Dice {
    /// Those of a seed.
    pub(super) fn new(seed: u64) -> Dice {
        let seeded = ChaCha8Rng::seed_from_u64(seed);
        Dice { rng: seeded.clone(), seeded, given: None }
    }

    /// Those of bytes, one for each number.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Dice {
        Dice { given: Some(Box::new(Given { bytes, used: 0 })), ..Dice::new(0) }
    }

    /// Whether these are bytes that somebody else chose.
    #[inline]
    pub(super) const fn are_given(&self) -> bool {
        self.given.is_some()
    }

    #[inline(always)]
    fn next_u32(&mut self) -> u32 {
        match &mut self.given {
            None => self.rng.next_u32(),
            Some(given) => given.next(),
        }
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        match &mut self.given {
            None => self.rng.next_u64(),
            Some(given) => u64::from(given.next()) << 32 | u64::from(given.next()),
        }
    }

    /// Begins the stream of an execution.
    pub(super) fn begin(&mut self, execution: u64) {
        self.rng = self.seeded.clone();
        self.rng.set_stream(execution);
        if let Some(given) = &mut self.given {
            given.used = 0;
        }
    }

    /// A number below `bound`, each with the same probability but for a bias of at most `bound` / 2³².
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.next_u32()) * bound as u64) >> 32) as usize
    }

    /// True with probability `parts` / 256.
    #[inline(always)]
    pub fn chance(&mut self, parts: u8) -> bool {
        (self.next_u32() & 0xff) < u32::from(parts)
    }

    /// Any number.
    #[inline]
    pub fn number(&mut self) -> u64 {
        self.next_u64()
    }

    /// A number below `total`, or 0, each with the same probability but for a bias of at most `total` / 2⁶⁴.
    #[inline]
    pub fn part_of(&mut self, total: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(total)) >> 64) as u64
    }

    /// The index of one of some weights, drawn in proportion to them; the first if all are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut rest = self.part_of(weights.clone().sum());
        for (index, weight) in weights.enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        0
    }
}
