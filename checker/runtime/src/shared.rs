//! What the shims see of the running execution.
//!
//! One thread of the program runs at a time, and the world's own code runs only while none does, so
//! everything here is a cell; borrows end before control can change hands.

use crate::afterlife::Afterlife;
use crate::fiber::Door;
use crate::panics::{Panic, text};
use crate::record::{Declared, Recorded, ThreadRecord};
use crate::spin::{Frame, Spin};
use crate::watch::Watches;
use raddle_shims::kernel::{
    Answer, Controller, Failure, LocationId, Op, Reply, ThreadId, Until, Value,
};
use raddle_shims::model::{Execution, NewThread, ObjectKind, Site, Slots, Stopped};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A thread of the program, as the shims need it.
#[derive(Default)]
pub(crate) struct Local {
    pub body: Cell<Option<Box<dyn FnOnce()>>>,
    pub door: Cell<Option<Door>>,
    pub slots: RefCell<Slots>,
    pub record: RefCell<ThreadRecord>,
    /// Its result was an unwinding that nobody has been told of yet.
    pub unobserved_panic: Cell<bool>,
    pub token: Cell<Option<LocationId>>,
    pub clock: Cell<Duration>,
    /// The operation at which it stands, or that it performed last.
    pub at: Cell<Option<(Op, Site)>>,
    pub spin: RefCell<Spin>,
    /// Where its stack begins.
    pub base: Cell<usize>,
    /// Whether it was unwinding when it began its latest panic or was last suspended.
    pub unwinding: Cell<bool>,
    /// Whether it will not run any more, destructors included.
    pub gone: Cell<bool>,
    /// How many of its operations have been events.
    pub events: Cell<u32>,
}

impl Local {
    /// As new, for the next execution.
    pub fn reset(&self) {
        self.body.set(None);
        self.door.set(None);
        self.slots.borrow_mut().clear();
        self.unobserved_panic.set(false);
        self.token.set(None);
        self.clock.set(Duration::ZERO);
        self.at.set(None);
        self.spin.borrow_mut().forget();
        self.unwinding.set(false);
        self.events.set(0);
        self.gone.set(false);
        let mut record = self.record.borrow_mut();
        record.name = None;
        record.spawned = None;
        record.panics.clear();
        record.ended = false;
    }
}

