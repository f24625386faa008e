//! Two jobs, then the context is cancelled; time is virtual.

use example_deaf_worker::{broken_jobs, broken_poll, fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{Context, Receiver, chan, context};

fn scenario(start: fn(&Context, Receiver<u32>)) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let jobs = chan(0);
    start(&ctx, jobs.receiver());
    jobs.send(1);
    jobs.send(2);
    cancel.cancel();
}

#[raddle::test(time = "virtual", max_events = 40, expect = "task-leak")]
fn broken_jobs() {
    scenario(broken_jobs::start);
}

#[raddle::test(time = "virtual", max_events = 40, expect = "live-leak")]
fn broken_poll() {
    scenario(broken_poll::start);
}

#[raddle::test(time = "virtual", max_events = 40)]
fn fixed() {
    scenario(fixed::start);
}

fn example() -> Example {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.with(|builder| builder.time("virtual").max_events(40))
}

#[test]
fn the_readme_shows_the_reports() {
    let (jobs, poll) = (|| scenario(broken_jobs::start), || scenario(broken_poll::start));
    example().breaks("deaf_worker::broken_jobs", Kind::TaskLeak, jobs);
    example().breaks("deaf_worker::broken_poll", Kind::LiveLeak, poll);
}

#[test]
fn the_fix_is_verified() {
    example().holds("deaf_worker::fixed", || scenario(fixed::start));
}
