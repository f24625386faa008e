//! A variable of Go: whoever has it may read and write it, and the checker tells of those who should not have.

use raddle_shims::cell::{Access, UnsafeCell};

/// A variable that goroutines share without any synchronisation of its own.
#[derive(Default)]
pub struct Var<T>(UnsafeCell<T>);

// SAFETY: kernels run inside a model alone. There one goroutine runs at a time, an access ends before the next one begins,
// and two accesses that nothing orders end the execution.
unsafe impl<T: Send> Sync for Var<T> {}

impl<T> Var<T> {
    pub const fn new(value: T) -> Var<T> {
        Var(UnsafeCell::new(value))
    }

    /// Reads it.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Writes it.
    #[track_caller]
    pub fn set(&self, value: T) {
        self.update(|place| *place = value);
    }

    /// Reads a part of it.
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        // SAFETY: see the implementation of `Sync`; `read` performs no operation of the kit.
        self.0.with(|value| read(unsafe { &*value }))
    }

    /// Reads and writes it.
    #[track_caller]
    pub fn update<R>(&self, write: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: see the implementation of `Sync`; `write` performs no operation of the kit.
        self.0.with_mut(|value| write(unsafe { &mut *value }))
    }
}
