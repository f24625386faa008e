//! Execution graphs and the axioms of the memory models, transcribed from the papers.
//!
//! RC11 is Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI
//! 2017, with one change: a release sequence is continued by read-modify-writes only (C++20). That
//! program order and reads-from have no cycle together is by construction: events are added in an
//! order that respects both.
//!
//! The start of a spawned thread and the end of a joined one are events too, without a location:
//! they carry the edges of spawn and join, also for a thread that performs nothing, and they make
//! `po≠loc ; hb ; po≠loc` hold across a spawn or a join, as C++20 has it (strongly happens before).

use super::Model;
use super::interp::{PlainAccess, acquires, releases};
use super::objects::{self, Use};
use super::relation::Relation;
use crate::key::{GraphKey, Label, Write};
use crate::program::Order;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A load, or a failed compare-exchange; `from` is an event, or the initial value.
    Read { loc: u32, from: Option<usize>, weakly: bool },
    /// A store.
    Write { loc: u32 },
    /// A read-modify-write, or a compare-exchange that succeeded.
    Update { loc: u32, from: Option<usize> },
    /// A fence.
    Fence,
    /// A sleep.
    Sleep,
    /// The start of that thread by another one.
    Spawn(usize),
    /// The wait for the end of that thread.
    Join(usize),
    /// A choice, and what was taken.
    Choose(u32),
    /// A deed on a blocking object.
    Act { object: u32, reply: u64, chosen: u32 },
}

/// One event of a graph.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose.
    pub thread: usize,
    /// Which of that thread's.
    pub index: usize,
    /// What.
    pub kind: Kind,
    /// Its ordering; relaxed where there is none.
    pub ord: Order,
    /// The value written, if it writes.
    pub value: u64,
}

impl Event {
    /// The location it accesses.
    fn loc(&self) -> Option<u32> {
        match self.kind {
            Kind::Read { loc, .. } | Kind::Write { loc } | Kind::Update { loc, .. } => Some(loc),
            _ => None,
        }
    }

    /// Where it reads from, if it reads.
    fn reads(&self) -> Option<Option<usize>> {
        match self.kind {
            Kind::Read { from, .. } | Kind::Update { from, .. } => Some(from),
            _ => None,
        }
    }
}

/// A partial execution: events in some order that respects po and rf, and coherence by location.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The events.
    pub events: Vec<Event>,
    /// By location, the writes in coherence order, without the initial one.
    pub coherence: Vec<Vec<usize>>,
    /// The events that are deeds, in the order in which they were done: on which object, with what use.
    pub deeds: Vec<(usize, usize, Vec<Use>)>,
    /// By time that the clock has come to, how many events of each thread came before.
    pub times: Vec<(u64, Vec<u32>)>,
}

impl Graph {
    /// The canonical form of it, for a program of so many threads.
    pub fn key(&self, threads: usize) -> GraphKey {
        let name = |e: usize| {
            let Event { thread, index, .. } = self.events[e];
            Write::Event { thread: thread as u32, index: index as u32 }
        };
        let source = |from: Option<usize>| from.map_or(Write::Initial, name);
        let mut key = GraphKey {
            threads: vec![Vec::new(); threads],
            times: self.times.clone(),
            ..GraphKey::default()
        };
        for (earlier, later) in self.dependent_deeds(objects::conflict) {
            let name = |e: usize| (self.events[e].thread as u32, self.events[e].index as u32);
            if self.events[earlier].thread != self.events[later].thread {
                key.order.insert([name(earlier), name(later)]);
            }
        }
        for event in &self.events {
            key.threads[event.thread].push(match event.kind {
                Kind::Read { loc, from, weakly } => {
                    Label::Read { location: loc, from: source(from), weakly }
                }
                Kind::Write { loc } => Label::Write { location: loc },
                Kind::Update { loc, from } => Label::Update { location: loc, from: source(from) },
                Kind::Fence | Kind::Sleep | Kind::Spawn(_) | Kind::Join(_) => Label::Other,
                Kind::Choose(taken) => Label::Chosen(taken),
                Kind::Act { object, reply, chosen } => Label::Act { object, reply, chosen },
            });
        }
        key.coherence =
            self.coherence.iter().map(|writes| writes.iter().map(|&w| name(w)).collect()).collect();
        key
    }

