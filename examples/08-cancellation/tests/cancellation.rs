//! A search whose caller gives up afterwards, and one whose caller never does.

use example_cancellation::{broken_cancel, broken_parent, fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{Context, context};

type Search = fn(&Context) -> Option<u32>;

fn caller_gives_up(search: Search) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    assert_eq!(search(&ctx), Some(7));
    cancel.cancel();
}

fn caller_goes_on(search: Search) {
    assert_eq!(search(&context::background()), Some(7));
}

#[raddle::test(expect = "task-leak")]
fn broken_parent() {
    caller_gives_up(broken_parent::search);
}

#[raddle::test(expect = "task-leak")]
fn broken_cancel() {
    caller_goes_on(broken_cancel::search);
}

#[raddle::test]
fn fixed_parent() {
    caller_gives_up(fixed::search);
}

#[raddle::test]
fn fixed_cancel() {
    caller_goes_on(fixed::search);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let parent = || caller_gives_up(broken_parent::search);
    example.breaks("cancellation::broken_parent", Kind::TaskLeak, parent);
    let cancel = || caller_goes_on(broken_cancel::search);
    example.breaks("cancellation::broken_cancel", Kind::TaskLeak, cancel);
}

#[test]
fn the_fixes_are_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("cancellation::fixed_parent", || caller_gives_up(fixed::search));
    example.holds("cancellation::fixed_cancel", || caller_goes_on(fixed::search));
}
