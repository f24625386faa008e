//! Channels without room: a sender and a receiver meet.

use super::channel::{HEAD, OPEN, TAIL, message, room};
use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, CLOSED, GAVE_UP, Lack, Value};

/// A channel without room.
///
/// Senders queue up with offers, receivers with wants. The k-th offer and the k-th want that are not
/// withdrawn belong together, whichever came first, so the two queues do not depend on each other: `message(k)`
/// and `room(k)` are the aspects of pair k. Withdrawing moves those behind up, which is an aspect of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendezvous {
    offers: Vec<Entry>,
    wants: Vec<Entry>,
    senders: i64,
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    /// Queued.
    Waits,
    /// The offer has been taken; the want has been met.
    Met,
    /// It has left the queue.
    Withdrawn,
    /// It was without a partner when the channel was closed.
    Dead,
}

/// Whether nobody has left one of the queues.
const SHIFT: u32 = 3;

impl Default for Rendezvous {
    fn default() -> Rendezvous {
        Rendezvous { offers: Vec::new(), wants: Vec::new(), senders: 1, closed: false }
    }
}

/// How many there are that have not left.
fn length(queue: &[Entry]) -> u64 {
    queue.iter().filter(|entry| **entry != Entry::Withdrawn).count() as u64
}

/// Which place entry number `index` has.
fn slot(queue: &[Entry], index: u32) -> u64 {
    length(&queue[..index as usize])
}

/// Which number the entry at a place has.
fn at_slot(queue: &[Entry], slot: u64) -> Option<usize> {
    let mut alive = (0..queue.len()).filter(|i| queue[*i] != Entry::Withdrawn);
    alive.nth(slot as usize)
}

impl Rendezvous {
    /// Whether both sides of the pair at a place are there and alive.
    fn pairs(&self, slot: u64) -> bool {
        let lives = |queue: &[Entry]| {
            at_slot(queue, slot).is_some_and(|at| matches!(queue[at], Entry::Waits | Entry::Met))
        };
        lives(&self.offers) && lives(&self.wants)
    }

    fn is_over(&self) -> bool {
        self.closed || self.senders <= 0
    }

    fn meet(&mut self, slot: u64) -> Value {
        let (offer, want) = (at_slot(&self.offers, slot), at_slot(&self.wants, slot));
        if let Some(want) = want {
            self.wants[want] = Entry::Met;
        }
        let offer = offer.expect("a pair has an offer");
        self.offers[offer] = Entry::Met;
        Value(offer as u64)
    }

    fn offer(&mut self, act: &Act, uses: &mut Uses) -> Value {
        if self.closed {
            uses.reads(OPEN).acquiring();
            return CLOSED;
        }
        if act.patience.is_limited() {
            if !self.allows(act) {
                uses.reads(TAIL).reads(HEAD);
                return GAVE_UP;
            }
            uses.reads(HEAD);
        }
        let slot = length(&self.offers);
        uses.writes(TAIL).writes(message(slot)).releasing().writes(room(slot));
        self.offers.push(Entry::Waits);
        Value(self.offers.len() as u64 - 1)
    }

    fn await_taken(&mut self, offer: u32, gives_up: bool, uses: &mut Uses) -> Value {
        let slot = slot(&self.offers, offer);
        if gives_up {
            // A receiver that comes first keeps it from leaving.
            uses.reads(HEAD).writes(TAIL).writes(message(slot)).writes(SHIFT);
        }
        let entry = &mut self.offers[offer as usize];
        match entry {
            Entry::Met => {
                uses.writes(room(slot)).acquiring();
                Value(0)
            }
            Entry::Dead => {
                uses.writes(room(slot)).reads(OPEN).acquiring();
                CLOSED
            }
            _ => {
                uses.writes(room(slot));
                *entry = Entry::Withdrawn;
                GAVE_UP
            }
        }
    }

