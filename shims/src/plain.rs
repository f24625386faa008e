//! The whole of std's interface, re-exported: what there is without the feature `model`.

pub use std::thread_local;

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

/// `std::alloc`.
pub mod alloc {
    pub use std::alloc::*;
}

/// Values whose release a checker looks after.
pub mod track {
    use std::ops::{Deref, DerefMut};
    pub use std::sync::{Arc, Weak};

    /// A value that must be dropped; nothing checks it here.
    #[derive(Debug)]
    pub struct Tracked<T>(T);

    impl<T> Tracked<T> {
        /// Tracks `value`, which reports call `what`.
        #[inline(always)]
        pub fn new(what: &'static str, value: T) -> Tracked<T> {
            let _ = what;
            Tracked(value)
        }

        /// The value.
        #[inline(always)]
        pub fn into_inner(self) -> T {
            self.0
        }
    }

    /// Tracks a value under the name of its type.
    #[inline(always)]
    pub fn track<T>(value: T) -> Tracked<T> {
        Tracked(value)
    }

    /// A value that must be closed; nothing checks it here.
    #[derive(Debug)]
    pub struct Open<T>(T);

    impl<T> Open<T> {
        /// Tracks `value`, which reports call `what`.
        #[inline(always)]
        pub fn new(what: &'static str, value: T) -> Open<T> {
            let _ = what;
            Open(value)
        }

        /// It has been closed.
        #[inline(always)]
        pub fn close(self) -> T {
            self.0
        }
    }

    macro_rules! transparent {
        ($name:ident) => {
            impl<T> Deref for $name<T> {
                type Target = T;

                #[inline(always)]
                fn deref(&self) -> &T {
                    &self.0
                }
            }

            impl<T> DerefMut for $name<T> {
                #[inline(always)]
                fn deref_mut(&mut self) -> &mut T {
                    &mut self.0
                }
            }
        };
    }

    transparent!(Tracked);
    transparent!(Open);
}

/// `std::hint`.
pub mod hint {
    pub use crate::until::AwaitUntil;
    pub use std::hint::*;
}

/// `std::time`.
pub mod time {
    pub use std::time::*;
}
