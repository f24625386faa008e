//! Waking up for no reason, as std allows.

use super::{Found, Model, Site, ops};
use std::cell::Cell;

/// How often one thread wakes up for no reason in one execution, at most.
const WAKEUPS_MAX: u32 = 1;

static KEY: u8 = 0;

/// Whether the running thread, which is about to wait, wakes up without being woken: the checker tries
/// both, as long as the thread's budget lasts.
pub fn wakes_spuriously(model: &Model, site: Site) -> bool {
    let key = std::ptr::from_ref(&KEY) as usize;
    let found = model.thread_slots().borrow().get::<Cell<u32>>(key);
    let used = match found {
        Found::Value(address) => address.cast::<Cell<u32>>(),
        Found::Destroyed => return false,
        Found::Nothing => {
            let mut slots = model.thread_slots().borrow_mut();
            slots.put(key, Cell::new(0_u32)).cast::<Cell<u32>>()
        }
    };
    // SAFETY: the slot keeps the counter at one address until the thread ends, and this is the thread.
    let used = unsafe { &*used };
    if used.get() >= WAKEUPS_MAX || ops::choose(model, 2, site) == 0 {
        return false;
    }
    used.set(used.get() + 1);
    true
}
