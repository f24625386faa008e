//! The function that starts the two has returned.

use example_support::Example;
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
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("two_channels::broken", Kind::TaskLeak, || scenario(broken::talk));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("two_channels::fixed", || scenario(fixed::talk));
}
