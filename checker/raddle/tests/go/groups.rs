//! Error groups, semaphores, rate limits, and calls that are shared.

use super::{both, both_with_clock, hangs, panics, results, with_clock};
use raddle_shims::go::context::{Error, background, with_cancel, with_timeout};
use raddle_shims::go::rate::{INF, Limiter, WaitError};
use raddle_shims::go::{self, Semaphore, atomic::Int64, chan, errgroup, singleflight, sleep};
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeSet;
use std::sync::Arc;

const MS: Duration = Duration::from_millis(1);

#[test]
fn the_first_error_wins() {
    let found = results(|| {
        let group = errgroup::Group::new();
        for error in [1, 2] {
            group.go(move || Err(error));
        }
        group.go(|| Ok(()));
        group.wait()
    });
    assert_eq!(found, BTreeSet::from([Err(1), Err(2)]));
}

#[test]
fn an_error_cancels_the_context_of_the_group() {
    both(|| {
        let (group, ctx) = errgroup::Group::with_context(&background());
        let theirs = ctx.clone();
        group.go(|| Err("broken"));
        group.go(move || {
            theirs.done().recv();
            Ok(())
        });
        assert_eq!(group.wait(), Err("broken"));
        assert_eq!(ctx.err(), Some(Error::Canceled));
        assert_eq!(ctx.cause().unwrap().to_string(), "\"broken\"");
    });
    both(|| {
        let (group, ctx) = errgroup::Group::<()>::with_context(&background());
        group.go(|| Ok(()));
        assert!(group.wait().is_ok());
        assert_eq!(ctx.err(), Some(Error::Canceled));
    });
}

#[test]
fn a_limit_is_kept() {
    both(|| {
        let (group, running) = (errgroup::Group::<()>::new(), Arc::new(Int64::new(0)));
        group.set_limit(Some(1));
        for _ in 0..2 {
            let running = Arc::clone(&running);
            group.go(move || {
                assert_eq!(running.add(1), 1);
                running.add(-1);
                Ok(())
            });
        }
        group.wait().unwrap();
    });
    let found = results(|| {
        let group = errgroup::Group::<()>::new();
        group.set_limit(Some(1));
        group.go(|| Ok(()));
        let started = group.try_go(|| Ok(()));
        group.wait().unwrap();
        started
    });
    assert!(found.contains(&false), "{found:?}");
}

#[test]
fn permits_are_given_back_and_not_more() {
    both(|| {
        let permits = Semaphore::new(2);
        permits.acquire(&background(), 2).unwrap();
        assert!(!permits.try_acquire(1));
        permits.release(1);
        assert!(permits.try_acquire(1));
        permits.release(2);
    });
    panics("semaphore: released more than held", || Semaphore::new(2).release(1));
    hangs(|| {
        let permits = Semaphore::new(1);
        permits.acquire(&background(), 1).unwrap();
        let _ = permits.acquire(&background(), 1);
    });
}

#[test]
fn no_more_than_the_permits_at_once() {
    both(|| {
        let shared = Arc::new((Semaphore::new(1), Int64::new(0)));
        let done = chan(2);
        for _ in 0..2 {
            let (shared, done) = (Arc::clone(&shared), done.sender());
            go::go(move || {
                let (permits, inside) = &*shared;
                permits.acquire(&background(), 1).unwrap();
                assert_eq!(inside.add(1), 1);
                inside.add(-1);
                permits.release(1);
                done.send(());
            });
        }
        done.recv();
        done.recv();
    });
}

#[test]
fn waiting_for_permits_ends_with_the_context() {
    both(|| {
        let permits = Arc::new(Semaphore::new(1));
        permits.acquire(&background(), 1).unwrap();
        let (ctx, cancel) = with_cancel(&background());
        let (theirs, got) = (Arc::clone(&permits), chan(0));
        let report = got.sender();
        go::go(move || report.send(theirs.acquire(&ctx, 1)));
        cancel.cancel();
        assert_eq!(got.recv(), Some(Err(Error::Canceled)));
        permits.release(1);
        assert!(permits.try_acquire(1));
    });
    both_with_clock(|| {
        let (ctx, cancel) = with_timeout(&background(), 2 * MS);
        assert_eq!(Semaphore::new(1).acquire(&ctx, 2), Err(Error::DeadlineExceeded));
        cancel.cancel();
    });
}

