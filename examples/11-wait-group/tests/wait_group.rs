//! Two workers.

use example_support::Example;
use example_wait_group::{broken, broken_never, broken_twice, fixed};
use raddle::Kind;

fn scenario(sum: fn(i64) -> i64) {
    assert_eq!(sum(2), 3, "the wait returned before all had added");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::sum);
}

#[raddle::test(expect = "panic")]
fn broken_twice() {
    scenario(broken_twice::sum);
}

#[raddle::test(expect = "task-leak")]
fn broken_never() {
    scenario(broken_never::sum);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::sum);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("wait_group::broken", Kind::Panic, || scenario(broken::sum));
    let twice = || scenario(broken_twice::sum);
    let violation = example.breaks("wait_group::broken_twice", Kind::Panic, twice);
    assert!(violation.message.contains("sync: negative WaitGroup counter"));
    let never = || scenario(broken_never::sum);
    example.breaks("wait_group::broken_never", Kind::TaskLeak, never);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("wait_group::fixed", || scenario(fixed::sum));
}
