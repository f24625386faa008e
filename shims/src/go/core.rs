//! What all handles of a channel share, and one arm of a select on it.

use super::lock_real;
use super::real::{self, Entry, Queues, Slot, Waiter};
#[cfg(feature = "model")]
use crate::kernel::{self, Ask, CLOSED, LocationId, Selected, Value};
#[cfg(feature = "model")]
use crate::model::{Model, Object, ObjectKind, Site};
use std::sync::{Arc, Mutex};

/// A channel that is not nil.
pub struct Core<T> {
    pub capacity: usize,
    /// Whether it is one of a timer: those have no room that anybody sees, since Go 1.23.
    pub is_timers: bool,
    queues: Mutex<Queues<T>>,
    #[cfg(feature = "model")]
    inside: Inside<T>,
}

/// The channel as the checker knows it. It decides who may go on and says which message is meant; whoever
/// is told so finds the message here.
#[cfg(feature = "model")]
struct Inside<T> {
    object: Object,
    /// The execution in which it was made.
    stamp: u64,
    messages: Mutex<std::collections::BTreeMap<u64, T>>,
}

impl<T> Core<T> {
    #[track_caller]
    pub fn new(capacity: usize) -> Core<T> {
        Core {
            capacity,
            is_timers: false,
            queues: Mutex::new(Queues::new()),
            #[cfg(feature = "model")]
            inside: Inside {
                object: Object::new(),
                stamp: crate::model::inside().map_or(0, |model| model.stamp()),
                messages: Mutex::default(),
            },
        }
    }

    /// Gives it a name for reports.
    pub fn label(&self, name: String) {
        in_model!(model => model.label(self.location(&model), name));
        drop(name);
    }

    #[track_caller]
    pub fn len(&self) -> usize {
        in_model!(model => match self.capacity {
            0 => 0,
            _ if model.is_draining() => lock_real(&self.inside.messages).len(),
            _ => {
                let site = std::panic::Location::caller();
                self.ask(&model, Ask::Length, kernel::Patience::Forever, site).0 as usize
            }
        });
        lock_real(&self.queues).len()
    }

    /// Whether it was closed before.
    #[track_caller]
    pub fn close(&self) -> bool {
        in_model!(model => {
            let site = std::panic::Location::caller();
            let forever = kernel::Patience::Forever;
            !model.is_draining() && self.ask(&model, Ask::Close, forever, site) == CLOSED
        });
        let _exchange = real::exchange();
        lock_real(&self.queues).close()
    }
}

#[cfg(feature = "model")]
impl<T> Core<T> {
    fn location(&self, model: &Model) -> LocationId {
        if self.inside.stamp != model.stamp() && !model.is_draining() {
            model.misuse(
                "a channel is used in an execution in which it was not made: make it in the closure \
                 that is checked"
                    .to_string(),
                None,
            );
        }
        self.inside.object.location(model, ObjectKind::Channel, || Value(0))
    }

    pub fn action(&self, model: &Model, ask: Ask) -> kernel::Action {
        let (channel, capacity) = (self.location(model), self.capacity as u32);
        kernel::Action::Channel { channel, capacity, ask }
    }

    fn ask(&self, model: &Model, ask: Ask, patience: kernel::Patience, site: Site) -> Value {
        let action = self.action(model, ask);
        crate::model::ops::act(model, super::select::exchange(model, site), action, patience, site)
    }

    fn put(&self, number: Value, slot: &mut Slot<T>) {
        if let Slot::Message(message) = std::mem::replace(slot, Slot::Empty) {
            lock_real(&self.inside.messages).insert(number.0, message);
        }
    }

    fn take(&self, number: Value) -> Slot<T> {
        let message = lock_real(&self.inside.messages).remove(&number.0);
        message.map_or(Slot::Closed, Slot::Message)
    }
}

/// One arm of a select, whatever its channel carries.
#[doc(hidden)]
pub trait Port {
    /// Whether its channel is nil: then it is never ready.
    fn is_nil(&self) -> bool;

    /// On real threads: does it, if that is possible at once.
    fn try_now(&self) -> bool;

    /// On real threads: queues up.
    fn enqueue(&self, waiter: &Arc<Waiter>, arm: usize);

    /// On real threads: leaves the queue.
    fn dequeue(&self, waiter: &Arc<Waiter>);

