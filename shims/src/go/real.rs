//! Channels on real threads: queues of those who wait, as in Go's own runtime, under one lock.
//!
//! A thread that finds no arm ready queues up at each channel with a share of one [`Waiter`]; whoever finds it
//! there claims it, which only one can. All of this happens under [`exchange`], so a select is atomic over its
//! channels; it is one lock for the process, held for no longer than it takes to look at the arms.

use super::core::Port;
use super::lock_real;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

static EXCHANGE: Mutex<()> = Mutex::new(());

/// Where the next select begins to look: no arm is to be preferred.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Must be held while queues are looked at.
pub(super) fn exchange() -> MutexGuard<'static, ()> {
    lock_real(&EXCHANGE)
}

/// What an arm has to pass on, or has got.
#[derive(Debug)]
pub(super) enum Slot<T> {
    Empty,
    Message(T),
    Closed,
}

/// A thread that waits at some channels.
#[derive(Debug, Default)]
pub struct Waiter {
    arm: Mutex<Option<usize>>,
    claimed: Condvar,
}

impl Waiter {
    /// Makes the thread go on with that arm, unless it goes on with another.
    fn claim(&self, arm: usize) -> bool {
        let mut taken = lock_real(&self.arm);
        let free = taken.is_none();
        if free {
            *taken = Some(arm);
            self.claimed.notify_one();
        }
        free
    }

    fn wait(&self, end: Option<Instant>) -> Option<usize> {
        let mut taken = lock_real(&self.arm);
        while taken.is_none() {
            let Some(end) = end else {
                taken = self.claimed.wait(taken).unwrap_or_else(|e| e.into_inner());
                continue;
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let waited = self.claimed.wait_timeout(taken, left);
            taken = waited.unwrap_or_else(|e| e.into_inner()).0;
        }
        *taken
    }
}

/// One arm of a thread that waits.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub waiter: Arc<Waiter>,
    pub arm: usize,
    pub slot: Arc<Mutex<Slot<T>>>,
}

/// One channel.
#[derive(Debug)]
pub(super) struct Queues<T> {
    buffer: VecDeque<T>,
    pub senders: VecDeque<Entry<T>>,
    pub receivers: VecDeque<Entry<T>>,
    closed: bool,
}

impl<T> Queues<T> {
    pub fn new() -> Queues<T> {
        let (senders, receivers) = (VecDeque::new(), VecDeque::new());
        Queues { buffer: VecDeque::new(), senders, receivers, closed: false }
    }

    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The message of the sender that has waited longest.
    fn take_from_sender(&mut self) -> Option<T> {
        while let Some(entry) = self.senders.pop_front() {
            if entry.waiter.claim(entry.arm)
                && let Slot::Message(message) =
                    std::mem::replace(&mut *lock_real(&entry.slot), Slot::Empty)
            {
                return Some(message);
            }
        }
        None
    }

    /// Receives into `slot`, if that is possible at once.
    pub fn receive(&mut self, slot: &Mutex<Slot<T>>) -> bool {
        let message = match self.buffer.pop_front() {
            None => self.take_from_sender(),
            message => {
                let next = self.take_from_sender();
                self.buffer.extend(next);
                message
            }
        };
        let found = match message {
            Some(message) => Slot::Message(message),
            None if self.closed => Slot::Closed,
            None => return false,
        };
        *lock_real(slot) = found;
        true
    }

    /// Sends what is in `slot`, if that is possible at once.
    pub fn send(&mut self, slot: &Mutex<Slot<T>>, capacity: usize) -> bool {
        let mut mine = lock_real(slot);
        if self.closed {
            *mine = Slot::Closed;
            return true;
        }
        while let Some(entry) = self.receivers.pop_front() {
            if entry.waiter.claim(entry.arm) {
                *lock_real(&entry.slot) = std::mem::replace(&mut *mine, Slot::Empty);
                return true;
            }
        }
        if self.buffer.len() >= capacity {
            return false;
        }
        if let Slot::Message(message) = std::mem::replace(&mut *mine, Slot::Empty) {
            self.buffer.push_back(message);
        }
        true
    }

    /// Closes it; whether it was closed before.
    pub fn close(&mut self) -> bool {
        for entry in self.receivers.drain(..).chain(self.senders.drain(..)) {
            if entry.waiter.claim(entry.arm) {
                *lock_real(&entry.slot) = Slot::Closed;
            }
        }
        std::mem::replace(&mut self.closed, true)
    }
}

/// Performs one of the arms, any that is ready; by its place. None if none was within the time.
pub(super) fn wait(ports: &[&dyn Port], limit: Option<Duration>) -> Option<usize> {
    let end = limit.map(|limit| Instant::now() + limit);
    let first = TURN.fetch_add(1, Ordering::Relaxed);
    let live =
        || (0..ports.len()).map(|i| (i + first) % ports.len()).filter(|i| !ports[*i].is_nil());
    let waiter = Arc::new(Waiter::default());
    {
        let _exchange = exchange();
        if let Some(ready) = live().find(|i| ports[*i].try_now()) {
            return Some(ready);
        }
        if limit == Some(Duration::ZERO) {
            return None;
        }
        live().for_each(|i| ports[i].enqueue(&waiter, i));
    }
    let claimed = waiter.wait(end);
    let _exchange = exchange();
    live().for_each(|i| ports[i].dequeue(&waiter));
    // It may have been claimed between the end of its time and here.
    claimed.or_else(|| *lock_real(&waiter.arm))
}
