//! Whether a mutable reference is taken for a proof that nobody else uses an atomic any more.

use super::{Model, per_execution};
use std::cell::Cell;

static KEY: u8 = 11;

/// From here on, in this execution, `get_mut` and `into_inner` of atomics are no accesses that can race: who has the variable for
/// itself finds what was stored last.
///
/// They count as plain accesses otherwise, which finds those who made a mutable reference of a pointer too early. But the
/// counts of std's `Arc` are not seen, so a destructor that its last owner runs races with what other owners did before they
/// dropped theirs. A checker that looks for no races of data at all, such as shuttle, has to leave that out.
pub fn trust_owners(model: &Model) {
    per_execution::<Cell<bool>>(model, &KEY).set(true);
}

/// Whether that was said.
pub(crate) fn owners_are_trusted(model: &Model) -> bool {
    per_execution::<Cell<bool>>(model, &KEY).get()
}
