//! The part of every shim that remembers which object of the running execution it is.

use super::stamp::is_running;
use super::{Model, Site};
use crate::kernel::{LocationId, Value};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many bits of an object's word hold its number.
const NUMBER_BITS: u32 = 24;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

/// What kind of object it is, for reports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ObjectKind {
    /// An atomic variable.
    Atomic,
    /// A cell that is accessed plainly.
    Cell,
    /// A mutual exclusion lock.
    Mutex,
    /// A reader-writer lock.
    RwLock,
    /// A condition variable.
    Condvar,
    /// A barrier.
    Barrier,
    /// A once, once cell or lazy cell.
    Once,
    /// A channel.
    Channel,
    /// A group that is waited for.
    WaitGroup,
    /// The park token of a thread.
    Parker,
    /// The shares of a counted value.
    Shares,
    /// Part of another object, or of the runtime.
    Internal,
}

/// Which object of the running execution a shim is.
///
/// It is `const`-constructible, so a static has no number before it is touched. The number is good for
/// one execution; the stamp beside it says which. A word is taken over from an execution that is over, but
/// not from one that is running on another operating-system thread: two tests may touch the same static
/// at the same time. What finds the word taken is known by its address, until its execution ends: also when the other one, whose
/// word it is, has ended before.
#[derive(Debug)]
pub struct Object {
    /// `stamp << NUMBER_BITS | number`; 0 if never touched; [`Object::OUTSIDE`] if touched by code
    /// outside of every execution.
    word: AtomicU64,
    /// None in memory that was only zeroed, which is an initialised variable with std.
    created: Option<Site>,
}

impl Object {
    pub(super) const OUTSIDE: u64 = 1;

    /// An object that has not been touched, created by the caller.
    #[track_caller]
    pub const fn new() -> Object {
        Object { word: AtomicU64::new(0), created: Some(Location::caller()) }
    }

    /// As [`Object::new`], for a part of an object that was created there.
    pub const fn part_of(created: Site) -> Object {
        Object { word: AtomicU64::new(0), created: Some(created) }
    }

    /// Where it was created; if nothing created it, where this is asked.
    #[track_caller]
    pub fn created(&self) -> Site {
        self.created.unwrap_or(Location::caller())
    }

    /// Whether nothing has touched it, inside or outside.
    #[inline]
    pub(super) fn is_untouched(&self) -> bool {
        self.word.load(Relaxed) == 0
    }

    pub(super) fn mark_outside(&self) {
        let _ = self.word.compare_exchange(0, Self::OUTSIDE, Relaxed, Relaxed);
    }

    /// Its location in the running execution; `initial` is what it holds if it has not been written.
    #[inline]
    pub fn location(
        &self,
        model: &Model,
        kind: ObjectKind,
        initial: impl FnOnce() -> Value,
    ) -> LocationId {
        let word = self.word.load(Relaxed);
        if word >> NUMBER_BITS == model.stamp() {
            return LocationId::local((word & NUMBER_MASK) as u32);
        }
        self.touch(model, kind, word, initial())
    }

    /// Whether it has been touched in the running execution.
    #[inline]
    pub fn is_known(&self, model: &Model) -> bool {
        let word = self.word.load(Relaxed);
        word >> NUMBER_BITS == model.stamp() || self.by_address(model, word).is_some()
    }

    /// The number that it got in this execution because its word was taken.
    fn by_address(&self, model: &Model, word: u64) -> Option<u32> {
        // What no execution has touched may lie where another object was.
        let address = std::ptr::from_ref(self) as usize;
        if word > NUMBER_MASK { model.known_at(address) } else { None }
    }

    /// Makes it a new object, which has not been touched: its caller has it for itself and what it
    /// held has been put where the next `initial` finds it.
    pub fn forget(&mut self) {
        *self.word.get_mut() = 0;
    }

    #[cold]
    fn touch(&self, model: &Model, kind: ObjectKind, word: u64, initial: Value) -> LocationId {
        if let Some(number) = self.by_address(model, word) {
            return LocationId::local(number);
        }
        let address = std::ptr::from_ref(self) as usize;
        let taken = word > NUMBER_MASK && is_running(word >> NUMBER_BITS);
        if !taken {
            let number = model.declare(kind, initial, self.created());
            let mine = model.stamp() << NUMBER_BITS | u64::from(number);
            if u64::from(number) <= NUMBER_MASK
                && self.word.compare_exchange(word, mine, Relaxed, Relaxed).is_ok()
            {
                model.on_touched(address..address + size_of::<Object>());
                return LocationId::local(number);
            }
        }
        LocationId::local(model.shared(address, kind, initial, self.created()))
    }
}

impl Default for Object {
    #[track_caller]
    fn default() -> Self {
        Object::new()
    }
}
