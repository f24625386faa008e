//! A channel inside a model: a numbered slot for each message.
//!
//! A sender draws the number of its message from one location. That orders senders among each other but not
//! with the receiver, which waits at the location of the slot that it wants next. So a stream from one
//! sender to the receiver is a single execution, however the two interleave.
//!
//! With a capacity of k, the sender of message i waits until message i - k has been taken; with a capacity
//! of 0 until its own has been. Blocked senders have their numbers already: of two that are
//! blocked the one that goes on first counts as the one that came first.

use super::super::parts::{newest, store};
use crate::kernel::{
    LoadOrdering, LocationId, Op, Otherwise, RmwKind, RmwOrdering, StoreOrdering, Test, Value,
};
use crate::model::ops::{choose, load, update, when};
use crate::model::{Model, Object, ObjectKind, Site};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError, TrySendError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The state: whether the receiver is gone, how many numbers have been drawn, and, with a capacity of
/// 0, how many more receivers than senders have come.
const GONE: u64 = 1;
const DRAWN: u64 = 0xffff_fffe;
const ONE_DRAWN: u64 = 2;
const WANTED: u64 = !(GONE | DRAWN);
const ONE_WANTED: u64 = 1 << 32;
const NONE_WANTED: u64 = 1 << 62;

/// What a slot holds. The first of these is not stored but initial.
const EMPTY: u64 = 0;
const FULL: u64 = 1;
/// No sender is left; nothing will ever be in this slot.
const HUNG_UP: u64 = 2;
const TAKEN: u64 = 3;
/// The receiver was dropped without taking it.
const LEFT: u64 = 4;

/// What senders and the receiver of a channel share.
pub(super) struct Channel<T> {
    state: Object,
    senders: Object,
    stamp: u64,
    capacity: Option<usize>,
    contents: Mutex<Contents<T>>,
}

struct Contents<T> {
    slots: Vec<Slot<T>>,
    /// How many numbers have been drawn.
    drawn: usize,
    /// How many messages have been taken.
    taken: usize,
    /// Whether the receiver knows that nothing will come any more.
    hung_up: bool,
}

struct Slot<T> {
    object: Object,
    message: Option<T>,
}

fn drawn(state: u64) -> usize {
    ((state & DRAWN) / ONE_DRAWN) as usize
}

impl<T> Channel<T> {
    #[track_caller]
    pub fn new(model: &Model, capacity: Option<usize>) -> Channel<T> {
        let (slots, drawn, taken, hung_up) = (Vec::new(), 0, 0, false);
        Channel {
            state: Object::new(),
            senders: Object::new(),
            stamp: model.stamp(),
            capacity,
            contents: Mutex::new(Contents { slots, drawn, taken, hung_up }),
        }
    }

    /// Whether it was made in that execution.
    pub fn belongs_to(&self, model: &Model) -> bool {
        self.stamp == model.stamp()
    }

    /// Where it was made.
    pub fn created(&self) -> Site {
        self.state.created()
    }

