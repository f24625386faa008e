//! Values whose release is checked, for those who ask for it: an [`Arc`] whose counts are visible to the
//! checker, [`Tracked`] resources, which must be dropped, and [`Open`] ones, which must be closed.
//!
//! std's `Arc`, which `raddle_shims::sync` re-exports, is not an object of the model: its counts are what
//! they are when the code runs, and a cycle of them is not noticed. The drops of the [`Arc`] here are events of the
//! model, so `strong_count`, `get_mut`, `try_unwrap` and `upgrade` have all the outcomes that they can have, what
//! drops the last one happens after all other drops, and one that is never dropped is a leak.

mod raw;

use crate::kernel::{RmwKind, RmwOrdering, Value};
use crate::model::ops::update;
use crate::model::{Handling, Object, ObjectKind, Site, inside};
use crate::sync::atomic::{Ordering, fence};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;
use std::sync as real;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Holds that must be given back before the execution ends.
#[derive(Debug)]
struct Resource(Option<(u64, u64)>);

impl Resource {
    fn acquire(what: &'static str, site: Site) -> Resource {
        Resource(inside().map(|model| (model.stamp(), model.acquire(what, site))))
    }

    fn release(&self) {
        if let (Some((stamp, number)), Some(model)) = (self.0, inside())
            && model.stamp() == stamp
        {
            model.release(number);
        }
    }

    /// Tells what its owners do with it; the number of the share, if it makes one.
    fn handle(&self, handling: Handling) -> u32 {
        match (self.0, inside()) {
            (Some((stamp, number)), Some(model)) if model.stamp() == stamp => {
                model.handle(number, handling)
            }
            _ => 0,
        }
    }
}

/// A value that must be dropped before the execution ends: a connection, a permit, a handle.
///
/// ```
/// # use raddle_shims::track::Tracked;
/// let connection = Tracked::new("connection", 7);
/// assert_eq!(*connection, 7);
/// ```
#[derive(Debug)]
pub struct Tracked<T> {
    value: T,
    resource: Resource,
}

impl<T> Tracked<T> {
    /// Tracks `value`, which reports call `what`. Outside of a model nothing is tracked.
    #[track_caller]
    pub fn new(what: &'static str, value: T) -> Tracked<T> {
        Tracked { value, resource: Resource::acquire(what, Location::caller()) }
    }

    /// The value, which is no longer tracked.
    pub fn into_inner(self) -> T {
        self.resource.release();
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither dropped nor used any more, and a resource owns nothing.
        unsafe { std::ptr::read(&raw const this.value) }
    }
}

impl<T> Drop for Tracked<T> {
    fn drop(&mut self) {
        self.resource.release();
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        self.resource.handle(Handling::Used(Location::caller()));
        &self.value
    }
}

impl<T> std::ops::DerefMut for Tracked<T> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        self.resource.handle(Handling::Used(Location::caller()));
        &mut self.value
    }
}

/// Tracks a value under the name of its type: it must be dropped before the execution ends, or a report says where
/// this was called. Outside of a model nothing is tracked.
///
/// ```
/// # use raddle_shims::track::track;
/// struct Connection(u32);
/// let connection = track(Connection(7));
/// assert_eq!(connection.0, 7);
/// ```
#[track_caller]
pub fn track<T>(value: T) -> Tracked<T> {
    let name = std::any::type_name::<T>();
    // Of the path `a::b::C<d::E>` only `C<d::E>`.
    let end = name.find('<').unwrap_or(name.len());
    let start = name[..end].rfind("::").map_or(0, |at| at + 2);
    Tracked::new(&name[start..], value)
}

/// A value that must be closed by [`close`](Open::close) before the execution ends; to drop it is not enough. For what
/// has an end of its own that nobody performs for whoever forgets it, as a `Close` in Go: a body to be read to its end, a
/// transaction, a handle of a foreign library.
///
/// ```
/// # use raddle_shims::track::Open;
/// let body = Open::new("body", "hello");
/// assert_eq!(*body, "hello");
/// assert_eq!(body.close(), "hello");
/// ```
#[derive(Debug)]
pub struct Open<T> {
    value: ManuallyDrop<T>,
    resource: Resource,
}

