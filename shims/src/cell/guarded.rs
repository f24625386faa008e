//! A cell whose accesses last: from the beginning of a closure to its end, or as long as a pointer is kept.

use crate::kernel::Op;
use crate::model::{Contents, Model, Object, ObjectKind, Site, inside, running};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

/// An [`std::cell::UnsafeCell`] whose accesses have a beginning and an end.
///
/// The accesses of [`UnsafeCell`](super::UnsafeCell) are checked where they begin. Here they are checked where they
/// end as well, so a closure that publishes the contents and uses them once more is a data race; and what
/// would give out a mutable pointer while another is in use, to the same thread as well, is misuse. Its
/// creation counts as a write: it is no constant, so nothing that is found there was initialised before the program.
///
/// ```
/// use raddle_shims::cell::GuardedCell;
/// let cell = GuardedCell::new(1);
/// // SAFETY: nothing else uses the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(unsafe { *cell.get().deref() }, 2);
/// ```
pub struct GuardedCell<T: ?Sized> {
    accesses: Arc<Accesses>,
    value: std::cell::UnsafeCell<T>,
}

/// Those that have begun and not ended. A pointer may outlive the cell, so it is shared.
struct Accesses {
    object: Object,
    /// How many read, or -1 if one writes.
    count: AtomicIsize,
}

/// Whether an access reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Read,
    Write,
}

impl Accesses {
    /// Checks for races, for the thread that runs.
    fn check(&self, sort: Sort, site: Site) {
        let Some(model) = running() else { return };
        model.tell(&self.op(&model, sort), site);
    }

    fn op(&self, model: &Model, sort: Sort) -> Op {
        let location = self.object.location(model, ObjectKind::Cell, Default::default);
        match sort {
            Sort::Read => Op::PlainRead(location),
            Sort::Write => Op::PlainWrite(location),
        }
    }

    /// `contents` is what is accessed; it must live.
    fn begin<T: ?Sized>(&self, sort: Sort, contents: *const T, site: Site) {
        if let Some(model) = running() {
            let what = (contents.cast(), Contents::of::<T>());
            // SAFETY: whoever begins an access has the cell, and what is in it lives as long.
            unsafe { model.tell_plain(&self.op(&model, sort), site, what) };
        }
        let count = self.count.load(Relaxed);
        let allowed = if sort == Sort::Read { count >= 0 } else { count == 0 };
        if let (false, Some(model)) = (allowed, running())
            && !model.is_draining()
        {
            let other = if count < 0 { "mutable " } else { "" };
            let mutable = if sort == Sort::Write { "mutable " } else { "" };
            let message = format!(
                "a {mutable}pointer to a cell is taken at {site} while a {other}pointer to it is in use"
            );
            model.misuse(message, Some(site));
        }
        self.count.store(if sort == Sort::Read { count + 1 } else { -1 }, Relaxed);
    }

    fn end(&self, sort: Sort) {
        let count = self.count.load(Relaxed);
        self.count.store(if sort == Sort::Read { count - 1 } else { 0 }, Relaxed);
    }
}

/// Ends an access that a panic cuts short too.
struct Ends<'a>(&'a Accesses, Sort);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

/// An access that lasts as long as a pointer.
struct Access {
    accesses: Arc<Accesses>,
    sort: Sort,
    site: Site,
}

impl Access {
    fn begin<T: ?Sized>(
        accesses: &Arc<Accesses>,
        sort: Sort,
        contents: *const T,
        site: Site,
    ) -> Access {
        accesses.begin(sort, contents, site);
        Access { accesses: Arc::clone(accesses), sort, site }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        self.accesses.end(self.sort);
        // An operation that fails unwinds, which must not happen while another panic does.
        if inside().is_some_and(|model| !model.panicking() && !model.is_draining()) {
            self.accesses.check(self.sort, self.site);
        }
    }
}

impl<T> GuardedCell<T> {
    /// A cell with these contents; creating it is a write.
    #[track_caller]
    pub fn new(value: T) -> GuardedCell<T> {
        let accesses = Accesses { object: Object::new(), count: AtomicIsize::new(0) };
        accesses.check(Sort::Write, Location::caller());
        GuardedCell { accesses: Arc::new(accesses), value: std::cell::UnsafeCell::new(value) }
    }

    /// The contents. Accesses of other threads must have happened before.
    #[track_caller]
    pub fn into_inner(self) -> T {
        self.accesses.check(Sort::Write, Location::caller());
        self.value.into_inner()
    }
}

impl<T: ?Sized> GuardedCell<T> {
    #[track_caller]
    fn during<R>(&self, sort: Sort, access: impl FnOnce(*mut T) -> R) -> R {
        let site = Location::caller();
        self.accesses.begin(sort, self.value.get(), site);
        let ends = Ends(&self.accesses, sort);
        let result = access(self.value.get());
        self.accesses.check(sort, site);
        drop(ends);
        result
    }

    /// Reads, for as long as the closure runs.
    #[track_caller]
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.during(Sort::Read, |pointer| read(pointer))
    }

    /// Writes, for as long as the closure runs.
    #[track_caller]
    pub fn with_mut<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.during(Sort::Write, write)
    }

    /// A pointer for reading; the access ends when it is dropped.
    #[track_caller]
    pub fn get(&self) -> ConstPtr<T> {
        let access =
            Access::begin(&self.accesses, Sort::Read, self.value.get(), Location::caller());
        ConstPtr { pointer: self.value.get(), _access: access }
    }

    /// A pointer for writing; the access ends when it is dropped.
    #[track_caller]
    pub fn get_mut(&self) -> MutPtr<T> {
        let access =
            Access::begin(&self.accesses, Sort::Write, self.value.get(), Location::caller());
        MutPtr { pointer: self.value.get(), _access: access }
    }
}

/// A pointer to the contents of a [`GuardedCell`], for reading.
pub struct ConstPtr<T: ?Sized> {
    pointer: *const T,
    _access: Access,
}

impl<T: ?Sized> ConstPtr<T> {
    /// The contents.
    ///
    /// # Safety
    /// As for dereferencing a raw pointer: the cell must live, and nobody may write meanwhile.
    pub unsafe fn deref(&self) -> &T {
        // SAFETY: the caller's duty is the same.
        unsafe { &*self.pointer }
    }

    /// Uses the raw pointer, which must not be kept.
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        read(self.pointer)
    }
}

/// A pointer to the contents of a [`GuardedCell`], for writing.
pub struct MutPtr<T: ?Sized> {
    pointer: *mut T,
    _access: Access,
}

impl<T: ?Sized> MutPtr<T> {
    /// The contents.
    ///
    /// # Safety
    /// As for dereferencing a raw pointer mutably: the cell must live, and nobody else may use the contents
    /// meanwhile.
    #[allow(clippy::mut_from_ref, reason = "it stands for a raw pointer")]
    pub unsafe fn deref(&self) -> &mut T {
        // SAFETY: the caller's duty is the same.
        unsafe { &mut *self.pointer }
    }

    /// Uses the raw pointer, which must not be kept.
    pub fn with<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        write(self.pointer)
    }
}

impl<T: ?Sized> fmt::Debug for ConstPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.pointer, f)
    }
}

impl<T: ?Sized> fmt::Debug for MutPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.pointer, f)
    }
}

impl<T: ?Sized> fmt::Debug for GuardedCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

impl<T: Default> Default for GuardedCell<T> {
    #[track_caller]
    fn default() -> Self {
        GuardedCell::new(T::default())
    }
}

impl<T> From<T> for GuardedCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        GuardedCell::new(value)
    }
}
