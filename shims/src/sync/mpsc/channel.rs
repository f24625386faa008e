//! A channel inside a model: one blocking object, and its messages by their number.
//!
//! The object decides who may go on and says which message is meant. A sender puts its message there
//! right after its action, a receiver takes it right after its own, so whoever is told a number
//! finds what belongs to it.

use crate::kernel::{Action, CLOSED, GAVE_UP, LocationId, Patience, UNBOUNDED, Value};
use crate::model::ops::act;
use crate::model::{Model, Object, ObjectKind, Site, off_the_heap};
use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError, TrySendError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What senders and the receiver of a channel share.
pub(super) struct Channel<T> {
    object: Object,
    stamp: u64,
    capacity: Option<usize>,
    /// By the number of the message, or, with a capacity of 0, of the offer.
    messages: Mutex<BTreeMap<u64, T>>,
}

/// A message that waits for a receiver. A sender that unwinds takes it along: it may be what keeps the
/// channel alive.
struct Offer<'a, T> {
    channel: &'a Channel<T>,
    number: Value,
}

impl<T> Drop for Offer<'_, T> {
    fn drop(&mut self) {
        drop(self.channel.take(self.number));
    }
}

/// Why there is no message.
enum Nothing {
    /// None came in time.
    Yet,
    /// No sender is left.
    EverMore,
}

impl<T> Channel<T> {
    #[track_caller]
    pub fn new(model: &Model, capacity: Option<usize>) -> Channel<T> {
        let messages = Mutex::new(BTreeMap::new());
        Channel { object: Object::new(), stamp: model.stamp(), capacity, messages }
    }

    /// Whether it was made in that execution.
    pub fn belongs_to(&self, model: &Model) -> bool {
        self.stamp == model.stamp()
    }

    /// Where it was made.
    pub fn created(&self) -> Site {
        self.object.created()
    }

    fn location(&self, model: &Model) -> LocationId {
        let capacity = || self.capacity.map_or(UNBOUNDED, |capacity| Value(capacity as u64));
        self.object.location(model, ObjectKind::Channel, capacity)
    }

    fn act(&self, model: &Model, action: Action, patience: Patience, site: Site) -> Value {
        act(model, self.location(model), action, patience, site)
    }

    fn is_rendezvous(&self) -> bool {
        self.capacity == Some(0)
    }

    /// No operation may be performed and no message dropped while this is held.
    fn messages(&self) -> MutexGuard<'_, BTreeMap<u64, T>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, number: Value, message: T) {
        // Nothing says how many messages there are just now.
        let _heap = off_the_heap();
        let mut messages = self.messages();
        // After the end of an execution, what would wait is told 0.
        let end = messages.last_key_value().map_or(0, |(last, _)| last + 1);
        let number = if messages.contains_key(&number.0) { end } else { number.0 };
        messages.insert(number, message);
    }

    fn take(&self, number: Value) -> Option<T> {
        self.messages().remove(&number.0)
    }

    pub fn send(&self, model: &Model, message: T, site: Site) -> Result<(), T> {
        let action = if self.is_rendezvous() { Action::Offer } else { Action::Send };
        let number = self.act(model, action, Patience::Forever, site);
        if number == CLOSED {
            return Err(message);
        }
        self.put(number, message);
        if !self.is_rendezvous() {
            return Ok(());
        }
        let offer = Offer { channel: self, number };
        match self.act(model, Action::AwaitTaken(number.0 as u32), Patience::Forever, site) {
            CLOSED => offer.channel.take(number).map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    /// Only with a capacity. With one of 0 there is a receiver that waits, or nothing is sent.
    pub fn try_send(&self, model: &Model, message: T, site: Site) -> Result<(), TrySendError<T>> {
        let action = if self.is_rendezvous() { Action::Offer } else { Action::Send };
        match self.act(model, action, Patience::None, site) {
            CLOSED => Err(TrySendError::Disconnected(message)),
            GAVE_UP => Err(TrySendError::Full(message)),
            number => {
                self.put(number, message);
                Ok(())
            }
        }
    }

    /// The next message.
    fn receive(&self, model: &Model, patience: Patience, site: Site) -> Result<T, Nothing> {
        if model.is_draining() && !model.goes_on() {
            return self.receive_what_is_there(model, site);
        }
        let number = match (self.is_rendezvous(), patience) {
            (false, _) => self.act(model, Action::Receive, patience, site),
            (true, Patience::None) => self.act(model, Action::Want, patience, site),
            (true, _) => match self.act(model, Action::Want, Patience::Forever, site) {
                CLOSED => CLOSED,
                want => self.act(model, Action::Take(want.0 as u32), patience, site),
            },
        };
        match number {
            GAVE_UP => Err(Nothing::Yet),
            CLOSED => Err(Nothing::EverMore),
            number => self.take(number).ok_or(Nothing::EverMore),
        }
    }

    /// For destructors that run once the execution is over: nobody is waited for.
    fn receive_what_is_there(&self, model: &Model, site: Site) -> Result<T, Nothing> {
        let action = if self.is_rendezvous() { Action::Want } else { Action::Receive };
        self.act(model, action, Patience::None, site);
        self.messages().pop_first().map(|(_, message)| message).ok_or(Nothing::Yet)
    }

    /// The next message, or none if no sender is left.
    pub fn recv(&self, model: &Model, site: Site) -> Option<T> {
        self.receive(model, Patience::Forever, site).ok()
    }

    pub fn try_recv(&self, model: &Model, site: Site) -> Result<T, TryRecvError> {
        self.receive(model, Patience::None, site).map_err(|nothing| match nothing {
            Nothing::Yet => TryRecvError::Empty,
            Nothing::EverMore => TryRecvError::Disconnected,
        })
    }

    pub fn recv_timeout(
        &self,
        model: &Model,
        timeout: Duration,
        site: Site,
    ) -> Result<T, RecvTimeoutError> {
        self.receive(model, model.patience(timeout), site).map_err(|nothing| match nothing {
            Nothing::EverMore => RecvTimeoutError::Disconnected,
            Nothing::Yet => {
                model.sleep(timeout);
                RecvTimeoutError::Timeout
            }
        })
    }

    pub fn add_sender(&self, model: &Model, site: Site) {
        self.act(model, Action::AddSender, Patience::Forever, site);
    }

    pub fn drop_sender(&self, model: &Model, site: Site) {
        self.act(model, Action::DropSender, Patience::Forever, site);
    }

    /// Drops all messages, and lets blocked senders go.
    pub fn drop_receiver(&self, model: &Model, site: Site) {
        self.act(model, Action::Disconnect, Patience::Forever, site);
        // With a capacity of 0 they belong to their senders, until a receiver has been found for them.
        if !self.is_rendezvous() || model.is_draining() {
            let messages = std::mem::take(&mut *self.messages());
            drop(messages);
        }
    }
}