    /// Pairs of deeds on one object, in order, that are so related.
    fn dependent_deeds(&self, related: fn(&[Use], &[Use]) -> bool) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (at, (later, object, uses)) in self.deeds.iter().enumerate() {
            for (earlier, other, earlier_uses) in &self.deeds[..at] {
                if other == object && related(earlier_uses, uses) {
                    pairs.push((*earlier, *later));
                }
            }
        }
        pairs
    }

    /// Whether the model allows it.
    pub fn is_consistent(&self, model: Model) -> bool {
        if !self.is_atomic() {
            return false;
        }
        let basic = Basic::of(self);
        match model {
            Model::Sc => {
                let Basic { po, across, rf, co, fr, .. } = &basic;
                po.or(across).or(rf).or(co).or(fr).is_acyclic()
            }
            Model::Rc20 => self.is_rc20(&basic),
        }
    }

    /// Whether two of these plain accesses race: they conflict and hb does not order them.
    pub fn has_race(&self, log: &[PlainAccess]) -> bool {
        let conflict = |a: &PlainAccess| log.iter().any(|b| a.conflicts(b));
        if !log.iter().any(conflict) {
            return false;
        }
        let basic = Basic::of(self);
        let hb = self.happens_before(&basic);
        let ordered = |a: &PlainAccess, b: &PlainAccess| {
            // Something its thread did after `a` happens before something b's thread did before `b`.
            let has_edge = |&d: &usize, &e: &usize| hb.has(d, e);
            let after_a = |&d: &usize| {
                let (thread, position) = basic.places[d];
                thread == a.thread && position > a.after
            };
            let before_b = |&e: &usize| {
                let (thread, position) = basic.places[e];
                thread == b.thread && position <= b.after
            };
            let all = 0..basic.places.len();
            all.clone()
                .filter(after_a)
                .any(|d| all.clone().filter(before_b).any(|e| has_edge(&d, &e)))
        };
        let races =
            |a: &PlainAccess, b: &PlainAccess| a.conflicts(b) && !ordered(a, b) && !ordered(b, a);
        log.iter().any(|a| log.iter().any(|b| races(a, b)))
    }

    /// Atomicity: a read-modify-write comes immediately after its source in coherence.
    fn is_atomic(&self) -> bool {
        self.coherence.iter().all(|writes| {
            (0..writes.len()).all(|at| match self.events[writes[at]].kind {
                Kind::Update { from, .. } => from == at.checked_sub(1).map(|before| writes[before]),
                _ => true,
            })
        })
    }

    fn is_rc20(&self, basic: &Basic) -> bool {
        let hb = self.happens_before(basic);
        let eco = basic.rf.or(&basic.co).or(&basic.fr).closure();
        hb.is_irreflexive()
            && self.has_one_order(basic)
            && hb.then(&eco).is_irreflexive()
            && self.psc(basic, &hb, &eco).is_acyclic()
    }

    /// Whether one order of all events has the deeds in theirs, steps of the clock where they were, and every interleaved access after
    /// all that it conflicts with.
    fn has_one_order(&self, basic: &Basic) -> bool {
        let is_interleaved =
            |e: usize| self.events.get(e).is_some_and(|event| event.ord == Order::Interleaved);
        if !(0..self.events.len()).any(is_interleaved) {
            return true;
        }
        let mut order = basic.po.or(&basic.across).or(&basic.rf);
        for (earlier, later) in self.dependent_deeds(objects::conflict) {
            order.add(earlier, later);
        }
        for (_, counts) in &self.times {
            let is_before = |event: &Event| (event.index as u32) < counts[event.thread];
            let all = || self.events.iter().enumerate();
            for (earlier, _) in all().filter(|(_, event)| is_before(event)) {
                all()
                    .filter(|(_, event)| !is_before(event))
                    .for_each(|(e, _)| order.add(earlier, e));
            }
        }
        let conflicts = basic.co.or(&basic.fr);
        order.or(&conflicts.filter(|a, _| is_interleaved(a))).is_acyclic()
    }

    /// `hb = (po ∪ spawn and join edges ∪ sw)⁺`.
    fn happens_before(&self, basic: &Basic) -> Relation {
        basic.po.or(&basic.across).or(&self.synchronises_with(basic)).closure()
    }

    /// `sw = [rel] ; ([F] ; po)? ; rs ; rf ; [R] ; (po ; [F])? ; [acq]`, `rs = [W] ; (rf ; [U])*`.
    fn synchronises_with(&self, basic: &Basic) -> Relation {
        let count = self.events.len();
        let fences = || (0..count).filter(|&f| self.events[f].kind == Kind::Fence);
        let mut sw = Relation::empty(basic.places.len());
        for (earlier, later) in self.dependent_deeds(objects::synchronises) {
            sw.add(earlier, later);
        }
        for read in 0..count {
            let mut targets: Vec<usize> = Vec::new();
            if acquires(self.events[read].ord) {
                targets.push(read);
            }
            targets.extend(
                fences().filter(|&f| acquires(self.events[f].ord) && basic.po.has(read, f)),
            );
            // The writes whose release sequence the source of the read belongs to.
            let mut head = self.events[read].reads().flatten();
            while let Some(write) = head {
                let fences =
                    fences().filter(|&f| releases(self.events[f].ord) && basic.po.has(f, write));
                let itself = releases(self.events[write].ord).then_some(write);
                for source in fences.chain(itself) {
                    for &target in &targets {
                        sw.add(source, target);
                    }
                }
                head = self.events[write].reads().flatten();
            }
        }
        sw
    }

    /// `psc = psc_base ∪ psc_F` of RC11.
    fn psc(&self, basic: &Basic, hb: &Relation, eco: &Relation) -> Relation {
        let size = basic.places.len();
        let event = |e: usize| self.events.get(e);
        let orders = [Order::SeqCst, Order::Interleaved];
        let is_sc = |e: usize| event(e).is_some_and(|event| orders.contains(&event.ord));
        let is_fence = |e: usize| event(e).is_some_and(|event| event.kind == Kind::Fence);
        if !(0..self.events.len()).any(is_sc) {
            return Relation::empty(size);
        }
        let same_loc = |a: usize, b: usize| {
            let loc = |e: usize| event(e).and_then(Event::loc);
            loc(a).is_some() && loc(a) == loc(b)
        };
        let po_ne = basic.po.filter(|a, b| !same_loc(a, b));
        let scb = basic
            .po
            .or(&po_ne.then(hb).then(&po_ne))
            .or(&hb.filter(same_loc))
            .or(&basic.co)
            .or(&basic.fr);
        let sc = Relation::identity(size, is_sc);
        let fsc = Relation::identity(size, |e| is_sc(e) && is_fence(e));
        let from = sc.or(&fsc.then(&hb.reflexive()));
        let to = sc.or(&hb.reflexive().then(&fsc));
        let base = from.then(&scb).then(&to);
        let between = hb.or(&hb.then(eco).then(hb));
        base.or(&fsc.then(&between).then(&fsc))
    }
}

