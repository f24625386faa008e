//! `shuttle::future`: tasks, each a thread that runs one future.

use crate::thread;
use raddle_shims::future::AtomicWaker;
pub use raddle_shims::future::block_on;
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

pub mod batch_semaphore;

/// A task that has not come to its end.
#[derive(Debug)]
pub enum JoinError {
    /// It was aborted.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("task was cancelled"),
        }
    }
}

impl Error for JoinError {}

/// What the handles of a task have to say to it.
#[derive(Default)]
struct Control {
    aborted: AtomicBool,
    ended: AtomicBool,
    waker: AtomicWaker,
}

impl Control {
    #[track_caller]
    fn abort(&self) {
        if !self.aborted.swap(true, SeqCst) {
            self.waker.wake();
        }
    }
}

/// What a task leaves for who awaits it.
struct Left<T> {
    result: Option<Result<T, JoinError>>,
    waker: Option<Waker>,
}

/// The future of a task, until it ends or is aborted.
struct Running<F: Future> {
    future: Option<Pin<Box<F>>>,
    control: Arc<Control>,
    left: Arc<Mutex<Left<F::Output>>>,
    is_known: bool,
}

impl<F: Future> Running<F> {
    fn end(&mut self, result: Result<F::Output, JoinError>) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.result = Some(result);
        let waker = left.waker.take();
        drop(left);
        self.control.ended.store(true, SeqCst);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<F: Future> Future for Running<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if !this.is_known {
            this.is_known = true;
            this.control.waker.register_by_ref(cx.waker());
        }
        if this.control.aborted.load(SeqCst) {
            this.future = None;
            this.end(Err(JoinError::Cancelled));
            return Poll::Ready(());
        }
        let Some(future) = &mut this.future else { return Poll::Ready(()) };
        let Poll::Ready(value) = future.as_mut().poll(cx) else { return Poll::Pending };
        this.future = None;
        this.end(Ok(value));
        Poll::Ready(())
    }
}

/// The handle of a task: the future of what it comes to. A task whose handle is dropped goes on; if it waits for ever when
/// all others have ended, that is no failure.
pub struct JoinHandle<T> {
    control: Arc<Control>,
    left: Arc<Mutex<Left<T>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl<T> JoinHandle<T> {
    /// Aborts the task when it waits next. Who awaits it then gets an error, unless it comes to its end before.
    #[track_caller]
    pub fn abort(&self) {
        self.control.abort();
    }

    /// Whether the task has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.control.ended.load(SeqCst)
    }

    /// A handle that can only abort the task.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(Arc::clone(&self.control))
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(result) = left.result.take() else {
            left.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        drop(left);
        // It has nothing left to do but to drop its thread-locals.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        Poll::Ready(result)
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.inner.detach();
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A handle that can only abort a task.
#[derive(Clone)]
pub struct AbortHandle(Arc<Control>);

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    #[track_caller]
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.ended.load(SeqCst)
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").finish_non_exhaustive()
    }
}

/// Runs a future as a task of its own.
///
/// # Panics
/// Outside of a check.
#[track_caller]
pub fn spawn<F>(fut: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_local(fut)
}

/// The same for one that need not be `Send`.
///
/// # Panics
/// Outside of a check.
#[track_caller]
pub fn spawn_local<F>(fut: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let control = Arc::new(Control::default());
    let left = Arc::new(Mutex::new(Left { result: None, waker: None }));
    let running = Running {
        future: Some(Box::pin(fut)),
        control: Arc::clone(&control),
        left: Arc::clone(&left),
        is_known: false,
    };
    // SAFETY: the thread returns nothing. What the task comes to is only reached through a handle that is `Send` if that is.
    let thread = unsafe { thread::Builder::new().spawn_unsent(move || block_on(running)) };
    JoinHandle { control, left, thread: Some(thread) }
}

/// Lets others go first.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        thread::yield_now();
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
