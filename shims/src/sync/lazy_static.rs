//! Statics that are made when they are first used and dropped when the main thread of an execution ends: what
//! stands for the crate `lazy_static`.
//!
//! A static [`LazyLock`](super::LazyLock) is never dropped by the program, as in Rust; these are, before leaks are
//! looked for, so that what they hold can be checked.

use super::once::{Phase, Poison};
use crate::kernel::{Action, LocationId, Patience};
use crate::model::{Model, Site, inside, ops, per_execution};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;

static KEY: u8 = 2;

/// The values of one execution.
#[derive(Default)]
struct Statics {
    values: RefCell<Vec<Entry>>,
    is_over: Cell<bool>,
}

impl Drop for Statics {
    fn drop(&mut self) {
        // What is left is of an execution that was given up, whose threads have been unwound in the middle of
        // whatever they did: destructors may find anything. Statics of Rust are not dropped either.
        std::mem::forget(std::mem::take(self.values.get_mut()));
    }
}

struct Entry {
    /// The address of the static.
    key: usize,
    phase: LocationId,
    created: Site,
    value: Box<dyn Any>,
}

fn statics(model: &Model) -> &Statics {
    per_execution(model, &KEY)
}

/// A static that is made by the first who asks; the others wait for it.
pub struct LazyStatic<T: 'static> {
    phase: Phase,
    real: OnceLock<T>,
    init: fn() -> T,
}

impl<T: 'static> LazyStatic<T> {
    /// One that `init` makes.
    #[track_caller]
    pub const fn new(init: fn() -> T) -> LazyStatic<T> {
        LazyStatic { phase: Phase::new(), real: OnceLock::new(), init }
    }

    /// The value of the running execution. It lives until that ends: who keeps the reference, in something that
    /// outlives the execution, may not use it.
    ///
    /// # Panics
    /// If it has been dropped, at the end of the main thread, or if making it has panicked.
    #[track_caller]
    pub fn get(&'static self) -> &'static T {
        let Some(model) = inside() else { return self.real.get_or_init(self.init) };
        let statics = statics(&model);
        let key = std::ptr::from_ref(self) as usize;
        let phase = self.phase.location(&model, || false);
        let make = |_| {
            assert!(
                !statics.is_over.get() || model.is_draining(),
                "a lazy static is used after the end of the main thread, which dropped it"
            );
            let (created, value) = (self.phase.object().created(), Box::new((self.init)()));
            statics.values.borrow_mut().push(Entry { key, phase, created, value });
        };
        if Phase::run(&model, phase, Poison::Refused, make, Location::caller()).is_err() {
            panic!("a lazy static is used whose initialisation panicked");
        }
        let values = statics.values.borrow();
        let value = values.iter().find(|entry| entry.key == key);
        let value = value.and_then(|entry| entry.value.downcast_ref::<T>());
        let value: *const T = value.expect("a complete lazy static has a value");
        // SAFETY: the box stays at one address until the execution ends.
        unsafe { &*value }
    }
}

impl<T> fmt::Debug for LazyStatic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").finish_non_exhaustive()
    }
}

/// Drops those of the running execution, the last one first. To be called at the end of its main thread.
pub fn drop_statics() {
    let Some(model) = inside() else { return };
    let statics = statics(&model);
    statics.is_over.set(true);
    loop {
        let last = statics.values.borrow_mut().pop();
        let Some(Entry { phase, created, value, .. }) = last else { return };
        // Who comes later finds it as if it had never been made, and is refused.
        ops::act(&model, phase, Action::Reset, Patience::Forever, created);
        drop(value);
    }
}

/// A static of [`lazy_static!`](crate::lazy_static!).
pub trait Initialize {
    /// Makes it, if that has not been done.
    fn initialize(lazy: &Self);
}

/// Makes a static of [`lazy_static!`](crate::lazy_static!), if that has not been done.
#[track_caller]
pub fn initialize<T: Initialize>(lazy: &T) {
    T::initialize(lazy);
}

/// As `lazy_static::lazy_static!`: statics that are made when they are first used, in each execution anew. For packages
/// that stand in for other tools; raddle's own statics are those of [`LazyLock`](super::LazyLock).
#[doc(hidden)]
#[macro_export]
macro_rules! lazy_static {
    () => {};
    ($(#[$attribute:meta])* $vis:vis static ref $name:ident : $t:ty = $init:expr; $($rest:tt)*) => {
        #[allow(missing_copy_implementations, non_camel_case_types, dead_code)]
        $(#[$attribute])*
        $vis struct $name {
            __private: (),
        }

        #[doc(hidden)]
        $vis static $name: $name = $name { __private: () };

        impl ::core::ops::Deref for $name {
            type Target = $t;

            fn deref(&self) -> &$t {
                fn init() -> $t {
                    $init
                }
                static LAZY: $crate::sync::lazy_static::LazyStatic<$t> =
                    $crate::sync::lazy_static::LazyStatic::new(init);
                LAZY.get()
            }
        }

        impl $crate::sync::lazy_static::Initialize for $name {
            fn initialize(lazy: &Self) {
                let _ = &**lazy;
            }
        }

        $crate::lazy_static!($($rest)*);
    };
}
