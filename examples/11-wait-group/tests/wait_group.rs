//! Two workers.

use example_support::Example;
use example_wait_group::{broken, fixed};
use raddle::Kind;

fn scenario(sum: fn(i64) -> i64) {
    assert_eq!(sum(2), 3, "the wait returned before all had added");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::sum);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::sum);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("wait_group::broken", Kind::Panic, || scenario(broken::sum));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("wait_group::fixed", || scenario(fixed::sum));
}
