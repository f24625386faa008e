//! A semaphore of which several permits are acquired at once, asynchronously.

use super::block_on;
use raddle_shims::sync::{Mutex, MutexGuard};
use std::collections::{BTreeSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

/// Who of those that wait is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// The first, who keeps out all others until there is enough for him.
    StrictlyFair,
    /// Whoever comes.
    Unfair,
}

/// Why permits were not acquired at once.
#[derive(Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// The semaphore is closed.
    Closed,
    /// There are not enough, or others wait for them.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryAcquireError::Closed => "semaphore closed",
            TryAcquireError::NoPermits => "no permits available",
        })
    }
}

impl Error for TryAcquireError {}

/// The semaphore was closed.
#[derive(Debug)]
pub struct AcquireError(());

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl Error for AcquireError {}

/// A number of permits, and those who wait for some.
pub struct BatchSemaphore {
    state: Mutex<State>,
    fairness: Fairness,
}

/// Invariants: what somebody has been granted is no longer among the permits, and he no longer among the waiters; if it
/// is fair, there is not enough for the first waiter; when it is closed, nobody waits.
struct State {
    permits: usize,
    closed: bool,
    waiters: VecDeque<Waiter>,
    granted: BTreeSet<u64>,
    numbered: u64,
}

struct Waiter {
    number: u64,
    wanted: usize,
    waker: Waker,
}

impl State {
    fn take(&mut self, wanted: usize, fairness: Fairness) -> Result<(), TryAcquireError> {
        if self.closed {
            return Err(TryAcquireError::Closed);
        }
        let is_first = fairness == Fairness::Unfair || self.waiters.is_empty();
        if !is_first || self.permits < wanted {
            return Err(TryAcquireError::NoPermits);
        }
        self.permits -= wanted;
        Ok(())
    }

    /// Gives waiters what there is for them; who is to be woken.
    fn serve(&mut self, fairness: Fairness) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if fairness == Fairness::Unfair {
            let served = self.waiters.iter().filter(|waiter| waiter.wanted <= self.permits);
            return served.map(|waiter| waiter.waker.clone()).collect();
        }
        while self.waiters.front().is_some_and(|first| first.wanted <= self.permits) {
            let Some(Waiter { number, wanted, waker }) = self.waiters.pop_front() else { break };
            self.permits -= wanted;
            self.granted.insert(number);
            wakers.push(waker);
        }
        wakers
    }
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl BatchSemaphore {
    /// One with so many permits.
    #[track_caller]
    pub const fn new(num_permits: usize, fairness: Fairness) -> BatchSemaphore {
        let state = State {
            permits: num_permits,
            closed: false,
            waiters: VecDeque::new(),
            granted: BTreeSet::new(),
            numbered: 0,
        };
        BatchSemaphore { state: Mutex::new(state), fairness }
    }

    /// The same, as shuttle calls it where it is constant.
    #[track_caller]
    pub const fn const_new(num_permits: usize, fairness: Fairness) -> BatchSemaphore {
        BatchSemaphore::new(num_permits, fairness)
    }

    #[track_caller]
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many permits there are, those not counted that have been granted.
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        self.state().permits
    }

    /// Closes it: who waits, and who comes later, gets an error.
    #[track_caller]
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let wakers = state.waiters.drain(..).map(|waiter| waiter.waker).collect();
        drop(state);
        wake(wakers);
    }

    /// The same: with shuttle, other tasks do not run before it.
    #[track_caller]
    pub fn close_no_scheduling_point(&self) {
        self.close();
    }

    /// Whether it is closed.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Acquires so many permits, or none.
    ///
    /// # Errors
    /// If that is not possible at once.
    ///
    /// # Panics
    /// If no permit is asked for.
    #[track_caller]
    pub fn try_acquire(&self, num_permits: usize) -> Result<(), TryAcquireError> {
        assert!(num_permits > 0, "at least one permit has to be acquired");
        self.state().take(num_permits, self.fairness)
    }

    /// Acquires so many permits, when there are so many.
    pub fn acquire(&self, num_permits: usize) -> Acquire<'_> {
        Acquire { semaphore: self, wanted: num_permits, number: None, is_done: false }
    }

    /// The same for a thread, which waits.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If no permit is asked for.
    #[track_caller]
    pub fn acquire_blocking(&self, num_permits: usize) -> Result<(), AcquireError> {
        block_on(self.acquire(num_permits))
    }

    /// Gives back so many permits, or adds them.
    #[track_caller]
    pub fn release(&self, num_permits: usize) {
        if num_permits == 0 {
            return;
        }
        let mut state = self.state();
        state.permits += num_permits;
        let wakers = state.serve(self.fairness);
        drop(state);
        wake(wakers);
    }

    /// Gives back the permits that are held and acquires more, ahead of all who come meanwhile.
    ///
    /// # Panics
    /// If it is not more.
    #[track_caller]
    pub fn upgrade(&self, permits_currently_held: usize, permits_to_be_held: usize) -> Acquire<'_> {
        assert!(0 < permits_currently_held && permits_currently_held < permits_to_be_held);
        let mut acquire = self.acquire(permits_to_be_held);
        let _ = Pin::new(&mut acquire).poll(&mut Context::from_waker(Waker::noop()));
        self.release(permits_currently_held);
        acquire
    }
}