impl<T> Open<T> {
    /// Tracks `value`, which reports call `what`. Outside of a model nothing is tracked.
    #[track_caller]
    pub fn new(what: &'static str, value: T) -> Open<T> {
        let resource = Resource::acquire(what, Location::caller());
        Open { value: ManuallyDrop::new(value), resource }
    }

    /// It has been closed.
    pub fn close(self) -> T {
        self.resource.release();
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither dropped nor used any more, and a resource owns nothing.
        unsafe { ManuallyDrop::take(&mut this.value) }
    }
}

impl<T> Drop for Open<T> {
    fn drop(&mut self) {
        self.resource.handle(Handling::Dropped);
        // SAFETY: it is dropped once, here, if `close` has not taken it.
        unsafe { ManuallyDrop::drop(&mut self.value) };
    }
}

impl<T> Deref for Open<T> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        self.resource.handle(Handling::Used(Location::caller()));
        &self.value
    }
}

impl<T> std::ops::DerefMut for Open<T> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        self.resource.handle(Handling::Used(Location::caller()));
        &mut self.value
    }
}

/// What the checker sees of an [`Arc`] and its clones.
struct Counts {
    /// An update for each share that is dropped, and for each look at how many there are: these are totally ordered,
    /// and run in that order, so right after one of them std's own count is what it says at this place in the order.
    ///
    /// A clone needs none. While somebody can clone there is a share, so nobody who asks whether his is the only one
    /// gets another answer because of it. Only who asks for the number does ([`Counts::number_is_seen`]). A drop of
    /// contents without a destructor needs none until somebody asks anything ([`Counts::look`]).
    order: Object,
    resource: Resource,
    /// Whether there was a raw pointer to the contents.
    exposed: AtomicBool,
    /// Whether the last share has been given up.
    gone: AtomicBool,
}

impl Counts {
    #[track_caller]
    fn new() -> real::Arc<Counts> {
        let resource = Resource::acquire("an Arc", Location::caller());
        let (exposed, gone) = (AtomicBool::new(false), AtomicBool::new(false));
        real::Arc::new(Counts { order: Object::new(), resource, exposed, gone })
    }

    /// Takes a place in the order, inside of a model.
    #[track_caller]
    fn order(&self, ordering: Ordering) {
        self.order_at(ordering, Location::caller());
    }

    /// The same, at that place.
    fn order_at(&self, ordering: Ordering, site: Site) {
        if let Some(model) = inside() {
            let location = self.order.location(&model, ObjectKind::Shares, || Value(0));
            let one = (RmwKind::Add, 1);
            update(&model, location, RmwOrdering::from(ordering), one, None, site);
        }
    }

    /// Whether drops of such contents are no events: nothing happens at the last one, and nobody asks.
    fn is_silent<T: ?Sized>() -> bool {
        !std::mem::needs_drop::<T>() && inside().is_some_and(|model| !model.asks_counts())
    }

    /// Takes a place in the order for who asks something.
    #[track_caller]
    fn look<T: ?Sized>(&self, ordering: Ordering) {
        if Counts::is_silent::<T>()
            && let Some(model) = inside()
        {
            model.note_asks_counts();
        }
        self.order(ordering);
    }

    /// Gives up what must be given back.
    fn release<T: ?Sized>(&self, value: &real::Arc<T>) {
        self.resource.release();
        raw::forget(self, real::Arc::as_ptr(value).cast::<u8>() as usize);
    }

    /// Whether this is the only share, for who has just taken a place in the order and does not give it up.
    #[track_caller]
    fn is_alone<T: ?Sized>(&self, value: &real::Arc<T>) -> bool {
        let alone = real::Arc::strong_count(value) == 1;
        if alone {
            // All that was done through the others has happened.
            fence(Ordering::Acquire);
        }
        alone
    }

