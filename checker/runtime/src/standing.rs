//! Where the program stands, for an observer on another thread of the operating system.

use crate::local::Local;
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::Site;
use std::sync::{Arc, Mutex, PoisonError};

/// Which thread runs, and what is known of where.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The thread that runs, or ran last.
    pub thread: ThreadId,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it was started; none for the main thread.
    pub spawned: Option<Site>,
    /// Where its latest operation is, the one that it stands at or has behind it; none if it has performed none.
    pub at: Option<Site>,
}

/// What an observer looks at; nothing before the program has run.
///
/// ```
/// let seen = raddle_runtime::Observed::default();
/// assert!(seen.get().is_none());
/// ```
#[derive(Clone, Default, Debug)]
pub struct Observed(Arc<Mutex<Option<Standing>>>);

impl Observed {
    /// Where the program stood when it last performed an operation, or another of its threads went on.
    #[must_use]
    pub fn get(&self) -> Option<Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, thread: ThreadId, local: &Local) {
        let record = local.record.borrow();
        let (name, spawned) = (record.name.clone(), record.spawned);
        let at = local.at.get().map(|(_, site)| site);
        let standing = Standing { thread, name, spawned, at };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    }
}
