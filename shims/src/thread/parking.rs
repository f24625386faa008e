//! Parking: the token of a thread is one location, set by a release and taken by an acquire.
//!
//! Waking up for no reason is allowed by std and explored once for each thread.

use crate::kernel::{Op, Otherwise, RmwKind, RmwOrdering, Test, ThreadId};
use crate::model::{Model, Site, inside, ops, wakes_spuriously};
use std::panic::Location;
use std::time::Duration;

/// As [`std::thread::park`]: it may return without a token, which is explored.
#[track_caller]
pub fn park() {
    match inside() {
        None => std::thread::park(),
        Some(model) if wakes_spuriously(&model, Location::caller()) => {}
        Some(model) => take(&model, Otherwise::Wait, Location::caller()),
    }
}

/// As [`std::thread::park_timeout`]: in a model the time may run out at any moment.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    let Some(model) = inside() else { return std::thread::park_timeout(duration) };
    let site = Location::caller();
    match ops::choose(&model, 2, site) {
        0 => take(&model, Otherwise::SetAside, site),
        _ => {
            model.sleep(duration);
            model.perform(&Op::Yield, site);
            take(&model, Otherwise::Skip, site);
        }
    }
}

/// As [`std::thread::park_timeout_ms`].
#[deprecated(note = "replaced by `std::thread::park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(ms.into()));
}

fn take(model: &Model, otherwise: Otherwise, site: Site) {
    let token = model.park_token(model.me());
    let until = ops::when(1, Test::Eq, 1, otherwise);
    ops::update(model, token, RmwOrdering::Acquire, (RmwKind::Swap, 0), until, site);
}

pub(super) fn unpark(model: &Model, thread: ThreadId, site: Site) {
    let token = model.park_token(thread);
    ops::update(model, token, RmwOrdering::Release, (RmwKind::Swap, 1), None, site);
}
