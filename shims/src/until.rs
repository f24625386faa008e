//! Waiting until an atomic variable holds what one waits for, in one call.

use crate::hint::spin_loop;
use crate::sync::atomic::{self, Ordering};

/// Waits for a value of an atomic variable.
///
/// On real threads it loads and spins. In a model it is *one* operation that waits for a value that passes, instead of a
/// loop: nothing is given up or explored twice because of it, whatever an optimised build makes of loops (but for a value
/// that as a number is 64 or more and does not pass: for each write of one a run may be given up). If no such value
/// comes that is a livelock, as of any loop that only reads. The model is that of a loop: the load may take any value that
/// coherence and `order` allow it and that passes, and in the end it sees the newest.
///
/// The condition must depend on the value alone and do nothing else: a model asks it about values that the load could
/// have read, as often as it likes.
///
/// ```
/// use raddle_shims::hint::AwaitUntil;
/// use raddle_shims::sync::atomic::{AtomicBool, Ordering};
/// use raddle_shims::thread;
///
/// let ready = AtomicBool::new(false);
/// thread::scope(|s| {
///     s.spawn(|| ready.store(true, Ordering::Release));
///     assert!(ready.await_until(Ordering::Acquire, |ready| ready));
/// });
/// ```
pub trait AwaitUntil {
    /// What the variable holds.
    type Value: Copy;

    /// Loads until the value passes, and returns it.
    ///
    /// # Panics
    /// If `order` is `Release` or `AcqRel`, as std's `load`.
    fn await_until(&self, order: Ordering, pass: impl FnMut(Self::Value) -> bool) -> Self::Value;
}

macro_rules! await_until {
    ($($atomic:ident $(<$of:ident>)?: $value:ty),* $(,)?) => {
        $(impl$(<$of>)? AwaitUntil for atomic::$atomic$(<$of>)? {
            type Value = $value;

            #[track_caller]
            fn await_until(
                &self,
                order: Ordering,
                mut pass: impl FnMut($value) -> bool,
            ) -> $value {
                #[cfg(feature = "model")]
                if let Some(model) = crate::model::inside() {
                    return self.await_inside(&model, order, &mut pass);
                }
                loop {
                    let value = self.load(order);
                    if pass(value) {
                        return value;
                    }
                    spin_loop();
                }
            }
        })*
    };
}

await_until! {
    AtomicBool: bool,
    AtomicI8: i8,
    AtomicI16: i16,
    AtomicI32: i32,
    AtomicI64: i64,
    AtomicIsize: isize,
    AtomicU8: u8,
    AtomicU16: u16,
    AtomicU32: u32,
    AtomicU64: u64,
    AtomicUsize: usize,
    AtomicPtr<T>: *mut T,
}
