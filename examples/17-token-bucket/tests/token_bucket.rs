//! Two requests and one token.

use example_support::Example;
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
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("token_bucket::broken", Kind::Panic, || scenario(broken::passed));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("token_bucket::fixed", || scenario(fixed::passed));
}
