//! Two threads count one hit each.

use example_counter::{broken, fixed, half_fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::{sync::Arc, thread};

fn racy() {
    let hits = Arc::new(broken::Hits::new());
    let theirs = Arc::clone(&hits);
    let other = thread::spawn(move || theirs.count());
    hits.count();
    other.join().unwrap();
    assert_eq!(hits.total(), 2);
}

fn lossy() {
    let hits = Arc::new(half_fixed::Hits::new());
    let theirs = Arc::clone(&hits);
    let other = thread::spawn(move || theirs.count());
    hits.count();
    other.join().unwrap();
    assert_eq!(hits.total(), 2);
}

fn sound() {
    let hits = Arc::new(fixed::Hits::new());
    let theirs = Arc::clone(&hits);
    let other = thread::spawn(move || theirs.count());
    hits.count();
    other.join().unwrap();
    assert_eq!(hits.total(), 2);
}

#[raddle::test(expect = "data-race")]
fn broken() {
    racy();
}

#[raddle::test(expect = "panic")]
fn half_fixed() {
    lossy();
}

#[raddle::test]
fn fixed() {
    sound();
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("counter::broken", Kind::DataRace, racy);
    example.breaks("counter::half_fixed", Kind::Panic, lossy);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(example.holds("counter::fixed", sound), 2, "either thread may count first");
}
