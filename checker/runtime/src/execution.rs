//! What the shims ask of the running execution.

use crate::frame::Frame;
use crate::panics::{Panic, text};
use crate::record::{Declared, Found, Resource};
use crate::sections::Step;
use crate::shared::Shared;
use raddle_shims::kernel::{Arm, Arms, Failure, LocationId, Op, Patience, Reply, ThreadId, Value};
use raddle_shims::model::{
    Contents, Execution, Handling, NewThread, ObjectKind, Site, Slots, Stopped, off_the_heap,
};
use std::any::Any;
use std::cell::RefCell;
use std::ops::Range;
use std::panic::{Location, resume_unwind};
use std::time::Duration;

/// So many looks at the clock take no time. A later one takes at most 2 to this power microseconds, some 18 minutes.
const LOOKS_FREE: u32 = 8;
const LOOKS_MAX: u32 = 30;

impl Execution for Shared {
    #[inline]
    fn perform(&self, op: &Op, site: Site) -> Reply {
        self.settle_turn();
        self.perform_unnoted(op, site)
    }

    fn asks_state(&self, site: Site) -> bool {
        self.settle_turn();
        self.mine().spin.borrow_mut().asks_state(site, &self.loops.borrow())
    }

    fn note_state(&self, stack: usize) {
        let frame = Frame::here();
        let _heap = off_the_heap();
        let mine = self.mine();
        mine.spin.borrow_mut().noted.note((&frame, stack), mine.base.get());
    }

    fn perform_entered(&self, op: &Op, site: Site) -> Reply {
        self.settle_turn();
        match self.step(op) {
            Step::Look => {
                let _heap = off_the_heap();
                self.perform_from(None, op, site)
            }
            Step::Outright => self.perform_outright(op, site),
            Step::Void => self.void(op),
        }
    }

    fn hint(&self, repeated: u32, site: Site) -> bool {
        self.settle_turn();
        let _heap = off_the_heap();
        self.perform_hint(repeated, site)
    }

    unsafe fn perform_plain(
        &self,
        op: &Op,
        site: Site,
        at: *const u8,
        contents: &'static Contents,
    ) -> Reply {
        self.settle_turn();
        if self.records.get() && !self.draining.get() {
            // SAFETY: the caller's duty is the same, and threads run one at a time.
            unsafe { self.note_contents(op, at, contents) };
        }
        self.perform_unnoted(op, site)
    }

    fn await_value(&self, op: &Op, site: Site, pass: &mut dyn FnMut(Value) -> bool) -> Value {
        self.settle_turn();
        if !self.draining.get() && !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        self.wait_for_value(op, site, pass)
    }

    fn arms(&self, arms: &[Arm]) -> Arms {
        self.settle_turn();
        let list = self.with_controller(|controller| controller.arms(arms)).unwrap_or(Arms(0));
        if self.records.get() && !self.draining.get() {
            let _heap = off_the_heap();
            self.arms.borrow_mut().entry(list.0).or_insert_with(|| arms.to_vec());
        }
        list
    }

    fn spawn(&self, thread: NewThread, site: Site) -> ThreadId {
        let _heap = off_the_heap();
        let reply = self.perform(&Op::Spawn, site);
        let id = match reply.thread().filter(|_| !self.draining.get()) {
            Some(id) => id,
            None => {
                // The execution is over. The thread begins all the same if it can, as others may wait for it.
                let id = ThreadId(self.threads.borrow().len() as u32);
                if !self.afterlife.borrow_mut().may_begin() {
                    self.local(id).gone.set(true);
                    return id;
                }
                id
            }
        };
        let local = self.local(id);
        local.clock.set(self.mine().clock.get());
        local.body.set(Some(thread.body));
        let mut record = local.record.borrow_mut();
        record.name = thread.name;
        record.spawned = Some(site);
        id
    }

    #[inline]
    fn me(&self) -> ThreadId {
        self.current.get()
    }