    /// Whether what is given up is the last share, for who has just taken a place in the order.
    #[track_caller]
    fn is_last<T: ?Sized>(&self, value: &real::Arc<T>) -> bool {
        let last = real::Arc::strong_count(value) == 1;
        if last {
            // At once: whoever comes to his place in the order during what follows finds nothing.
            self.gone.store(true, Relaxed);
            fence(Ordering::Acquire);
            self.release(value);
        }
        last
    }

    /// The same as [`Counts::order`] for who asks for the number of shares. The first time, the exploration starts again, with clones
    /// in the order as well.
    #[track_caller]
    fn number_is_seen(&self) {
        if let Some(model) = inside() {
            if !model.asks_counts() {
                model.note_asks_counts();
            }
            self.order(Ordering::Relaxed);
        }
    }
}

/// As [`std::sync::Arc`], with counts that the checker sees, and leaks that it reports. One that is used in
/// a model must have been created in it.
///
/// ```
/// use raddle_shims::track::Arc;
/// let one = Arc::new(5);
/// let other = Arc::clone(&one);
/// assert_eq!((*other, Arc::strong_count(&one)), (5, 2));
/// ```
pub struct Arc<T: ?Sized> {
    /// It holds its share of `value` exactly as long as it is counted; no operation of the model, so no
    /// other thread, comes between the two.
    counts: real::Arc<Counts>,
    value: ManuallyDrop<real::Arc<T>>,
    share: Share,
}

/// A share: where it was made, and its number.
#[derive(Clone, Copy)]
struct Share {
    made: Site,
    number: u32,
}

impl Share {
    #[track_caller]
    fn new(counts: &Counts) -> Share {
        let made = Location::caller();
        Share { made, number: counts.resource.handle(Handling::Shared(made)) }
    }
}

/// As [`std::sync::Weak`], for [`Arc`].
pub struct Weak<T: ?Sized> {
    counts: real::Arc<Counts>,
    value: real::Weak<T>,
}

impl<T> Arc<T> {
    /// As std's.
    #[track_caller]
    pub fn new(value: T) -> Arc<T> {
        let counts = Counts::new();
        let share = Share::new(&counts);
        Arc { counts, value: ManuallyDrop::new(real::Arc::new(value)), share }
    }

    /// As std's.
    ///
    /// # Errors
    /// The `Arc`, if there is another one.
    #[track_caller]
    pub fn try_unwrap(this: Arc<T>) -> Result<T, Arc<T>> {
        let mut this = ManuallyDrop::new(this);
        if inside().is_some() {
            this.counts.look::<T>(Ordering::Relaxed);
            if !this.counts.is_last(&this.value) {
                return Err(ManuallyDrop::into_inner(this));
            }
        }
        let share = this.share;
        // SAFETY: each is taken once; `this` is put together again or never used.
        let (counts, value) = unsafe {
            (std::ptr::read(&raw const this.counts), ManuallyDrop::take(&mut this.value))
        };
        real::Arc::try_unwrap(value).map_err(|value| Arc {
            counts,
            value: ManuallyDrop::new(value),
            share,
        })
    }
}

impl<T: ?Sized> Arc<T> {
    /// As std's.
    pub fn ptr_eq(this: &Arc<T>, other: &Arc<T>) -> bool {
        real::Arc::ptr_eq(&this.value, &other.value)
    }

    /// As std's: another thread may change it at any time.
    #[track_caller]
    pub fn strong_count(this: &Arc<T>) -> usize {
        this.counts.number_is_seen();
        real::Arc::strong_count(&this.value)
    }

