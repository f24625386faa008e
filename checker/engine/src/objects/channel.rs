//! Channels that hold messages.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, CLOSED, GAVE_UP, Lack, UNBOUNDED, Value};

/// A channel that holds messages, first in, first out; the messages themselves are elsewhere.
///
/// Aspects: the head, where receivers meet; the tail, where senders meet; whether it is open; for message
/// `i` that it is there, and that it has left room. Sending and receiving have no aspect in common but
/// those of the same message, and of the one that leaves the room, so a stream is one execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Channel {
    /// None if there is no limit.
    capacity: Option<u64>,
    sent: u64,
    received: u64,
    senders: i64,
    closed: bool,
}

pub(super) const HEAD: u32 = 0;
pub(super) const TAIL: u32 = 1;
pub(super) const OPEN: u32 = 2;

pub(super) fn message(number: u64) -> u32 {
    4 + 2 * number as u32
}

pub(super) fn room(number: u64) -> u32 {
    5 + 2 * number as u32
}

impl Channel {
    pub(super) fn new(capacity: Value) -> Channel {
        let capacity = (capacity != UNBOUNDED).then_some(capacity.0.max(1));
        Channel { capacity, sent: 0, received: 0, senders: 1, closed: false }
    }

    /// The message that has to be taken before the next one can be sent.
    fn before_next(&self) -> Option<u64> {
        self.capacity.and_then(|capacity| self.sent.checked_sub(capacity))
    }

    fn has_room(&self) -> bool {
        self.before_next().is_none_or(|before| before < self.received)
    }

    /// Refuses senders from now on; whether it was closed before.
    pub(super) fn close(&mut self) -> bool {
        std::mem::replace(&mut self.closed, true)
    }

    fn is_over(&self) -> bool {
        self.closed || self.senders <= 0
    }

    fn send(&mut self, uses: &mut Uses) -> Value {
        let before = self.before_next();
        if self.closed {
            uses.reads(OPEN).acquiring();
            if let Some(before) = before {
                uses.reads(room(before));
            }
            return CLOSED;
        }
        if !self.has_room() {
            uses.reads(TAIL);
            if let Some(before) = before {
                uses.reads(room(before));
            }
            return GAVE_UP;
        }
        uses.writes(TAIL).writes(message(self.sent)).releasing();
        if let Some(before) = before {
            uses.writes(room(before)).acquiring();
        }
        self.sent += 1;
        Value(self.sent - 1)
    }

    fn receive(&mut self, gives_up: bool, uses: &mut Uses) -> Value {
        let next = self.received;
        if self.sent > next {
            if gives_up {
                uses.reads(OPEN);
            }
            uses.writes(HEAD).writes(message(next)).acquiring().writes(room(next)).releasing();
            self.received += 1;
            return Value(next);
        }
        uses.reads(HEAD).reads(message(next)).reads(OPEN);
        if self.is_over() {
            uses.acquiring();
            return CLOSED;
        }
        GAVE_UP
    }
}

impl Machine for Channel {
    fn allows(&self, act: &Act) -> bool {
        match act.action {
            Action::Send => self.closed || self.has_room(),
            Action::Receive => self.sent > self.received || self.is_over(),
            _ => true,
        }
    }

    fn lack(&self, act: &Act) -> Lack {
        match act.action {
            Action::Send => Lack::Room { messages: self.sent - self.received },
            _ => Lack::Message { senders: self.senders.max(0) as u64 },
        }
    }

    fn glance(&self) -> Glance {
        Glance::Channel { messages: self.sent - self.received, closed: self.is_over() }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Send => return self.send(uses),
            Action::Receive => return self.receive(act.may_end(), uses),
            Action::Length => {
                uses.reads(HEAD).reads(TAIL);
                return Value(self.sent - self.received);
            }
            Action::AddSender => {
                uses.adds(OPEN);
                self.senders += 1;
            }
            Action::DropSender => {
                uses.adds(OPEN).releasing();
                self.senders -= 1;
            }
            Action::Close => {
                uses.writes(TAIL).adds(OPEN).releasing();
                self.closed = true;
            }
            Action::Disconnect => {
                uses.reads(HEAD).writes(TAIL).adds(OPEN).releasing();
                for number in self.received..self.sent {
                    uses.writes(message(number)).acquiring();
                }
                self.closed = true;
            }
            other => alien(other, self),
        }
        Value(0)
    }
}