/// Breaks if who wants little overtakes who wants much.
#[test]
fn permits_are_given_in_order() {
    let outcome = with_clock(|| {
        let permits = Arc::new(Semaphore::new(2));
        permits.acquire(&background(), 1).unwrap();
        let (order, much) = (chan(2), Arc::clone(&permits));
        let (first, second) = (order.sender(), order.sender());
        go::go(move || {
            much.acquire(&background(), 2).unwrap();
            first.send(2);
            much.release(2);
        });
        let little = Arc::clone(&permits);
        go::go(move || {
            sleep(MS);
            assert!(!little.try_acquire(1), "somebody waits for more");
            little.acquire(&background(), 1).unwrap();
            second.send(1);
            little.release(1);
        });
        sleep(2 * MS);
        permits.release(1);
        assert_eq!([order.recv(), order.recv()], [Some(2), Some(1)]);
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn a_bucket_fills_with_time() {
    let outcome = with_clock(|| {
        let limiter = Limiter::new(100.0, 2);
        assert!(limiter.allow_n(2) && !limiter.allow());
        sleep(10 * MS);
        assert!(limiter.allow() && !limiter.allow());
        let start = Instant::now();
        limiter.wait(&background()).unwrap();
        limiter.wait(&background()).unwrap();
        assert!(start.elapsed() >= 19 * MS, "{:?}", start.elapsed());
        limiter.wait_n(&background(), 2).unwrap();
        assert!(start.elapsed() >= 39 * MS, "{:?}", start.elapsed());
        let error = limiter.wait_n(&background(), 3).unwrap_err();
        assert_eq!(error, WaitError::ExceedsBurst { events: 3, burst: 2 });
        assert_eq!(error.to_string(), "rate: Wait(n=3) exceeds limiter's burst 2");
        let promised = limiter.reserve_n(2);
        assert!(promised.ok() && promised.delay() > Some(15 * MS));
        limiter.cancel(promised);
        assert!(!limiter.reserve_n(3).ok());
        let (ctx, cancel) = with_timeout(&background(), MS);
        let error = limiter.wait(&ctx).unwrap_err();
        assert_eq!(error, WaitError::WouldExceedDeadline { events: 1 });
        assert_eq!(error.to_string(), "rate: Wait(n=1) would exceed context deadline");
        cancel.cancel();
        assert_eq!(limiter.wait(&ctx), Err(WaitError::Context(Error::Canceled)));
        let none = WaitError::ExceedsBurst { events: 1, burst: 0 };
        assert_eq!(Limiter::new(1.0, 0).wait(&background()), Err(none));
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

#[test]
fn who_asks_while_somebody_computes_gets_the_same() {
    let found = results(|| {
        let (group, calls) = (Arc::new(singleflight::Group::new()), Arc::new(Int64::new(0)));
        let done = chan(1);
        let (theirs, count, report) = (Arc::clone(&group), Arc::clone(&calls), done.sender());
        go::go(move || report.send(theirs.call("key", || count.add(1)).0));
        let count = Arc::clone(&calls);
        let mine = group.call("key", move || count.add(1)).0;
        let other = done.recv().unwrap();
        assert!(mine == other || calls.load() == 2);
        calls.load()
    });
    assert_eq!(found, BTreeSet::from([1, 2]));
}

/// A channel gets what whoever asked first computes, as the others do, and says whether they did.
#[test]
fn a_channel_brings_what_somebody_computes() {
    let found = results(|| {
        let (group, calls) = (singleflight::Group::new(), Arc::new(Int64::new(0)));
        let count = || {
            let calls = Arc::clone(&calls);
            move || calls.add(1)
        };
        let (one, other) = (group.call_chan("key", count()), group.call_chan("key", count()));
        let mine = group.call("key", count());
        let all = [one.recv().unwrap(), other.recv().unwrap(), mine];
        // Not closed, and nothing more.
        assert!(one.try_recv().is_err() && other.try_recv().is_err());
        let alone = all.iter().filter(|(_, is_shared)| !is_shared).count();
        (calls.load(), alone)
    });
    // All together; one pair and one alone; each alone.
    assert_eq!(found, BTreeSet::from([(1, 0), (2, 1), (3, 3)]));
}

/// A call that was forgotten is computed anew, while the other one still brings its own to who waits.
#[test]
fn a_call_that_is_forgotten_is_computed_anew() {
    both(|| {
        let (group, gate) = (singleflight::Group::new(), chan::<()>(0));
        let wait = gate.receiver();
        let slow = group.call_chan("key", move || {
            wait.recv();
            1
        });
        group.forget(&"key");
        assert_eq!(group.call("key", || 2), (2, false));
        gate.close();
        assert_eq!(slow.recv(), Some((1, false)));
    });
}

/// If the function panics, so does everybody who waits for it, and the next one computes anew.
#[test]
fn whoever_waits_for_a_call_that_panics_panics() {
    both(|| {
        let group = singleflight::Group::<&str, u32>::new();
        let theirs = group.clone();
        let quiet = |group: singleflight::Group<&'static str, u32>| {
            let call = std::panic::AssertUnwindSafe(|| {
                group.call("key", || std::panic::resume_unwind(Box::new("gone")))
            });
            assert!(std::panic::catch_unwind(call).is_err());
        };
        let done = chan(1);
        let report = done.sender();
        go::go(move || {
            quiet(theirs);
            report.send(());
        });
        quiet(group.clone());
        done.recv();
        assert_eq!(group.call("key", || 7), (7, false));
    });
}

/// Until the limit is changed tokens come as before, then as is said; a smaller bucket overflows.
#[test]
fn limits_and_bursts_change() {
    both_with_clock(|| {
        let limiter = Limiter::new(10.0, 2);
        assert!(limiter.allow_n(2) && !limiter.allow());
        sleep(100 * MS);
        // One has come.
        limiter.set_limit(1_000.0);
        assert!(limiter.allow() && !limiter.allow());
        sleep(2 * MS);
        assert!(limiter.allow_n(2));
        limiter.set_burst(1);
        sleep(100 * MS);
        assert!(limiter.allow() && !limiter.allow_n(2));
        assert_eq!((limiter.limit(), limiter.burst()), (1_000.0, 1));
        let error = WaitError::ExceedsBurst { events: 2, burst: 1 };
        assert_eq!(limiter.wait_n(&background(), 2), Err(error));
    });
    // At a time that is said: exactly, where time is the model's.
    let outcome = with_clock(|| {
        let limiter = Limiter::new(10.0, 4);
        assert!(limiter.allow_n(4));
        let start = Instant::now();
        limiter.set_limit_at(start + 100 * MS, 100.0);
        limiter.set_burst_at(start + 100 * MS, 3);
        sleep(110 * MS);
        // One until then, one since.
        assert!(limiter.allow_n(2) && !limiter.allow());
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// `Reservation.Cancel` "reverses the effects of this Reservation on the rate limit as much as possible, considering that other
/// reservations may have already been made".
#[test]
fn what_is_cancelled_is_given_back_but_for_what_was_promised_since() {
    let promised = |limiter: &Limiter, events| {
        let reservation = limiter.reserve_n(events);
        (reservation, reservation.delay())
    };
    let outcome = with_clock(move || {
        let limiter = Limiter::new(10.0, 3);
        assert!(limiter.allow_n(3));
        let ((first, _), (second, later)) = (promised(&limiter, 2), promised(&limiter, 1));
        assert_eq!((first.delay(), later), (Some(200 * MS), Some(300 * MS)));
        // The second keeps its time, so one of the two comes back: with both, the next would have the time of the first.
        limiter.cancel(first);
        let (third, delay) = promised(&limiter, 1);
        assert_eq!((second.delay(), delay), (Some(300 * MS), Some(300 * MS)));
        // The latest comes back whole.
        limiter.cancel(third);
        assert_eq!(promised(&limiter, 1).1, Some(300 * MS));
        // What has come is not given back.
        sleep(300 * MS + MS);
        limiter.cancel(second);
        assert!(!limiter.allow());
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    let outcome = with_clock(move || {
        // Cancelled from the latest on, each comes back whole: the one before is then the latest.
        let limiter = Limiter::new(10.0, 3);
        assert!(limiter.allow_n(3));
        let (first, second) = (limiter.reserve_n(2), limiter.reserve_n(1));
        limiter.cancel(second);
        limiter.cancel(first);
        assert_eq!(promised(&limiter, 1).1, Some(100 * MS));
    });
    assert!(outcome.is_verified(), "{outcome:?}");
    let outcome = with_clock(move || {
        // By the rate at which it was promised.
        let limiter = Limiter::new(10.0, 3);
        assert!(limiter.allow_n(3));
        let (first, _second) = (limiter.reserve_n(2), limiter.reserve_n(1));
        limiter.set_limit(100.0);
        limiter.cancel(first);
        assert_eq!(promised(&limiter, 1).1, Some(30 * MS));
    });
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// "As a special case, if r == Inf (the infinite rate), b is ignored"; "A zero Limit allows no events", but those that are in the bucket.
#[test]
fn no_limit_and_nothing() {
    both_with_clock(|| {
        let limiter = Limiter::new(INF, 0);
        assert!(limiter.allow_n(1_000) && limiter.wait_n(&background(), 1_000).is_ok());
        limiter.cancel(limiter.reserve_n(5));
        assert_eq!(limiter.reserve_n(5).delay(), Some(Duration::ZERO));
        let limiter = Limiter::new(0.0, 1);
        assert!(limiter.allow() && !limiter.allow());
        assert_eq!(limiter.reserve_n(1).delay(), None);
    });
}
