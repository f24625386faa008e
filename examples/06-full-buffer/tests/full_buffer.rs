//! Two shards are loaded at the same time.

use example_full_buffer::{Event, broken, fixed};
use example_support::Example;
use raddle::{Kind, Outcome};

fn two_shards(load_all: fn(u32) -> Vec<Event>) {
    let events = load_all(2);
    assert!(events.contains(&Event::Loaded(0)) && events.contains(&Event::Loaded(1)));
    assert!(events.contains(&Event::IndexBuilt));
}

#[raddle::test(expect = "deadlock")]
fn broken() {
    two_shards(broken::load_all);
}

#[raddle::test]
fn fixed() {
    two_shards(fixed::load_all);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let scenario = || two_shards(broken::load_all);
    example.breaks("full_buffer::broken", Kind::Deadlock, scenario);
}

#[test]
fn it_fits_under_other_schedules() {
    let outcome = raddle::explore(|| two_shards(broken::load_all));
    let Outcome::Violation(violation) = outcome else { panic!("the channel is never full") };
    assert!(violation.coverage.executions > 0, "the first execution is already full");
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    assert!(example.holds("full_buffer::fixed", || two_shards(fixed::load_all)) > 1);
}