    /// In a model: what is asked of which channel.
    #[cfg(feature = "model")]
    fn action(&self, model: &Model) -> kernel::Action;

    /// In a model: what it offers as that arm can be taken from now on.
    #[cfg(feature = "model")]
    fn offer(&self, number: Value);

    /// In a model: the select is over; `reply` is what was said of this arm if it was taken.
    #[cfg(feature = "model")]
    fn settle(&self, offered: Value, reply: Option<Value>);

    /// Whether it was chosen to send on a channel that is closed.
    fn is_refused(&self) -> bool;
}

/// One arm of a select.
#[doc(hidden)]
pub struct Arm<'a, T> {
    core: Option<&'a Arc<Core<T>>>,
    sends: bool,
    slot: Arc<Mutex<Slot<T>>>,
}

impl<'a, T> Arm<'a, T> {
    pub(super) fn receives(core: Option<&'a Arc<Core<T>>>) -> Arm<'a, T> {
        Arm { core, sends: false, slot: Arc::new(Mutex::new(Slot::Empty)) }
    }

    pub(super) fn sends(core: Option<&'a Arc<Core<T>>>, message: T) -> Arm<'a, T> {
        Arm { core, sends: true, slot: Arc::new(Mutex::new(Slot::Message(message))) }
    }

    /// The message received, or none if the channel is closed; the message that has not been sent.
    pub fn message(self) -> Option<T> {
        match std::mem::replace(&mut *lock_real(&self.slot), Slot::Empty) {
            Slot::Message(message) => Some(message),
            _ => None,
        }
    }

    #[cfg(feature = "model")]
    fn has_room(&self) -> bool {
        self.core.is_some_and(|core| core.capacity > 0)
    }
}

impl<T> Port for Arm<'_, T> {
    fn is_nil(&self) -> bool {
        self.core.is_none()
    }

    fn try_now(&self) -> bool {
        let Some(core) = self.core else { return false };
        let mut queues = lock_real(&core.queues);
        match self.sends {
            true => queues.send(&self.slot, core.capacity),
            false => queues.receive(&self.slot),
        }
    }

    fn enqueue(&self, waiter: &Arc<Waiter>, arm: usize) {
        let Some(core) = self.core else { return };
        let (waiter, slot) = (Arc::clone(waiter), Arc::clone(&self.slot));
        let mut queues = lock_real(&core.queues);
        let queue = if self.sends { &mut queues.senders } else { &mut queues.receivers };
        queue.push_back(Entry { waiter, arm, slot });
    }

    fn dequeue(&self, waiter: &Arc<Waiter>) {
        let Some(core) = self.core else { return };
        let mut queues = lock_real(&core.queues);
        let queue = if self.sends { &mut queues.senders } else { &mut queues.receivers };
        queue.retain(|entry| !Arc::ptr_eq(&entry.waiter, waiter));
    }

    #[cfg(feature = "model")]
    fn action(&self, model: &Model) -> kernel::Action {
        let ask = if self.sends { Ask::Send } else { Ask::Receive };
        self.core.expect("a nil channel is no arm").action(model, ask)
    }

    #[cfg(feature = "model")]
    fn offer(&self, number: Value) {
        if let Some(core) = self.core.filter(|_| self.sends && !self.has_room()) {
            core.put(number, &mut lock_real(&self.slot));
        }
    }

    #[cfg(feature = "model")]
    fn settle(&self, offered: Value, reply: Option<Value>) {
        let Some(core) = self.core else { return };
        let mut slot = lock_real(&self.slot);
        if self.sends && !self.has_room() && reply != Some(offered) {
            // Nobody has taken it.
            if let Slot::Message(message) = core.take(offered) {
                *slot = Slot::Message(message);
            }
        }
        match reply {
            None => {}
            Some(CLOSED) => *slot = Slot::Closed,
            Some(number) if !self.sends => *slot = core.take(number),
            Some(number) if number == offered && !self.has_room() => {}
            Some(number) => core.put(number, &mut slot),
        }
    }

    fn is_refused(&self) -> bool {
        self.sends && matches!(&*lock_real(&self.slot), Slot::Closed)
    }
}

/// What a message without room is known by that this thread offers at an arm.
#[cfg(feature = "model")]
pub(super) fn offered(model: &Model, arm: usize) -> Value {
    Selected::offered(model.me(), arm as u32)
}
