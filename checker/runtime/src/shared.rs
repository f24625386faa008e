//! What the shims see of the running execution.
//!
//! One thread of the program runs at a time, and the world's own code runs only while none does, so
//! everything here is a cell; borrows end before control can change hands.

use crate::addresses::Region;
use crate::afterlife::Afterlife;
use crate::fatal::leave_hook;
use crate::frame::Frame;
use crate::hints::HintFault;
use crate::local::Local;
use crate::loops::Loops;
use crate::panics::Panic;
use crate::reach::Reach;
use crate::record::{Declared, Found, Recorded, Resource};
use crate::sections::{SectionFault, Sections};
use crate::spin::{Left, Turn, only_reads};
use crate::standing::Observed;
use crate::watch::Watches;
use raddle_shims::kernel::{Answer, Arm, Controller, Failure, Op, Patience, Reply, ThreadId};
use raddle_shims::model::{
    Execution, Site, Slots, Stopped, heap, off_the_heap, set_scrubs, use_heap,
};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{PanicHookInfo, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many operations a thread may perform after the end of the execution before it is given up with its stack,
/// how many of them if it was in a loop that waits for others, and after how many it lets others go on.
const AFTERWARDS_MAX: u32 = 4_096;
const AFTERWARDS_IN_LOOP_MAX: u32 = 512;
const AFTERWARDS_TURN: u32 = 64;

pub(crate) const LOOPS: &str = "something was learned of a loop that reads";

/// Beside the count of a pulse: the program does not run, so it is nothing that it does for which somebody waits.
pub const RESTS: u64 = 1 << 63;

/// The running execution.
pub(crate) struct Shared {
    pub controller: Cell<Option<*mut (dyn Controller + 'static)>>,
    /// Where its threads allocate, if that is not left to the system.
    pub memory: Option<Region>,
    pub current: Cell<ThreadId>,
    /// The running thread, in `threads`.
    running: Cell<*const Local>,
    pub reply: Cell<Reply>,
    pub threads: RefCell<Vec<Rc<Local>>>,
    pub objects: RefCell<Vec<Declared>>,
    pub addresses: RefCell<BTreeMap<usize, u32>>,
    pub slots: RefCell<Slots>,
    pub watches: RefCell<Watches>,
    /// How many threads stand in the middle of an unwinding, those included that earlier executions have left there: for
    /// std a panic then goes on for ever.
    pub unwinding: Cell<u32>,
    pub resources: RefCell<Vec<Option<Resource>>>,
    pub afterlife: RefCell<Afterlife>,
    pub draining: Cell<bool>,
    /// Whether a shim or a panic has ended the execution as a failure, and not to start again.
    pub failed: Cell<bool>,
    /// No stack can be entered any more: the execution ended in the middle of std's own panicking.
    pub broken: Cell<bool>,
    pub steps: RefCell<Vec<Recorded>>,
    /// The arms of selects, by the number of their list, if the execution is recorded.
    pub arms: RefCell<BTreeMap<u32, Vec<Arm>>>,
    /// What plain accesses found, if the execution is recorded.
    pub found: RefCell<Vec<Found>>,
    pub records: Cell<bool>,
    /// Counts operations, for who wants to see that something moves; with [`RESTS`] while the program does not run.
    pub pulse: Arc<AtomicU64>,
    /// Who wants to see where a recorded execution stands.
    pub observed: Option<Observed>,
    pub loops: RefCell<Loops>,
    /// Where barriers are created that more threads use than they wait for.
    pub crowded: RefCell<BTreeSet<Site>>,
    /// Whether threads are asked whether they have finished: only then is it an event that they have.
    pub asks_finished: Cell<bool>,
    /// Whether it is asked how many owners something has: only then is it an event that there is one more.
    pub asks_counts: Cell<bool>,
    /// Whether threads look at the clock: only then does it tell turns of loops apart that a turn sleeps.
    pub asks_time: Cell<bool>,
    /// Whether a thread has slept when nobody had looked at the clock yet.
    pub has_slept: Cell<bool>,
    /// Whether sections of locks may be turns of loops.
    pub sections: Cell<Sections>,
    pub section_fault: Cell<Option<SectionFault>>,
    pub hint_fault: Cell<Option<HintFault>>,
    /// What the running thread could change, and whether it is looked at whether it does.
    pub reach: RefCell<Reach>,
    pub watches_turn: Cell<bool>,
    /// Whether anything is known of loops, so that it matters what threads have [got](Local::remember).
    pub remembers: Cell<bool>,
    /// Whether something was learned of a loop, a barrier, the threads, counts or time, so that everything explored is void.
    pub is_void: Cell<bool>,
}

impl Shared {
    pub fn new() -> Shared {
        Shared {
            controller: Cell::new(None),
            memory: Region::take(),
            current: Cell::new(ThreadId::MAIN),
            running: Cell::new(std::ptr::null()),
            reply: Cell::new(Reply::Done),
            threads: RefCell::default(),
            objects: RefCell::default(),
            addresses: RefCell::default(),
            slots: RefCell::default(),
            watches: RefCell::default(),
            unwinding: Cell::new(0),
            resources: RefCell::default(),
            afterlife: RefCell::default(),
            draining: Cell::new(false),
            failed: Cell::new(false),
            broken: Cell::new(false),
            steps: RefCell::default(),
            arms: RefCell::default(),
            found: RefCell::default(),
            records: Cell::new(false),
            pulse: Arc::default(),
            observed: None,
            loops: RefCell::default(),
            crowded: RefCell::default(),
            asks_finished: Cell::new(false),
            asks_counts: Cell::new(false),
            asks_time: Cell::new(false),
            has_slept: Cell::new(false),
            sections: Cell::default(),
            section_fault: Cell::default(),
            hint_fault: Cell::default(),
            reach: RefCell::default(),
            watches_turn: Cell::new(false),
            remembers: Cell::new(false),
            is_void: Cell::new(false),
        }
    }

    #[inline]
    pub fn local(&self, thread: ThreadId) -> Rc<Local> {
        let known = self.threads.borrow().get(thread.index()).cloned();
        known.unwrap_or_else(|| self.add_local(thread))
    }

    #[cold]
    #[inline(never)]
    fn add_local(&self, thread: ThreadId) -> Rc<Local> {
        let mut threads = self.threads.borrow_mut();
        while threads.len() <= thread.index() {
            threads.push(Rc::default());
        }
        Rc::clone(&threads[thread.index()])
    }

    /// Everything as new, for the next execution.
    pub fn reset(&self) {
        self.threads.borrow().iter().for_each(|local| local.reset());
        self.memory.iter().for_each(Region::begin);
        self.objects.borrow_mut().clear();
        self.loops.borrow_mut().begin();
        self.prepare_stacks();
        self.addresses.borrow_mut().clear();
        self.slots.borrow_mut().clear();
        self.watches.borrow_mut().clear();
        self.resources.borrow_mut().clear();
        self.draining.set(false);
        self.watches_turn.set(false);
        self.failed.set(false);
        self.steps.borrow_mut().clear();
        self.arms.borrow_mut().clear();
        self.found.borrow_mut().clear();
    }

    /// Before the program runs on this operating-system thread: if stacks will be compared, nothing that differs may be left on them.
    pub fn prepare_stacks(&self) {
        let knows_loops = !self.loops.borrow().know_nothing();
        self.remembers.set(knows_loops);
        set_scrubs(knows_loops);
    }

    #[inline]
    pub fn mine(&self) -> &Local {
        // SAFETY: it was set by `set_current`, before any code of the program runs, and no thread that
        // has run is ever removed from `threads`.
        unsafe { &*self.running.get() }
    }

    /// The thread whose code runs from here on.
    #[inline(always)]
    pub fn set_current(&self, thread: ThreadId) {
        self.current.set(thread);
        let known = self.threads.borrow().get(thread.index()).map(Rc::as_ptr);
        self.running.set(known.unwrap_or_else(|| Rc::as_ptr(&self.add_local(thread))));
    }

    #[inline]
    pub fn with_controller<R>(&self, f: impl FnOnce(&mut dyn Controller) -> R) -> Option<R> {
        let controller = self.controller.get()?;
        let _heap = off_the_heap();
        // SAFETY: the pointer is set for the duration of a call of the world, which borrows the
        // controller for itself, and calls of the controller do not come back here.
        Some(f(unsafe { &mut *controller }))
    }

    /// Leaves the running thread until the world resumes it.
    pub fn suspend(&self) {
        self.suspend_here();
    }

    /// The same as part of its caller: every return to a stack that was left is mispredicted.
    #[inline(always)]
    fn suspend_here(&self) {
        let mine = self.mine();
        let Some(door) = mine.door.get() else { return };
        let unwinding = self.panicking();
        mine.unwinding.set(unwinding);
        mine.top.set(std::ptr::from_ref(&unwinding) as usize);
        self.unwinding.set(self.unwinding.get() + u32::from(unwinding));
        let allocates_from = heap();
        // SAFETY: this code runs on the fiber of the current thread, whose door this is.
        unsafe { door.suspend() };
        // Whoever resumes a thread takes it to be in the program's own code.
        std::mem::forget(use_heap(allocates_from));
        self.unwinding.set(self.unwinding.get() - u32::from(unwinding));
    }

    /// Shows which thread runs, and where.
    #[cold]
    pub fn show(&self, thread: ThreadId) {
        if let Some(observed) = &self.observed {
            let _heap = off_the_heap();
            observed.note(thread, &self.local(thread));
        }
    }

    /// Shows that something moves.
    #[inline]
    pub fn beat(&self) {
        // One thread at a time counts, so this need not be a read-modify-write.
        self.pulse.store(self.pulse.load(Relaxed) + 1, Relaxed);
    }

    /// Shows that the program goes on, or that it does not, while whoever explores it thinks.
    #[inline]
    pub fn set_resting(&self, rests: bool) {
        let count = self.pulse.load(Relaxed) & !RESTS;
        self.pulse.store(if rests { count | RESTS } else { count + 1 }, Relaxed);
    }

    #[cold]
    pub(crate) fn check_watches(&self) {
        loop {
            let written = self.watches.borrow_mut().take_written();
            let Some((location, site)) = written else { return };
            self.pass_on(&Op::PlainWrite(location), site);
        }
    }

    #[inline(always)]
    pub(crate) fn pass_on(&self, op: &Op, site: Site) -> Reply {
        self.pass_on_instead(op, op, site)
    }

    /// Performs `op`, by which the engine is told of what the program asks for as `asked`. It is part of its caller for the same reason.
    #[inline(always)]
    fn pass_on_instead(&self, op: &Op, asked: &Op, site: Site) -> Reply {
        let thread = self.current.get();
        if self.records.get() {
            self.mine().at.set(Some((*op, site)));
            self.show(thread);
        }
        self.beat();
        let reply = match self.with_controller(|controller| controller.perform(op)) {
            Some(Answer::Reply(reply)) => reply,
            _ => {
                self.suspend_here();
                if self.draining.get() {
                    // Also without a record, to tell where a thread did not do the same again.
                    self.mine().at.set(Some((*op, site)));
                    return match op == asked {
                        true => self.drained(op),
                        false => self.drained_in_turn(asked),
                    };
                }
                self.reply.get()
            }
        };
        if self.records.get() && !(reply == Reply::Done && op.until().is_some()) {
            let _heap = off_the_heap();
            let index = self.mine().events.get();
            let is_event =
                !matches!(op, Op::PlainRead(_) | Op::PlainWrite(_) | Op::Assume(_) | Op::Yield);
            self.mine().events.set(index + u32::from(is_event));
            let mut steps = self.steps.borrow_mut();
            let place = Some(steps.len());
            steps.push(Recorded { thread, index, op: *op, reply, site, place });
        }
        reply
    }

    /// Performs an operation that is never part of the turn of a loop.
    #[inline(never)]
    pub fn perform_outright(&self, op: &Op, site: Site) -> Reply {
        if self.draining.get() {
            return self.drained(op);
        }
        if !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        let mine = self.mine();
        mine.looks.set(0);
        if !matches!(op, Op::Act { .. }) {
            mine.sections.set(0);
        }
        let left = mine.spin.borrow_mut().leave(&self.loops);
        match left {
            Left::Nothing => {
                let reply = self.pass_on(op, site);
                if self.remembers.get() {
                    mine.remember(reply);
                }
                reply
            }
            Left::Trial => self.void(op),
            Left::Probe => self.redo(op),
        }
    }

    /// Performs an operation that [may be part](crate::spin::may_turn) of one.
    #[inline(never)]
    pub fn perform_from(&self, frame: Option<&Frame>, op: &Op, site: Site) -> Reply {
        if self.draining.get() {
            return self.drained(op);
        }
        if !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        match *op {
            Op::Fence(_) => self.fence(op, site),
            // Others may race with what is read where nothing is tried any more.
            Op::PlainRead(_) if self.mine().spin.borrow().is_confirmed() => {
                let _ = self.mine().spin.borrow_mut().leave(&self.loops);
                self.void(op)
            }
            Op::Yield | Op::PlainRead(_) => {
                let is_tried = self.mine().spin.borrow().is_tried();
                let reply = if is_tried { Reply::Done } else { self.pass_on(op, site) };
                self.watch_turn();
                reply
            }
            _ => self.look(frame, op, site),
        }
    }

    /// Performs an operation that may turn out to be a read, and part of the turn of a loop.
    fn look(&self, frame: Option<&Frame>, op: &Op, site: Site) -> Reply {
        let mine = self.mine();
        if mine.spin.borrow_mut().passes_by(&self.loops) {
            return self.note_read(op, site, self.pass_on(op, site));
        }
        let place = (frame, mine.base.get());
        let readable = |op: &Op| self.readable(op);
        let mut turn = mine.spin.borrow_mut().before((op, site), place, &self.loops, readable);
        let reply = loop {
            let tries = match turn {
                Turn::Perform => break self.pass_on(op, site),
                Turn::Void => return self.void(op),
                Turn::Redo => return self.redo(op),
                Turn::Again(reply) => {
                    self.watch_turn();
                    return reply;
                }
                Turn::Polls => break self.pass_on_instead(&op.polling(), op, site),
                Turn::Close(events, tries) => match self.turned(op, (events, tries), site) {
                    Some(reply) => reply == Reply::TAKEN_BACK,
                    None => return self.drained_in_turn(op),
                },
                // If the execution ends meanwhile it does not wait, as the loop does not.
                Turn::Guarded(until) => {
                    match self.pass_on_instead(&op.guarded(Some(until)), op, site) {
                        Reply::Done if !self.draining.get() => true,
                        reply => break reply,
                    }
                }
            };
            turn = match tries {
                true => mine.spin.borrow_mut().taken_back((op, site), place, &self.loops, readable),
                false => Turn::Perform,
            };
        };
        let reply = self.note_read(op, site, reply);
        self.watch_turn();
        reply
    }

    /// Notes what the running thread has got from an operation that may have read; hands it on.
    #[inline(always)]
    fn note_read(&self, op: &Op, site: Site, reply: Reply) -> Reply {
        let mine = self.mine();
        if self.remembers.get() {
            mine.remember(reply);
        }
        let mut spin = mine.spin.borrow_mut();
        match only_reads(op, reply) {
            true => spin.after(op, site, reply),
            false => spin.reset(),
        }
        reply
    }

    /// A fence between the reads of a loop may be part of its turn.
    fn fence(&self, op: &Op, site: Site) -> Reply {
        let spin = &self.mine().spin;
        let tried = spin.borrow().is_tried();
        if tried {
            let frame = Frame::here();
            let readable = |_: &Op| None;
            let turn =
                spin.borrow_mut().before((op, site), (Some(&frame), 0), &self.loops, readable);
            return match turn {
                Turn::Void => self.void(op),
                Turn::Redo => self.redo(op),
                _ => {
                    self.watch_turn();
                    Reply::Done
                }
            };
        }
        let reply = self.pass_on(op, site);
        spin.borrow_mut().after(op, site, reply);
        self.watch_turn();
        reply
    }

    /// The execution is void, and with it what has been explored: a loop that was taken to wait does not.
    #[cold]
    pub(crate) fn void(&self, op: &Op) -> Reply {
        self.note_void(LOOPS);
        self.suspend();
        self.drained(op)
    }

    /// Ends the execution: everything explored is void, for this reason.
    pub fn note_void(&self, why: &str) {
        self.is_void.set(true);
        let thread = self.current.get();
        let message = format!("{why}; the exploration starts again");
        self.fail(Failure::Misuse { thread, message });
    }

    /// Ends the execution as a failure, if it has not ended.
    pub fn fail(&self, failure: Failure) {
        if !self.draining.get() {
            self.failed.set(!self.is_void.get());
            self.with_controller(|controller| controller.fail(failure));
        }
    }

    /// A panic begins on the running thread.
    pub fn panic_begins(&self, panic: Panic) {
        let _heap = off_the_heap();
        let mine = self.mine();
        if !self.draining.get() {
            mine.record.borrow_mut().panics.push(panic);
        }
        mine.unwinding.set(true);
    }

    /// Std is about to abort the process because of a panic of the running thread, and says why.
    pub fn panic_aborts(&self, why: &str, info: &PanicHookInfo<'_>) {
        let mine = self.mine();
        mine.unwinding.set(true);
        let text = {
            let panics = &mine.record.borrow().panics;
            match panics.as_slice() {
                [] => why.to_string(),
                [only] => format!("{}: {why}, which aborts the process", only.message),
                [first, .., last] => format!(
                    "{}: {why}, which aborts the process; the first panic was: {}",
                    last.message, first.message
                ),
            }
        };
        self.fail(Failure::Assertion { thread: self.current.get(), message: text });
        self.broken.set(true);
        if let Some(door) = mine.door.get() {
            // SAFETY: this code runs on the fiber of the current thread, called by the hook.
            unsafe { leave_hook(info, door) }
        }
    }

    fn operate_afterwards(&self, op: &Op) -> Option<Reply> {
        let ended = |thread: ThreadId| self.local(thread).gone.get();
        let newest = |location| self.with_controller(|controller| controller.newest(location));
        let thread = self.current.get();
        let act = |op, initial| {
            self.with_controller(|controller| controller.act_afterwards(thread, op, initial))
                .flatten()
        };
        self.afterlife.borrow_mut().perform(op, ended, |at| newest(at).unwrap_or_default(), act)
    }

    /// Performs an operation after the end of the execution, of a thread that may be anywhere.
    ///
    /// The thread goes on as if nothing had happened, until it ends, or comes to its limit, where it is leaked: code may rely on
    /// it that no atomic operation of std unwinds, and it may end the process when a thread panics. Only when nobody can go on
    /// any more do those unwind that stand at an operation that waits (a lock, a receive), and at once those whose
    /// assumption is false. Waiting for a thread does not unwind before that thread is gone: it may borrow from here.
    #[cold]
    pub(crate) fn drained(&self, op: &Op) -> Reply {
        if self.afterlife.borrow().is_direct() || self.panicking() {
            return self.afterlife(op);
        }
        let mine = self.mine();
        let count = mine.afterwards.get() + 1;
        mine.afterwards.set(count);
        let acts_waiting = match *op {
            Op::Act { action, patience, .. } => action.may_wait() && patience != Patience::None,
            Op::Select { patience, .. } => patience != Patience::None,
            _ => false,
        };
        let is_false = matches!(op, Op::Assume(false));
        let waits = op.until().is_some() || acts_waiting || is_false;
        while waits && !is_false && count <= AFTERWARDS_MAX && !self.afterlife.borrow().unwinds() {
            if let Some(reply) = self.operate_afterwards(op) {
                return reply;
            }
            self.suspend();
        }
        if waits {
            // The hook does not see this one.
            mine.unwinding.set(true);
            mine.stopped.set(true);
            resume_unwind(Box::new(Stopped));
        }
        if count > AFTERWARDS_MAX {
            // It may be anywhere, so it cannot be unwound; nobody makes progress by this, so it is leaked.
            loop {
                self.suspend();
            }
        }
        if count.is_multiple_of(AFTERWARDS_TURN) {
            self.afterlife.borrow_mut().note_progress();
            self.suspend();
        }
        self.afterlife(op)
    }

    /// The same for a thread that turned in a loop. Who it waits for may be among the others, which go first; then it goes on with
    /// the newest values, and is given up if it does not leave the loop.
    pub(crate) fn drained_in_turn(&self, op: &Op) -> Reply {
        if !self.afterlife.borrow().is_direct() && !self.panicking() {
            let performed = &self.mine().afterwards;
            performed.set(performed.get().max(AFTERWARDS_MAX - AFTERWARDS_IN_LOOP_MAX));
            self.afterlife.borrow_mut().note_progress();
            self.suspend();
        }
        self.drained(op)
    }

    /// Performs an operation after the end of the execution. What has to wait lets the other threads
    /// run their destructors; if it waits for ever the thread is not resumed any more.
    fn afterlife(&self, op: &Op) -> Reply {
        loop {
            if let Some(reply) = self.operate_afterwards(op) {
                return reply;
            }
            if self.afterlife.borrow().is_direct() || self.mine().door.get().is_none() {
                return Reply::Done;
            }
            self.suspend();
        }
    }
}
