//! What a turn of a loop changes in memory that is not on the stack of its thread.
//!
//! `seen[flag.load()] = true` is no operation, and where `seen` is on the heap it is not on the stack either: a turn that does so is not nothing
//! the first time, and may be the second time. So what the program's [memory](crate::reach) holds when a thread gets what it has read is compared with what it holds
//! at the next thing that the thread asks for. Nobody else runs in between, so what is different then it has written itself, and what it has read there is no
//! turn that could be left out: it is an event like others. If it was only tried with that value, it has left its loop.
//!
//! This takes some microseconds, so it is done for the first [`LOOKS`] times only that a thread gets that value at that place after it has got the same values before, unless a turn is
//! known to write there. What it does then depends on nothing else but what others have left in plain memory.

use crate::local::Local;
use crate::sections::SectionFault;
use crate::shared::Shared;
use raddle_shims::kernel::Reply;
use raddle_shims::model::{Site, off_the_heap};
use std::collections::BTreeMap;

/// How often it is looked at what a thread does with a value.
const LOOKS: u8 = 8;

/// How many moments are remembered. If there are more, all are forgotten, and looked at anew.
const MOMENTS_MAX: usize = 1 << 16;

/// Which thread it is that has read, a number for what it had got in that execution, and one for what it has got now.
type Moment = (usize, u64, u64);

/// A number for a reply.
#[inline(always)]
const fn number(reply: Reply) -> u64 {
    match reply {
        Reply::Done => 0,
        Reply::Value(value) | Reply::Refused(value) => value.0,
        Reply::Exchanged(value) => !value.0,
    }
}

impl Local {
    /// Keeps in mind what the thread has got.
    #[inline(always)]
    pub fn remember(&self, reply: Reply) {
        let got = (self.got.get() ^ number(reply)).rotate_left(23);
        self.got.set(got.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1));
    }
}

/// What is known of one place where threads read.
struct Place {
    site: Site,
    /// Whether it was not looked at it some time.
    skips: bool,
    /// Whether turns there write.
    writes: bool,
}

/// Which turns write, as far as is known.
#[derive(Default)]
pub(crate) struct Notes {
    places: Vec<Place>,
    /// How often it was looked at what is done with what was read.
    looks: BTreeMap<Moment, u8>,
}

impl Notes {
    fn at(&mut self, site: Site) -> &mut Place {
        let known = self.places.iter().position(|known| std::ptr::eq(known.site, site));
        let known = known.unwrap_or_else(|| {
            self.places.push(Place { site, skips: false, writes: false });
            self.places.len() - 1
        });
        &mut self.places[known]
    }

    /// Whether it is to be looked at what a thread does with a value that it has read there.
    fn asks(&mut self, site: Site, moment: Moment) -> bool {
        if self.looks.len() >= MOMENTS_MAX {
            self.looks.clear();
        }
        let looks = self.looks.entry(moment).or_insert(0);
        let looks_left = *looks < LOOKS;
        *looks = looks.saturating_add(1);
        let place = self.at(site);
        let asks = place.writes || looks_left;
        place.skips |= !asks;
        asks
    }

    /// A turn with a read there has written. Whether that may have been overlooked until now.
    pub fn note_writes(&mut self, site: Site) -> bool {
        let place = self.at(site);
        !std::mem::replace(&mut place.writes, true) && place.skips
    }

    /// Where turns are known to write.
    pub fn writes(&self) -> impl Iterator<Item = Site> + '_ {
        self.places.iter().filter(|place| place.writes).map(|place| place.site)
    }
}

impl Shared {
    /// The running thread goes on with what it has read.
    #[inline]
    pub(crate) fn watch_turn(&self) {
        let mine = self.mine();
        let spin = mine.spin.borrow();
        if spin.is_watched() && !self.draining.get() {
            let read = spin.latest_read();
            drop(spin);
            let _heap = off_the_heap();
            let Some((site, reply)) = read else { return };
            let moment = (self.current.get().index(), mine.got.get(), number(reply));
            if self.loops.borrow_mut().notes.asks(site, moment) {
                self.begin_watch();
            }
        }
    }

    #[cold]
    fn begin_watch(&self) {
        if self.has(SectionFault::IgnoresMemory) {
            return;
        }
        let current = self.current.get().index();
        let threads = self.threads.borrow();
        let others = threads.iter().enumerate().filter(|(thread, _)| *thread != current);
        let others = others.map(|(_, local)| &**local);
        let mine = self.mine();
        let locals = mine.slots.try_borrow();
        let locals = locals.iter().flat_map(|locals| locals.values());
        let locals = locals.filter(|_| !self.has(SectionFault::IgnoresLocals));
        self.reach.borrow_mut().note(self.memory.as_ref(), locals, others);
        self.watches_turn.set(true);
    }

    /// The running thread asks for something.
    #[inline(always)]
    pub(crate) fn settle_turn(&self) {
        if self.watches_turn.get() {
            self.end_watch();
        }
    }

    #[cold]
    fn end_watch(&self) {
        let _heap = off_the_heap();
        self.watches_turn.set(false);
        if self.reach.borrow().differs() {
            self.mine().spin.borrow_mut().note_written();
        }
    }
}