    fn want(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let slot = length(&self.wants);
        if !act.patience.is_limited() {
            if self.closed {
                uses.reads(OPEN).acquiring();
                return CLOSED;
            }
            uses.writes(HEAD);
            self.wants.push(Entry::Waits);
            return Value(self.wants.len() as u64 - 1);
        }
        // Any offer could be for it if fewer wanted one.
        uses.reads(TAIL).reads(OPEN);
        let offered = at_slot(&self.offers, slot).map(|at| self.offers[at]);
        if offered == Some(Entry::Waits) {
            uses.writes(HEAD).writes(message(slot)).acquiring().writes(room(slot)).releasing();
            self.wants.push(Entry::Met);
            return self.meet(slot);
        }
        uses.reads(HEAD).reads(message(slot));
        if self.is_over() {
            uses.reads(OPEN).acquiring();
            return CLOSED;
        }
        GAVE_UP
    }

    fn take(&mut self, want: u32, gives_up: bool, uses: &mut Uses) -> Value {
        let slot = slot(&self.wants, want);
        if gives_up {
            uses.writes(HEAD).writes(SHIFT).reads(OPEN);
        }
        if self.pairs(slot) {
            uses.reads(SHIFT).writes(message(slot)).acquiring().writes(room(slot)).releasing();
            return self.meet(slot);
        }
        let entry = &mut self.wants[want as usize];
        if *entry == Entry::Dead || self.senders <= 0 {
            uses.reads(SHIFT).reads(message(slot)).reads(OPEN).acquiring();
            *entry = Entry::Dead;
            return CLOSED;
        }
        uses.writes(message(slot));
        *entry = Entry::Withdrawn;
        GAVE_UP
    }

    /// What is without a partner dies.
    fn close(&mut self, uses: &mut Uses) {
        uses.writes(HEAD).writes(TAIL).adds(OPEN).releasing();
        let (offers, wants) = (length(&self.offers), length(&self.wants));
        for slot in wants..offers {
            let at = at_slot(&self.offers, slot).expect("a place below the length");
            uses.writes(room(slot));
            self.offers[at] = Entry::Dead;
        }
        for slot in offers..wants {
            let at = at_slot(&self.wants, slot).expect("a place below the length");
            uses.writes(message(slot));
            self.wants[at] = Entry::Dead;
        }
        self.closed = true;
    }
}

impl Machine for Rendezvous {
    fn allows(&self, act: &Act) -> bool {
        let limited = act.patience.is_limited();
        match act.action {
            Action::Offer if limited => self.closed || length(&self.wants) > length(&self.offers),
            Action::AwaitTaken(offer) => {
                matches!(self.offers.get(offer as usize), Some(Entry::Met | Entry::Dead))
            }
            Action::Want if limited => self.is_over() || length(&self.offers) > length(&self.wants),
            Action::Take(want) => {
                let Some(entry) = self.wants.get(want as usize) else { return false };
                let slot = slot(&self.wants, want);
                self.pairs(slot) || *entry == Entry::Dead || self.senders <= 0
            }
            _ => true,
        }
    }

    /// An offer that a receiver is sure to take cannot be withdrawn.
    fn may_give_up(&self, act: &Act) -> bool {
        match act.action {
            Action::AwaitTaken(offer) => {
                let known = (offer as usize) < self.offers.len();
                known && !self.pairs(slot(&self.offers, offer))
            }
            Action::Take(want) => (want as usize) < self.wants.len(),
            _ => true,
        }
    }

    fn lack(&self, act: &Act) -> Lack {
        match act.action {
            Action::AwaitTaken(_) => Lack::Receiver,
            _ => Lack::Message { senders: self.senders.max(0) as u64 },
        }
    }

    fn glance(&self) -> Glance {
        let messages = self.offers.iter().filter(|offer| **offer == Entry::Waits).count() as u64;
        Glance::Channel { messages, closed: self.closed || self.senders <= 0 }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Offer => return self.offer(act, uses),
            Action::AwaitTaken(offer) => {
                return self.await_taken(offer, act.may_end(), uses);
            }
            Action::Want => return self.want(act, uses),
            Action::Take(want) => return self.take(want, act.may_end(), uses),
            Action::AddSender => {
                uses.adds(OPEN);
                self.senders += 1;
            }
            Action::DropSender => {
                uses.adds(OPEN).releasing();
                self.senders -= 1;
            }
            Action::Close | Action::Disconnect => self.close(uses),
            other => alien(other, self),
        }
        Value(0)
    }
}
