//! What values print as, and what is said when something panics, outside of a model.

use super::root::sync::{LazyLock, Mutex, Once};

/// Each with a name.
pub fn all() -> Vec<(&'static str, String)> {
    let _ = (Mutex::new(1), Once::new(), LazyLock::<u8>::new(|| 1));
    Vec::new()
}
