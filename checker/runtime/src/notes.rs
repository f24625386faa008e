//! What a turn of a loop changes in memory that is not on the stack of its thread.
//!
//! `seen[flag.load()] = true` is no operation, and where `seen` is on the heap it is not on the stack either: a turn that does so is not nothing
//! the first time, and may be the second time. So what the program's [memory](crate::reach) holds when a thread gets what it has read is compared with what it holds
//! at the next thing that the thread asks for. Nobody else runs in between, so what is different then it has written itself, and what it has read there is no
//! turn that could be left out: it is an event like others. If it was only tried with that value, it has left its loop.
//!
//! This takes some microseconds, so it is done for the first [`LOOKS`] times only that a thread, when it has read so often, gets that value at that place, unless a turn is
//! known to write there.

use crate::sections::SectionFault;
use crate::shared::Shared;
use raddle_shims::kernel::Reply;
use raddle_shims::model::{Site, off_the_heap};
use std::collections::BTreeMap;

/// How often it is looked at what a thread does with a value.
const LOOKS: u8 = 8;

/// Which thread it is that has read, how often it had read before, and what it has got. What is further on, or has a high number, is taken together.
type Moment = (u8, u8, u64);

/// What a thread has read: where, how often it had read before, and what it has got.
pub(crate) type Read = (Site, u32, Reply);

fn moment(thread: usize, (_, reads, reply): &Read) -> Moment {
    let value = match *reply {
        Reply::Done => 0,
        Reply::Value(value) | Reply::Refused(value) => value.0,
        Reply::Exchanged(value) => !value.0,
    };
    (u8::try_from(thread).unwrap_or(u8::MAX), u8::try_from(*reads).unwrap_or(u8::MAX), value)
}

/// What is known of one place where threads read.
struct Place {
    site: Site,
    /// How often it was looked at what is done with what was read.
    looks: BTreeMap<Moment, u8>,
    /// Whether it was not looked at it some time.
    skips: bool,
    /// Whether turns there write.
    writes: bool,
}

/// Which turns write, as far as is known.
#[derive(Default)]
pub(crate) struct Notes {
    places: Vec<Place>,
}

impl Notes {
    fn at(&mut self, site: Site) -> &mut Place {
        let known = self.places.iter().position(|known| std::ptr::eq(known.site, site));
        let known = known.unwrap_or_else(|| {
            self.places.push(Place { site, looks: BTreeMap::new(), skips: false, writes: false });
            self.places.len() - 1
        });
        &mut self.places[known]
    }

    /// Whether it is to be looked at what a thread does with a value that it has read there.
    fn asks(&mut self, thread: usize, read: &Read) -> bool {
        let place = self.at(read.0);
        if place.writes {
            return true;
        }
        let looks = place.looks.entry(moment(thread, read)).or_insert(0);
        let asks = *looks < LOOKS;
        *looks = looks.saturating_add(1);
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
            let thread = self.current.get().index();
            if read.is_some_and(|read| self.loops.borrow_mut().notes.asks(thread, &read)) {
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
