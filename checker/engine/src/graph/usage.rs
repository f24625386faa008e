//! Which event uses what: the index from which conflicts, and the clocks they carry, are read off.
//!
//! The uses of an aspect form a chain, the latest first. What conflicts with a new use is found by
//! walking it: a write conflicts with all before it, so nothing beyond the latest conflicting write is news.

use super::clock::{ClockId, Clocks};
use super::event::{Event, Position};
use super::execution_graph::Graph;
use crate::objects::{Mode, Use};
use raddle_shims::kernel::LocationId;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// What goes with a use.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The event.
    event: Position,
    /// The use of the same aspect before this one.
    previous: u32,
    /// The latest one before it that has another mode: what commutes with this one may go on there.
    other: u32,
    /// What was released up to here by writes, and by additions.
    written: ClockId,
    added: ClockId,
}

/// All uses of a graph, in the order of its events.
#[derive(Clone, Debug, Default)]
pub(super) struct Usages {
    uses: Vec<Use>,
    links: Vec<Link>,
    /// For each location and aspect, the latest use.
    latest: Vec<Vec<u32>>,
}

impl Usages {
    pub fn len(&self) -> u32 {
        self.uses.len() as u32
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        let chains: usize = self.latest.iter().map(Vec::capacity).sum();
        self.uses.capacity() * size_of::<Use>()
            + self.links.capacity() * size_of::<Link>()
            + self.latest.capacity() * size_of::<Vec<u32>>()
            + chains * size_of::<u32>()
    }

    pub fn clear(&mut self) {
        self.uses.clear();
        self.links.clear();
        self.latest.iter_mut().for_each(|chains| chains.fill(NONE));
    }

    /// The uses from one index to another.
    #[inline]
    pub fn between(&self, start: u32, end: u32) -> &[Use] {
        &self.uses[start as usize..end as usize]
    }

    #[inline]
    fn latest(&self, location: LocationId, aspect: u32) -> u32 {
        let chain = self.latest.get(location.index()).and_then(|l| l.get(aspect as usize));
        chain.copied().unwrap_or(NONE)
    }

    #[inline]
    fn latest_mut(&mut self, location: LocationId, aspect: u32) -> &mut u32 {
        let known = self.latest.get(location.index()).map_or(0, Vec::len);
        if aspect as usize >= known {
            self.make_room(location, aspect);
        }
        &mut self.latest[location.index()][aspect as usize]
    }

    #[cold]
    fn make_room(&mut self, location: LocationId, aspect: u32) {
        if location.index() >= self.latest.len() {
            self.latest.resize_with(location.index() + 1, Vec::new);
        }
        self.latest[location.index()].resize(aspect as usize + 1, NONE);
    }

    /// Calls `earlier` with the event of every use that conflicts with `used`, as far as the others are
    /// not among the causes of these.
    #[inline(always)]
    pub fn conflicting(&self, used: &Use, earlier: impl FnMut(Position)) {
        self.conflicting_from(self.latest(used.location, used.aspect), used.mode, earlier);
    }

    /// The same with the use of that index, which has been entered.
    pub fn conflicting_before(&self, index: u32, earlier: impl FnMut(Position)) {
        let (used, link) = (&self.uses[index as usize], &self.links[index as usize]);
        self.conflicting_from(link.previous, used.mode, earlier);
    }

    /// The same with a use of that mode behind the one at `at`.
    #[inline(always)]
    fn conflicting_from(&self, mut at: u32, used: Mode, mut earlier: impl FnMut(Position)) {
        while at != NONE {
            let mode = self.uses[at as usize].mode;
            let link = &self.links[at as usize];
            if mode.conflicts(used) {
                earlier(link.event);
            }
            if mode == Mode::Write {
                return;
            }
            // A long row of looks, or of additions, is passed over by those that commute with it.
            at = if mode.conflicts(used) { link.previous } else { link.other };
        }
    }

