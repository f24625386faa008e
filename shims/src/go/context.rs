//! Package `context`: deadlines, cancellation and values that go down a tree of calls.
//!
//! ```
//! use raddle_shims::go::{self, context, select};
//! let (ctx, cancel) = context::with_cancel(&context::background());
//! let (child, _) = context::with_cancel(&ctx);
//! let theirs = child.clone();
//! go::go(move || theirs.done().recv());
//! cancel.cancel();
//! child.done().recv();
//! assert_eq!(child.err(), Some(context::Error::Canceled));
//! ```

use super::channel::{Chan, Receiver, chan};
use super::lock;
use super::timer::{Timer, after_func as timer_func};
use crate::sync::Mutex;
use crate::time::{Duration, Instant};
use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

/// Why a context is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Error {
    /// It was cancelled: `context.Canceled`.
    Canceled,
    /// Its deadline has passed: `context.DeadlineExceeded`.
    DeadlineExceeded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Canceled => "context canceled",
            Error::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl std::error::Error for Error {}

/// Why it was cancelled, in the words of whoever did.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// As `context.Context`. Clones are the same context.
#[derive(Clone, Default)]
pub struct Context {
    node: Option<Arc<Node>>,
    values: Option<Arc<Value>>,
    deadline: Option<Instant>,
}

/// One context that can be cancelled by itself.
struct Node {
    parent: Option<Arc<Node>>,
    done: Chan<()>,
    receiver: Receiver<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    over: Option<(Error, Cause)>,
    children: Vec<Arc<Node>>,
    /// What is to be called, by a number.
    calls: Vec<(u64, Box<dyn FnOnce() + Send>)>,
    next_call: u64,
    timer: Option<Timer>,
}

struct Value {
    key: TypeId,
    value: Arc<dyn Any + Send + Sync>,
    rest: Option<Arc<Value>>,
}

/// Never over: the root of every tree, `context.Background()`.
pub fn background() -> Context {
    Context::default()
}

/// Cancels a context, and all that come from it. Cancelling twice is cancelling once.
///
/// Forgetting to cancel keeps what waits for the context waiting; in Go it also leaks.
#[derive(Clone)]
pub struct CancelFunc(Arc<Node>);

impl CancelFunc {
    /// Cancels.
    #[track_caller]
    pub fn cancel(&self) {
        self.0.cancel_alone(Error::Canceled, Arc::new(Error::Canceled));
    }

    /// Cancels and says why, as a `CancelCauseFunc`.
    #[track_caller]
    pub fn cancel_cause(&self, cause: impl std::error::Error + Send + Sync + 'static) {
        self.0.cancel_alone(Error::Canceled, Arc::new(cause));
    }
}

impl Node {
    /// A child of `parent`, already over if that is.
    #[track_caller]
    fn new(parent: Option<&Arc<Node>>) -> Arc<Node> {
        let done = chan(0);
        let receiver = done.receiver();
        let state = Mutex::new(State::default());
        let node = Arc::new(Node { parent: parent.cloned(), done, receiver, state });
        if let Some(parent) = parent {
            let mut above = lock(&parent.state);
            match &above.over {
                Some((error, cause)) => node.cancel(*error, cause),
                None => above.children.push(Arc::clone(&node)),
            }
        }
        node
    }

    #[track_caller]
    fn cancel_alone(self: &Arc<Self>, error: Error, cause: Cause) {
        self.cancel(error, &cause);
        if let Some(parent) = &self.parent {
            lock(&parent.state).children.retain(|child| !Arc::ptr_eq(child, self));
        }
    }

    /// Whoever sees that it is over finds all below it over as well.
    #[track_caller]
    fn cancel(&self, error: Error, cause: &Cause) {
        let mut state = lock(&self.state);
        if state.over.is_some() {
            return;
        }
        state.over = Some((error, Arc::clone(cause)));
        self.done.close();
        for child in std::mem::take(&mut state.children) {
            child.cancel(error, cause);
        }
        let (calls, timer) = (std::mem::take(&mut state.calls), state.timer.take());
        drop(state);
        if let Some(timer) = timer {
            timer.stop();
        }
        calls.into_iter().for_each(|(_, call)| super::go(call));
    }
}

impl Context {
    /// A channel that is closed when the context is over; nil if it never is.
    pub fn done(&self) -> Receiver<()> {
        self.node.as_ref().map_or(Receiver::nil(), |node| node.receiver.clone())
    }

