//! Two events are handled.

use example_listener::{broken, fixed};
use example_support::Example;
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
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("listener::broken", Kind::TaskLeak, || scenario(broken::serve));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("listener::fixed", || scenario(fixed::serve));
}