    /// What `used` acquires.
    #[inline]
    pub fn acquired(&self, used: &Use, clocks: &mut Clocks) -> ClockId {
        let at = self.latest(used.location, used.aspect);
        if !used.acquires || at == NONE {
            return ClockId::BOTTOM;
        }
        let Link { written, added, .. } = self.links[at as usize];
        match used.mode {
            Mode::Add => written,
            Mode::Read | Mode::Write => clocks.join(written, added),
        }
    }

    /// Adds a use of the event at `event`, which releases `own` if it releases.
    #[inline(always)]
    pub fn push(&mut self, used: Use, event: Position, own: ClockId, clocks: &mut Clocks) {
        let previous = self.latest(used.location, used.aspect);
        let mut link = Link {
            event,
            previous: NONE,
            other: NONE,
            written: ClockId::BOTTOM,
            added: ClockId::BOTTOM,
        };
        if previous != NONE {
            let before = &self.links[previous as usize];
            (link.written, link.added) = (before.written, before.added);
        }
        if used.releases {
            let adds = used.mode == Mode::Add;
            let released = if adds { &mut link.added } else { &mut link.written };
            *released = clocks.join(own, *released);
        }
        self.enter(used, link);
    }

    /// Adds a use at the end of its chain.
    #[inline]
    fn enter(&mut self, used: Use, mut link: Link) {
        let index = self.len();
        let previous = std::mem::replace(self.latest_mut(used.location, used.aspect), index);
        link.previous = previous;
        if previous != NONE {
            let same = self.uses[previous as usize].mode == used.mode;
            let before = &self.links[previous as usize];
            link.other = if same { before.other } else { previous };
        }
        self.uses.push(used);
        self.links.push(link);
    }

    /// Room for as many aspects, without uses.
    pub fn emptied(&self) -> Usages {
        let latest = self.latest.iter().map(|chains| vec![NONE; chains.len()]).collect();
        Usages { uses: Vec::new(), links: Vec::new(), latest }
    }

    /// Adds a use of this to `into`, behind those of the same aspect that are there: it is one of the event at `event` there.
    pub fn copy_to(
        &self,
        into: &mut Usages,
        index: u32,
        event: Position,
        mut clock: impl FnMut(ClockId) -> ClockId,
    ) {
        let (used, link) = (self.uses[index as usize], &self.links[index as usize]);
        let (written, added) = (clock(link.written), clock(link.added));
        into.enter(used, Link { event, previous: NONE, other: NONE, written, added });
    }

    /// Removes all uses but the first `len`.
    pub fn truncate(&mut self, len: u32) {
        while self.len() > len {
            if let (Some(used), Some(link)) = (self.uses.pop(), self.links.pop()) {
                *self.latest_mut(used.location, used.aspect) = link.previous;
            }
        }
    }

    /// Makes it the first `len` uses of another graph, of which it has the clocks and events that
    /// these refer to.
    pub fn copy_first(&mut self, other: &Usages, len: u32) {
        self.uses.clear();
        self.links.clear();
        self.uses.extend_from_slice(&other.uses[..len as usize]);
        self.links.extend_from_slice(&other.links[..len as usize]);
        self.latest.resize_with(self.latest.len().max(other.latest.len()), Vec::new);
        let (same, more) = self.latest.split_at_mut(other.latest.len());
        for (chains, others) in same.iter_mut().zip(&other.latest) {
            chains.clear();
            chains.extend(others.iter().map(|&latest| {
                let mut at = latest;
                while at != NONE && at >= len {
                    at = other.links[at as usize].previous;
                }
                at
            }));
        }
        more.iter_mut().for_each(Vec::clear);
    }
}

impl Graph {
    /// Calls `earlier` with the events that the one at `at` comes after because both use the same and conflict, as far as the
    /// others come before these. One that conflicts in several ways may come several times.
    pub fn each_conflict(&self, at: Position, mut earlier: impl FnMut(&Event)) {
        for used in self.uses_range(at) {
            self.usages.conflicting_before(used, |other| earlier(self.event(other)));
        }
    }
}
