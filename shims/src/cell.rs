//! `std::cell`: an [`UnsafeCell`] whose accesses are checked for data races, and std's other cells, which
//! threads cannot share.

mod guarded;

pub use guarded::{ConstPtr, GuardedCell, MutPtr};
pub use std::cell::{BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut};

use crate::kernel::Op;
use crate::model::{Contents, Model, Object, ObjectKind, Site, fresh, inside, touch_outside};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// As [`std::cell::UnsafeCell`]; inside a model its accesses are checked for data races.
///
/// [`with`](Access::with) is a read and [`with_mut`](Access::with_mut) a write.
/// [`get`](UnsafeCell::get) does not say what its caller does: it counts as a read, and as a write too if
/// the contents have changed when the thread comes to its next operation. So a write through `get` that
/// changes nothing, or comes after a later operation, or changes only what lies beyond the first
/// [`WATCHED_BYTES_MAX`](crate::model::WATCHED_BYTES_MAX) bytes is not noticed as one. The initialisation
/// of a cell is not an access: `new` is a constant function.
///
/// In a static, the contents are as new in every execution.
pub struct UnsafeCell<T: ?Sized> {
    mark: Mark,
    value: std::cell::UnsafeCell<T>,
}

/// Which object it is, and whether a read through `get` is being watched.
struct Mark {
    object: Object,
    watched: AtomicBool,
}

impl Drop for Mark {
    #[inline]
    fn drop(&mut self) {
        if *self.watched.get_mut()
            && let Some(model) = inside()
            && self.object.is_known(&model)
        {
            model.unwatch(self.object.location(&model, ObjectKind::Cell, Default::default));
        }
    }
}

/// Accesses to the contents of an [`UnsafeCell`] that say whether they read or write, so that the checker
/// can tell races.
///
/// ```
/// use raddle_shims::cell::{Access, UnsafeCell};
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nothing else uses the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
pub trait Access<T: ?Sized> {
    /// Reads.
    #[track_caller]
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R;
    /// Writes.
    #[track_caller]
    fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R;
}

impl<T> UnsafeCell<T> {
    /// A cell with these contents.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        let mark = Mark { object: Object::new(), watched: AtomicBool::new(false) };
        UnsafeCell { mark, value: std::cell::UnsafeCell::new(value) }
    }

    /// The contents. Accesses of other threads must have happened before.
    #[inline]
    #[track_caller]
    pub fn into_inner(mut self) -> T {
        self.exclusive();
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// `contents` is where this execution has what is accessed.
    #[inline]
    fn perform(&self, model: &Model, write: bool, contents: *const T, site: Site) {
        let location = self.mark.object.location(model, ObjectKind::Cell, Default::default);
        let op = if write { Op::PlainWrite(location) } else { Op::PlainRead(location) };
        // SAFETY: the pointer is that of the contents, or of the copy of them that this execution has.
        unsafe { model.perform_plain(&op, site, (contents.cast(), Contents::of::<T>())) };
    }

    #[track_caller]
    fn exclusive(&mut self) {
        if let Some(model) = inside()
            && self.mark.object.is_known(&model)
        {
            self.perform(&model, true, self.value.get(), Location::caller());
        }
    }

    /// A pointer to the contents. See the type for how accesses through it are checked.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> *mut T {
        match inside() {
            None => {
                touch_outside(&self.mark.object, &self.value);
                self.value.get()
            }
            Some(model) => {
                let pointer = fresh(&model, &self.value).get();
                self.perform(&model, false, pointer, Location::caller());
                let location =
                    self.mark.object.location(&model, ObjectKind::Cell, Default::default);
                // SAFETY: the pointer is that of a live value; only its size is asked for.
                let size = unsafe { size_of_val(&*pointer) };
                model.watch(location, pointer.cast::<u8>(), size, Location::caller());
                self.mark.watched.store(true, Relaxed);
                pointer
            }
        }
    }

    /// The contents, for a caller that has the cell for itself. Accesses of other threads must have
    /// happened before.
    #[inline]
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        self.exclusive();
        self.value.get_mut()
    }

    /// As std's; a pointer got like this is not watched.
    #[inline]
    #[allow(
        clippy::not_unsafe_ptr_arg_deref,
        reason = "std's is not unsafe; nothing is dereferenced"
    )]
    pub const fn raw_get(this: *const Self) -> *mut T {
        // SAFETY: only the address of a field is computed, as the caller's pointer is only required
        // to be a valid place.
        unsafe { std::cell::UnsafeCell::raw_get(&raw const (*this).value) }
    }

    /// Gives the cell a name for reports; outside of a model it does nothing.
    pub fn label(&self, name: impl Into<String>) {
        if let Some(model) = inside() {
            let location = self.mark.object.location(&model, ObjectKind::Cell, Default::default);
            model.label(location, name.into());
        }
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    #[inline]
    #[track_caller]
    fn read_by<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        match inside() {
            None => read(self.value.get()),
            Some(model) => {
                let contents = fresh(&model, &self.value).get();
                self.perform(&model, false, contents, Location::caller());
                read(contents)
            }
        }
    }

    #[inline]
    #[track_caller]
    fn write_by<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        match inside() {
            None => {
                touch_outside(&self.mark.object, &self.value);
                write(self.value.get())
            }
            Some(model) => {
                let contents = fresh(&model, &self.value).get();
                self.perform(&model, true, contents, Location::caller());
                write(contents)
            }
        }
    }
}

impl<T: ?Sized> Access<T> for UnsafeCell<T> {
    #[inline(always)]
    #[track_caller]
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        let result = self.read_by(read);
        // Leaves a clean stack, on which a function with a loop may come next.
        inside();
        result
    }

    #[inline(always)]
    #[track_caller]
    fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        let result = self.write_by(write);
        // As above.
        inside();
        result
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
