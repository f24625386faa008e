//! Who can go on, kept up to date: an execution of many threads is not to ask all of them at each step.
//!
//! Between two questions one thread runs. So what changes is where that one stands, and who waits for its end, for the object that it
//! has changed, or has been started by it. Who waits for a value, for one of several objects, or for a time asks for all to be asked anew.

use super::threads::{ThreadSets, WORD, threads_of};
use crate::explore::run::{Run, State};
use raddle_shims::kernel::{LocationId, Op, Patience, ThreadId};

/// Up to how many threads are all asked: that is as fast.
const FEW: usize = 4;

/// What it depends on whether a thread can go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stand {
    /// It stands nowhere.
    Gone,
    /// It can go on, whatever the others do.
    Free,
    /// It waits for the end of that thread.
    Join(ThreadId),
    /// That object.
    At(LocationId),
    /// Something else.
    Other,
}

impl Stand {
    #[inline(always)]
    fn at(op: &Op) -> Stand {
        match *op {
            _ if never_waits(op) => Stand::Free,
            Op::Join(other) => Stand::Join(other),
            Op::Act { object, patience, .. } if !matches!(patience, Patience::Until(_)) => {
                Stand::At(object)
            }
            _ => Stand::Other,
        }
    }
}

/// Whether an operation can be performed whatever the others do.
pub fn never_waits(op: &Op) -> bool {
    matches!(
        op,
        Op::Load { until: None, .. }
            | Op::Store { .. }
            | Op::Rmw { until: None, .. }
            | Op::CompareExchange { until: None, .. }
            | Op::Fence(_)
            | Op::Choose { .. }
            | Op::Spawn
    )
}

/// The threads that can go on.
#[derive(Clone, Debug)]
pub struct Enabled {
    /// By ascending number.
    list: Vec<ThreadId>,
    /// By thread, where it stood when that was last asked, and whether it is in the list; one that has stood at what never waits, or at the
    /// end of another thread, may have come to what never waits since.
    stands: Vec<(Stand, bool)>,
    /// How many of these are at objects.
    at_objects: usize,
    /// By object, who these are.
    waiting: ThreadSets,
    /// [`Enabled::is_steady`].
    is_steady: bool,
    /// Whether all this is so, but for the threads that the rest names.
    is_known: bool,
    /// The object that has been changed since.
    touched: Option<LocationId>,
    /// Who has been started since.
    started: Option<ThreadId>,
    /// Who can perhaps go on and is not in the list.
    passed_over: Option<ThreadId>,
    /// [`FEW`].
    few: usize,
    /// A planted fault: who waits for an object is not asked again.
    ignores_objects: bool,
}

impl Default for Enabled {
    fn default() -> Self {
        Enabled {
            list: Vec::new(),
            stands: Vec::new(),
            at_objects: 0,
            waiting: ThreadSets::default(),
            is_steady: false,
            is_known: false,
            touched: None,
            started: None,
            passed_over: None,
            few: FEW,
            ignores_objects: false,
        }
    }
}

impl Enabled {
    #[inline(always)]
    pub fn list(&self) -> &[ThreadId] {
        &self.list
    }

    /// Whether all threads can go on whatever others do, or wait for the end of one.
    pub fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// Does not ask all however few they are, perhaps with a planted fault, to test it.
    pub fn update_always(&mut self, ignores_objects: bool) {
        (self.few, self.ignores_objects) = (0, ignores_objects);
    }

    /// All are to be asked anew.
    pub fn forget(&mut self) {
        self.is_known = false;
        (self.touched, self.started, self.passed_over) = (None, None, None);
    }

    /// An event of this operation has been added; if it started a thread, that one.
    #[inline(always)]
    pub fn note(&mut self, op: &Op, child: Option<ThreadId>) {
        match *op {
            Op::Act { object, .. } if self.touched.is_none_or(|touched| touched == object) => {
                self.touched = Some(object);
            }
            Op::Act { .. } | Op::Select { .. } => self.is_known = false,
            Op::Spawn => {
                self.is_known &= self.started.is_none();
                self.started = child;
            }
            _ => {}
        }
    }

    /// Leaves a thread out until that is next asked.
    pub fn pass_over(&mut self, thread: ThreadId) {
        self.put(thread, false);
        self.passed_over = Some(thread);
    }

