//! `sync.Pool`.

use super::lock;
use crate::sync::Mutex;

/// As `sync.Pool`: values that can be used again. What was put there may be gone at any time.
///
/// In a model `get` may find nothing although something was put there, and both are explored. Each operation comes after every earlier one on the pool; Go
/// promises that only of a `get` and the `put` of the same value.
///
/// ```
/// use raddle_shims::go::Pool;
/// let pool = Pool::new(Vec::<u8>::new);
/// pool.put(vec![1]);
/// assert!(pool.get().len() <= 1);
/// ```
pub struct Pool<T> {
    values: Mutex<Vec<T>>,
    new: Box<dyn Fn() -> T + Send + Sync>,
}

impl<T> Pool<T> {
    /// A pool that makes new values by that function.
    #[track_caller]
    pub fn new(new: impl Fn() -> T + Send + Sync + 'static) -> Pool<T> {
        Pool { values: Mutex::new(Vec::new()), new: Box::new(new) }
    }

    /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        super::label(&self.values, name.into());
    }

    /// Any value of the pool, or a new one.
    #[track_caller]
    pub fn get(&self) -> T {
        let found = lock(&self.values).pop().filter(|_| !is_lost());
        found.unwrap_or_else(|| (self.new)())
    }

    /// Puts a value there.
    #[track_caller]
    pub fn put(&self, value: T) {
        lock(&self.values).push(value);
    }
}

/// Whether a value has been collected before it was asked for: the checker tries both.
#[track_caller]
fn is_lost() -> bool {
    in_model!(model => {
        crate::model::ops::choose(&model, 2, std::panic::Location::caller()) == 1
    });
    false
}
