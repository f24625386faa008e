//! Package `golang.org/x/sync/errgroup`: goroutines that work on one task, and the first error.

use super::channel::{Chan, chan};
use super::context::{self, CancelFunc, Context};
use super::{WaitGroup, lock};
use crate::sync::Mutex;
use std::fmt;
use std::sync::Arc;

/// As `errgroup.Group`: the first error wins, and cancels the context of the group, if it has one.
///
/// ```
/// use raddle_shims::go::{context, errgroup::Group};
/// let (group, ctx) = Group::<String>::with_context(&context::background());
/// group.go(|| Err("no".to_string()));
/// group.go(move || {
///     ctx.done().recv();
///     Ok(())
/// });
/// assert_eq!(group.wait(), Err("no".to_string()));
/// ```
pub struct Group<E>(Arc<Shared<E>>);

struct Shared<E> {
    running: Arc<WaitGroup>,
    error: Mutex<Option<E>>,
    cancel: Option<CancelFunc>,
    permits: Mutex<Option<Chan<()>>>,
}

/// Why the context of a group is over that has no error.
#[derive(Debug)]
struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl<E: Clone + fmt::Debug + Send + 'static> Group<E> {
    /// A group without a context.
    #[track_caller]
    pub fn new() -> Group<E> {
        Group::of(None)
    }

    /// A group, and a context that is over when the first goroutine fails or `wait` returns, as `errgroup.WithContext`.
    #[track_caller]
    pub fn with_context(parent: &Context) -> (Group<E>, Context) {
        let (ctx, cancel) = context::with_cancel(parent);
        (Group::of(Some(cancel)), ctx)
    }

    #[track_caller]
    fn of(cancel: Option<CancelFunc>) -> Group<E> {
        let running = Arc::new(WaitGroup::new());
        let (error, permits) = (Mutex::new(None), Mutex::new(None));
        Group(Arc::new(Shared { running, error, cancel, permits }))
    }

    /// At most so many of its goroutines run at once from now on; none means no limit.
    ///
    /// # Panics
    /// If some are running: "errgroup: modify limit while … goroutines in the group are still active".
    #[track_caller]
    pub fn set_limit(&self, limit: Option<usize>) {
        let mut permits = lock(&self.0.permits);
        let active = permits.as_ref().map_or(0, |permits| permits.len());
        assert!(
            active == 0,
            "errgroup: modify limit while {active} goroutines in the group are still active"
        );
        // A limit of 0 lets nobody in: that is a nil channel's way.
        *permits = limit.map(|limit| if limit == 0 { Chan::nil() } else { chan(limit) });
    }

    /// Starts a goroutine, once the limit lets it.
    #[track_caller]
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        let permits = lock(&self.0.permits).clone();
        if let Some(permits) = &permits {
            permits.send(());
        }
        self.start(permits, f);
    }

    /// The same, if the limit lets it at once; whether it did.
    #[track_caller]
    pub fn try_go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) -> bool {
        let permits = lock(&self.0.permits).clone();
        if permits.as_ref().is_some_and(|permits| permits.try_send(()).is_err()) {
            return false;
        }
        self.start(permits, f);
        true
    }

    #[track_caller]
    fn start(&self, permits: Option<Chan<()>>, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        self.0.running.add(1);
        let shared = Arc::clone(&self.0);
        super::go(move || {
            if let Err(error) = f() {
                shared.fail(error);
            }
            if let Some(permits) = permits {
                permits.recv();
            }
            shared.running.done();
        });
    }

    /// Waits for all of them, and says what went wrong first.
    ///
    /// # Errors
    /// The first error.
    #[track_caller]
    pub fn wait(&self) -> Result<(), E> {
        self.0.running.wait();
        if let Some(cancel) = &self.0.cancel {
            cancel.cancel();
        }
        lock(&self.0.error).clone().map_or(Ok(()), Err)
    }
}

impl<E: fmt::Debug> Shared<E> {
    #[track_caller]
    fn fail(&self, error: E) {
        let mut first = lock(&self.error);
        if first.is_none() {
            let text = format!("{error:?}");
            *first = Some(error);
            if let Some(cancel) = &self.cancel {
                cancel.cancel_cause(Failed(text));
            }
        }
    }
}

impl<E> Clone for Group<E> {
    fn clone(&self) -> Group<E> {
        Group(Arc::clone(&self.0))
    }
}

impl<E: Clone + fmt::Debug + Send + 'static> Default for Group<E> {
    #[track_caller]
    fn default() -> Group<E> {
        Group::new()
    }
}
