//! The whole of std's interface, re-exported: what there is without the feature `model`.

/// `std::sync`.
pub mod sync {
    pub use std::sync::*;
}

/// `std::thread`.
pub mod thread {
    pub use std::thread::*;
    pub use std::thread_local;
}

/// `std::cell`, and accessors of [`UnsafeCell`](std::cell::UnsafeCell) that say what they do.
pub mod cell {
    pub use std::cell::*;

    /// Accesses to the contents of an [`UnsafeCell`] that say whether they read or write, so that a
    /// checker can tell races.
    pub trait Access<T: ?Sized> {
        /// Reads.
        fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R;
        /// Writes.
        fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R;
    }

    impl<T: ?Sized> Access<T> for UnsafeCell<T> {
        #[inline(always)]
        fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.get())
        }

        #[inline(always)]
        fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.get())
        }
    }
}

/// `std::hint`.
pub mod hint {
    pub use std::hint::*;
}

/// `std::time`.
pub mod time {
    pub use std::time::*;
}