    /// No operation may be performed while this is held.
    fn contents(&self) -> MutexGuard<'_, Contents<T>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, model: &Model) -> LocationId {
        self.state.location(model, ObjectKind::Channel, || {
            Value(if self.is_rendezvous() { NONE_WANTED } else { 0 })
        })
    }

    fn slot(&self, model: &Model, number: usize) -> LocationId {
        let mut contents = self.contents();
        while contents.slots.len() <= number {
            let object = Object::part_of(self.created());
            contents.slots.push(Slot { object, message: None });
        }
        let object = &contents.slots[number].object;
        object.location(model, ObjectKind::Channel, || Value(EMPTY))
    }

    fn is_rendezvous(&self) -> bool {
        self.capacity == Some(0)
    }

    /// What drawing a number does to the state.
    fn draw(&self) -> (RmwKind, u64) {
        let meets = if self.is_rendezvous() { ONE_WANTED } else { 0 };
        (RmwKind::Add, ONE_DRAWN.wrapping_sub(meets))
    }

    pub fn send(&self, model: &Model, message: T, site: Site) -> Result<(), T> {
        let somebody_listens = when(GONE, Test::Eq, 0, Otherwise::Skip);
        let (state, draw) = (self.state(model), self.draw());
        let old = update(model, state, RmwOrdering::Relaxed, draw, somebody_listens, site);
        if old & GONE != 0 {
            return Err(message);
        }
        self.deliver(model, drawn(old), message, site)
    }

    /// Sends the message whose number has just been drawn.
    fn deliver(&self, model: &Model, number: usize, message: T, site: Site) -> Result<(), T> {
        {
            let mut contents = self.contents();
            contents.drawn = contents.drawn.max(number + 1);
        }
        match self.capacity {
            Some(0) => {
                self.put(model, number, message, site);
                if self.wait_until_taken(model, number, site) {
                    return Ok(());
                }
                self.contents().slots[number].message.take().map_or(Ok(()), Err)
            }
            Some(capacity) if number >= capacity => {
                if !self.wait_until_taken(model, number - capacity, site) {
                    return Err(message);
                }
                self.put(model, number, message, site);
                Ok(())
            }
            _ => {
                self.put(model, number, message, site);
                Ok(())
            }
        }
    }

    fn put(&self, model: &Model, number: usize, message: T, site: Site) {
        let slot = self.slot(model, number);
        self.contents().slots[number].message = Some(message);
        store(model, slot, StoreOrdering::Release, FULL, site);
    }

    /// Whether it was taken; else the receiver is gone.
    fn wait_until_taken(&self, model: &Model, number: usize, site: Site) -> bool {
        let settled = when(u64::MAX, Test::Ge, TAKEN, Otherwise::Wait);
        let slot = self.slot(model, number);
        load(model, slot, LoadOrdering::Acquire, settled, site) != LEFT
    }

    /// Only with a capacity.
    pub fn try_send(&self, model: &Model, message: T, site: Site) -> Result<(), TrySendError<T>> {
        let number = match self.capacity {
            Some(0) => self.try_draw_for_receiver(model, site),
            _ => self.try_draw(model, site),
        };
        match number {
            Draw::Full => Err(TrySendError::Full(message)),
            Draw::Disconnected => Err(TrySendError::Disconnected(message)),
            Draw::Number(number) => {
                self.deliver(model, number, message, site).map_err(TrySendError::Disconnected)
            }
        }
    }

    /// With a capacity of 0: a number for a receiver that waits.
    fn try_draw_for_receiver(&self, model: &Model, site: Site) -> Draw {
        let waits = NONE_WANTED + ONE_WANTED;
        let guard = when(WANTED | GONE, Test::Eq, waits, Otherwise::Skip);
        let (state, draw) = (self.state(model), self.draw());
        let old = update(model, state, RmwOrdering::Relaxed, draw, guard, site);
        match old & (WANTED | GONE) {
            found if found == waits => Draw::Number(drawn(old)),
            found if found & GONE != 0 => Draw::Disconnected,
            _ => Draw::Full,
        }
    }

    /// With a capacity of at least 1: a number whose sender need not wait.
    fn try_draw(&self, model: &Model, site: Site) -> Draw {
        let (state, capacity) = (self.state(model), self.capacity.unwrap_or(usize::MAX));
        loop {
            let seen = newest(model, state, site);
            if seen & GONE != 0 {
                return Draw::Disconnected;
            }
            let number = drawn(seen);
            if number >= capacity {
                let before = self.slot(model, number - capacity);
                if newest(model, before, site) < TAKEN {
                    return Draw::Full;
                }
            }
            let unchanged = when(u64::MAX, Test::Eq, seen, Otherwise::Skip);
            let draw = self.draw();
            if update(model, state, RmwOrdering::Relaxed, draw, unchanged, site) == seen {
                return Draw::Number(number);
            }
        }
    }

    /// The next message, or none if no sender is left.
    pub fn recv(&self, model: &Model, otherwise: Otherwise, site: Site) -> Option<T> {
        if model.is_draining() {
            return self.take_what_is_there();
        }
        if self.contents().hung_up {
            return None;
        }
        if self.is_rendezvous() {
            let (state, want) = (self.state(model), (RmwKind::Add, ONE_WANTED));
            update(model, state, RmwOrdering::Relaxed, want, None, site);
        }
        self.take(model, otherwise, site)
    }

    pub fn try_recv(&self, model: &Model, site: Site) -> Result<T, TryRecvError> {
        if model.is_draining() {
            return self.take_what_is_there().ok_or(TryRecvError::Empty);
        }
        let number = {
            let contents = self.contents();
            if contents.hung_up {
                return Err(TryRecvError::Disconnected);
            }
            contents.taken
        };
        let state = self.state(model);
        let seen = if self.is_rendezvous() {
            let offered = (number as u64 + 1) * ONE_DRAWN;
            let offered = when(DRAWN, Test::Ge, offered, Otherwise::Skip);
            let want = (RmwKind::Add, ONE_WANTED);
            update(model, state, RmwOrdering::Relaxed, want, offered, site)
        } else {
            newest(model, state, site)
        };
        if drawn(seen) > number {
            return self.take(model, Otherwise::Wait, site).ok_or(TryRecvError::Disconnected);
        }
        // A message that came after the first look is not looked at: had it come before, it would
        // have been found.
        let slot = self.slot(model, number);
        if load(model, slot, LoadOrdering::Acquire, None, site) == HUNG_UP {
            self.contents().hung_up = true;
            return Err(TryRecvError::Disconnected);
        }
        Err(TryRecvError::Empty)
    }

    pub fn recv_timeout(
        &self,
        model: &Model,
        timeout: Duration,
        site: Site,
    ) -> Result<T, RecvTimeoutError> {
        let disconnected = RecvTimeoutError::Disconnected;
        if model.is_draining() {
            return self.take_what_is_there().ok_or(RecvTimeoutError::Timeout);
        }
        if self.contents().hung_up {
            return Err(disconnected);
        }
        // Either something comes, and if not the execution in which it times out is another one; or
        // there is nothing yet and it times out.
        if choose(model, 2, site) == 0 {
            return self.recv(model, Otherwise::SetAside, site).ok_or(disconnected);
        }
        match self.try_recv(model, site) {
            Err(TryRecvError::Empty) => {
                model.sleep(timeout);
                Err(RecvTimeoutError::Timeout)
            }
            found => {
                model.perform(&Op::Assume(false), site);
                found.map_err(|_| disconnected)
            }
        }
    }

    /// Takes the next message as soon as its slot is full.
    fn take(&self, model: &Model, otherwise: Otherwise, site: Site) -> Option<T> {
        let number = self.contents().taken;
        let slot = self.slot(model, number);
        let settled = when(u64::MAX, Test::Ne, EMPTY, otherwise);
        if load(model, slot, LoadOrdering::Acquire, settled, site) == HUNG_UP {
            self.contents().hung_up = true;
            return None;
        }
        let message = {
            let mut contents = self.contents();
            contents.taken = number + 1;
            contents.slots[number].message.take()
        };
        if self.capacity.is_some() {
            store(model, slot, StoreOrdering::Release, TAKEN, site);
        }
        message
    }

    /// For destructors that run once the execution is over: nobody is waited for.
    fn take_what_is_there(&self) -> Option<T> {
        let mut contents = self.contents();
        let number = contents.taken;
        let message = contents.slots.get_mut(number)?.message.take()?;
        contents.taken = number + 1;
        Some(message)
    }

    fn senders(&self, model: &Model) -> LocationId {
        self.senders.location(model, ObjectKind::Channel, || Value(1))
    }

    pub fn add_sender(&self, model: &Model, site: Site) {
        let (senders, one) = (self.senders(model), (RmwKind::Add, 1));
        update(model, senders, RmwOrdering::Relaxed, one, None, site);
    }

    pub fn drop_sender(&self, model: &Model, site: Site) {
        let (senders, one) = (self.senders(model), (RmwKind::Sub, 1));
        if update(model, senders, RmwOrdering::AcqRel, one, None, site) == 1 {
            // All draws happen before this.
            let end = self.contents().drawn;
            store(model, self.slot(model, end), StoreOrdering::Release, HUNG_UP, site);
        }
    }

    /// Drops all messages, and lets blocked senders go.
    pub fn drop_receiver(&self, model: &Model, site: Site) {
        let mut number = {
            let contents = self.contents();
            if contents.hung_up {
                return;
            }
            contents.taken
        };
        let (state, gone) = (self.state(model), (RmwKind::Or, GONE));
        let end = drawn(update(model, state, RmwOrdering::Relaxed, gone, None, site));
        // These are delivered, or will be without waiting for the receiver; others are never.
        let delivered = match self.capacity {
            None | Some(0) => end,
            Some(capacity) => end.min(number.saturating_add(capacity)),
        };
        let mut messages = Vec::new();
        while number < end {
            let slot = self.slot(model, number);
            if number < delivered {
                if !model.is_draining() {
                    let full = when(u64::MAX, Test::Ne, EMPTY, Otherwise::Wait);
                    load(model, slot, LoadOrdering::Acquire, full, site);
                }
                if !self.is_rendezvous() {
                    messages.push(self.contents().slots[number].message.take());
                }
            }
            if self.capacity.is_some_and(|capacity| number + capacity < end) {
                store(model, slot, StoreOrdering::Release, LEFT, site);
            }
            number += 1;
        }
        drop(messages);
    }
}

/// What drawing a number without waiting came to.
enum Draw {
    Number(usize),
    Full,
    Disconnected,
}
