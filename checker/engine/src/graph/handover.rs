//! An execution whose accesses are events goes over to one in which accesses [pass](super::passing).
//!
//! That a choice which is not the newest violates no order of SeqCst is found out on the graph, up to so many events; from there on such
//! choices are not made, and nothing needs the accesses any more. So what is kept of accesses that pass is made of those that are events,
//! as if they had passed, and they are taken out. What it says of an access that passed it says of each of them then, but that no write is
//! known to tell all that its writer knew.

use super::event::{Event, Kind, Position};
use super::execution_graph::Graph;
use super::forget::Forgetting;
use super::passing::PassFault;
use raddle_shims::kernel::{LocationId, ThreadId};

impl Graph {
    /// From now on accesses pass, each of which may go `back` so many steps in coherence from the newest write; what the execution has had
    /// so far is to be [handed over](Graph::hand_over) before the next. Nothing of the graph has been forgotten.
    pub fn begin_to_pass(&mut self, back: u32, fault: Option<PassFault>) {
        debug_assert!(self.forgotten == 0 && !self.passing.on);
        self.passing.on = true;
        self.passing.fault = fault;
        self.passing.past.begin(back);
        self.fit_passing();
    }

    /// Makes of the accesses that are events what is kept of those that pass, and takes them out; threads have got their marks. Before
    /// that `settled` is called with each of them whose place is final.
    pub fn hand_over(
        &mut self,
        forgetting: &mut Forgetting,
        mut settled: impl FnMut(&Graph, Position),
    ) {
        for thread in (0..self.threads.len() as u32).map(ThreadId) {
            self.hand_over_thread(thread);
        }
        for location in (0..self.locations.len() as u32).map(LocationId) {
            self.hand_over_writes(location);
        }
        for at in 0..self.events.len() {
            let event = self.events[at];
            if !is_access(&event) {
                continue;
            }
            self.hand_over_access(&event);
            if !event.kind.writes() || event.rank < self.first_kept(&event) {
                settled(self, Position(at as u32));
            }
        }
        let handed_over = self.seq_cst.iter().any(|at| is_access(self.event(*at)));
        self.passing.past.has_seq_cst = handed_over;
        self.expect_seq_cst();
        self.take_out_accesses(forgetting);
    }

    /// The least rank of a write that is kept where an access is.
    fn first_kept(&self, access: &Event) -> u32 {
        access.location().map_or(0, |location| self.passing.kept_from(location))
    }

    /// What a thread knows, and how often it has failed spuriously.
    fn hand_over_thread(&mut self, thread: ThreadId) {
        if self.passing.has(PassFault::HandsOverNothingKnown) {
            return;
        }
        let start = self.tail_clocks(thread);
        let last = self.last_of(thread);
        self.passing.threads[thread.index()].spurious = self.spurious_until(last);
        self.leave_passing(thread, start);
    }

    /// What a location holds, and has held.
    fn hand_over_writes(&mut self, location: LocationId) {
        let l = location.index();
        self.passing.newest[l].value = self.locations[l].initial;
        if self.passing.has(PassFault::HandsOverNoWrite) {
            return;
        }
        for rank in 0..self.locations[l].coherence.len() {
            let event = *self.event(self.locations[l].coherence[rank]);
            let source = match event.kind.reads() && event.source.is_some() {
                true => self.passing.mark_of(self.event(event.source).id()),
                false => 1,
            };
            let message = self.clocks.get(event.message);
            let id = event.id();
            self.passing.add_newest(l, (id, event.kind, source), event.written, message);
        }
    }

    /// Who has read what, and which accesses plain ones can race with.
    fn hand_over_access(&mut self, event: &Event) {
        let Some(location) = event.location() else { return };
        if self.passing.has(PassFault::HandsOverNoAccess) {
            return;
        }
        let l = location.index();
        self.passing.latest[l * self.passing.width + event.thread.index()][0] = event.index + 1;
        if event.kind.writes() {
            self.passing.note_write(event.id(), l);
        } else {
            let rank = self.rank(event.source);
            self.passing.add_reader_of(event.id(), l, rank);
        }
    }

    fn take_out_accesses(&mut self, forgetting: &mut Forgetting) {
        let stays = |at: Position| at.is_some() && !is_access(&self.events[at.index()]);
        let lasts: Vec<Position> = self.threads.iter().map(|tail| tail.last).collect();
        let lasts = lasts.into_iter().map(|mut last| {
            while last.is_some() && !stays(last) {
                last = self.events[last.index()].previous;
            }
            last
        });
        let lasts: Vec<Position> = lasts.collect();
        for (tail, last) in self.threads.iter_mut().zip(lasts) {
            tail.last = last;
        }
        self.locations.iter_mut().for_each(|location| location.coherence.clear());
        self.last_access.fill(Position::NONE);
        self.keep_only(forgetting, |event| !is_access(event));
    }
}

/// Whether it is an access of an atomic.
fn is_access(event: &Event) -> bool {
    matches!(event.kind, Kind::Read | Kind::Write | Kind::Update)
}
