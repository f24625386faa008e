//! `portfolio`: the other sampling strategies in turn, more often those that show new behaviours.
//!
//! No strategy is best on all programs (Zhao et al., ASPLOS 2025, Table 1), and which one is cannot be known
//! before. Two of three executions are of `surw`, which is within a small factor of the best on most programs
//! whose figures are published. The others share the rest, a quarter of it evenly and three quarters in
//! proportion to the classes that each has shown first, per execution, with old executions weighing less. So
//! the guarantee of each arm holds with a constant factor: what an arm finds with probability p in an execution,
//! the portfolio finds with at least its floor share of p.
//!
//! An execution of an arm is the execution of that number of the strategy itself, with which a token names
//! it. Which arm it is depends on the executions before. As fair as its arms: all but `pct` are.

use super::sampling::{Dice, Learned, Sampling, Scene, Scheduler};
use super::{pct, pos, random, surw, urw};
use crate::graph::{Kind, Position};
use raddle_shims::kernel::{Op, ThreadId};

/// The share of `surw`.
const FIRST: f64 = 2.0 / 3.0;
/// The part of what is left that is shared evenly.
const EVENLY: f64 = 0.25;
/// After how many executions of an arm what it has shown counts half.
const MEMORY: f64 = 64.0;

/// A strategy and what came of it.
#[derive(Debug)]
struct Arm {
    scheduler: Box<dyn Scheduler>,
    /// New classes per execution, of late.
    yields: f64,
    /// Executions that are due to it; it is chosen when it has the most.
    credit: f64,
}

/// Takes turns.
#[derive(Debug)]
pub struct Portfolio {
    arms: Vec<Arm>,
    current: usize,
}

/// Makes one.
pub(super) fn scheduler(sampling: &Sampling) -> Box<dyn Scheduler> {
    let made = [surw::scheduler, pos::scheduler, pct::scheduler, urw::scheduler, random::scheduler];
    let arms = made.map(|make| Arm { scheduler: make(sampling), yields: 1.0, credit: 0.0 });
    Box::new(Portfolio { arms: arms.into(), current: 0 })
}

impl Portfolio {
    /// Gives every arm its share of one execution and chooses who has the most to his credit.
    fn turn(&mut self) {
        let others = (self.arms.len() - 1) as f64;
        let total: f64 = self.arms[1..].iter().map(|arm| arm.yields).sum();
        for (number, arm) in self.arms.iter_mut().enumerate() {
            arm.credit += match number {
                0 => FIRST,
                _ if total > 0.0 => {
                    (1.0 - FIRST) * (EVENLY / others + (1.0 - EVENLY) * arm.yields / total)
                }
                _ => (1.0 - FIRST) / others,
            };
        }
        let most = |left: &(usize, &Arm), right: &(usize, &Arm)| {
            left.1.credit.total_cmp(&right.1.credit).then(right.0.cmp(&left.0))
        };
        let chosen = self.arms.iter().enumerate().max_by(most);
        self.current = chosen.map_or(0, |(number, _)| number);
        self.arms[self.current].credit -= 1.0;
    }
}

impl Scheduler for Portfolio {
    fn begin(&mut self, learned: &Learned, dice: &mut Dice) {
        self.turn();
        self.arms[self.current].scheduler.begin(learned, dice);
    }

    fn begin_again(&mut self, learned: &Learned, dice: &mut Dice) {
        self.arms[self.current].scheduler.begin(learned, dice);
    }

    fn pick(&mut self, scene: Scene<'_>, enabled: &[ThreadId]) -> ThreadId {
        self.arms[self.current].scheduler.pick(scene, enabled)
    }

    fn on_event(&mut self, scene: Scene<'_>, at: Position) {
        self.arms[self.current].scheduler.on_event(scene, at);
    }

    fn on_access(&mut self, scene: Scene<'_>, thread: ThreadId, op: &Op, kind: Kind) {
        self.arms[self.current].scheduler.on_access(scene, thread, op, kind);
    }

    fn is_uniform(&self) -> bool {
        self.arms[self.current].scheduler.is_uniform()
    }

    fn watches(&self) -> bool {
        self.arms[self.current].scheduler.watches()
    }

    fn on_yield(&mut self, thread: ThreadId, dice: &mut Dice) {
        self.arms[self.current].scheduler.on_yield(thread, dice);
    }

    fn end(&mut self, new: bool) {
        let arm = &mut self.arms[self.current];
        arm.yields += (f64::from(new) - arm.yields) / MEMORY;
    }

    fn learns(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        self.arms[self.current].scheduler.name()
    }
}
