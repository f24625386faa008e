//! Both workers fail.

use example_support::{assert_reported, assert_verified};
use example_two_closers::{broken, fixed};
use raddle::Kind;

fn scenario(work: fn()) {
    work();
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::work);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::work);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("two_closers::broken", Kind::Panic, package, || scenario(broken::work));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::work)) > 0);
}
