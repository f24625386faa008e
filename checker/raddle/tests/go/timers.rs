//! Timers, tickers and time limits, with a clock and without.

use super::{both_with_clock, results_with_clock, with_clock};
use raddle_shims::go::{self, Ticker, Timer, after, after_func, chan, select, sleep};
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeSet;

const MS: Duration = Duration::from_millis(1);

#[test]
fn sleeping_takes_its_time() {
    both_with_clock(|| {
        let start = Instant::now();
        sleep(3 * MS);
        assert!(start.elapsed() >= 3 * MS);
    });
}

#[test]
fn a_timer_fires_once() {
    both_with_clock(|| {
        let start = Instant::now();
        let timer = Timer::new(2 * MS);
        assert!(timer.c().recv().unwrap().duration_since(start) >= 2 * MS);
        assert!(timer.c().try_recv().is_err());
        assert!(!timer.stop());
    });
    // It tells of no room, whether it has fired or not.
    both_with_clock(|| {
        let timer = Timer::new(MS);
        sleep(2 * MS);
        assert_eq!((timer.c().len(), timer.c().cap()), (0, 0));
        // On a busy machine the real clock is late.
        assert!(timer.c().recv().is_some());
    });
}

#[test]
fn what_happens_first_wins() {
    let found = results_with_clock(|| {
        let (work, start) = (chan(0), Instant::now());
        let theirs = work.sender();
        go::go(move || {
            sleep(5 * MS);
            select! {
                send(theirs, 1) => {}
                default => {}
            }
        });
        let got = select! {
            recv(work) -> message => message,
            after(3 * MS) => None,
        };
        (got, start.elapsed())
    });
    assert_eq!(found, BTreeSet::from([(None, 3 * MS)]));
}

/// Breaks if one of two events of the same time is always first.
#[test]
fn ties_are_open() {
    let found = results_with_clock(|| {
        let (work, other) = (chan(1), after(3 * MS));
        let theirs = work.sender();
        go::go(move || {
            sleep(3 * MS);
            theirs.send(1);
        });
        let first = select! {
            recv(work) -> _ => 1,
            recv(other) -> _ => 2,
            after(3 * MS) => 3,
        };
        sleep(MS);
        first
    });
    assert_eq!(found, BTreeSet::from([1, 2, 3]));
}

/// Go 1.23: no stale time after `stop` or `reset`.
#[test]
fn no_stale_time_is_received() {
    let found = results_with_clock(|| {
        let timer = Timer::new(2 * MS);
        sleep(2 * MS);
        let stopped = timer.stop();
        assert!(timer.c().try_recv().is_err());
        assert!(!timer.reset(5 * MS));
        let start = Instant::now();
        assert!(timer.c().recv().unwrap().duration_since(start) >= 5 * MS);
        stopped
    });
    assert_eq!(found, BTreeSet::from([true]));
}

#[test]
fn a_function_is_called_unless_it_is_stopped() {
    both_with_clock(|| {
        let calls = chan(2);
        let (first, second) = (calls.sender(), calls.sender());
        let late = after_func(50 * MS, move || second.send(2));
        after_func(2 * MS, move || first.send(1));
        assert_eq!(calls.recv(), Some(1));
        assert!(late.stop());
        assert!(late.c().is_nil());
        sleep(60 * MS);
        assert!(calls.try_recv().is_err());
    });
}

#[test]
fn ticks_that_nobody_receives_are_dropped() {
    both_with_clock(|| {
        let ticker = Ticker::new(2 * MS);
        ticker.c().recv();
        sleep(9 * MS);
        ticker.c().recv();
        ticker.stop();
        assert!(ticker.c().try_recv().is_err());
    });
}

/// Ticks come at multiples of the period, also when one has been received late.
#[test]
fn ticks_keep_their_rhythm() {
    let found = results_with_clock(|| {
        let (start, ticker) = (Instant::now(), Ticker::new(2 * MS));
        let tick = || ticker.c().recv().map(|tick| tick.duration_since(start));
        let first = tick();
        sleep(3 * MS);
        let late = (tick(), start.elapsed());
        let next = tick();
        ticker.reset(5 * MS);
        let reset = tick();
        ticker.stop();
        (first, late, next, reset)
    });
    let at = |time: u32| Some(time * MS);
    assert_eq!(found, BTreeSet::from([(at(2), (at(4), 5 * MS), at(6), at(11))]));
}

