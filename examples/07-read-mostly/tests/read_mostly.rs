//! A setting is changed while somebody else asks for it, or adds two of them.

use example_read_mostly::{Settings, broken, fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::{sync::Arc, thread};

type GetOrLoad = fn(&Settings, &'static str, fn() -> u32) -> u32;
type Sum = fn(&Settings, &[&str]) -> u32;

fn change_while_loading(get_or_load: GetOrLoad) {
    let settings = Arc::new(Settings::new());
    let theirs = Arc::clone(&settings);
    let other = thread::spawn(move || theirs.set("limit", 20));
    get_or_load(&settings, "limit", || 10);
    other.join().unwrap();
    assert_eq!(settings.get("limit"), Some(20), "the change is lost");
}

fn change_while_adding(sum: Sum) {
    let settings = Arc::new(Settings::new());
    let theirs = Arc::clone(&settings);
    let other = thread::spawn(move || theirs.set("low", 1));
    assert!(sum(&settings, &["low"]) <= 1);
    other.join().unwrap();
}

#[raddle::test(expect = "panic")]
fn broken_upgrade() {
    change_while_loading(broken::get_or_load);
}

#[raddle::test]
fn fixed_upgrade() {
    change_while_loading(fixed::get_or_load);
}

#[raddle::test(expect = "deadlock")]
fn broken_sum() {
    change_while_adding(broken::sum);
}

#[raddle::test]
fn fixed_sum() {
    change_while_adding(fixed::sum);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let upgrade = || change_while_loading(broken::get_or_load);
    example.breaks("read_mostly::broken_upgrade", Kind::Panic, upgrade);
    let sum = || change_while_adding(broken::sum);
    example.breaks("read_mostly::broken_sum", Kind::Deadlock, sum);
}

#[test]
fn the_fixes_are_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let upgrade =
        example.holds("read_mostly::fixed_upgrade", || change_while_loading(fixed::get_or_load));
    assert!(upgrade >= 3, "the change comes before the look, in between, or last");
    let sum = example.holds("read_mostly::fixed_sum", || change_while_adding(fixed::sum));
    assert!(sum >= 2, "the change comes before or after");
}