    /// Why it is over; none while it is not.
    #[track_caller]
    pub fn err(&self) -> Option<Error> {
        let node = self.node.as_ref()?;
        lock(&node.state).over.as_ref().map(|(error, _)| *error)
    }

    /// Why it was cancelled, as `context.Cause`: what whoever did it said, or the [`err`](Self::err).
    #[track_caller]
    pub fn cause(&self) -> Option<Cause> {
        let node = self.node.as_ref()?;
        lock(&node.state).over.as_ref().map(|(_, cause)| Arc::clone(cause))
    }

    /// When it will be over at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The value that it, or what it comes from, has of that type: in Go keys are values of a type of their own, here the type
    /// is the key.
    pub fn value<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let mut at = self.values.as_ref();
        while let Some(value) = at {
            if value.key == TypeId::of::<T>() {
                return Arc::downcast(Arc::clone(&value.value)).ok();
            }
            at = value.rest.as_ref();
        }
        None
    }
}

/// A context that can be cancelled, as `context.WithCancel` and `WithCancelCause`.
#[track_caller]
pub fn with_cancel(parent: &Context) -> (Context, CancelFunc) {
    let node = Node::new(parent.node.as_ref());
    let cancel = CancelFunc(Arc::clone(&node));
    (Context { node: Some(node), ..parent.clone() }, cancel)
}

/// A context that is over after so much time, as `context.WithTimeout`.
///
/// ```
/// use raddle_shims::go::context;
/// use std::time::Duration;
/// let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
/// ctx.done().recv();
/// assert_eq!(ctx.err(), Some(context::Error::DeadlineExceeded));
/// cancel.cancel();
/// ```
#[track_caller]
pub fn with_timeout(parent: &Context, limit: Duration) -> (Context, CancelFunc) {
    until(parent, Instant::now() + limit, limit)
}

/// A context that is over at that time, as `context.WithDeadline`; if its parent is over earlier, then.
#[track_caller]
pub fn with_deadline(parent: &Context, deadline: Instant) -> (Context, CancelFunc) {
    until(parent, deadline, deadline.saturating_duration_since(Instant::now()))
}

#[track_caller]
fn until(parent: &Context, deadline: Instant, limit: Duration) -> (Context, CancelFunc) {
    let (mut ctx, cancel) = with_cancel(parent);
    if parent.deadline.is_some_and(|earlier| earlier <= deadline) {
        return (ctx, cancel);
    }
    ctx.deadline = Some(deadline);
    let node = &cancel.0;
    if limit.is_zero() {
        node.cancel_alone(Error::DeadlineExceeded, Arc::new(Error::DeadlineExceeded));
        return (ctx, cancel);
    }
    let mut state = lock(&node.state);
    if state.over.is_none() {
        let theirs = Arc::clone(node);
        state.timer = Some(timer_func(limit, move || {
            theirs.cancel_alone(Error::DeadlineExceeded, Arc::new(Error::DeadlineExceeded));
        }));
    }
    drop(state);
    (ctx, cancel)
}

/// A context that has a value, as `context.WithValue`; see [`Context::value`].
pub fn with_value<T: Any + Send + Sync>(parent: &Context, value: T) -> Context {
    let rest = parent.values.clone();
    let value = Value { key: TypeId::of::<T>(), value: Arc::new(value), rest };
    Context { values: Some(Arc::new(value)), ..parent.clone() }
}

/// A context with the same values that is not over when its parent is, as `context.WithoutCancel`.
pub fn without_cancel(parent: &Context) -> Context {
    Context { node: None, values: parent.values.clone(), deadline: None }
}

/// Keeps a function from being called; see [`after_func`].
pub struct StopFunc(Option<(Arc<Node>, u64)>);

impl StopFunc {
    /// Whether it will now not be called.
    #[track_caller]
    pub fn stop(&self) -> bool {
        let Some((node, number)) = &self.0 else { return true };
        let mut state = lock(&node.state);
        let before = state.calls.len();
        state.calls.retain(|(call, _)| call != number);
        state.calls.len() < before
    }
}

/// Calls `f` in a goroutine of its own once the context is over, as `context.AfterFunc`.
#[track_caller]
pub fn after_func(ctx: &Context, f: impl FnOnce() + Send + 'static) -> StopFunc {
    let Some(node) = &ctx.node else { return StopFunc(None) };
    let mut state = lock(&node.state);
    let number = state.next_call;
    state.next_call += 1;
    if state.over.is_some() {
        drop(state);
        super::go(f);
    } else {
        state.calls.push((number, Box::new(f)));
    }
    StopFunc(Some((Arc::clone(node), number)))
}