/// Without a clock a tick may come at any moment, or not before something else happens; there is no end of that only if
/// somebody receives without one.
#[test]
fn without_a_clock_a_tick_may_come_at_any_moment() {
    let found = super::returned(
        &std::sync::Arc::new(|| {
            let (work, ticker) = (chan(0), Ticker::new(MS));
            let theirs = work.sender();
            go::go(move || theirs.send(1));
            let mut ticks = 0;
            while ticks < 2 {
                select! {
                    recv(work) -> _ => break,
                    recv(ticker.c()) -> _ => ticks += 1,
                }
            }
            ticker.stop();
            if ticks == 2 {
                work.recv();
            }
            let stale = ticker.c().try_recv().is_ok();
            (ticks, stale)
        }),
        &raddle::Builder::new(),
    );
    assert_eq!(found, BTreeSet::from([(0, false), (1, false), (2, false)]));
}

/// A ticker keeps nobody alive: neither a program that waits for something else, nor itself when nobody has it any more.
#[test]
fn a_ticker_hides_no_deadlock_and_is_no_leak() {
    for time in ["virtual", "nondeterministic"] {
        let settings = || raddle::Builder::new().time(time);
        let outcome = settings().explore(|| {
            let _ticker = Ticker::new(MS);
            chan::<()>(0).recv();
        });
        assert_eq!(super::failure(&outcome).0, raddle::Kind::Deadlock);
        let outcome = settings().explore(|| {
            let ticker = Ticker::new(MS);
            ticker.c().recv();
        });
        assert!(outcome.is_verified(), "{outcome:?}");
    }
}

/// Go 1.23: who has its channel has the ticker, and when nobody has either, it is gone.
#[test]
fn a_ticker_goes_on_for_whoever_has_its_channel() {
    let found = results_with_clock(|| {
        let start = Instant::now();
        let ticks = Ticker::new(2 * MS).c().clone();
        let tick =
            move |ticks: &go::Receiver<Instant>| ticks.recv().map(|at| at.duration_since(start));
        let first = tick(&ticks);
        let (theirs, done) = (ticks.clone(), chan(1));
        drop(ticks);
        let second = done.sender();
        go::go(move || second.send(tick(&theirs)));
        (first, done.recv().flatten())
    });
    assert_eq!(found, BTreeSet::from([(Some(2 * MS), Some(4 * MS))]));
    // A receiver that stands in a select is enough.
    let found = results_with_clock(|| {
        let (start, ticks) = (Instant::now(), go::tick(MS));
        let third = ticks.iter().nth(2);
        (third.map(|at| at.duration_since(start)), go::tick(Duration::ZERO).is_nil())
    });
    assert_eq!(found, BTreeSet::from([(Some(3 * MS), true)]));
}

#[test]
fn without_a_clock_a_time_limit_may_be_over_at_any_moment() {
    let found = super::returned(
        &std::sync::Arc::new(|| {
            let (work, start) = (chan(1), chan(0));
            let theirs = (work.sender(), start.receiver());
            go::go(move || {
                theirs.1.recv();
                theirs.0.send(1);
            });
            start.send(());
            let timer = Timer::new(MS);
            let got = select! {
                recv(work) -> message => message,
                recv(timer.c()) -> _ => None,
            };
            timer.stop();
            got
        }),
        &raddle::Builder::new(),
    );
    assert_eq!(found, BTreeSet::from([None, Some(1)]));
}

#[test]
fn waiting_for_a_timer_that_was_stopped() {
    let outcome = with_clock(|| {
        let timer = Timer::new(MS);
        timer.stop();
        timer.c().recv();
    });
    assert_eq!(super::failure(&outcome).0, raddle::Kind::Deadlock);
}

/// A report says what the clock shows where it goes on, and what is chosen by the name of its variable.
#[test]
fn reports_tell_the_time_and_the_names_of_choices() {
    let outcome = with_clock(|| {
        let replies = chan(1);
        let theirs = replies.sender();
        let delay = raddle::choose(3);
        go::go(move || {
            sleep(delay as u32 * 5 * MS);
            theirs.send(delay);
        });
        sleep(7 * MS);
        let seen = replies.try_recv();
        sleep(100 * MS);
        assert!(seen.is_ok(), "the reply came late");
    });
    let report = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000);
    let lines: Vec<&str> = report.lines().map(str::trim).collect();
    let place = |text: &str| {
        let found = lines.iter().position(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("{text:?} is not told\n{report}"))
    };
    assert!(place("choose delay = 2 of 0..3") < place("the clock shows 7ms"), "{report}");
    assert!(place("the clock shows 7ms") < place("try to receive from replies"), "{report}");
    assert!(place("try to receive from replies") < place("the clock shows 10ms"), "{report}");
    let then = lines[place("the clock shows 10ms") + 1];
    assert!(then.contains("send to replies"), "{report}");
}
