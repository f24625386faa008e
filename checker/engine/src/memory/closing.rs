//! Whether the newest event closes a cycle of psc: what it leads to is grown until it meets what leads to it.
//!
//! The newest event e has nothing after it in happens-before. A new cycle therefore leaves e by co or fr, and what comes
//! after that was there before: psc without e is acyclic. So it is enough to ask whether, from what e precedes in
//! coherence, psc leads to a SeqCst fence that happens before e or, if e is SeqCst, to e.
//!
//! What is reached is kept as thresholds, and not as sets, because along a thread it is closed: a number for each
//! thread (its first fence that is reached; what happens after a fence knows of it, which a clock tells) and one for each
//! location (what has seen a later write comes after, in eco). Between fences this is exactly psc: psc_base lies within psc_F there.
//! With SeqCst accesses, hb is taken for scb;hb? in one growth, which therefore reaches too much, and only program order and some more in
//! another, which reaches too little. Where the two agree the answer is known; else all of psc is computed.

use crate::graph::{Event, Flags, Graph, Kind, Position};

/// No event of a thread, no write of a location.
const NOTHING: u32 = u32::MAX;

/// What is reached of one location.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// The least rank that something after a fence has seen: what has seen more comes after it in eco.
    seen: u32,
    /// The least rank of a write after a fence: who has read it comes after it in eco.
    written: u32,
    /// The least rank that a SeqCst access has seen: later writes come after it in scb.
    accessed: u32,
}

impl Level {
    const NOTHING: Level = Level { seen: NOTHING, written: NOTHING, accessed: NOTHING };
}

/// What is grown from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Root {
    /// The fences that happen before the event; whether one of them is reached.
    Fences,
    /// The event itself.
    Event,
}

/// How far happens-before counts where a SeqCst access is at one of its ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counts {
    /// Always, which is too much.
    Always,
    /// Where it is certainly part of psc, which is too little.
    Certainly,
}

/// Working memory, kept to be used again.
#[derive(Debug, Default)]
pub struct Closing {
    /// By thread: the index of its first fence that is reached.
    fences: Vec<u32>,
    /// By thread: the index of its first SeqCst access that is reached.
    accesses: Vec<u32>,
    /// All SeqCst accesses that are reached.
    reached: Vec<Position>,
    levels: Vec<Level>,
    /// By thread: the index of the first event after which a fence is reached.
    heat: Vec<u32>,
    ignores_readers: bool,
}

impl Closing {
    /// Plants a fault: who only reads later writes is taken to come after nothing, to show that the tests notice.
    #[cfg(test)]
    fn ignore_readers(&mut self) {
        self.ignores_readers = true;
    }

    /// Whether the event at `at`, which knows all that it comes after, closes a cycle together with what stands
    /// before it; none if that cannot be told in this way.
    pub fn closes(&mut self, graph: &Graph, at: Position) -> Option<bool> {
        let event = graph.event(at);
        let mut known = Some(false);
        for root in [Root::Fences, Root::Event] {
            let exists = match root {
                Root::Event => event.is(Flags::SEQ_CST),
                Root::Fences => fences(graph).any(|fence| graph.happens_before(fence, event)),
            };
            if exists && self.meets(graph, at, root, Counts::Always) {
                // Without accesses, what was grown is what is reached.
                if self.reached.is_empty() || self.meets(graph, at, root, Counts::Certainly) {
                    return Some(true);
                }
                known = None;
            }
        }
        known
    }

    /// Whether what grows from the root comes back to it.
    fn meets(&mut self, graph: &Graph, at: Position, root: Root, counts: Counts) -> bool {
        for list in [&mut self.fences, &mut self.accesses, &mut self.heat] {
            list.clear();
            list.resize(graph.threads(), NOTHING);
        }
        self.reached.clear();
        self.levels.clear();
        self.levels.resize(graph.locations(), Level::NOTHING);
        let Some(location) = graph.event(at).location() else { return false };
        let level = &mut self.levels[location.index()];
        match root {
            Root::Fences => level.seen = graph.seen_rank(at),
            Root::Event => level.accessed = graph.seen_rank(at),
        }
        let events = &graph.events()[..=at.index()];
        loop {
            self.warm(graph, events);
            let (mut met, mut grows) = (false, false);
            for &sc in graph.seq_cst().iter().take_while(|&&sc| sc <= at) {
                let event = graph.event(sc);
                if event.kind == Kind::Fence {
                    if event.index < self.fences[event.thread.index()]
                        && self.reaches_fence(graph, event, counts)
                    {
                        self.fences[event.thread.index()] = event.index;
                        grows = true;
                        met |= root == Root::Fences && graph.happens_before(event, graph.event(at));
                    }
                } else if !self.reached.contains(&sc) && self.reaches_access(graph, sc, counts) {
                    self.add_access(graph, sc);
                    grows = true;
                    met |= root == Root::Event && sc == at;
                }
            }
            if met || !grows {
                return met;
            }
            self.absorb(graph, events);
        }
    }

