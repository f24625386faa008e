//! What blocking objects do: their states, which actions can be performed in them, and what those depend on.
//!
//! Everything here is a function of the state of one object. The graph keeps the states; the search asks
//! whether two events depend on each other, and nothing else.
//!
//! # Dependency
//!
//! An object has *aspects*. An event says which of them it [uses](Use), and how: it looks ([`Mode::Read`]),
//! it changes ([`Mode::Write`]), or it changes in a way that commutes with others of the kind
//! ([`Mode::Add`]). Events of different threads depend on each other iff they use an aspect in modes that
//! conflict. Two rules make that sufficient; the lint in the tests checks both on small states.
//!
//! 1. *Diamond.* Independent events that can be performed one after the other can be performed in the
//!    other order, with the same replies, the same uses, and the same state in the end.
//! 2. *Locality.* What an event uses is a function of its action and the state of the object, not of the
//!    alternative that it takes; and whatever could let it be performed, or change its reply, by
//!    another way is among its uses.
//! 3. *Constancy.* If an event could have had another reply, then what would conflict with that one
//!    conflicts with this one as well, or with what makes the difference. An event that is found to have come too
//!    early is performed again without what it overtook, and could not be preceded by more than it was.
//!
//! # Synchronisation
//!
//! Conflicts are causal order. They are happens-before as well where the earlier event *releases* an
//! aspect and the later one *acquires* it.

mod barrier;
mod channel;
mod condvar;
mod counting;
mod exchange;
mod footprint;
mod glance;
mod lock;
mod once;
mod rendezvous;
pub mod select;
#[cfg(test)]
mod tests;

pub use footprint::{Footprint, Mode, Use, conflict};
pub use glance::Glance;
pub use once::Once;

use barrier::Barrier;
use channel::Channel;
use condvar::Condvar;
use counting::{Counter, Semaphore, Token};
use exchange::Exchange;
use footprint::Uses;
use lock::{Mutex, RwLock};
use raddle_shims::kernel::{
    Action, Arm, Lack, LocationId, POISONED, Patience, READ_WRITE, ThreadId, Value,
};
use rendezvous::Rendezvous;
use std::sync::Arc;

/// The state of one object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// A mutex.
    Mutex(Mutex),
    /// A reader-writer lock.
    RwLock(RwLock),
    /// A condition variable.
    Condvar(Condvar),
    /// A semaphore.
    Semaphore(Semaphore),
    /// A counter that can be waited for.
    Counter(Counter),
    /// A barrier.
    Barrier(Barrier),
    /// A one-time initialisation.
    Once(Once),
    /// The token of a thread.
    Token(Token),
    /// A channel that holds messages.
    Channel(Channel),
    /// A channel that does not.
    Rendezvous(Rendezvous),
    /// Many channels, and the threads that stand at selects.
    Exchange(Exchange),
}

/// Who acts, how, and, if that can be done in several ways, in which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Act {
    /// Who.
    pub thread: ThreadId,
    /// What.
    pub action: Action,
    /// How long it waits.
    pub patience: Patience,
    /// Which of the [alternatives](State::alternatives).
    pub chosen: u32,
}

impl Act {
    /// Whether its patience could end: then it also uses what giving up would use.
    fn may_end(&self) -> bool {
        !matches!(self.patience, Patience::Forever | Patience::Polls)
    }
}

/// One family of objects.
trait Machine {
    /// Whether the action can be performed, other than by giving up.
    fn allows(&self, act: &Act) -> bool;

    /// Whether the action may give up here, if it cannot be performed.
    fn may_give_up(&self, _act: &Act) -> bool {
        true
    }

    /// Whether some of the other acts could make it allowed; if in doubt, yes.
    fn could_allow(&self, _act: &Act, _others: &mut dyn Iterator<Item = Act>) -> bool {
        true
    }

    /// What is missing for an action that has to wait.
    fn lack(&self, _act: &Act) -> Lack {
        Lack::Release
    }

    /// In how many ways it can be performed.
    fn alternatives(&self, _act: &Act) -> u32 {
        1
    }

    /// What there is to see of it.
    fn glance(&self) -> Glance {
        Glance::Nothing
    }

    /// Performs the action, which is allowed, or else gives up.
    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value;
}

/// Does something with the machine that a state is.
macro_rules! with_machine {
    ($state:expr, $machine:ident => $result:expr) => {
        match $state {
            State::Mutex($machine) => $result,
            State::RwLock($machine) => $result,
            State::Condvar($machine) => $result,
            State::Semaphore($machine) => $result,
            State::Counter($machine) => $result,
            State::Barrier($machine) => $result,
            State::Once($machine) => $result,
            State::Token($machine) => $result,
            State::Channel($machine) => $result,
            State::Rendezvous($machine) => $result,
            State::Exchange($machine) => $result,
        }
    };
}

impl State {
    /// A clone; that of a mutex, which is what there is most often, is made in place.
    #[inline(always)]
    pub fn copied(&self) -> State {
        match self {
            State::Mutex(mutex) => State::Mutex(*mutex),
            other => other.clone(),
        }
    }

