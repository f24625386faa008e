//! Futures: running one on the calling thread, and a place where a task leaves its waker.
//!
//! std has neither. [`block_on`] waits as `park` does, on a token of its own; [`AtomicWaker`] is a lock around a waker.

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

#[cfg(feature = "model")]
use crate::kernel::{Action, Patience};
#[cfg(feature = "model")]
use crate::model::{Object, ObjectKind, ops, wakes_spuriously};
#[cfg(feature = "model")]
use std::panic::Location;

/// A token that one thread waits for and any thread makes available: what `park` and `unpark` are for a thread.
///
/// Making it available twice is doing it once; what comes before that happens before what comes after the
/// [`wait`](Notify::wait) that takes it. In a model a wait may return for no reason, once for each thread, as
/// `park` may.
///
/// ```
/// use raddle_shims::{future::Notify, thread};
/// use std::sync::Arc;
/// let ready = Arc::new(Notify::new());
/// let theirs = Arc::clone(&ready);
/// thread::spawn(move || theirs.notify());
/// ready.wait();
/// ```
pub struct Notify {
    #[cfg(feature = "model")]
    object: Object,
    real: RealToken,
    waits: AtomicBool,
}

/// The token outside of a model.
struct RealToken {
    available: std::sync::Mutex<bool>,
    changed: std::sync::Condvar,
}

impl RealToken {
    fn notify(&self) {
        *self.available.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let available = self.available.lock().unwrap_or_else(PoisonError::into_inner);
        let available = self.changed.wait_while(available, |available| !*available);
        *available.unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Notify {
    /// A token that is not available.
    #[track_caller]
    pub const fn new() -> Notify {
        Notify {
            #[cfg(feature = "model")]
            object: Object::new(),
            real: RealToken {
                available: std::sync::Mutex::new(false),
                changed: std::sync::Condvar::new(),
            },
            waits: AtomicBool::new(false),
        }
    }

    /// Makes the token available.
    #[track_caller]
    pub fn notify(&self) {
        #[cfg(feature = "model")]
        if let Some(model) = crate::model::inside() {
            let token = self.object.location(&model, ObjectKind::Parker, Default::default);
            ops::act(&model, token, Action::Unpark, Patience::Forever, Location::caller());
            return;
        }
        self.real.notify();
    }

    /// Waits until the token is available, and takes it.
    ///
    /// # Panics
    /// If two threads wait at the same time.
    #[track_caller]
    pub fn wait(&self) {
        let alone = !self.waits.swap(true, Ordering::Relaxed);
        assert!(alone, "only one thread may wait for a Notify at a time");
        self.take();
        self.waits.store(false, Ordering::Relaxed);
    }

    /// The same for an owner that waits on one thread only.
    #[track_caller]
    fn take(&self) {
        #[cfg(feature = "model")]
        if let Some(model) = crate::model::inside() {
            let site = Location::caller();
            if !wakes_spuriously(&model, site) {
                let token = self.object.location(&model, ObjectKind::Parker, Default::default);
                ops::act(&model, token, Action::Park, Patience::Forever, site);
            }
            return;
        }
        self.real.wait();
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Notify {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}

/// What the waker of a [`block_on`] does.
struct Wakes(Notify);

impl Wake for Wakes {
    #[track_caller]
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }

    #[track_caller]
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify();
    }
}

/// Runs a future to its end on the calling thread, which waits whenever the future does.
///
/// In a model, the future may be polled once without having been woken: std allows that of an executor, and a
/// future that counts on the contrary is wrong.
///
/// ```
/// assert_eq!(raddle_shims::future::block_on(async { 6 * 7 }), 42);
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let wakes = Arc::new(Wakes(Notify::new()));
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => wakes.0.take(),
        }
    }
}

/// Where a task leaves its waker for those who are to wake it, as `futures::task::AtomicWaker`.
///
/// Who registers and who [takes](AtomicWaker::take_waker) exclude each other, in any order, so no notification is lost.
/// Other implementations may also wake a task at once that registers meanwhile, which then polls once more; with
/// threads that are stopped at any point, it could do so for ever.
///
/// ```
/// use raddle_shims::future::{AtomicWaker, block_on};
/// use std::task::Poll;
/// let (place, mut polls) = (AtomicWaker::new(), 0);
/// block_on(std::future::poll_fn(|context| {
///     polls += 1;
///     place.register_by_ref(context.waker());
///     place.wake();
///     if polls < 2 { Poll::Pending } else { Poll::Ready(()) }
/// }));
/// assert!(place.take_waker().is_none());
/// ```
pub struct AtomicWaker {
    waker: Mutex<Option<Waker>>,
}

impl AtomicWaker {
    /// Without a waker.
    #[track_caller]
    pub const fn new() -> AtomicWaker {
        AtomicWaker { waker: Mutex::new(None) }
    }

    /// Leaves a waker, instead of the one that was left before.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        let mut place = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        let old = place.replace(waker);
        // A destructor of the old one may come back here.
        drop(place);
        drop(old);
    }

    /// The same for a waker that stays with its owner.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        self.register(waker.clone());
    }

    /// Wakes the task that left its waker last, if it has not been woken since.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take_waker() {
            waker.wake();
        }
    }

    /// Takes the waker that was left last, for a caller that wakes the task later.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Default for AtomicWaker {
    #[track_caller]
    fn default() -> AtomicWaker {
        AtomicWaker::new()
    }
}

impl fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicWaker").finish_non_exhaustive()
    }
}
