//! What every atomic type is made of: a std atomic, and which object of the execution it is.

use crate::kernel::{
    Change, LoadOrdering, LocationId, Op, OrderingError, Reply, RmwKind, RmwOrdering,
    StoreOrdering, Value, Width,
};
use crate::model::{Model, Object, ObjectKind, Performs, fresh, is_static, touch_outside};
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// A std atomic of some type.
pub(crate) trait Real {
    /// What it holds.
    type Plain: Copy;
    /// Its width in the model.
    const WIDTH: Width;
    /// What it holds now.
    fn get(&self) -> Self::Plain;
    /// Changes what it holds.
    fn set(&mut self, value: Self::Plain);
    /// The bits of a value.
    fn bits(value: Self::Plain) -> Value;
    /// The value of these bits.
    fn plain(bits: Value) -> Self::Plain;
}

/// An atomic variable, inside or outside.
pub(crate) struct Cell<R> {
    pub real: R,
    object: Object,
}

/// How a compare-exchange is done. In a single word: what does not fit into registers is passed on the stack of the program, where it would
/// stay and look like a difference between the turns of a loop.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    pub success: Ordering,
    pub failure: Ordering,
    pub weak: bool,
}

#[track_caller]
fn valid<T>(ordering: Result<T, OrderingError>) -> T {
    match ordering {
        Ok(ordering) => ordering,
        Err(error) => panic!("{error}"),
    }
}

impl<R: Real> Cell<R> {
    #[track_caller]
    pub const fn new(real: R) -> Self {
        Cell { real, object: Object::new() }
    }

    /// To be called before code outside of a model changes the variable.
    #[inline(always)]
    pub fn outside(&self) -> &R {
        touch_outside(&self.object, &self.real);
        &self.real
    }

    #[inline]
    pub fn at(&self, model: &Model) -> LocationId {
        self.object.location(model, ObjectKind::Atomic, || {
            let first = if is_static(&self.real) { fresh(model, &self.real) } else { &self.real };
            R::bits(first.get())
        })
    }

    // Each is never part of the program's function, whose registers would be used otherwise than by the program.
    #[inline(never)]
    #[track_caller]
    pub fn load(&self, by: impl Performs, order: Ordering) -> R::Plain {
        let ordering = valid(LoadOrdering::try_from(order));
        let op = Op::Load { location: self.at(by.model()), ordering, until: None };
        R::plain(value(by.perform(&op, Location::caller())))
    }

    #[track_caller]
    pub fn await_until(
        &self,
        model: &Model,
        order: Ordering,
        pass: &mut dyn FnMut(R::Plain) -> bool,
    ) -> R::Plain {
        let ordering = valid(LoadOrdering::try_from(order));
        let op = Op::Load { location: self.at(model), ordering, until: None };
        let read = model.await_value(&op, Location::caller(), &mut |value| pass(R::plain(value)));
        R::plain(read)
    }

    #[track_caller]
    pub fn store(&self, model: Model, new: R::Plain, order: Ordering) {
        let ordering = valid(StoreOrdering::try_from(order));
        let op = Op::Store { location: self.at(&model), ordering, value: R::bits(new) };
        model.perform(&op, Location::caller());
    }

    #[inline(never)]
    #[track_caller]
    pub fn rmw(
        &self,
        by: impl Performs,
        kind: RmwKind,
        operand: R::Plain,
        order: Ordering,
    ) -> R::Plain {
        let change = Change { kind, operand: R::bits(operand), width: R::WIDTH };
        let ordering = RmwOrdering::from(order);
        let op = Op::Rmw { location: self.at(by.model()), ordering, change, until: None };
        R::plain(value(by.perform(&op, Location::caller())))
    }

    #[inline(never)]
    #[track_caller]
    pub fn compare_exchange(
        &self,
        by: impl Performs,
        (expected, new): (R::Plain, R::Plain),
        Exchange { success, failure, weak }: Exchange,
    ) -> Result<R::Plain, R::Plain> {
        let op = Op::CompareExchange {
            location: self.at(by.model()),
            success: RmwOrdering::from(success),
            failure: valid(LoadOrdering::for_failure(failure)),
            expected: R::bits(expected),
            new: R::bits(new),
            weak,
            until: None,
        };
        match by.perform(&op, Location::caller()) {
            Reply::Exchanged(old) => Ok(R::plain(old)),
            reply => Err(R::plain(value(reply))),
        }
    }

