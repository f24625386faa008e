//! Backward revisits: an earlier read takes a new write as its source.
//!
//! For a write w at the end of the graph and an earlier read r of its location that is not in the
//! causal past of w, the child keeps K = (everything before r) ∪ past(w) ∪ {w}, fixes w, and adds r
//! again at the end, reading w. It is allowed iff
//!
//! * (R1) every event that is not kept, r included, is deletable: not fixed, maximal, and no write
//!   of past(w) stands in coherence after its write (or after its source, if it only reads).
//! * (R2) if r has been revisited before, its source is in past(w): otherwise the graph is reached
//!   from where r was revisited first.
//! * (R3) if w is a plain store and not coherence-last, its coherence successor is kept: placements of
//!   w that differ only relative to deleted writes give the same child.
//! * (R4) the child is consistent.
//!
//! If r is a weak compare-exchange that could succeed on w, there is a second child in which it fails
//! spuriously.
//!
//! If r is guarded and its guard refuses w, r does not become an event again: its thread waits because of
//! w, which must be the newest write of the child. From then on r is *held*: it may only take what comes
//! causally after w, as a read that had been revisited by w could only be revisited by such a
//! write (R2). What else it could take belongs to revisits of r itself. A revisit that deletes the
//! place where r began to wait ends the hold.
//!
//! What follows r in the sequence and is not in past(w) is deleted for every r before it too, so one
//! backward scan finds all candidates and ends at the first event that is not deletable.

use super::items::Item;
use super::{Exhaustive, Fault};
use crate::explore::run::Run;
use crate::graph::{Draft, Event, Flags, Graph, Hold, Kind, Position, Sources};
use crate::memory::{coherence_floor, known_rank};
use raddle_shims::kernel::{LocationId, ThreadId};

impl Exhaustive {
    /// Queues every revisit by the write that is the last event; none for other events.
    #[inline]
    pub(super) fn push_revisits(&mut self, run: &mut Run, write: Position) -> u32 {
        let event = run.graph.event(write);
        if !event.kind.writes() || run.orders_conflicts(&event.op) {
            return 0;
        }
        self.push_revisits_by(run, write)
    }

    fn push_revisits_by(&mut self, run: &mut Run, write: Position) -> u32 {
        let graph = &run.graph;
        let Some(oldest) = oldest_candidate(graph, write) else { return 0 };
        let w = graph.event(write);
        let location = w.location().expect("a write has a location");
        let newest = newest_candidate(graph, w, location, write);
        let mut kept = Kept { graph, w, latest: None };
        let mut found = 0;
        let mut at = write;
        while at > oldest {
            at = Position(at.0 - 1);
            let event = graph.event(at);
            let waiting = |hold: &&Hold| hold.start.0 == at.0 + 1;
            let mut holds = graph.holds().iter().filter(waiting);
            if !holds.all(|hold| is_released(graph, hold, |location| kept.rank(location))) {
                break;
            }
            if graph.causes(event, w) {
                continue;
            }
            if !self.is_deletable(event, &mut kept) {
                break;
            }
            if at <= newest && self.may_revisit(graph, event, at, w) {
                let both = run.could_fail_spuriously(event, w.written);
                for &spurious in if both { &[false, true][..] } else { &[false] } {
                    let revisit = Item::Revisit { write, read: at, spurious, weight: 0.0 };
                    let level = self.levels.last_mut().expect("a search has a level");
                    level.items.push(revisit);
                    found += 1;
                }
            }
        }
        found
    }

    /// R1 for one event, which is not in the past of the write.
    fn is_deletable(&self, event: &Event, kept: &mut Kept) -> bool {
        if event.is(Flags::FIXED) && !self.has(Fault::DeletesFixed) {
            return false;
        }
        if !event.is(Flags::MAXIMAL) && !self.has(Fault::DeletesUnmaximal) {
            return false;
        }
        let Some(location) = event.location().filter(|_| event.kind != Kind::Act) else {
            return true;
        };
        let rank = if event.kind.writes() { event.rank } else { kept.graph.rank(event.source) };
        kept.rank(location) <= rank || self.has(Fault::IgnoresKeptSuccessors)
    }

