//! Three tasks, one at a time, of which the first fails: the fewest that show either trap.

use example_bounded_group::{Work, broken_context, broken_permit, fixed};
use example_support::Example;
use raddle::Kind;
use std::sync::Arc;

type Run = fn(u32, u64, &Arc<Work>) -> Result<(), &'static str>;

fn scenario(run: Run, tasks: u32, at_once: u64) {
    let work = Arc::new(Work::default());
    assert_eq!(run(tasks, at_once, &work), Err("the first task failed"));
}

#[raddle::test(expect = "deadlock")]
fn broken_permit() {
    scenario(broken_permit::run, 3, 1);
}

#[raddle::test(expect = "panic")]
fn broken_context() {
    scenario(broken_context::run, 3, 1);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::run, 3, 1);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let permit = || scenario(broken_permit::run, 3, 1);
    example.breaks("bounded_group::broken_permit", Kind::Deadlock, permit);
    let context = || scenario(broken_context::run, 3, 1);
    example.breaks("bounded_group::broken_context", Kind::Panic, context);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("bounded_group::fixed", || scenario(fixed::run, 3, 1));
}