    /// Finds out who can go on; or a thread that has to be run to its first operation before.
    #[inline(always)]
    pub fn find(&mut self, run: &Run) -> Option<ThreadId> {
        if run.slots.len() <= self.few {
            return self.ask_few(run);
        }
        if !self.is_known {
            return self.scan(run);
        }
        let started = self.started.take().filter(|child| run.state(*child) == State::Fresh);
        if self.update(run) { started } else { self.scan(run) }
    }

    /// Asks who can have changed; false if that is not enough.
    fn update(&mut self, run: &Run) -> bool {
        let current = run.current;
        let stand = run.stands_at(current).map_or(Stand::Gone, Stand::at);
        if stand == Stand::Other || current.index() >= WORD * self.waiting.width() {
            return false;
        }
        if self.stands.len() <= current.index() {
            self.stands.resize(current.index() + 1, (Stand::Gone, false));
        }
        let before = std::mem::replace(&mut self.stands[current.index()].0, stand);
        if let Stand::At(object) = before {
            self.at_objects -= 1;
            self.waiting.remove(object.index(), current);
        }
        self.come_to(current, stand);
        self.put(current, stand == Stand::Free || run.is_enabled(current));
        if let Some(thread) = self.passed_over.take() {
            self.put(thread, run.is_enabled(thread));
        }
        if let Some(object) = self.touched.take().filter(|_| !self.ignores_objects) {
            self.waiting.ensure(object.index());
            for word in 0..self.waiting.width() {
                for thread in threads_of(word, self.waiting.words(object.index())[word]) {
                    self.put(thread, run.is_enabled(thread));
                }
            }
        }
        if run.state(current) == State::Exited {
            let joins = |(stand, _): &(Stand, bool)| *stand == Stand::Join(current);
            let mut asked = 0;
            while let Some(more) = self.stands[asked..].iter().position(joins) {
                let thread = ThreadId((asked + more) as u32);
                self.put(thread, run.is_enabled(thread));
                asked += more + 1;
            }
        }
        self.is_steady = self.at_objects == 0;
        true
    }

    /// Notes that a thread stands at an object, if it does.
    #[inline]
    fn come_to(&mut self, thread: ThreadId, stand: Stand) {
        if let Stand::At(object) = stand {
            self.at_objects += 1;
            self.waiting.ensure(object.index());
            self.waiting.insert(object.index(), thread);
        }
    }

    /// Asks all, and notes what it takes to ask fewer the next time.
    #[inline(never)]
    fn scan(&mut self, run: &Run) -> Option<ThreadId> {
        self.forget();
        self.list.clear();
        self.stands.clear();
        self.waiting.clear(0, run.slots.len());
        (self.at_objects, self.is_steady) = (0, false);
        let mut is_plain = true;
        for (number, slot) in run.slots.iter().enumerate() {
            let thread = ThreadId(number as u32);
            let stand = match slot.state {
                State::Fresh => return Some(thread),
                State::Stopped => Stand::at(&slot.op),
                _ => Stand::Gone,
            };
            is_plain &= stand != Stand::Other;
            let goes_on = stand == Stand::Free || stand != Stand::Gone && run.is_enabled(thread);
            if goes_on {
                self.list.push(thread);
            }
            self.stands.push((stand, goes_on));
            self.come_to(thread, stand);
        }
        self.is_known = is_plain;
        self.is_steady = is_plain && self.at_objects == 0;
        None
    }

    /// Asks all of a few.
    #[inline(always)]
    fn ask_few(&mut self, run: &Run) -> Option<ThreadId> {
        self.list.clear();
        (self.is_known, self.is_steady) = (false, false);
        let mut is_steady = true;
        for (number, slot) in run.slots.iter().enumerate() {
            let thread = ThreadId(number as u32);
            match slot.state {
                State::Fresh => return Some(thread),
                State::Stopped => {
                    is_steady &= never_waits(&slot.op) || matches!(slot.op, Op::Join(_));
                    if run.is_enabled(thread) {
                        self.list.push(thread);
                    }
                }
                _ => {}
            }
        }
        self.is_steady = is_steady;
        None
    }

    /// Says whether a thread is in the list.
    #[inline]
    fn put(&mut self, thread: ThreadId, can_go_on: bool) {
        if let Some((_, listed)) = self.stands.get_mut(thread.index()) {
            if *listed == can_go_on {
                return;
            }
            *listed = can_go_on;
        }
        match self.list.binary_search(&thread) {
            Ok(place) if !can_go_on => drop(self.list.remove(place)),
            Err(place) if can_go_on => self.list.insert(place, thread),
            _ => {}
        }
    }
}
