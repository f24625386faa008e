//! One question.

use example_client_timeout::{broken, fixed};
use example_support::Example;
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
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("client_timeout::broken", Kind::TaskLeak, || scenario(broken::ask));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("client_timeout::fixed", || scenario(fixed::ask));
}
