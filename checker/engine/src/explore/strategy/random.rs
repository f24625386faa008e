//! `random`: a uniformly random thread at every decision.
//!
//! An interleaving of n decisions among m threads has probability of at least m⁻ⁿ, and short threads are over
//! sooner than long ones, so what a short thread does late is rare. Fair: every thread goes on in the end
//! with probability 1.

use super::sampling::{Dice, Learned, Sampling, Scene, Scheduler};
use raddle_shims::kernel::ThreadId;

/// Walks at random.
#[derive(Clone, Copy, Debug)]
pub struct Random;

/// Makes one.
pub(super) fn scheduler(_: &Sampling) -> Box<dyn Scheduler> {
    Box::new(Random)
}

impl Scheduler for Random {
    fn begin(&mut self, _: &Learned, _: &mut Dice) {}

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        enabled[scene.dice.below(enabled.len())]
    }

    fn is_uniform(&self) -> bool {
        true
    }

    fn watches(&self) -> bool {
        false
    }

    fn name(&self) -> String {
        "random".to_string()
    }
}
