//! Which steps happen before which, without what follows from the rest.

use crate::explore::Told;
use raddle_shims::kernel::EventId;
use std::collections::BTreeMap;

/// What has been shown so far.
pub(super) struct Order<'a> {
    told: &'a Told,
    /// Which step shows an event.
    shown: BTreeMap<EventId, usize>,
    /// What each thread knew at its latest event.
    known: Vec<Vec<u32>>,
}

impl<'a> Order<'a> {
    pub fn new(told: &'a Told) -> Self {
        Order { told, shown: BTreeMap::new(), known: Vec::new() }
    }

    /// Notes that a step shows an event: the steps of other threads that happen before it and that are news to
    /// its thread.
    pub fn show(&mut self, event: usize, step: usize) -> Vec<u32> {
        let Some(event) = self.told.sequence.get(event) else { return Vec::new() };
        let own = event.id.thread.index();
        if self.known.len() <= own {
            self.known.resize(own + 1, Vec::new());
        }
        let before = std::mem::replace(&mut self.known[own], event.known.clone());
        self.shown.insert(event.id, step);
        let news = event.known.iter().enumerate().filter(|&(thread, &count)| {
            thread != own && count > before.get(thread).copied().unwrap_or(0)
        });
        let mut after = Vec::new();
        for (thread, &count) in news {
            let thread = raddle_shims::kernel::ThreadId(thread as u32);
            let to = EventId { thread, index: count };
            let from = EventId { thread, index: 0 };
            after.extend(self.shown.range(from..to).next_back().map(|(_, &step)| step as u32));
        }
        after.sort_unstable();
        after
    }
}
