//! A variable of Go: whoever has it may read and write it, and the checker tells of those who should not have.

use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{AtomicU64, Ordering::SeqCst};

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

/// A number that some code accesses by the functions of `sync/atomic`, and some plainly.
pub struct Number(AtomicU64);

impl Number {
    #[track_caller]
    pub fn new(value: u64) -> Number {
        let number = Number(AtomicU64::new(value));
        // The checker knows a variable from its first operation on; all that follow shall be after this one.
        number.load();
        number
    }

    /// As `atomic.LoadUint64`.
    #[track_caller]
    pub fn load(&self) -> u64 {
        self.0.load(SeqCst)
    }

    /// As `atomic.AddUint64`: the new value.
    #[track_caller]
    pub fn add(&self, delta: u64) -> u64 {
        self.0.fetch_add(delta, SeqCst).wrapping_add(delta)
    }

    /// The value, as a copy of the structure in which it stands has it. As the checker sees it the number is taken out of its
    /// variable, so it counts as a write.
    #[track_caller]
    pub fn copy(&self) -> u64 {
        // SAFETY: it owns nothing, no other goroutine runs while its bits are copied, and the copy is not shared.
        unsafe { std::ptr::read(&self.0) }.into_inner()
    }
    /// As `number += delta`. As the checker sees it, the number is taken out of its variable, and another put there.
    #[track_caller]
    pub fn add_plainly(&self, delta: u64) {
        let value = self.copy();
        self.0.store(value.wrapping_add(delta), SeqCst);
    }
}
