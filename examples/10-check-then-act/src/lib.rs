//! Tickets of a concert, counted by an atomic.

#![forbid(unsafe_code)]

use raddle_shims::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// How many tickets there are still.
pub struct Tickets {
    left: AtomicU32,
}

impl Tickets {
    /// So many.
    #[track_caller]
    pub const fn new(count: u32) -> Tickets {
        Tickets { left: AtomicU32::new(count) }
    }

    /// How many are left.
    pub fn left(&self) -> u32 {
        self.left.load(SeqCst)
    }
}

/// Looks whether there is one, then takes it: SeqCst twice does not make one operation of two.
pub mod broken {
    use super::{SeqCst, Tickets};

    /// Sells a ticket; false if there is none.
    pub fn sell(tickets: &Tickets) -> bool {
        if tickets.left.load(SeqCst) == 0 {
            return false;
        }
        tickets.left.fetch_sub(1, SeqCst);
        true
    }
}

/// Takes one if there still is one when it is taken.
pub mod fixed {
    use super::{SeqCst, Tickets};

    /// Sells a ticket; false if there is none.
    pub fn sell(tickets: &Tickets) -> bool {
        tickets.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}