    #[track_caller]
    pub fn fetch_update(
        &self,
        model: &Model,
        (success, failure): (Ordering, Ordering),
        mut update: impl FnMut(R::Plain) -> Option<R::Plain>,
    ) -> Result<R::Plain, R::Plain> {
        let exchange = Exchange { success, failure, weak: false };
        let mut old = self.load(*model, failure);
        while let Some(new) = update(old) {
            match self.compare_exchange(*model, (old, new), exchange) {
                Ok(old) => return Ok(old),
                Err(other) => old = other,
            }
        }
        Err(old)
    }

    /// The std atomic, holding what the variable holds, for a caller that has it for itself. Accesses
    /// of other threads that did not happen before are races, as this counts as a plain write, unless
    /// [owners are trusted](crate::model::trust_owners).
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut R {
        match crate::model::inside() {
            Some(model) if self.object.is_known(&model) => {
                let location = self.at(&model);
                if !crate::model::owners_are_trusted(&model) {
                    model.perform(&Op::PlainWrite(location), Location::caller());
                }
                self.real.set(R::plain(model.newest(location)));
                self.object.forget();
            }
            Some(_) => {}
            None => touch_outside(&self.object, &self.real),
        }
        &mut self.real
    }

    /// The caller, which had it for itself, has just given it its value: a plain write. Only for one that
    /// nobody has used in the running execution. Without it, a first value is where everybody finds it.
    #[track_caller]
    pub fn note_written(&self) {
        if let Some(model) = crate::model::running() {
            model.tell(&Op::PlainWrite(self.at(&model)), Location::caller());
        }
    }

    /// What it holds, read plainly: other threads' writes must have happened before.
    #[track_caller]
    pub fn read_plainly(&self) -> R::Plain {
        match crate::model::inside() {
            None => self.real.get(),
            Some(model) => {
                let location = self.at(&model);
                model.perform(&Op::PlainRead(location), Location::caller());
                R::plain(model.newest(location))
            }
        }
    }

    /// The object, for a label.
    pub fn label(&self, model: &Model, name: String) {
        model.label(self.at(model), name);
    }
}

/// The operations of a variable in the one order that Go gives them, inside a model; all of its operations are such.
///
/// Where the variable lies is found out first, in a call of its own, so that whether it had to be declared leaves no trace in the registers, which
/// would be taken for a difference between the turns of a loop.
pub(crate) struct Interleaved<'a, R> {
    location: LocationId,
    model: &'a Model,
    of: PhantomData<R>,
}

impl<'a, R: Real> Interleaved<'a, R> {
    #[inline(never)]
    pub fn of(cell: &Cell<R>, model: &'a Model) -> Self {
        Interleaved { location: cell.at(model), model, of: PhantomData }
    }

    #[inline(never)]
    #[track_caller]
    pub fn load(&self) -> R::Plain {
        let ordering = LoadOrdering::Interleaved;
        let op = Op::Load { location: self.location, ordering, until: None };
        R::plain(value(self.model.perform(&op, Location::caller())))
    }

    #[inline(never)]
    #[track_caller]
    pub fn store(&self, new: R::Plain) {
        let ordering = StoreOrdering::Interleaved;
        let op = Op::Store { location: self.location, ordering, value: R::bits(new) };
        self.model.perform(&op, Location::caller());
    }

    /// The old value.
    #[inline(never)]
    #[track_caller]
    pub fn rmw(&self, kind: RmwKind, operand: R::Plain) -> R::Plain {
        let change = Change { kind, operand: R::bits(operand), width: R::WIDTH };
        let ordering = RmwOrdering::Interleaved;
        let op = Op::Rmw { location: self.location, ordering, change, until: None };
        R::plain(value(self.model.perform(&op, Location::caller())))
    }

    /// Whether it was `expected`, and so was replaced.
    #[inline(never)]
    #[track_caller]
    pub fn compare_exchange(&self, expected: R::Plain, new: R::Plain) -> bool {
        let op = Op::CompareExchange {
            location: self.location,
            success: RmwOrdering::Interleaved,
            failure: LoadOrdering::Interleaved,
            expected: R::bits(expected),
            new: R::bits(new),
            weak: false,
            until: None,
        };
        matches!(self.model.perform(&op, Location::caller()), Reply::Exchanged(_))
    }
}

/// The ordering with which `compare_and_swap` fails: the strongest that a load may have.
pub(super) fn when_it_fails(order: Ordering) -> Ordering {
    match order {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    }
}

fn value(reply: Reply) -> Value {
    match reply {
        Reply::Value(value) | Reply::Exchanged(value) | Reply::Refused(value) => value,
        Reply::Done => Value(0),
    }
}
