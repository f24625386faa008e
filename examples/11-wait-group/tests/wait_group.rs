//! Two workers.

use example_support::{assert_reported, assert_verified};
use example_wait_group::{broken, fixed};
use raddle::Kind;

fn scenario(sum: fn(i64) -> i64) {
    assert_eq!(sum(2), 3, "the wait returned before all had added");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::sum);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::sum);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("wait_group::broken", Kind::Panic, package, || scenario(broken::sum));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::sum)) > 0);
}