    fn add_access(&mut self, graph: &Graph, access: Position) {
        let event = graph.event(access);
        self.reached.push(access);
        let first = &mut self.accesses[event.thread.index()];
        *first = event.index.min(*first);
        if let Some(location) = event.location() {
            let level = &mut self.levels[location.index()];
            level.accessed = level.accessed.min(graph.seen_rank(access));
        }
    }

    /// Lowers the levels to what has been seen after the fences.
    fn absorb(&mut self, graph: &Graph, events: &[Event]) {
        for (i, event) in events.iter().enumerate() {
            if let Some(location) = event.location()
                && (event.kind.reads() || event.kind.writes())
                && self.is_after_fence(graph, event)
            {
                let seen = graph.seen_rank(Position(i as u32));
                let level = &mut self.levels[location.index()];
                level.seen = level.seen.min(seen);
                if event.kind.writes() {
                    level.written = level.written.min(seen);
                }
            }
        }
    }

    /// Finds the first events of each thread that are above their levels.
    fn warm(&mut self, graph: &Graph, events: &[Event]) {
        for (i, event) in events.iter().enumerate() {
            let Some(location) = event.location() else { continue };
            let first = self.heat[event.thread.index()];
            let (reads, writes) = (event.kind.reads(), event.kind.writes());
            if event.index >= first || !reads && !writes || !writes && self.ignores_readers {
                continue;
            }
            let seen = graph.seen_rank(Position(i as u32));
            let level = self.levels[location.index()];
            let is_eco = seen > level.seen || seen >= level.written;
            if is_eco || writes && seen > level.accessed {
                self.heat[event.thread.index()] = event.index;
            }
        }
    }

    /// Whether a fence that is reached happens before the event.
    fn is_after_fence(&self, graph: &Graph, event: &Event) -> bool {
        knows(graph, event, &self.fences, 0)
    }

    fn reaches_fence(&self, graph: &Graph, fence: &Event, counts: Counts) -> bool {
        // From an access to the fence: by its next event in program order, which may be the fence.
        let next = u32::from(counts == Counts::Certainly);
        knows(graph, fence, &self.heat, 0)
            || self.is_after_fence(graph, fence)
            || knows(graph, fence, &self.accesses, next)
            || fence.index > self.accesses[fence.thread.index()]
    }

    fn reaches_access(&self, graph: &Graph, access: Position, counts: Counts) -> bool {
        let event = graph.event(access);
        let Some(location) = event.location() else { return false };
        let level = self.levels[location.index()];
        if event.kind.writes() {
            let seen = graph.seen_rank(access);
            if seen > level.seen || seen > level.accessed {
                return true;
            }
        }
        let thread = event.thread.index();
        if event.index > self.fences[thread] || event.index > self.accesses[thread] {
            return true;
        }
        match counts {
            Counts::Always => {
                self.is_after_fence(graph, event) || knows(graph, event, &self.accesses, 0)
            }
            Counts::Certainly => {
                let before = event.previous();
                let follows = |a: &&Position| graph.event(**a).location() == Some(location);
                let mut same = self.reached.iter().filter(follows);
                before.is_some() && self.is_after_fence(graph, graph.event(before))
                    || same.any(|&a| graph.happens_before(graph.event(a), event))
            }
        }
    }
}

/// The SeqCst fences.
fn fences(graph: &Graph) -> impl Iterator<Item = &Event> {
    let events = graph.seq_cst().iter().map(|&sc| graph.event(sc));
    events.filter(|event| event.kind == Kind::Fence)
}

/// Whether, of some thread, the event before which `firsts` stands and `more` after it happen before `event`.
fn knows(graph: &Graph, event: &Event, firsts: &[u32], more: u32) -> bool {
    let clock = graph.clocks().get(event.hb);
    firsts.iter().enumerate().any(|(thread, &first)| {
        let known = if thread == event.thread.index() { event.index } else { clock[thread] };
        known > first.saturating_add(more)
    })
}

#[cfg(test)]
mod tests;
