//! Starting threads and waiting for their end.
//!
//! A thread of a model ends in three steps: its result is stored and, in a program that asks for it
//! ([`JoinHandle::is_finished`]), a flag says so; its thread-locals are dropped; it exits, which is what
//! [`JoinHandle::join`] waits for. That a program asks is learned when it first does, and the exploration then
//! starts again; all other programs are spared an object and an event for each thread.

use super::{Result, Thread};
use crate::kernel::{LoadOrdering, Op, StoreOrdering, ThreadId, Value};
use crate::model::{
    Model, NewThread, Object, ObjectKind, Site, Stopped, inside, off_the_heap, ops, scrub,
};
use std::ffi::CString;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread as real;

/// What a thread leaves behind.
pub(super) struct Packet<T> {
    result: Mutex<Option<Result<T>>>,
    finished: Object,
    /// Whether its handle is gone, so that nobody will ask for the result but a scope, which panics in turn.
    is_left: AtomicBool,
    panicked: AtomicBool,
}

/// A thread of a model that has been started.
pub(super) struct Started<T> {
    pub thread: ThreadId,
    stamp: u64,
    packet: Arc<Packet<T>>,
}

/// The handle of such a thread; only when it is gone nobody can be told of a panic any more.
pub(super) struct Held<T>(pub Started<T>);

impl<T> Drop for Held<T> {
    #[inline]
    fn drop(&mut self) {
        let packet = &self.0.packet;
        packet.is_left.store(true, Relaxed);
        if packet.panicked.load(Relaxed)
            && let Some(model) = inside()
            && model.stamp() == self.0.stamp
        {
            model.on_panic_left(self.0.thread);
        }
    }
}

impl<T> std::ops::Deref for Held<T> {
    type Target = Started<T>;

    fn deref(&self) -> &Started<T> {
        &self.0
    }
}

impl<T> Packet<T> {
    fn new() -> Packet<T> {
        Packet {
            result: Mutex::new(None),
            finished: Object::new(),
            is_left: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
        }
    }

    fn put(&self, result: Option<Result<T>>) -> Option<Result<T>> {
        let mut slot = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *slot, result)
    }

    fn has_result(&self) -> bool {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Starts a thread of the model.
///
/// # Safety
/// What `f` borrows must live until the thread has been joined, or the execution is over and the thread
/// is never run again.
pub(super) unsafe fn start<'a, F, T>(
    model: &Model,
    (name, f): (Option<String>, F),
    site: Site,
) -> Started<T>
where
    F: FnOnce() -> T + 'a,
    T: 'a,
{
    // Nothing says which thread frees these.
    let heap = off_the_heap();
    let packet = Arc::new(Packet::new());
    let theirs = Arc::clone(&packet);
    let body = move || run(f, theirs, site);
    let body: Box<dyn FnOnce() + 'a> = Box::new(body);
    drop(heap);
    // SAFETY: only the lifetime changes; the caller answers for what is borrowed.
    let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + 'a>, Box<dyn FnOnce()>>(body) };
    let thread = model.spawn(NewThread { name, body }, site);
    Started { thread, stamp: model.stamp(), packet }
}

#[cold]
fn check_name(name: &str) {
    CString::new(name).expect("thread name may not contain interior null bytes");
}

/// What a thread of std is given: not the closure itself, for which all that std does to start one would be compiled anew.
pub(super) fn boxed<'a, F, T>(f: F) -> Box<dyn FnOnce() -> T + Send + 'a>
where
    F: FnOnce() -> T + Send + 'a,
{
    Box::new(move || call(f))
}

/// What is called from two places is compiled once.
#[inline(never)]
fn call<F: FnOnce() -> T, T>(f: F) -> T {
    f()
}

fn run<F: FnOnce() -> T, T>(f: F, packet: Arc<Packet<T>>, site: Site) {
    scrub();
    end(catch_unwind(AssertUnwindSafe(|| call(f))), &packet, site);
}

/// What is the same for all closures is not compiled for each.
#[inline(never)]
fn end<T>(result: Result<T>, packet: &Packet<T>, site: Site) {
    let Some(model) = inside() else { return };
    let result = match result {
        Err(payload) if payload.is::<Stopped>() => resume_unwind(payload),
        result => result,
    };
    if let Err(payload) = &result {
        model.on_panic(&**payload);
        packet.panicked.store(true, Relaxed);
        if packet.is_left.load(Relaxed) {
            model.on_panic_left(model.me());
        }
    }
    packet.put(Some(result));
    if !model.asks_finished() {
        return;
    }
    let location = packet.finished.location(&model, ObjectKind::Internal, Default::default);
    let ordering = StoreOrdering::Relaxed;
    model.perform(&Op::Store { location, ordering, value: Value(1) }, site);
}

impl<T> Started<T> {
    /// Waits for the end and takes the result.
    pub fn join(&self, site: Site) -> Result<T> {
        let model = self.model();
        model.perform(&Op::Join(self.thread), site);
        match self.packet.put(None) {
            Some(result) => {
                if result.is_err() {
                    model.on_panic_observed(self.thread);
                }
                result
            }
            // The thread was stopped, with the execution, before it had a result.
            None => resume_unwind(Box::new(Stopped)),
        }
    }

