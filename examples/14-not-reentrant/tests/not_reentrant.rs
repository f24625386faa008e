//! Two threads ask for a random number at the same time.

use example_not_reentrant::{broken, fixed};
use example_support::{assert_reported, assert_verified};
use raddle::Kind;
use raddle_shims::thread;

fn two_callers(random: fn() -> u64) {
    let other = thread::spawn(random);
    let mine = random();
    assert_ne!(mine, other.join().unwrap(), "both got the same number");
}

#[raddle::test(expect = "data-race")]
fn broken() {
    two_callers(broken::random);
}

#[raddle::test]
fn fixed() {
    two_callers(fixed::random);
}

#[test]
fn the_readme_shows_the_report() {
    let package = env!("CARGO_MANIFEST_DIR");
    let scenario = || two_callers(broken::random);
    assert_reported("not_reentrant::broken", Kind::DataRace, package, scenario);
}

#[test]
fn the_fix_is_verified() {
    assert_eq!(assert_verified(|| two_callers(fixed::random)), 2, "either may come first");
}
