//! What a sample is drawn with, and what names one of its executions.

use super::super::{STRATEGIES, StrategyRow};

/// What a sample is drawn with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sampling {
    /// Where the random numbers begin.
    pub seed: u64,
    /// ε of reads and places, in parts of 256; 0 never reads a stale value.
    pub staleness: u8,
    /// How many orderings of two events it takes to reach the bugs that `pct` is to find; at least 1.
    pub depth: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { seed: 0, staleness: Sampling::STALENESS, depth: Sampling::DEPTH }
    }
}

impl Sampling {
    /// The default ε, in parts of 256: one in five.
    pub const STALENESS: u8 = 51;
    /// The default depth.
    pub const DEPTH: u32 = 3;
    /// The greatest depth.
    pub const DEPTH_MAX: u32 = 1_000;

    /// The defaults, with a seed.
    pub fn with_seed(seed: u64) -> Sampling {
        Sampling { seed, ..Sampling::default() }
    }

    /// The row that a name in a token means, and this with its parameters: `pct5` is `pct` of depth 5.
    /// None if there is no such sampling strategy.
    pub fn named(self, name: &str) -> Option<(StrategyRow, Sampling)> {
        let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (word, number) = name.split_at(name.len() - digits);
        let row = *STRATEGIES.iter().find(|row| row.name == word && row.scheduler.is_some())?;
        if number.is_empty() {
            return Some((row, self));
        }
        let depth = number.parse().ok().filter(|depth| (1..=Self::DEPTH_MAX).contains(depth))?;
        row.settings.contains(&"depth").then_some((row, Sampling { depth, ..self }))
    }
}

/// One sampled execution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SampleId {
    /// The strategy with its parameters, as for [`Sampling::named`].
    pub strategy: String,
    /// The seed.
    pub seed: u64,
    /// The number, from 0.
    pub execution: u64,
}
