//! lazy_static: an initialiser that needs its own value (lazy-static-blocking-1 of the study of Rust bugs at PLDI 2020).
//!
//! The closure that makes the value reads the value, directly or by what it calls, so `call_once` waits for its own
//! closure. Repaired by handing down what the closure needs.
//!
//! Simplified: the way from the closure to the value is one call.

use super::bug::bug;
use raddle_shims::sync::OnceLock;
use raddle_shims::thread;

static LIMIT: OnceLock<u32> = OnceLock::new();

fn limit() -> u32 {
    *LIMIT.get_or_init(|| double(limit()))
}

fn limit_of_base() -> u32 {
    *LIMIT.get_or_init(|| double(2))
}

fn double(base: u32) -> u32 {
    base * 2
}

fn program(limit: fn() -> u32) {
    let other = thread::spawn(limit);
    assert_eq!(limit(), 4);
    assert_eq!(other.join().unwrap(), 4);
}

bug! {
    "deadlock" in 5 steps,
    objects: ["LIMIT"],
    sites: [("fn limit", "get_or_init")],
    broken: program(limit),
    fixed: program(limit_of_base),
}