    /// R2, R3 and the cheap part of R4 for a read that is deletable.
    fn may_revisit(&self, graph: &Graph, read: &Event, at: Position, w: &Event) -> bool {
        if !read.kind.reads() || read.location() != w.location() {
            return false;
        }
        if read.is(Flags::REVISITED)
            && !self.has(Fault::RevisitsAgain)
            && !(read.source.is_some() && graph.causes(graph.event(read.source), w))
        {
            return false;
        }
        let location = w.location().expect("a write has a location");
        if w.kind == Kind::Write && w.rank < graph.last_rank(location) {
            let successor = graph.at_rank(location, w.rank + 1);
            let kept = successor < at || graph.causes(graph.event(successor), w);
            if !kept && !self.has(Fault::IgnoresWriteSuccessor) {
                return false;
            }
        }
        true
    }

    /// Makes the child of a revisit; false if it is not to be run.
    pub(super) fn enter_revisit(
        &mut self,
        run: &mut Run,
        (write, read): (Position, Position),
        spurious: bool,
        weight: f64,
    ) -> bool {
        run.graph.truncate(Position(write.0 + 1));
        self.weight = weight;
        let mut child = self.spare_graph(run);
        let (parent, w) = (&run.graph, run.graph.event(write));
        self.restriction
            .copy(parent, &mut child, read, |at, event| at == write || parent.causes(event, w));
        let new_write = self.restriction.moved(write);
        let r = parent.event(read);
        let (thread, op) = (r.thread, r.op);
        let location = r.location().expect("a read has a location");
        let fixed = child.event(new_write).flags.with(Flags::FIXED);
        child.event_mut(new_write).flags = fixed;
        let rank = child.rank(new_write);
        let newest = rank == child.last_rank(location);
        let waits = !accepts(r, w);
        let (event, sources) = (r.id(), Sources::After(w.id()));
        let hold = Hold { event, sources, start: child.end() };
        let guarded = op.until().is_some();
        if coherence_floor(&child, thread, location) > rank
            || guarded && !child.may_take(r.id(), new_write)
            || waits && !newest
            || breaks_atomicity(&child, new_write)
        {
            self.spare.push(child);
            self.estimate.finish(weight);
            return false;
        }
        let maximal = !spurious && newest;
        let flags = Flags::REVISITED
            .with(Flags::when(maximal, Flags::MAXIMAL))
            .with(Flags::when(spurious, Flags::SPURIOUS));
        self.descend(run, child);
        if waits {
            run.graph.push_hold(hold);
            let runs = self.is_consistent_child(run, new_write);
            self.share_after(0, 0, runs);
            return runs;
        }
        let draft = Draft { thread, op, source: new_write, after: 0, chosen: 0, flags };
        let at = run.push(&draft);
        let runs = self.is_consistent_child(run, new_write);
        let first = self.items().len();
        let mut children = 0;
        if run.graph.event(at).kind == Kind::Update && !self.has(Fault::ForgetsUpdateRevisits) {
            children = self.push_revisits(run, at);
        }
        self.share_after(first, children, runs);
        runs
    }

    /// The read that a revisit has just added turns out to end a turn of a loop, so its guard should have refused
    /// the write: makes the node what it would be then. False if it is not such a read, or the write not the
    /// newest.
    pub(super) fn becomes_hold(&mut self, run: &mut Run, thread: ThreadId) -> bool {
        let at = run.graph.last();
        let event = run.graph.event(at);
        if event.thread != thread || !event.is(Flags::REVISITED) || !event.is(Flags::MAXIMAL) {
            return false;
        }
        let (event, write) = (event.id(), run.graph.event(event.source).id());
        run.graph.truncate(at);
        let hold = Hold { event, sources: Sources::After(write), start: run.graph.end() };
        if !self.has(Fault::ForgetsHold) {
            run.graph.push_hold(hold);
        }
        // Revisits by a read-modify-write that does not become an event.
        let revisits = self.items().len();
        self.items().clear();
        self.estimate.finish(self.weight * revisits as f64);
        true
    }

