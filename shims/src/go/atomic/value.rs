//! `atomic.Pointer` and `atomic.Value`.

use super::held::Held;
use std::any::Any;
use std::sync::Arc;

/// As `atomic.Pointer[T]`: a shared value, or nil.
///
/// What it has held is kept in memory, without being kept alive, as long as it exists inside a model: [`Arc::get_mut`] finds another
/// reference. In reports values are numbers, 0 for nil.
///
/// ```
/// use raddle_shims::go::atomic::Pointer;
/// use std::sync::Arc;
/// let (current, first) = (Pointer::nil(), Arc::new("first"));
/// assert!(current.compare_and_swap(None, Some(Arc::clone(&first))));
/// assert!(current.compare_and_swap(Some(&first), Some(Arc::new("second"))));
/// assert_eq!(current.load().as_deref(), Some(&"second"));
/// ```
pub struct Pointer<T>(Held<T>);

impl<T> Pointer<T> {
    /// One that is nil.
    #[track_caller]
    pub const fn nil() -> Pointer<T> {
        Pointer(Held::none())
    }

    /// What it points to.
    #[track_caller]
    pub fn load(&self) -> Option<Arc<T>> {
        self.0.load()
    }

    /// Sets it.
    #[track_caller]
    pub fn store(&self, value: Option<Arc<T>>) {
        // Any value may follow any other.
        let _always = self.0.store(value, |_| true);
    }

    /// Sets it; what it pointed to.
    #[track_caller]
    pub fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
        self.0.swap(value, |_| true).unwrap_or_default()
    }

    /// Sets it to `new` if it points to the same value as `old`, or both are nil; whether it did.
    #[track_caller]
    pub fn compare_and_swap(&self, old: Option<&Arc<T>>, new: Option<Arc<T>>) -> bool {
        self.0.compare_and_swap(old, new)
    }

    /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        self.0.label(name);
    }
}

impl<T> Default for Pointer<T> {
    #[track_caller]
    fn default() -> Pointer<T> {
        Pointer::nil()
    }
}

/// What a [`Value`] holds: any value of one type.
pub type AnyValue = Arc<dyn Any + Send + Sync>;

/// As `atomic.Value`: nothing at first, then values of the type of the first one.
///
/// ```
/// use raddle_shims::go::atomic::Value;
/// let settings = Value::new();
/// assert!(settings.load().is_none());
/// settings.store("fast");
/// assert_eq!(settings.load().unwrap().downcast_ref(), Some(&"fast"));
/// ```
pub struct Value(Held<dyn Any + Send + Sync>);

impl Value {
    /// One that holds nothing.
    #[track_caller]
    pub const fn new() -> Value {
        Value(Held::none())
    }

    /// What was stored last, if anything was: `nil` in Go.
    #[track_caller]
    pub fn load(&self) -> Option<AnyValue> {
        self.0.load()
    }

    /// Sets it.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: store of inconsistently typed value into Value".
    #[track_caller]
    pub fn store<T: Any + Send + Sync>(&self, value: T) {
        let stored = self.0.store(Some(Arc::new(value)), |held| held.is::<T>());
        assert!(stored.is_ok(), "sync/atomic: store of inconsistently typed value into Value");
    }

    /// Sets it; what it held.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: swap of inconsistently typed value into Value".
    #[track_caller]
    pub fn swap<T: Any + Send + Sync>(&self, value: T) -> Option<AnyValue> {
        let held = self.0.swap(Some(Arc::new(value)), |held| held.is::<T>());
        held.unwrap_or_else(|_| {
            panic!("sync/atomic: swap of inconsistently typed value into Value")
        })
    }

    /// Sets it to `new` if what it holds equals `old`, or it holds nothing and `old` is none; whether it did.
    ///
    /// # Panics
    /// If it holds a value of another type: "sync/atomic: compare and swap of inconsistently typed values into Value".
    /// That `old` and `new` are of one type, Go finds out when it runs.
    #[track_caller]
    pub fn compare_and_swap<T: Any + Send + Sync + PartialEq>(
        &self,
        old: Option<&T>,
        new: T,
    ) -> bool {
        let new: AnyValue = Arc::new(new);
        // Go gives up if the value has been replaced meanwhile, also by an equal one, which its documentation does not tell.
        loop {
            let held = self.0.load();
            let same = match held.as_deref().map(<dyn Any + Send + Sync>::downcast_ref::<T>) {
                None => old.is_none(),
                Some(Some(is)) => old == Some(is),
                Some(None) => {
                    panic!(
                        "sync/atomic: compare and swap of inconsistently typed values into Value"
                    )
                }
            };
            if !same {
                return false;
            }
            if self.0.compare_and_swap(held.as_ref(), Some(Arc::clone(&new))) {
                return true;
            }
        }
    }

    /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        self.0.label(name);
    }
}

impl Default for Value {
    #[track_caller]
    fn default() -> Value {
        Value::new()
    }
}
