//! Two events are handled.

use example_listener::{broken, fixed};
use example_support::{assert_reported, assert_verified};
use raddle::Kind;

fn scenario(serve: fn() -> Vec<u32>) {
    assert_eq!(serve(), [10, 20]);
}

#[raddle::test(expect = "task-leak")]
fn broken() {
    scenario(broken::serve);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::serve);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("listener::broken", Kind::TaskLeak, package, || scenario(broken::serve));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::serve)) > 0);
}
