//! Two callers find it open.

use example_circuit_breaker::{broken, fixed};
use example_support::Example;
use raddle::Kind;

fn scenario(probes: fn() -> i64) {
    assert_eq!(probes(), 1, "the service that recovers gets more than one probe");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::probes);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::probes);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("circuit_breaker::broken", Kind::Panic, || scenario(broken::probes));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("circuit_breaker::fixed", || scenario(fixed::probes));
}
