//! Programs some of whose locations are as Go's atomics are: whatever is done to these is interleaved.

use crate::program::{Instruction, Order, Program};

impl Instruction {
    /// The location that it accesses, its ordering, and that of its failure if it may fail.
    fn access(&mut self) -> Option<(u32, &mut Order, Option<&mut Order>)> {
        use Instruction::*;
        match self {
            Load { loc, ord, .. }
            | Store { loc, ord, .. }
            | FetchAdd { loc, ord, .. }
            | Swap { loc, ord, .. }
            | Rmw { loc, ord, .. } => Some((*loc, ord, None)),
            Cas { loc, ord, fail, .. } => Some((*loc, ord, Some(fail))),
            _ => None,
        }
    }
}

impl Program {
    /// The same program, in which every access of the locations that `chosen` picks is [`Order::Interleaved`].
    #[must_use]
    pub fn interleaved(self, chosen: impl Fn(u32) -> bool) -> Program {
        self.ordered(Order::Interleaved, chosen)
    }

    /// The same program, in which every access of the locations that `chosen` picks has that ordering, which fits loads and stores alike.
    #[must_use]
    pub fn ordered(mut self, order: Order, chosen: impl Fn(u32) -> bool) -> Program {
        for body in &mut self.threads {
            for_each(body, &mut |instruction| {
                if let Some((loc, ord, fail)) = instruction.access()
                    && chosen(loc)
                {
                    *ord = order;
                    fail.into_iter().for_each(|fail| *fail = order);
                }
            });
        }
        self
    }

    /// Whether every location is interleaved in all of its accesses or in none.
    ///
    /// # Errors
    /// The first location that is not, in words.
    pub(crate) fn check_interleaved(&self) -> Result<(), String> {
        let mut is_interleaved = vec![None; self.locations as usize];
        let mut mixed = None;
        for body in &self.threads {
            for_each(&mut body.clone(), &mut |instruction| {
                let Some((loc, ord, fail)) = instruction.access() else { return };
                for order in std::iter::once(ord).chain(fail) {
                    let now = *order == Order::Interleaved;
                    let known =
                        is_interleaved.get_mut(loc as usize).map(|known| known.get_or_insert(now));
                    if known.is_some_and(|known| *known != now) {
                        mixed = mixed.or(Some(loc));
                    }
                }
            });
        }
        match mixed {
            None => Ok(()),
            Some(loc) => Err(format!(
                "location {loc} is interleaved in some of its accesses only: let all have that ordering or none"
            )),
        }
    }
}

fn for_each(body: &mut [Instruction], act: &mut impl FnMut(&mut Instruction)) {
    for instruction in body {
        act(instruction);
        match instruction {
            Instruction::IfEq { then, .. } => for_each(then, act),
            Instruction::If { then, otherwise, .. } => {
                for_each(then, act);
                for_each(otherwise, act);
            }
            Instruction::Repeat { body, .. } => for_each(body, act),
            _ => {}
        }
    }
}
