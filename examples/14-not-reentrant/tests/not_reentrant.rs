//! Two threads ask for a random number at the same time.

use example_not_reentrant::{broken, fixed};
use example_support::Example;
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
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let scenario = || two_callers(broken::random);
    example.breaks("not_reentrant::broken", Kind::DataRace, scenario);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        example.holds("not_reentrant::fixed", || two_callers(fixed::random)),
        2,
        "either may come first"
    );
}
