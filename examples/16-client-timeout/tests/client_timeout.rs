//! One question.

use example_client_timeout::{broken, fixed};
use example_support::{assert_reported, assert_verified};
use raddle::Kind;

fn scenario(ask: fn() -> Option<u32>) {
    assert!(matches!(ask(), None | Some(42)));
}

#[raddle::test(expect = "task-leak")]
fn broken() {
    scenario(broken::ask);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::ask);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("client_timeout::broken", Kind::TaskLeak, package, || scenario(broken::ask));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::ask)) > 0);
}
