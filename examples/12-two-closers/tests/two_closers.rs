//! Both workers fail.

use example_support::Example;
use example_two_closers::{broken, broken_receiver, fixed};
use raddle::Kind;

fn scenario(work: fn()) {
    work();
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::work);
}

#[raddle::test(expect = "panic")]
fn broken_receiver() {
    scenario(broken_receiver::work);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::work);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let two = example.breaks("two_closers::broken", Kind::Panic, || scenario(broken::work));
    assert!(two.message.contains("close of closed channel"), "{}", two.message);
    let receiver = || scenario(broken_receiver::work);
    let after = example.breaks("two_closers::broken_receiver", Kind::Panic, receiver);
    assert!(after.message.contains("send on closed channel"), "{}", after.message);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("two_closers::fixed", || scenario(fixed::work));
}