    #[inline]
    fn heap(&self) -> *const () {
        let thread = self.current.get().index();
        self.memory.as_ref().map_or(std::ptr::null(), |memory| memory.arena(thread))
    }

    fn name(&self, thread: ThreadId) -> Option<String> {
        match thread {
            ThreadId::MAIN => Some("main".to_string()),
            _ => self.local(thread).record.borrow().name.clone(),
        }
    }

    fn declare(&self, kind: ObjectKind, initial: Value, created: Site) -> u32 {
        self.settle_turn();
        let _heap = off_the_heap();
        let mut objects = self.objects.borrow_mut();
        let number = objects.len() as u32;
        objects.push(Declared { kind, created, name: None, thread: None, holds: None });
        let location = LocationId::local(number);
        if self.draining.get() {
            self.afterlife.borrow_mut().declare(location, initial);
        } else {
            self.with_controller(|controller| controller.declare(location, initial));
        }
        number
    }

    fn on_touched(&self, addresses: Range<usize>) {
        let _heap = off_the_heap();
        self.loops.borrow_mut().on_touched(addresses);
    }

    fn on_looked(&self, data: *const u8, size: usize) {
        self.settle_turn();
        let _heap = off_the_heap();
        self.note_looked(data, size);
    }

    fn shared(&self, address: usize, kind: ObjectKind, initial: Value, created: Site) -> u32 {
        self.settle_turn();
        let _heap = off_the_heap();
        self.known_at(address).unwrap_or_else(|| {
            let number = self.declare(kind, initial, created);
            self.addresses.borrow_mut().insert(address, number);
            number
        })
    }

    fn known_at(&self, address: usize) -> Option<u32> {
        self.addresses.borrow().get(&address).copied()
    }

    fn newest(&self, location: LocationId) -> Value {
        let newest = |at| self.with_controller(|controller| controller.newest(at));
        match self.draining.get() {
            false => newest(location).unwrap_or_default(),
            true => {
                let mut afterlife = self.afterlife.borrow_mut();
                afterlife.newest(location, |at| newest(at).unwrap_or_default())
            }
        }
    }

    fn park_token(&self, thread: ThreadId) -> LocationId {
        self.settle_turn();
        let local = self.local(thread);
        local.token.get().unwrap_or_else(|| {
            let site = local.record.borrow().spawned.unwrap_or(Location::caller());
            let number = self.declare(ObjectKind::Parker, Value(0), site);
            self.objects.borrow_mut()[number as usize].thread = Some(thread);
            let location = LocationId::local(number);
            local.token.set(Some(location));
            location
        })
    }

    fn is_crowded(&self, created: Site) -> bool {
        self.crowded.borrow().contains(created)
    }

    fn note_crowd(&self, created: Site) {
        if !self.draining.get() {
            self.crowded.borrow_mut().insert(created);
            self.start_again("a barrier is used by more threads than it waits for");
        }
    }

    fn asks_finished(&self) -> bool {
        self.asks_finished.get()
    }

    fn note_asks_finished(&self) {
        if !self.draining.get() {
            self.asks_finished.set(true);
            self.start_again("a thread is asked whether it has finished");
        }
    }

    fn asks_counts(&self) -> bool {
        self.asks_counts.get()
    }

    fn note_asks_counts(&self) {
        if !self.draining.get() {
            self.asks_counts.set(true);
            self.start_again("the number of owners is asked for");
        }
    }

    fn panicking(&self) -> bool {
        if !std::thread::panicking() {
            return false;
        }
        // The flag is that of the operating-system thread, which may have another of our threads
        // in the middle of an unwinding; then what the hook has seen must do.
        self.unwinding.get() == 0 || self.mine().unwinding.get()
    }

    fn is_draining(&self) -> bool {
        self.draining.get()
    }

    fn goes_on(&self) -> bool {
        let afterlife = self.afterlife.borrow();
        self.draining.get() && !afterlife.is_direct() && !afterlife.unwinds() && !self.panicking()
    }

