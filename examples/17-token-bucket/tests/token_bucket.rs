//! Two requests and one token.

use example_support::{assert_reported, assert_verified};
use example_token_bucket::{broken, fixed};
use raddle::Kind;

fn scenario(passed: fn() -> i64) {
    assert_eq!(passed(), 1, "the rate was exceeded");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::passed);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::passed);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    assert_reported("token_bucket::broken", Kind::Panic, package, || scenario(broken::passed));
}

#[test]
fn the_fix_is_verified() {
    assert!(assert_verified(|| scenario(fixed::passed)) > 0);
}
