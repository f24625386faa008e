//! Two people pay each other at the same time.

use example_lock_order::{Account, broken, fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::{sync::Arc, thread};

fn pay_each_other(transfer: fn(&Account, &Account, u64) -> bool) {
    let alice = Arc::new(Account::new(1, 100));
    let bob = Arc::new(Account::new(2, 100));
    let other = thread::spawn({
        let (alice, bob) = (Arc::clone(&alice), Arc::clone(&bob));
        move || transfer(&bob, &alice, 20)
    });
    assert!(transfer(&alice, &bob, 10));
    assert!(other.join().unwrap());
    assert_eq!((alice.balance(), bob.balance()), (110, 90));
}

#[raddle::test(expect = "deadlock")]
fn broken() {
    pay_each_other(broken::transfer);
}

#[raddle::test]
fn fixed() {
    pay_each_other(fixed::transfer);
}

#[test]
fn the_readme_shows_the_report() {
    let scenario = || pay_each_other(broken::transfer);
    Example::of(env!("CARGO_MANIFEST_DIR")).breaks("lock_order::broken", Kind::Deadlock, scenario);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let executions = example.holds("lock_order::fixed", || pay_each_other(fixed::transfer));
    assert_eq!(executions, 2, "either transfer may come first");
}
