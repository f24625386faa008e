//! Numbers for executions, unique in the process, and which of them are running.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stamps below this one have other meanings in an object's word.
const FIRST: u64 = 16;
/// How many stamps an exploration takes at once.
const BLOCK: u64 = 1 << 16;

static NEXT: AtomicU64 = AtomicU64::new(FIRST);
static RUNNING: Mutex<Vec<Arc<AtomicU64>>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Arc<AtomicU64>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stamps of the executions of one exploration, one after the other.
#[derive(Debug)]
pub struct Stamps {
    current: Arc<AtomicU64>,
    next: u64,
    end: u64,
}

impl Stamps {
    /// For a new exploration. No execution is running yet.
    #[allow(
        clippy::new_without_default,
        reason = "it registers itself; nothing about it is default"
    )]
    pub fn new() -> Stamps {
        let current = Arc::new(AtomicU64::new(0));
        running().push(Arc::clone(&current));
        Stamps { current, next: 0, end: 0 }
    }

    /// The stamp of the execution that begins now; the previous one is over.
    pub fn advance(&mut self) -> u64 {
        if self.next == self.end {
            self.next = NEXT.fetch_add(BLOCK, Relaxed);
            self.end = self.next + BLOCK;
        }
        let stamp = self.next;
        self.next += 1;
        self.current.store(stamp, Relaxed);
        stamp
    }
}

impl Drop for Stamps {
    fn drop(&mut self) {
        running().retain(|other| !Arc::ptr_eq(other, &self.current));
    }
}

/// Whether an execution with that stamp is running.
pub(super) fn is_running(stamp: u64) -> bool {
    running().iter().any(|current| current.load(Relaxed) == stamp)
}
