//! Both workers fail.

use example_support::Example;
use example_two_closers::{broken, fixed};
use raddle::Kind;

fn scenario(work: fn()) {
    work();
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::work);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::work);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("two_closers::broken", Kind::Panic, || scenario(broken::work));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("two_closers::fixed", || scenario(fixed::work));
}