    /// Waits for the end; whether it panicked, and nobody has been told.
    pub fn wait(&self, model: &Model, site: Site) -> bool {
        model.perform(&Op::Join(self.thread), site);
        let slot = self.packet.result.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*slot, Some(Err(_)))
    }

    pub fn is_finished(&self, site: Site) -> bool {
        let model = self.model();
        if !model.asks_finished() {
            model.note_asks_finished();
            // The execution is over.
            return self.packet.has_result();
        }
        let location =
            self.packet.finished.location(&model, ObjectKind::Internal, Default::default);
        ops::load(&model, location, LoadOrdering::Relaxed, None, site) == 1
    }

    fn model(&self) -> Model {
        match inside() {
            Some(model) if model.stamp() == self.stamp => model,
            _ => panic!("a thread of a model was waited for outside of its execution"),
        }
    }

    pub fn share(&self) -> Started<T> {
        Started { thread: self.thread, stamp: self.stamp, packet: Arc::clone(&self.packet) }
    }

    pub fn handle(&self) -> Thread {
        Thread::of(&self.model(), self.thread)
    }
}

/// As [`std::thread::JoinHandle`].
pub struct JoinHandle<T>(Handle<T>);

enum Handle<T> {
    Real(real::JoinHandle<T>, Thread),
    Model(Held<T>, Thread),
}

// SAFETY: a result that may not go to another thread is never in one: whatever makes a handle asks for
// `T: Send`. So the handle itself asks for nothing, as std's.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as above; and no result can be reached through a shared handle.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// As std's.
    ///
    /// # Errors
    /// What the thread panicked with.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Handle::Real(handle, _) => handle.join(),
            Handle::Model(started, _) => started.join(Location::caller()),
        }
    }

    /// As std's: true at the earliest when the result is there, maybe before the thread-locals have been
    /// dropped.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Real(handle, _) => handle.is_finished(),
            Handle::Model(started, _) => started.is_finished(Location::caller()),
        }
    }

    /// As std's.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Handle::Real(_, thread) | Handle::Model(_, thread) => thread,
        }
    }

    /// Drops the handle, of a thread that may be left behind when the main thread of its model has ended, as the
    /// tasks of an asynchronous runtime are: that it waits for ever then is no failure.
    #[doc(hidden)]
    pub fn detach(self) {
        if let (Handle::Model(started, _), Some(model)) = (&self.0, inside())
            && model.stamp() == started.stamp
        {
            model.detach(started.thread);
        }
    }
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// As [`std::thread::spawn`].
///
/// Inside a model, a panic of the thread that nobody is told about (by `join`) is a failure.
///
/// # Panics
/// Outside of a model, if the operating system cannot start a thread.
#[inline(always)]
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let handle = spawn_thread(f);
    // Leaves a clean stack, on which a loop may come next.
    inside();
    handle
}

#[inline(never)]
#[track_caller]
fn spawn_thread<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// As [`std::thread::Builder`]. Inside a model the stack size is that of the runtime.
#[derive(Debug)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// As std's.
    #[allow(clippy::new_without_default, reason = "std's has no default either")]
    pub fn new() -> Builder {
        Builder { name: None, stack_size: None }
    }

    /// As std's.
    ///
    /// # Panics
    /// When the thread is started, if the name holds a null byte.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// As std's.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack_size = Some(size);
        self
    }

    pub(super) fn real(self) -> real::Builder {
        let mut builder = real::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        builder
    }

    #[inline]
    pub(super) fn checked_name(self) -> Option<String> {
        self.name.inspect(|name| check_name(name))
    }

    /// As std's.
    ///
    /// # Errors
    /// Outside of a model, if the operating system cannot start a thread.
    ///
    /// # Panics
    /// If the name holds a null byte.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: nothing is borrowed for less than 'static.
        unsafe { self.spawn_unchecked(f) }
    }

    /// As std's.
    ///
    /// # Safety
    /// The thread must be joined before anything that it borrows dies.
    ///
    /// # Errors
    /// Outside of a model, if the operating system cannot start a thread.
    ///
    /// # Panics
    /// If the name holds a null byte.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let Some(model) = inside() else {
            let f = boxed(f);
            // SAFETY: the caller's duty is std's.
            let handle = unsafe { self.real().spawn_unchecked(f) }?;
            let thread = Thread::real(handle.thread().clone());
            return Ok(JoinHandle(Handle::Real(handle, thread)));
        };
        let name = self.checked_name();
        let known = name.as_deref().map(Arc::from);
        // SAFETY: the caller's duty is the same.
        let started = unsafe { start(&model, (name, f), Location::caller()) };
        let thread = Thread::named(&model, started.thread, known);
        Ok(JoinHandle(Handle::Model(Held(started), thread)))
    }

    /// The same for what may not go to another thread of the operating system: for stand-ins of tools whose `spawn`
    /// does not ask for `Send`.
    ///
    /// # Safety
    /// What the thread returns must not leave the execution in which it is started.
    ///
    /// # Panics
    /// Outside of a model, or if the name holds a null byte.
    #[doc(hidden)]
    #[track_caller]
    pub unsafe fn spawn_unsent<F, T>(self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + 'static,
        T: 'static,
    {
        let Some(model) = inside() else {
            panic!("a thread whose closure need not be Send is started outside of a model")
        };
        // SAFETY: nothing is borrowed for less than 'static. The threads of a model run one at a time, each
        // handing over to the next, so what they share need not be made for several.
        let started = unsafe { start(&model, (self.checked_name(), f), Location::caller()) };
        let thread = started.handle();
        JoinHandle(Handle::Model(Held(started), thread))
    }
}