    /// R4: the write may have been a placement that was never checked, so it is as well as the read, if that stands
    /// behind it. Without both the child is part of a graph that was.
    fn is_consistent_child(&self, run: &mut Run, write: Position) -> bool {
        let last = run.graph.last();
        self.has(Fault::SkipsPsc)
            || run.is_consistent_with(write) && (last == write || run.is_consistent_with(last))
    }
}

/// The first position at which a read of the same location that is not in the past of `write` stands.
fn oldest_candidate(graph: &Graph, write: Position) -> Option<Position> {
    let w = graph.event(write);
    let location = w.location()?;
    let mut oldest: Option<Position> = None;
    for thread in 0..graph.threads() {
        if thread == w.thread.index() {
            continue;
        }
        let known = graph.clocks().known(w.causal, thread);
        let mut at = graph.last_access(location, thread, u32::MAX);
        while at.is_some() && graph.event(at).index >= known {
            if graph.event(at).kind.reads() {
                oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
            }
            at = graph.event(at).previous_access();
        }
    }
    oldest
}

/// The last position from which a revisit can lead to a graph that respects atomicity: a stepping
/// stone must delete, or revisit, the other update of its source.
fn newest_candidate(graph: &Graph, w: &Event, location: LocationId, write: Position) -> Position {
    if w.kind != Kind::Update {
        return write;
    }
    let next = graph.update_of(location, w.rank);
    match next.is_some() && graph.event(next).source == w.source {
        true => next,
        false => write,
    }
}

/// R1 for a thread that waits because of a write: the wait ends with what is deleted, and it must have
/// got to the newest write of what is kept, whose rank `kept` tells.
pub(super) fn is_released(
    graph: &Graph,
    hold: &Hold,
    mut kept: impl FnMut(LocationId) -> u32,
) -> bool {
    let Sources::After(cause) = hold.sources else { return true };
    if graph.position(hold.event).is_some() {
        return true;
    }
    let at = graph.position(cause).and_then(|at| graph.event(at).location());
    at.is_none_or(|location| graph.leads_to(cause, graph.at_rank(location, kept(location))))
}

/// What stands in coherence of the past of a write, which most events of a scan ask of the same location.
struct Kept<'a> {
    graph: &'a Graph,
    w: &'a Event,
    latest: Option<(LocationId, u32)>,
}

impl Kept<'_> {
    /// The greatest rank among the writes of a location in that past.
    fn rank(&mut self, location: LocationId) -> u32 {
        match self.latest {
            Some((known, rank)) if known == location => rank,
            _ => {
                let known = known_rank(self.graph, self.w.causal, location);
                let rank = known.max(own_rank(self.graph, self.w, location));
                self.latest = Some((location, rank));
                rank
            }
        }
    }
}

/// The rank of the latest write of `location` by the thread of `w` before `w`.
fn own_rank(graph: &Graph, w: &Event, location: LocationId) -> u32 {
    let mut at = graph.last_access(location, w.thread.index(), w.index);
    while at.is_some() && !graph.event(at).kind.writes() {
        at = graph.event(at).previous_access();
    }
    graph.rank(at)
}

/// Whether the guard of a read, if it has one, lets it read a write.
fn accepts(read: &Event, w: &Event) -> bool {
    read.until().is_none_or(|until| until.accepts(w.written))
}

/// Whether two updates of the child have read the same write, one of them being `write`.
fn breaks_atomicity(child: &Graph, write: Position) -> bool {
    let w = child.event(write);
    let Some(location) = w.location() else { return false };
    let next = child.update_of(location, w.rank);
    next.is_some() && child.event(next).source != write
}
