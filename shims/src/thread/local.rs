//! Thread-local storage: std's outside, the thread's slots inside a model.

use crate::model::{Found, Model, inside};
use std::cell::{Cell, RefCell};
use std::fmt;

#[doc(hidden)]
pub use std::thread::LocalKey as StdLocalKey;

/// As [`std::thread::LocalKey`]. Its address is its identity, so [`thread_local!`] declares a static.
pub struct LocalKey<T: 'static> {
    real: fn() -> &'static StdLocalKey<T>,
    init: fn() -> T,
}

/// As [`std::thread::AccessError`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl std::error::Error for AccessError {}

/// As [`std::thread_local!`].
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $vis:vis static $name:ident : $t:ty = const $init:block; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attribute])* $vis static $name: $t = const $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $vis:vis static $name:ident : $t:ty = const $init:block) => {
        $crate::thread_local!(@key [$(#[$attribute])*] [$vis] $name, $t, const $init, $init);
    };
    ($(#[$attribute:meta])* $vis:vis static $name:ident : $t:ty = $init:expr; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attribute])* $vis static $name: $t = $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $vis:vis static $name:ident : $t:ty = $init:expr) => {
        $crate::thread_local!(@key [$(#[$attribute])*] [$vis] $name, $t, init(), $init);
    };
    (@key [$($attribute:tt)*] [$vis:vis] $name:ident, $t:ty, $real:expr, $init:expr) => {
        $($attribute)*
        $vis static $name: $crate::thread::LocalKey<$t> = {
            fn init() -> $t {
                $init
            }
            fn real() -> &'static $crate::thread::StdLocalKey<$t> {
                ::std::thread_local!(static REAL: $t = $real);
                &REAL
            }
            $crate::thread::LocalKey::new(real, init)
        };
    };
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(real: fn() -> &'static StdLocalKey<T>, init: fn() -> T) -> Self {
        LocalKey { real, init }
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value has been dropped, with the thread.
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        const TEXT: &str = "cannot access a Thread Local Storage value during or after destruction";
        self.try_with(f).unwrap_or_else(|error| panic!("{TEXT}: {error:?}"))
    }

    /// As std's.
    ///
    /// # Errors
    /// If the value has been dropped, with the thread.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        match inside() {
            None => (self.real)().try_with(f).map_err(|_| AccessError),
            // SAFETY: the slot keeps the value at one address until the thread ends. `f` runs on the
            // thread, and no value is dropped while it does.
            Some(model) => Ok(f(unsafe { &*self.slot(&model, || (self.init)())? })),
        }
    }

    fn slot(
        &'static self,
        model: &Model,
        init: impl FnOnce() -> T,
    ) -> Result<*const T, AccessError> {
        let key = std::ptr::from_ref(self) as usize;
        let found = model.thread_slots().borrow().get::<T>(key);
        match found {
            Found::Value(address) => Ok(address.cast()),
            Found::Destroyed => Err(AccessError),
            Found::Nothing => {
                let value = init();
                Ok(model.thread_slots().borrow_mut().put(key, value).cast())
            }
        }
    }

    /// Uses `value` instead of the initial value if there is none yet, and gives it back otherwise.
    fn initialise(&'static self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        match inside() {
            None => return Err(value.take().expect("it was put there")),
            Some(model) => {
                let slot = self.slot(&model, || value.take().expect("it is taken once"));
                assert!(
                    slot.is_ok(),
                    "cannot access a Thread Local Storage value after destruction"
                );
            }
        }
        value.map_or(Ok(()), Err)
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// As std's.
    ///
    /// # Panics
    /// If the value has been dropped, with the thread.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        if inside().is_none() {
            return (self.real)().set(value);
        }
        if let Err(cell) = self.initialise(Cell::new(value)) {
            self.with(|old| old.set(cell.into_inner()));
        }
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value has been dropped, with the thread.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value has been dropped, with the thread.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value has been dropped, with the thread.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// As std's.
    ///
    /// # Panics
    /// If the value is mutably borrowed, or has been dropped with the thread.
    #[track_caller]
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value is borrowed, or has been dropped with the thread.
    #[track_caller]
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value is borrowed, or has been dropped with the thread.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        if inside().is_none() {
            return (self.real)().set(value);
        }
        if let Err(cell) = self.initialise(RefCell::new(value)) {
            self.with(|old| *old.borrow_mut() = cell.into_inner());
        }
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value is borrowed, or has been dropped with the thread.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// As std's.
    ///
    /// # Panics
    /// If the value is borrowed, or has been dropped with the thread.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