    fn forgets_poison(&self) -> bool {
        let afterlife = self.afterlife.borrow();
        let cleaned = || afterlife.is_direct() || afterlife.unwinds();
        self.draining.get() && (cleaned() || self.failed.get() || self.mine().stopped.get())
    }

    fn on_panic(&self, payload: &(dyn Any + Send)) {
        let _heap = off_the_heap();
        let mine = self.mine();
        mine.unwinding.set(false);
        if self.draining.get() {
            return;
        }
        mine.unobserved_panic.set(true);
        let mut record = mine.record.borrow_mut();
        if record.panics.is_empty() {
            // `resume_unwind` does not call the hook.
            record.panics.push(Panic { message: text(payload), place: None });
        }
    }

    fn fail_by_panic(&self, payload: &(dyn Any + Send)) -> ! {
        self.on_panic(payload);
        let thread = self.current.get();
        let message = self.mine().record.borrow().panics.last().map(|panic| panic.message.clone());
        let message = message.unwrap_or_else(|| text(payload));
        self.fail(Failure::Assertion { thread, message });
        self.suspend();
        resume_unwind(Box::new(Stopped))
    }

    fn detach(&self, thread: ThreadId) {
        self.local(thread).detached.set(true);
    }

    fn on_panic_observed(&self, thread: ThreadId) {
        self.local(thread).unobserved_panic.set(false);
    }

    fn on_panic_left(&self, thread: ThreadId) {
        self.local(thread).left_panic.set(true);
    }

    fn misuse(&self, message: String, site: Option<Site>) -> ! {
        self.local(self.current.get()).record.borrow_mut().misused = site;
        self.fail(Failure::Misuse { thread: self.current.get(), message });
        self.suspend();
        resume_unwind(Box::new(Stopped))
    }

    fn watch(&self, location: LocationId, contents: *const u8, size: usize, site: Site) {
        let _heap = off_the_heap();
        if !self.draining.get() {
            self.watches.borrow_mut().add(location, contents, size, site);
        }
    }

    fn unwatch(&self, location: LocationId) {
        self.watches.borrow_mut().remove(location);
    }

    fn label(&self, location: LocationId, name: String) {
        let _heap = off_the_heap();
        let object = location.as_local().map(|object| object as usize);
        let mut objects = self.objects.borrow_mut();
        if let Some(declared) = object.and_then(|object| objects.get_mut(object)) {
            declared.name = Some(name);
        }
    }

    fn execution_slots(&self) -> &RefCell<Slots> {
        &self.slots
    }

    fn thread_slots(&self) -> &RefCell<Slots> {
        self.settle_turn();
        self.look_at_locals();
        self.watch_turn();
        &self.mine().slots
    }

    fn now(&self) -> Duration {
        self.settle_turn();
        if let Some(now) = self.clock() {
            self.turn_differs();
            return now;
        }
        self.note_asks_time();
        // Time passes while a thread looks at the clock and does nothing else, the longer it looks the
        // faster: a loop that waits for a deadline comes to it.
        self.turn_differs();
        let mine = self.mine();
        let looks = mine.looks.get();
        mine.looks.set(looks + 1);
        let passed = match looks.checked_sub(LOOKS_FREE) {
            None => Duration::ZERO,
            Some(more) => Duration::from_micros(1 << more.min(LOOKS_MAX)),
        };
        mine.clock.set(mine.clock.get().saturating_add(passed));
        mine.clock.get()
    }

    fn pause(&self, duration: Duration, site: Site) {
        self.settle_turn();
        if let Some(end) = self.deadline(duration) {
            self.perform(&Op::Sleep(end), site);
        } else {
            self.sleep(duration);
            self.perform(&Op::Yield, site);
        }
    }

    fn patience(&self, limit: Duration) -> Patience {
        self.deadline(limit).map_or(Patience::Some, Patience::Until)
    }

