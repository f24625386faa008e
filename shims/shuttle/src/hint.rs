//! `shuttle::hint`.

pub use raddle_shims::hint::spin_loop;
pub use std::hint::{assert_unchecked, black_box, unreachable_unchecked};