    /// As std's.
    #[track_caller]
    pub fn get_mut(this: &mut Arc<T>) -> Option<&mut T> {
        if inside().is_some() {
            this.counts.look::<T>(Ordering::Relaxed);
            if !this.counts.is_alone(&this.value) {
                return None;
            }
        }
        real::Arc::get_mut(&mut this.value)
    }

    /// As std's.
    #[track_caller]
    pub fn downgrade(this: &Arc<T>) -> Weak<T> {
        Weak { counts: this.counts.clone(), value: real::Arc::downgrade(&this.value) }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Arc<T> {
        if inside().is_some_and(|model| model.asks_counts()) {
            self.counts.order(Ordering::Relaxed);
        }
        let share = Share::new(&self.counts);
        Arc { counts: self.counts.clone(), value: self.value.clone(), share }
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        self.counts.resource.handle(Handling::GivenUp(self.share.number));
        if Counts::is_silent::<T>() {
            if real::Arc::strong_count(&self.value) == 1 {
                self.counts.release(&self.value);
            }
        } else {
            self.counts.order_at(Ordering::Release, self.share.made);
            self.counts.is_last(&self.value);
        }
        // SAFETY: it is dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.value) };
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: ?Sized> Weak<T> {
    /// As std's.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        if inside().is_some() {
            self.counts.look::<T>(Ordering::Acquire);
        }
        if self.counts.gone.load(Relaxed) {
            return None;
        }
        let value = ManuallyDrop::new(self.value.upgrade()?);
        let share = Share::new(&self.counts);
        Some(Arc { counts: self.counts.clone(), value, share })
    }

    /// As std's.
    pub fn ptr_eq(&self, other: &Weak<T>) -> bool {
        self.value.ptr_eq(&other.value)
    }

    /// As std's.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        self.counts.number_is_seen();
        if self.counts.gone.load(Relaxed) { 0 } else { self.value.strong_count() }
    }
}

impl<T> Arc<T> {
    /// As std's.
    #[track_caller]
    pub fn into_inner(this: Arc<T>) -> Option<T> {
        this.counts.resource.handle(Handling::GivenUp(this.share.number));
        if inside().is_some() {
            this.counts.look::<T>(Ordering::Release);
            if !this.counts.is_last(&this.value) {
                let this = ManuallyDrop::new(this);
                // SAFETY: each is taken once, and `this` is not used any more.
                unsafe {
                    drop(std::ptr::read(&raw const this.counts));
                    drop(std::ptr::read(&raw const *this.value));
                }
                return None;
            }
        }
        let this = ManuallyDrop::new(this);
        // SAFETY: each is taken once, and `this` is not used any more.
        let (counts, value) = unsafe {
            (std::ptr::read(&raw const this.counts), std::ptr::read(&raw const *this.value))
        };
        drop(counts);
        real::Arc::into_inner(value)
    }
}

impl<T: Clone> Arc<T> {
    /// As std's.
    #[track_caller]
    pub fn make_mut(this: &mut Arc<T>) -> &mut T {
        if Arc::get_mut(this).is_none() {
            *this = Arc::new((**this).clone());
        }
        Arc::get_mut(this).expect("a new Arc has one owner")
    }

    /// As std's.
    #[track_caller]
    pub fn unwrap_or_clone(this: Arc<T>) -> T {
        Arc::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }
}

/// For unsized contents: `Arc::from(std::sync::Arc::new(f) as std::sync::Arc<dyn Fn()>)`. There must be no other
/// owner.
impl<T: ?Sized> From<real::Arc<T>> for Arc<T> {
    #[track_caller]
    fn from(value: real::Arc<T>) -> Arc<T> {
        let counts = Counts::new();
        let share = Share::new(&counts);
        Arc { counts, value: ManuallyDrop::new(value), share }
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Arc<T> {
        Arc::new(value)
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Arc<T> {
        Arc::new(T::default())
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> std::borrow::Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    fn eq(&self, other: &Arc<T>) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Arc<T> {}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Weak<T> {
        Weak { counts: self.counts.clone(), value: self.value.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
