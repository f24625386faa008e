//! etcd#8194: a test sets the rate at which leases are revoked, and sets it back, while the lessor of another test runs.
//!
//! `leaseRevokeRate` is a global variable that the lessor's loop reads. Repaired by accessing it atomically.
//!
//! Left out: leases; the loop has two rounds, not ten. Its stop channel is nil, as in the kernel.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::atomic::Int32;
use raddle_shims::go::{Chan, WaitGroup, select};
use std::sync::Arc;
use std::time::Duration;

static RATE: Var<i32> = Var::new(1000);
static FIXED_RATE: Int32 = Int32::new(1000);

fn rate(fixed: bool) -> i32 {
    if fixed { FIXED_RATE.load() } else { RATE.get() }
}

fn set_rate(rate: i32, fixed: bool) {
    if fixed { FIXED_RATE.store(rate) } else { RATE.set(rate) }
}

fn run_loop(stop: &Chan<()>, fixed: bool) {
    for _ in 0..2 {
        assert!(rate(fixed) / 2 > 1, "one lease is not too many");
        select! {
            recv(stop) -> _ => return,
            default => {}
        }
        select! {
            recv(stop) -> _ => return,
            after(Duration::from_millis(5)) => {}
        }
    }
}

fn test_renew_extend_pileup(fixed: bool) {
    let old = rate(fixed);
    set_rate(10, fixed);
    set_rate(old, fixed);
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || raddle_shims::go::go(move || run_loop(&Chan::nil(), fixed)));
    group.go(move || test_renew_extend_pileup(fixed));
    group.wait();
}

kernel!("etcd#8194": "data-race");
