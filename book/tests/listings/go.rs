//! Goroutines, channels, selects, contexts and virtual time.

use crate::Shown;
use raddle::Kind;
use raddle_shims::go::{self, Context, Receiver, Sender, chan, context, select};
use raddle_shims::track::Tracked;
use std::time::Duration;

pub const REPORTS: &[Shown] = &[
    ("go.md", "book::listings::go::gives_up", Kind::TaskLeak, gives_up),
    ("go.md", "book::listings::go::closes_twice", Kind::Panic, closes_twice),
];

// region: pipeline
fn squares(numbers: Receiver<u32>, results: Sender<u32>) {
    for number in numbers.iter() {
        results.send(number * number);
    }
    results.close();
}

fn pipeline() {
    let (numbers, results) = (chan(0), chan(1));
    let (source, sink) = (numbers.receiver(), results.sender());
    go::go(move || squares(source, sink));
    go::go(move || {
        (1..=3).for_each(|number| numbers.send(number));
        numbers.close();
    });
    assert_eq!(results.iter().sum::<u32>(), 14);
}
// end: pipeline

// region: leak
fn gives_up() {
    let reply = chan(0);
    let theirs = reply.sender();
    go::go(move || theirs.send("late"));
    select! {
        recv(reply) -> reply => assert_eq!(reply, Some("late")),
        after(Duration::from_secs(1)) => {}
    }
}
// end: leak

// region: context
fn work(ctx: &Context, jobs: &Receiver<u32>) -> u32 {
    let mut done = 0;
    loop {
        select! {
            recv(jobs) -> job => match job {
                Some(_) => done += 1,
                None => return done,
            },
            recv(ctx.done()) -> _ => return done,
        }
    }
}

fn cancelled() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (jobs, done) = (chan(1), chan(1));
    let (theirs, result) = (jobs.receiver(), done.sender());
    go::go(move || result.send(work(&ctx, &theirs)));
    jobs.send(7);
    cancel.cancel();
    // The select may take either arm when both are ready.
    assert!(done.recv().is_some_and(|done| done <= 1));
}
// end: context

// region: close
fn closes_twice() {
    let done = chan::<()>(0);
    let theirs = done.sender();
    go::go(move || theirs.close());
    done.close();
}
// end: close

// region: time
fn timeout() {
    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
    let connection = Tracked::new("connection", ());
    let result = chan(1);
    let theirs = result.sender();
    go::go(move || {
        go::sleep(Duration::from_secs(5));
        theirs.send(42);
        drop(connection);
    });
    select! {
        recv(result) -> result => assert_eq!(result, Some(42)),
        recv(ctx.done()) -> _ => panic!("a minute is longer than five seconds"),
    }
    cancel.cancel();
}
// end: time

#[raddle::test]
fn a_pipeline_ends() {
    pipeline();
}

#[raddle::test(expect = "task-leak", name = "book::listings::go::gives_up")]
fn a_late_reply_is_not_received() {
    gives_up();
}

#[raddle::test]
fn a_worker_is_cancelled() {
    cancelled();
}

#[raddle::test(expect = "panic", name = "book::listings::go::closes_twice")]
fn two_close() {
    closes_twice();
}

// region: virtual
#[raddle::test(time = "virtual")]
fn five_seconds_are_less_than_a_minute() {
    timeout();
}
// end: virtual

#[raddle::test(expect = "panic")]
fn without_a_clock_any_limit_may_run_out() {
    timeout();
}
