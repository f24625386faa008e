//! `loom::cell`: cells whose accesses are checked for data races.

pub use raddle_shims::cell::{ConstPtr, GuardedCell as UnsafeCell, MutPtr};
use std::cmp::Ordering;

/// As [`std::cell::Cell`], with accesses that are checked for data races.
#[derive(Debug)]
pub struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    /// A cell with this value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Cell(UnsafeCell::new(value))
    }

    /// Sets the value.
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Swaps the values of two cells.
    #[track_caller]
    pub fn swap(&self, other: &Self) {
        if std::ptr::eq(self, other) {
            return;
        }
        let (mine, theirs) = (self.0.get_mut(), other.0.get_mut());
        // SAFETY: the cells are not shared (`UnsafeCell` is not `Sync`) or their users answer for it, and these
        // are two cells.
        unsafe { std::mem::swap(mine.deref(), theirs.deref()) };
    }

    /// Replaces the value, and gives back the old one.
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        // SAFETY: no reference to the contents is ever given out, and the cell is not shared, or its users
        // answer for it.
        self.0.with_mut(|contents| unsafe { std::mem::replace(&mut *contents, value) })
    }

    /// The value.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: as in `replace`.
        self.0.with(|contents| unsafe { *contents })
    }

    /// The value, and leaves the default there.
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// The value.
    #[track_caller]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: Default> Default for Cell<T> {
    #[track_caller]
    fn default() -> Self {
        Cell::new(T::default())
    }
}

impl<T> From<T> for Cell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Cell::new(value)
    }
}

impl<T: Copy> Clone for Cell<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Cell::new(self.get())
    }
}

impl<T: PartialEq + Copy> PartialEq for Cell<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq + Copy> Eq for Cell<T> {}

impl<T: PartialOrd + Copy> PartialOrd for Cell<T> {
    #[track_caller]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

impl<T: Ord + Copy> Ord for Cell<T> {
    #[track_caller]
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}