/// The running execution.
pub(crate) struct Shared {
    pub controller: Cell<Option<*mut (dyn Controller + 'static)>>,
    current: Cell<ThreadId>,
    /// The running thread, in `threads`.
    running: Cell<*const Local>,
    pub reply: Cell<Reply>,
    pub threads: RefCell<Vec<Rc<Local>>>,
    pub objects: RefCell<Vec<Declared>>,
    pub addresses: RefCell<BTreeMap<usize, u32>>,
    pub slots: RefCell<Slots>,
    pub watches: RefCell<Watches>,
    /// How many threads stand in the middle of an unwinding.
    pub unwinding: Cell<u32>,
    pub resources: RefCell<Vec<Option<(&'static str, Site)>>>,
    pub afterlife: RefCell<Afterlife>,
    pub draining: Cell<bool>,
    /// No stack can be entered any more: the execution ended in the middle of std's own panicking.
    pub broken: Cell<bool>,
    pub steps: RefCell<Vec<Recorded>>,
    pub records: Cell<bool>,
    /// Moves whenever the program does.
    pub pulse: Arc<AtomicU64>,
}

impl Shared {
    pub fn new() -> Shared {
        Shared {
            controller: Cell::new(None),
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
            broken: Cell::new(false),
            steps: RefCell::default(),
            records: Cell::new(false),
            pulse: Arc::default(),
        }
    }

    #[inline]
    pub fn local(&self, thread: ThreadId) -> Rc<Local> {
        let mut threads = self.threads.borrow_mut();
        while threads.len() <= thread.index() {
            threads.push(Rc::default());
        }
        Rc::clone(&threads[thread.index()])
    }

    /// Everything as new, for the next execution.
    pub fn reset(&self) {
        self.threads.borrow().iter().for_each(|local| local.reset());
        self.objects.borrow_mut().clear();
        self.addresses.borrow_mut().clear();
        self.slots.borrow_mut().clear();
        self.watches.borrow_mut().clear();
        self.unwinding.set(0);
        self.resources.borrow_mut().clear();
        self.draining.set(false);
        self.broken.set(false);
        self.steps.borrow_mut().clear();
    }

    #[inline]
    fn mine(&self) -> &Local {
        // SAFETY: it was set by `set_current`, before any code of the program runs, and what
        // `threads` holds is never removed.
        unsafe { &*self.running.get() }
    }

    /// The thread whose code runs from here on.
    #[inline]
    pub fn set_current(&self, thread: ThreadId) {
        self.current.set(thread);
        if self.threads.borrow().len() <= thread.index() {
            self.local(thread);
        }
        self.running.set(Rc::as_ptr(&self.threads.borrow()[thread.index()]));
    }

    #[inline]
    pub fn with_controller<R>(&self, f: impl FnOnce(&mut dyn Controller) -> R) -> Option<R> {
        let controller = self.controller.get()?;
        // SAFETY: the pointer is set for the duration of a call of the world, which borrows the
        // controller for itself, and calls of the controller do not come back here.
        Some(f(unsafe { &mut *controller }))
    }

    /// Leaves the running thread until the world resumes it.
    fn suspend(&self) -> Reply {
        let mine = self.mine();
        let Some(door) = mine.door.get() else { return Reply::Done };
        let unwinding = self.panicking();
        mine.unwinding.set(unwinding);
        self.unwinding.set(self.unwinding.get() + u32::from(unwinding));
        // SAFETY: this code runs on the fiber of the current thread, whose door this is.
        unsafe { door.suspend() };
        self.unwinding.set(self.unwinding.get() - u32::from(unwinding));
        if self.draining.get() {
            if !unwinding {
                resume_unwind(Box::new(Stopped));
            }
            return Reply::Done;
        }
        self.reply.get()
    }

    fn check_watches(&self) {
        loop {
            let written = self.watches.borrow_mut().take_written();
            let Some((location, site)) = written else { return };
            self.pass_on(&Op::PlainWrite(location), site);
        }
    }

    /// Something moves.
    #[inline]
    pub fn beat(&self) {
        self.pulse.store(self.pulse.load(Relaxed) + 1, Relaxed);
    }

    #[inline]
    fn pass_on(&self, op: &Op, site: Site) -> Reply {
        self.beat();
        self.mine().at.set(Some((*op, site)));
        let thread = self.current.get();
        let reply = match self.with_controller(|controller| controller.perform(op)) {
            Some(Answer::Reply(reply)) => reply,
            _ => {
                let reply = self.suspend();
                if self.draining.get() {
                    return self.afterlife(op);
                }
                reply
            }
        };
        if self.records.get() {
            let index = self.mine().events.get();
            let is_event =
                !matches!(op, Op::PlainRead(_) | Op::PlainWrite(_) | Op::Assume(_) | Op::Yield);
            self.mine().events.set(index + u32::from(is_event));
            self.steps.borrow_mut().push(Recorded { thread, index, op: *op, reply, site });
        }
        reply
    }

    #[inline(never)]
    fn perform_from(&self, frame: &Frame, op: &Op, site: Site) -> Reply {
        if self.draining.get() {
            if !std::thread::panicking() && !self.afterlife.borrow().is_direct() {
                resume_unwind(Box::new(Stopped));
            }
            return self.afterlife(op);
        }
        if !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        let spin = &self.mine().spin;
        match *op {
            Op::Load { location, ordering, until: None } => {
                let base = self.mine().base.get();
                let waits = spin.borrow_mut().before((location, site), (frame, base));
                let until = waits.map(Until::differs);
                let reply = self.pass_on(&Op::Load { location, ordering, until }, site);
                if let Reply::Value(value) = reply {
                    spin.borrow_mut().after(location, site, value);
                }
                reply
            }
            Op::Yield => self.pass_on(op, site),
            Op::CompareExchange { location, expected, .. } => {
                let base = self.mine().base.get();
                let waits = spin.borrow_mut().before((location, site), (frame, base));
                if let Some(value) = waits {
                    let ordering = raddle_shims::kernel::LoadOrdering::Relaxed;
                    let until = Some(Until::differs(value));
                    self.pass_on(&Op::Load { location, ordering, until }, site);
                }
                let reply = self.pass_on(op, site);
                match reply {
                    // A failure for no reason need not come again.
                    Reply::Refused(value) if value != expected => {
                        spin.borrow_mut().after(location, site, value);
                    }
                    _ => spin.borrow_mut().forget(),
                }
                reply
            }
            Op::Rmw { location, ordering, change, until: None } if ordering.acquires() => {
                let base = self.mine().base.get();
                let waits = spin.borrow_mut().before((location, site), (frame, base));
                let until = waits.map(Until::differs);
                let reply = self.pass_on(&Op::Rmw { location, ordering, change, until }, site);
                match reply {
                    Reply::Value(old) if change.apply(old) == old => {
                        spin.borrow_mut().after(location, site, old);
                    }
                    _ => spin.borrow_mut().forget(),
                }
                reply
            }
            _ => {
                spin.borrow_mut().forget();
                self.pass_on(op, site)
            }
        }
    }

    /// Ends the execution as a failure, if it has not ended.
    pub fn fail(&self, failure: Failure) {
        if !self.draining.get() {
            self.with_controller(|controller| controller.fail(failure));
        }
    }

    /// A panic begins on the running thread.
    pub fn panic_begins(&self, panic: Panic, aborts: bool) {
        let mine = self.mine();
        let message = panic.message.clone();
        mine.record.borrow_mut().panics.push(panic);
        mine.unwinding.set(true);
        if aborts {
            let first = mine.record.borrow().panics.first().map(|first| first.message.clone());
            let text = format!("{message}; the first panic was: {}", first.unwrap_or_default());
            self.fail(Failure::Assertion { thread: self.current.get(), message: text });
            self.broken.set(true);
            loop {
                let Some(door) = mine.door.get() else { return };
                // SAFETY: this code runs on the fiber of the current thread.
                unsafe { door.suspend() };
            }
        }
    }

    fn operate_afterwards(&self, op: &Op) -> Option<Reply> {
        let ended = |thread: ThreadId| self.local(thread).gone.get();
        let newest = |location| self.with_controller(|controller| controller.newest(location));
        self.afterlife.borrow_mut().perform(op, ended, |at| newest(at).unwrap_or_default())
    }

    /// Performs an operation after the end of the execution. What has to wait lets the other threads
    /// run their destructors; if it waits for ever the thread is not resumed any more.
    fn afterlife(&self, op: &Op) -> Reply {
        loop {
            if let Some(reply) = self.operate_afterwards(op) {
                return reply;
            }
            let mine = self.mine();
            let Some(door) = mine.door.get().filter(|_| !self.afterlife.borrow().is_direct())
            else {
                return Reply::Done;
            };
            let unwinding = self.panicking();
            mine.unwinding.set(unwinding);
            self.unwinding.set(self.unwinding.get() + u32::from(unwinding));
            // SAFETY: this code runs on the fiber of the current thread, whose door this is.
            unsafe { door.suspend() };
            self.unwinding.set(self.unwinding.get() - u32::from(unwinding));
        }
    }

    /// Runs a thread from its beginning to its end, on its fiber.
    pub fn run_thread(&self, thread: ThreadId, body: Box<dyn FnOnce()>) {
        let base = 0_usize;
        let local = self.local(thread);
        local.base.set(std::ptr::from_ref(&base) as usize);
        let result = catch_unwind(AssertUnwindSafe(body));
        if let Err(payload) = result
            && !payload.is::<Stopped>()
        {
            self.on_panic(&*payload);
            self.fail(Failure::Assertion { thread, message: text(&*payload) });
        }
        if !self.draining.get() {
            self.check_watches();
        }
        self.drop_locals(thread, &local);
        local.gone.set(true);
        local.record.borrow_mut().ended |= !self.draining.get();
    }

    fn drop_locals(&self, thread: ThreadId, local: &Local) {
        let was_direct = self.afterlife.borrow_mut().set_direct(self.draining.get());
        loop {
            let next = local.slots.borrow_mut().take_next();
            let Some(value) = next else { break };
            match catch_unwind(AssertUnwindSafe(|| drop(value))) {
                Err(payload) if !payload.is::<Stopped>() => {
                    let message = format!("thread local panicked on drop: {}", text(&*payload));
                    self.fail(Failure::Assertion { thread, message });
                }
                _ => {}
            }
        }
        self.afterlife.borrow_mut().set_direct(was_direct);
    }
}

impl Execution for Shared {
    #[inline]
    fn perform(&self, op: &Op, site: Site) -> Reply {
        let frame = Frame::here();
        self.perform_from(&frame, op, site)
    }

    fn spawn(&self, thread: NewThread, site: Site) -> ThreadId {
        let reply = self.perform(&Op::Spawn, site);
        let Some(id) = reply.thread().filter(|_| !self.draining.get()) else {
            // The execution is over: the thread never begins.
            let id = ThreadId(self.threads.borrow().len() as u32);
            self.local(id).gone.set(true);
            return id;
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

    fn name(&self, thread: ThreadId) -> Option<String> {
        match thread {
            ThreadId::MAIN => Some("main".to_string()),
            _ => self.local(thread).record.borrow().name.clone(),
        }
    }

    fn declare(&self, kind: ObjectKind, initial: Value, created: Site) -> u32 {
        let mut objects = self.objects.borrow_mut();
        let number = objects.len() as u32;
        objects.push(Declared { kind, created, name: None });
        let location = LocationId::local(number);
        if self.draining.get() {
            self.afterlife.borrow_mut().declare(location, initial);
        } else {
            self.with_controller(|controller| controller.declare(location, initial));
        }
        number
    }

    fn shared(&self, address: usize, kind: ObjectKind, initial: Value, created: Site) -> u32 {
        let known = self.addresses.borrow().get(&address).copied();
        known.unwrap_or_else(|| {
            let number = self.declare(kind, initial, created);
            self.addresses.borrow_mut().insert(address, number);
            number
        })
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
        let local = self.local(thread);
        local.token.get().unwrap_or_else(|| {
            let site = local.record.borrow().spawned.unwrap_or(Location::caller());
            let number = self.declare(ObjectKind::Parker, Value(0), site);
            let location = LocationId::local(number);
            local.token.set(Some(location));
            location
        })
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

    fn on_panic(&self, payload: &(dyn Any + Send)) {
        let mine = self.mine();
        mine.unwinding.set(false);
        mine.unobserved_panic.set(true);
        let mut record = mine.record.borrow_mut();
        if record.panics.is_empty() {
            // `resume_unwind` does not call the hook.
            record.panics.push(Panic { message: text(payload), place: None });
        }
    }

    fn on_panic_observed(&self, thread: ThreadId) {
        self.local(thread).unobserved_panic.set(false);
    }

    fn misuse(&self, message: String) -> ! {
        self.fail(Failure::Misuse { thread: self.current.get(), message });
        self.suspend();
        resume_unwind(Box::new(Stopped))
    }

    fn watch(&self, location: LocationId, contents: *const u8, size: usize, site: Site) {
        if !self.draining.get() {
            self.watches.borrow_mut().add(location, contents, size, site);
        }
    }

    fn unwatch(&self, location: LocationId) {
        self.watches.borrow_mut().remove(location);
    }

    fn label(&self, location: LocationId, name: String) {
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
        // What a loop counts in a thread-local makes its turns different.
        self.mine().spin.borrow_mut().forget();
        &self.mine().slots
    }

    fn now(&self) -> Duration {
        self.mine().clock.get()
    }

    fn sleep(&self, duration: Duration) {
        // A loop that sleeps may end when enough time has passed.
        self.mine().spin.borrow_mut().forget();
        let clock = &self.mine().clock;
        // Some time always passes: a loop that sleeps for what is left comes past its deadline.
        let passes = duration.max(Duration::from_nanos(1));
        clock.set(clock.get().saturating_add(passes));
    }

    fn acquire(&self, what: &'static str, site: Site) -> u64 {
        let mut resources = self.resources.borrow_mut();
        resources.push(Some((what, site)));
        resources.len() as u64 - 1
    }

    fn release(&self, number: u64) {
        if let Some(resource) = self.resources.borrow_mut().get_mut(number as usize) {
            *resource = None;
        }
    }
}
