//! Parking: the token of a thread is a blocking object.
//!
//! Waking up for no reason is allowed by std and explored once for each thread.

use crate::kernel::{Action, GAVE_UP, Op, Patience, ThreadId};
use crate::model::ops::act;
use crate::model::{Model, Site, inside, wakes_spuriously};
use std::panic::Location;
use std::time::Duration;

/// As [`std::thread::park`]: it may return without a token, which is explored.
#[track_caller]
pub fn park() {
    let Some(model) = inside() else { return std::thread::park() };
    let site = Location::caller();
    if !wakes_spuriously(&model, site) {
        act(&model, model.park_token(model.me()), Action::Park, Patience::Forever, site);
    }
}

/// As [`std::thread::park_timeout`]: in a model the time may run out at any moment.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    let Some(model) = inside() else { return std::thread::park_timeout(duration) };
    let site = Location::caller();
    let token = model.park_token(model.me());
    if act(&model, token, Action::Park, model.patience(duration), site) == GAVE_UP {
        model.sleep(duration);
        model.perform(&Op::Yield, site);
    }
}

/// As [`std::thread::park_timeout_ms`].
#[deprecated(note = "replaced by `std::thread::park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(ms.into()));
}

pub(super) fn unpark(model: &Model, thread: ThreadId, site: Site) {
    act(model, model.park_token(thread), Action::Unpark, Patience::Forever, site);
}