    fn sleep(&self, duration: Duration) {
        self.settle_turn();
        self.mine().looks.set(0);
        if self.asks_time.get() {
            // A loop that sleeps may end when enough time has passed.
            self.turn_differs();
        } else {
            self.has_slept.set(true);
        }
        let clock = &self.mine().clock;
        // Some time always passes: a loop that sleeps for what is left comes past its deadline.
        let passes = duration.max(Duration::from_nanos(1));
        clock.set(clock.get().saturating_add(passes));
    }

    fn acquire(&self, what: &'static str, site: Site) -> u64 {
        let _heap = off_the_heap();
        let mut resources = self.resources.borrow_mut();
        let since = self.mine().at.get().map(|(_, site)| site);
        resources.push(Some(Resource::new(what, site, (self.current.get(), since))));
        resources.len() as u64 - 1
    }

    fn release(&self, number: u64) {
        if let Some(resource) = self.resources.borrow_mut().get_mut(number as usize) {
            *resource = None;
        }
    }

    #[inline]
    fn handle(&self, number: u64, handling: Handling) -> u32 {
        if !self.records.get() || self.draining.get() {
            return 0;
        }
        let at = self.mine().at.get().map(|(_, site)| site);
        match self.resources.borrow_mut().get_mut(number as usize) {
            Some(Some(resource)) => resource.handle(handling, self.current.get(), at),
            _ => 0,
        }
    }
}

impl Shared {
    /// Notes what a thread finds at a place that it accesses plainly.
    ///
    /// # Safety
    /// There must be a live value of the type of `contents`.
    #[cold]
    unsafe fn note_contents(&self, op: &Op, at: *const u8, contents: &'static Contents) {
        let _heap = off_the_heap();
        if !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        let Some(object) = op.location().and_then(LocationId::as_local) else { return };
        if let Some(declared) = self.objects.borrow_mut().get_mut(object as usize) {
            declared.holds = Some(contents.name());
        }
        // SAFETY: the caller's duty is the same.
        if let Some(value) = unsafe { contents.value(at) } {
            let (step, thread) = (self.steps.borrow().len(), self.current.get());
            self.found.borrow_mut().push(Found { step, thread, object, value });
        }
    }

    /// Performs an operation before which the state of the thread was not noted.
    #[inline(always)]
    fn perform_unnoted(&self, op: &Op, site: Site) -> Reply {
        // They are left to do what they do with the stack, of which nothing is used here.
        match self.step(op) {
            Step::Look => self.perform_here(op, site),
            Step::Outright => self.perform_outright(op, site),
            Step::Void => self.void(op),
        }
    }

    /// Performs an operation that may be part of the turn of a loop, for which the stack is looked at.
    #[inline(never)]
    pub(crate) fn perform_here(&self, op: &Op, site: Site) -> Reply {
        let _heap = off_the_heap();
        let frame = Frame::here();
        self.perform_from(Some(&frame), op, site)
    }

    /// Ends the execution, as everything explored is void for this reason; returns only to a thread that
    /// unwinds.
    fn start_again(&self, why: &str) {
        self.note_void(why);
        self.suspend();
        if !self.panicking() {
            self.mine().stopped.set(true);
            resume_unwind(Box::new(Stopped));
        }
    }

    /// A thread looks at its clock, on which turns of loops that slept have left no trace if nobody has done so before.
    fn note_asks_time(&self) {
        if self.draining.get() || self.asks_time.replace(true) || !self.has_slept.get() {
            return;
        }
        self.start_again("a thread that may have slept looks at its clock");
    }

    /// What the clock of the model shows, if there is one.
    fn clock(&self) -> Option<Duration> {
        if self.draining.get() {
            return None;
        }
        self.with_controller(|controller| controller.clock()).flatten().map(Duration::from_nanos)
    }

    /// When a time limit that begins now is over, on that clock. Some time always passes, so that loops that
    /// wait for no time let others go on.
    fn deadline(&self, limit: Duration) -> Option<u64> {
        let end = self.clock()?.saturating_add(limit.max(Duration::from_nanos(1)));
        Some(u64::try_from(end.as_nanos()).unwrap_or(u64::MAX))
    }
}
