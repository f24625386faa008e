//! The function that starts the two has returned.

use example_support::{assert_reported, assert_verified};
use example_two_channels::{broken, fixed};
use raddle::Kind;

fn scenario(talk: fn()) {
    talk();
}

#[raddle::test(expect = "task-leak")]
fn broken() {
    scenario(broken::talk);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::talk);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("two_channels::broken", Kind::TaskLeak, package, || scenario(broken::talk));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::talk)) > 0);
}
