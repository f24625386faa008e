//! What happens at one time happens in every order, of timers as of sleeps; and a search for which it has one order is noticed.

mod support;

use raddle_engine::explore::{Exhaustive, Fault, Settings, Time};
use raddle_engine::memory::Model;
use raddle_shims::go::{self, Timer, after, after_func, chan, context, select, sleep};
use raddle_shims::time::Duration;
use std::collections::BTreeSet;
use std::fmt::Debug;

const MS: Duration = Duration::from_millis(1);

fn found<T: Ord + 'static>(fault: Option<Fault>, model: Model, program: fn() -> T) -> BTreeSet<T> {
    let strategy = || fault.map_or_else(Exhaustive::new, |it| Exhaustive::new().with_fault(it));
    let settings = Settings { model, time: Time::Virtual, ..Settings::default() };
    let seen = support::explore_in(|runtime| runtime, strategy, settings, program);
    assert!(seen.is_clean(), "{:?}", seen.failures);
    seen.outcomes
}

/// Checks that the program returns these in every model, and that it would not if ties were no choice.
fn ties<T: Ord + Debug + 'static>(expected: impl IntoIterator<Item = T>, program: fn() -> T) {
    let expected = BTreeSet::from_iter(expected);
    for model in [Model::Sc, Model::Rc20] {
        assert_eq!(found(None, model, program), expected, "{model}");
        assert_ne!(found(Some(Fault::BreaksTies), model, program), expected, "{model}");
    }
}

#[test]
fn of_sleeps() {
    ties([(1, 2), (2, 1)], || {
        let order = chan(2);
        for number in [1, 2] {
            let order = order.sender();
            go::go(move || {
                sleep(3 * MS);
                order.send(number);
            });
        }
        (order.recv().unwrap_or(0), order.recv().unwrap_or(0))
    });
}

#[test]
fn of_timers_that_call() {
    ties([(1, 2), (2, 1)], || {
        let order = chan(2);
        let timers = [1, 2].map(|number| {
            let order = order.sender();
            after_func(3 * MS, move || order.send(number))
        });
        let seen = (order.recv().unwrap_or(0), order.recv().unwrap_or(0));
        assert!(timers.iter().all(|timer| !timer.stop()));
        seen
    });
}

/// A timer and somebody who stops it at that time: it fires first, or is stopped.
#[test]
fn of_a_timer_and_who_stops_it() {
    ties([(true, false), (false, true)], || {
        let fired = chan(1);
        let theirs = fired.sender();
        let timer = after_func(3 * MS, move || theirs.send(()));
        sleep(3 * MS);
        let stopped = timer.stop();
        sleep(MS);
        (stopped, fired.try_recv().is_ok())
    });
}

/// A deadline and work that takes as long.
#[test]
fn of_a_deadline_and_work() {
    ties([Some(false), Some(true)], || {
        let (ctx, cancel) = context::with_timeout(&context::background(), 3 * MS);
        let done = chan(1);
        let theirs = done.sender();
        let worker = ctx.clone();
        go::go(move || {
            sleep(3 * MS);
            theirs.send(worker.err() == Some(context::Error::DeadlineExceeded));
        });
        let seen = done.recv();
        cancel.cancel();
        seen
    });
}

/// Timers that fire at one time and are waited for by one select: any of its arms.
#[test]
fn of_the_arms_of_a_select() {
    for model in [Model::Sc, Model::Rc20] {
        let seen = found(None, model, || {
            let (first, second) = (Timer::new(3 * MS), after(3 * MS));
            select! {
                recv(first.c()) -> _ => 1,
                recv(second) -> _ => 2,
                after(3 * MS) => 3,
            }
        });
        assert_eq!(seen, BTreeSet::from([1, 2, 3]), "{model}");
    }
}