impl Default for BatchSemaphore {
    fn default() -> Self {
        BatchSemaphore::new(0, Fairness::StrictlyFair)
    }
}

impl fmt::Debug for BatchSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchSemaphore").field("fairness", &self.fairness).finish_non_exhaustive()
    }
}

/// Permits that are being acquired. Dropped before that, they are given up.
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a> {
    semaphore: &'a BatchSemaphore,
    wanted: usize,
    /// As which it has begun to wait.
    number: Option<u64>,
    is_done: bool,
}

impl Acquire<'_> {
    /// What has come of it, or it waits.
    fn advance(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<(), AcquireError>> {
        if self.number.is_some_and(|number| state.granted.remove(&number)) {
            return Poll::Ready(Ok(()));
        }
        let place = state.waiters.iter().position(|waiter| Some(waiter.number) == self.number);
        let may_take = place.is_none() || self.semaphore.fairness == Fairness::Unfair;
        if state.closed || may_take {
            match state.take(self.wanted, self.semaphore.fairness) {
                Err(TryAcquireError::Closed) => return Poll::Ready(Err(AcquireError(()))),
                Ok(()) => {
                    place.and_then(|place| state.waiters.remove(place));
                    return Poll::Ready(Ok(()));
                }
                Err(TryAcquireError::NoPermits) => {}
            }
        }
        match place {
            Some(place) => state.waiters[place].waker.clone_from(waker),
            None => {
                state.numbered += 1;
                self.number = Some(state.numbered);
                let (number, wanted, waker) = (state.numbered, self.wanted, waker.clone());
                state.waiters.push_back(Waiter { number, wanted, waker });
            }
        }
        Poll::Pending
    }
}

impl Future for Acquire<'_> {
    type Output = Result<(), AcquireError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.is_done, "permits are acquired once");
        assert!(self.wanted > 0, "at least one permit has to be acquired");
        let semaphore = self.semaphore;
        let mut state = semaphore.state();
        let came = self.advance(&mut state, cx.waker());
        self.is_done = came.is_ready();
        came
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number.filter(|_| !self.is_done) else { return };
        let mut state = self.semaphore.state();
        if state.granted.remove(&number) {
            state.permits += self.wanted;
        }
        state.waiters.retain(|waiter| waiter.number != number);
        let wakers = match self.semaphore.fairness {
            Fairness::StrictlyFair => state.serve(Fairness::StrictlyFair),
            Fairness::Unfair => Vec::new(),
        };
        drop(state);
        wake(wakers);
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
