//! One message.

use example_no_receiver::{broken, fixed};
use example_support::Example;
use raddle::Kind;

fn scenario(echo: fn(u32) -> Option<u32>) {
    assert_eq!(echo(7), Some(7));
}

#[raddle::test(expect = "deadlock")]
fn broken() {
    scenario(broken::echo);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::echo);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("no_receiver::broken", Kind::Deadlock, || scenario(broken::echo));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("no_receiver::fixed", || scenario(fixed::echo));
}
