//! The children of a node one by one, for random descents (see [`crate::explore::Probe`]).

use super::Exhaustive;
use super::items::Item;
use crate::explore::run::Run;

impl Exhaustive {
    /// How many children are queued at the present node; the sets of overtaken reads of one reversal
    /// count as one.
    pub(in crate::explore) fn queued(&mut self) -> u32 {
        self.items().iter().map(Item::count).sum()
    }

    /// Forgets all queued children but one, or all.
    pub(in crate::explore) fn keep_only(&mut self, child: Option<u32>) {
        let items = self.items();
        let Some(mut child) = child else { return items.clear() };
        let mut chosen = 0;
        while child >= items[chosen].count() {
            child -= items[chosen].count();
            chosen += 1;
        }
        items.swap(0, chosen);
        items.truncate(1);
        items[0].skip(child);
    }

    /// Makes the one queued child; what is queued then are its own children. Tells whether it is an
    /// execution to run. For a group that counts as one, `goes_on` says whether to pass to the next
    /// member.
    pub(in crate::explore) fn enter_queued(
        &mut self,
        run: &mut Run,
        mut goes_on: impl FnMut() -> bool,
    ) -> bool {
        while let Some(item) = self.items().pop() {
            let (level, by_one) = (self.levels.len() - 1, matches!(item, Item::Reversal(_)));
            let has_rest = !matches!(item, Item::Revisit { .. });
            let runs = self.enter(run, item);
            let items = &mut self.levels[level].items;
            let rest = match items.first() {
                Some(Item::Revisit { .. }) | None => None,
                Some(_) if has_rest => Some(items.remove(0)),
                Some(_) => None,
            };
            match rest {
                Some(rest) if by_one && goes_on() => {
                    while self.levels.len() > level + 1 {
                        self.leave(run);
                    }
                    self.items().push(rest);
                }
                _ => return runs,
            }
        }
        false
    }
}
