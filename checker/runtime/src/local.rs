//! A thread of the program, as the shims need it.

use crate::fiber::Door;
use crate::record::ThreadRecord;
use crate::spin::Spin;
use raddle_shims::kernel::{LocationId, Op};
use raddle_shims::model::{Site, Slots};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;

/// A thread of the program, as the shims need it.
#[derive(Default)]
pub(crate) struct Local {
    pub body: Cell<Option<Box<dyn FnOnce()>>>,
    pub door: Cell<Option<Door>>,
    pub slots: RefCell<Slots>,
    pub record: RefCell<ThreadRecord>,
    /// Its result was an unwinding that nobody has been told of yet.
    pub unobserved_panic: Cell<bool>,
    /// Nobody can be told of it any more but a scope, which panics in turn.
    pub left_panic: Cell<bool>,
    pub token: Cell<Option<LocationId>>,
    pub clock: Cell<Duration>,
    /// The operation at which it stands, or that it performed last; only for a record.
    pub at: Cell<Option<(Op, Site)>>,
    pub spin: RefCell<Spin>,
    /// A number for all that it has [got](Local::remember) in this execution, if anything is known of loops.
    pub got: Cell<u64>,
    /// Where its stack begins, and where it ended when it was last left.
    pub base: Cell<usize>,
    pub top: Cell<usize>,
    /// Whether it was unwinding when it began its latest panic or was last suspended.
    pub unwinding: Cell<bool>,
    /// Whether it unwinds, or will, because the execution is over, or was unwinding when it was.
    pub stopped: Cell<bool>,
    /// Whether it will not run any more, destructors included.
    pub gone: Cell<bool>,
    /// How many operations it performed after the end of the execution, while not unwinding.
    pub afterwards: Cell<u32>,
    /// How often it has looked at the clock since its latest operation that is not a read.
    pub looks: Cell<u32>,
    /// How often it has locked in order to look, without another operation between, and whether it is just giving
    /// back such a lock.
    pub sections: Cell<u32>,
    pub looked: Cell<bool>,
    /// How many of its operations have been events.
    pub events: Cell<u32>,
    /// Whether it may be left behind at the end.
    pub detached: Cell<bool>,
}

impl Local {
    /// Whether it has been spawned and has not begun.
    pub fn begins(&self) -> bool {
        let body = self.body.take();
        let begins = body.is_some();
        self.body.set(body);
        begins
    }

    /// What of its stack is in use while others run, if it has begun and not ended.
    pub fn left_stack(&self) -> Option<Range<usize>> {
        let (top, base) = (self.top.get(), self.base.get());
        (top != 0 && !self.gone.get()).then_some(top..base)
    }

    /// As new, for the next execution.
    pub fn reset(&self) {
        self.body.set(None);
        self.door.set(None);
        if !self.slots.borrow().is_empty() {
            self.slots.borrow_mut().clear();
        }
        self.unobserved_panic.set(false);
        self.left_panic.set(false);
        self.token.set(None);
        self.clock.set(Duration::ZERO);
        self.at.set(None);
        self.spin.borrow_mut().begin();
        self.looks.set(0);
        self.sections.set(0);
        self.looked.set(false);
        self.unwinding.set(false);
        self.events.set(0);
        self.got.set(0);
        self.gone.set(false);
        self.top.set(0);
        self.stopped.set(false);
        self.detached.set(false);
        self.afterwards.set(0);
        let mut record = self.record.borrow_mut();
        record.name = None;
        record.spawned = None;
        record.panics.clear();
        record.ended = false;
    }
}