    /// The state of an object on which nothing has been done, by the family to which an action belongs.
    pub fn initial(action: Action, value: Value) -> State {
        match action {
            Action::Lock | Action::Unlock | Action::UnlockPoisoned => {
                State::Mutex(Mutex::new(value))
            }
            Action::IsPoisoned | Action::ClearPoison if value.0 & READ_WRITE.0 == 0 => {
                State::Mutex(Mutex::new(value))
            }
            Action::IsPoisoned
            | Action::ClearPoison
            | Action::ReadLock
            | Action::ReadUnlock
            | Action::IntendWrite
            | Action::WriteLock
            | Action::WriteUnlock
            | Action::WriteUnlockPoisoned
            | Action::Downgrade => State::RwLock(RwLock::new(value)),
            Action::Enqueue
            | Action::Wake
            | Action::NotifyOne
            | Action::NotifyOldest
            | Action::NotifyAll => State::Condvar(Condvar::default()),
            Action::Acquire(_) | Action::Release(_) => State::Semaphore(Semaphore::new(value)),
            Action::Add(_) | Action::Count(_) | Action::AwaitZero | Action::Register => {
                State::Counter(Counter::new(value))
            }
            Action::Arrive | Action::Depart(_) | Action::Lead { .. } => {
                State::Barrier(Barrier::new(value))
            }
            Action::Begin { .. }
            | Action::Complete
            | Action::Reset
            | Action::Poison
            | Action::AwaitComplete { .. } => State::Once(Once::new(value)),
            Action::Park | Action::Unpark => State::Token(Token::new(value)),
            Action::Offer | Action::AwaitTaken(_) | Action::Want | Action::Take(_) => {
                State::Rendezvous(Rendezvous::default())
            }
            Action::AddSender | Action::DropSender | Action::Close | Action::Disconnect
                if value == Value(0) =>
            {
                State::Rendezvous(Rendezvous::default())
            }
            Action::AddSender
            | Action::DropSender
            | Action::Close
            | Action::Disconnect
            | Action::Send
            | Action::Receive
            | Action::Length => State::Channel(Channel::new(value)),
            Action::Channel { .. } | Action::Stand(_) | Action::Meet { .. } => {
                State::Exchange(Exchange::default())
            }
        }
    }

    /// Whether the action can be performed, other than by giving up.
    #[inline]
    pub fn allows(&self, act: &Act) -> bool {
        match self {
            State::Mutex(mutex) => mutex.allows(act),
            _ => self.machine().allows(act),
        }
    }

    /// Whether the thread need not wait when the clock shows `now`.
    #[inline]
    pub fn admits(&self, act: &Act, now: u64) -> bool {
        self.allows(act) || act.patience.has_ended(now) && self.machine().may_give_up(act)
    }

    /// Whether the thread might not have to wait if some of the other acts came first; if in doubt, yes.
    pub fn could_admit(&self, act: &Act, now: u64, mut others: impl Iterator<Item = Act>) -> bool {
        self.admits(act, now) || self.machine().could_allow(act, &mut others)
    }

    /// What is missing for an action that has to wait.
    pub fn lack(&self, act: &Act) -> Lack {
        self.machine().lack(act)
    }

    /// Whether it is a lock that is held alone or by readers.
    pub fn is_lock(&self) -> bool {
        matches!(self, State::Mutex(_) | State::RwLock(_))
    }

    /// What there is to know of an object besides what actions reply: whether a lock is poisoned.
    pub fn value(&self) -> Value {
        match self {
            State::Mutex(mutex) if mutex.is_poisoned() => POISONED,
            State::RwLock(lock) if lock.is_poisoned() => POISONED,
            _ => Value(0),
        }
    }

    /// What there is to see of it, for whoever explains an execution.
    pub fn glance(&self) -> Glance {
        self.machine().glance()
    }

    /// In how many ways an action can be performed when the clock shows `now`; in none if the thread has to wait.
    #[inline]
    pub fn ways(&self, act: &Act, now: u64) -> u32 {
        match self.admits(act, now) {
            true => self.alternatives(act),
            false => 0,
        }
    }

    /// In how many ways an action can be performed that is [admitted](State::admits).
    #[inline]
    pub fn alternatives(&self, act: &Act) -> u32 {
        match self {
            State::Mutex(mutex) => mutex.alternatives(act),
            _ => self.machine().alternatives(act),
        }
    }

    /// Performs an action that is [admitted](State::admits), giving up if it is not allowed, on the object at `location`, adds what it uses
    /// to `uses`, and returns its reply. `lists` are the lists of arms that actions refer to.
    pub fn perform(
        &mut self,
        location: LocationId,
        act: &Act,
        lists: &[Arc<[Arm]>],
        uses: &mut Vec<Use>,
    ) -> Value {
        let uses = &mut Uses::new(location, lists, uses);
        with_machine!(self, machine => machine.perform(act, uses))
    }

    /// The channels of an exchange that an action of a thread is about.
    pub fn channels(
        &self,
        thread: ThreadId,
        action: Action,
        lists: &[Arc<[Arm]>],
    ) -> Vec<LocationId> {
        let of = |arms: &[Arm]| arms.iter().filter_map(|arm| arm.action.channel()).collect();
        match (action, self) {
            (Action::Stand(arms), _) => of(&lists[arms.0 as usize]),
            (Action::Meet { .. }, State::Exchange(exchange)) => of(exchange.arms_of(thread)),
            _ => action.channel().into_iter().collect(),
        }
    }

    fn machine(&self) -> &dyn Machine {
        with_machine!(self, machine => machine)
    }
}

/// For an action of another family than the object's.
#[track_caller]
fn alien(action: Action, object: &dyn std::fmt::Debug) -> ! {
    panic!("{action:?} is not for {object:?}: an object belongs to one family of actions")
}
