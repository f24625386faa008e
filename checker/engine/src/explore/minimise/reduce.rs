//! Candidates that are tried against the best execution known so far.

use super::guide::{Guide, Survey, Wishes};
use super::linear::causes;
use super::plan::{Plan, Wish};
use super::{Effort, Fault, Interleaving, Laboratory};
use crate::explore::strategy::deviations::Deviation;

/// What one execution counts for beside its events.
const PER_EXECUTION: u64 = 50;

/// A minimisation under way.
pub(super) struct Search<'a, L: Laboratory> {
    laboratory: &'a mut L,
    signature: L::Signature,
    /// The operations that may still be performed.
    left: u64,
    out_of_time: bool,
    /// The best execution so far; it fails with the signature.
    pub best: Guide,
    pub executions: u64,
    pub fault: Option<Fault>,
}

impl<'a, L: Laboratory> Search<'a, L> {
    pub fn new(
        laboratory: &'a mut L,
        best: Guide,
        signature: L::Signature,
        effort: Effort,
        fault: Option<Fault>,
    ) -> Search<'a, L> {
        let left = effort.operations;
        Search { laboratory, signature, left, out_of_time: false, best, executions: 1, fault }
    }

    /// Whether nothing more can be tried.
    pub fn is_over(&self) -> bool {
        self.out_of_time || self.left == 0
    }

    /// Runs a candidate: the execution, and whether it fails as it should; none if there is no time left.
    pub fn run(&mut self, wishes: Wishes, survey: Option<Survey>) -> Option<(Guide, bool)> {
        self.out_of_time |= self.laboratory.is_over();
        if self.is_over() {
            return None;
        }
        let guide = Guide::new(wishes, self.best.threads.clone(), survey);
        let (guide, signature) = self.laboratory.execute(guide);
        self.executions += 1;
        self.left = self.left.saturating_sub(u64::from(guide.length) + PER_EXECUTION);
        // Threads that were seen first here keep their numbers.
        self.best.threads = guide.threads.clone();
        let fails = signature.as_ref() == Some(&self.signature);
        Some((guide, fails))
    }

    /// Takes a failing execution if it is better.
    pub fn take(&mut self, guide: Guide) -> bool {
        let better = guide.cost < self.best.cost;
        if better {
            self.best = guide;
        }
        better
    }

    /// Runs a candidate and takes it if it fails as it should and is better.
    pub fn attempt(&mut self, wishes: Wishes) -> bool {
        match self.run(wishes, None) {
            Some((guide, true)) => self.take(guide),
            _ => false,
        }
    }

    /// Leaves out what the failure does not depend on.
    pub fn keep_causes(&mut self) {
        for extra in [true, false] {
            let Some((graph, failure)) = &self.best.failed else { return };
            let plan = causes(graph, failure, extra);
            self.attempt(Wishes::Events(plan));
        }
    }

    /// Runs something that may use up to so many of a hundred parts of what is left.
    pub fn within<R>(&mut self, parts: u64, work: impl FnOnce(&mut Self) -> R) -> R {
        let kept = self.left / 100 * (100 - parts);
        self.left -= kept;
        let result = work(self);
        self.left += kept;
        result
    }

    /// Drops wishes, and moves switches to where they are no preemptions, until nothing helps any more.
    pub fn reduce(&mut self) {
        loop {
            let before = self.best.cost;
            self.sweep(|wish| matches!(wish, Wish::Pick(_)));
            self.sweep(|_| true);
            self.refresh();
            self.skip();
            self.slide();
            if self.best.cost == before || self.is_over() {
                return;
            }
            self.keep_causes();
        }
    }

    /// Drops wishes of one kind, first all, then half of them at a time, and so on.
    fn sweep(&mut self, kind: impl Fn(&Wish) -> bool) {
        let of =
            |plan: &Plan| -> Vec<Wish> { plan.order.iter().filter(|w| kind(w)).copied().collect() };
        let mut size = of(&self.best.plan).len();
        while size > 0 {
            let mut from = 0;
            loop {
                let wishes = of(&self.best.plan);
                if from >= wishes.len() || self.is_over() {
                    break;
                }
                let some = &wishes[from..wishes.len().min(from + size)];
                let plan = self.best.plan.without(some);
                if !self.attempt(Wishes::Events(plan)) {
                    from += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    /// Asks the laboratory for an interleaving, and goes on with that.
    pub fn look_for_interleaving(&mut self) -> Interleaving {
        let answer = self.laboratory.interleaving(&self.signature);
        if let Interleaving::Fails(deviations) = &answer
            && self.attempt(Wishes::Steps(deviations.clone()))
        {
            self.keep_causes();
            self.reduce();
        }
        answer
    }

    /// Drops single deviations of the token, until none can be dropped.
    pub fn drop_single(&mut self) {
        let mut number = 0;
        while number < self.best.deviations.len() {
            let any = single(&self.best.deviations, number)
                .into_iter()
                .any(|without| self.attempt(Wishes::Steps(without)));
            number = if any { 0 } else { number + 1 };
        }
    }
}

/// The deviations with less of the one with that number.
fn single(deviations: &[Deviation], number: usize) -> Vec<Vec<Deviation>> {
    let mut all = Vec::new();
    let deviation = deviations[number];
    let mut without = deviations.to_vec();
    without.remove(number);
    all.push(without);
    if deviation.thread.is_some() && deviation.alternative.is_some() {
        for part in
            [Deviation { thread: None, ..deviation }, Deviation { alternative: None, ..deviation }]
        {
            let mut less = deviations.to_vec();
            less[number] = part;
            all.push(less);
        }
    }
    all
}