/// The relations that a graph gives directly.
///
/// They range over the events of the graph, at the same positions, and then the starts of spawned
/// and the ends of joined threads.
struct Basic {
    /// By event: the thread, and the place in it. A start is at 0, event `i` at `i + 1`, an end last.
    places: Vec<(usize, usize)>,
    /// Program order, transitive.
    po: Relation,
    /// From a spawn to the start, from the end to a join.
    across: Relation,
    rf: Relation,
    co: Relation,
    /// Reads-before: `rf⁻¹ ; co`, without the pairs of an event and itself.
    fr: Relation,
}

impl Basic {
    fn of(graph: &Graph) -> Basic {
        let events = &graph.events;
        let mut places: Vec<_> = events.iter().map(|e| (e.thread, e.index + 1)).collect();
        let mut edges = Vec::new();
        for (e, event) in events.iter().enumerate() {
            let place = match event.kind {
                Kind::Spawn(child) => (child, 0),
                Kind::Join(child) => (child, usize::MAX),
                _ => continue,
            };
            // Two joins of one thread share its end.
            let at = places.iter().position(|&p| p == place).unwrap_or(places.len());
            if at == places.len() {
                places.push(place);
            }
            edges.push(if place.1 == 0 { (e, at) } else { (at, e) });
        }
        let empty = Relation::empty(places.len());
        let mut it = Basic { places, po: empty, across: empty, rf: empty, co: empty, fr: empty };
        for (a, b) in edges {
            it.across.add(a, b);
        }
        for (a, &(thread, place)) in it.places.iter().enumerate() {
            for (b, &(other, later)) in it.places.iter().enumerate() {
                if thread == other && place < later {
                    it.po.add(a, b);
                }
            }
        }
        for writes in &graph.coherence {
            for (at, &write) in writes.iter().enumerate() {
                writes[at + 1..].iter().for_each(|&later| it.co.add(write, later));
            }
        }
        it.add_reads(graph);
        it
    }

    fn add_reads(&mut self, graph: &Graph) {
        for (read, event) in graph.events.iter().enumerate() {
            let (Some(from), Some(loc)) = (event.reads(), event.loc()) else { continue };
            if let Some(write) = from {
                self.rf.add(write, read);
            }
            // Every write is later than the initial one.
            let is_later = |&w: &usize| from.is_none_or(|write| self.co.has(write, w)) && w != read;
            for &write in graph.coherence[loc as usize].iter().filter(|w| is_later(w)) {
                self.fr.add(read, write);
            }
        }
    }
}
