//! Selects: every ready arm may be taken, nil arms never are, defaults, and selects that meet.

use super::{both, failure, hangs, results};
use raddle_shims::go::{self, Chan, chan, select};
use std::collections::BTreeSet;

#[test]
fn every_ready_arm_is_explored() {
    let found = results(|| {
        let (a, b) = (chan(1), chan(1));
        a.send(());
        b.send(());
        let c = chan(1);
        select! {
            recv(a) -> _ => 0,
            recv(b) -> _ => 1,
            send(c, ()) => 2,
        }
    });
    assert_eq!(found, BTreeSet::from([0, 1, 2]));
}

#[test]
fn a_body_may_be_a_block_with_or_without_a_comma() {
    let found = results(|| {
        let (a, b, c) = (chan(1), chan(1), chan(1));
        a.send(1);
        b.send(2);
        let mut seen = 0;
        select! {
            recv(a) -> message => { seen = message.unwrap() },
            recv(b) -> message => { seen = message.unwrap() }
            send(c, ()) => { seen = 3 },
            default => {},
        }
        seen
    });
    assert_eq!(found, BTreeSet::from([1, 2, 3]));
}

/// On real threads no arm starves: that one of two is never taken in 64 selects would have a probability of 2⁻⁶³ if each were
/// drawn, and they take turns.
#[test]
fn on_real_threads_every_ready_arm_is_taken_in_the_end() {
    let (left, right) = (chan(64), chan(64));
    (0..64).for_each(|number| {
        left.send(number);
        right.send(number);
    });
    let mut taken = [0, 0];
    for _ in 0..64 {
        select! {
            recv(left) -> _ => taken[0] += 1,
            recv(right) -> _ => taken[1] += 1,
        }
    }
    assert!(taken[0] > 0 && taken[1] > 0, "{taken:?}");
}

#[test]
fn the_default_is_for_when_nothing_is_ready() {
    both(|| {
        let (empty, full) = (chan::<u8>(1), chan(1));
        full.send(1);
        let taken = select! {
            recv(empty) -> _ => 0,
            send(full, 2) => 1,
            default => 2,
        };
        assert_eq!(taken, 2);
        let taken = select! {
            recv(full) -> message => message,
            default => None,
        };
        assert_eq!(taken, Some(1));
    });
}

#[test]
fn nil_arms_are_never_ready() {
    both(|| {
        let (nil, full) = (Chan::<u8>::nil(), chan(1));
        full.send(1);
        for _ in 0..2 {
            select! {
                recv(nil) -> _ => unreachable!(),
                send(nil, 1) => unreachable!(),
                recv(full) -> message => full.send(message.unwrap()),
            }
        }
        select! {
            recv(nil) -> _ => unreachable!(),
            default => {}
        }
    });
    hangs(|| {
        let nil = Chan::<u8>::nil();
        select! {
            recv(nil) -> _ => {}
            send(nil, 1) => {}
        }
    });
    hangs(|| select! {});
}

#[test]
fn two_selects_meet() {
    let found = results(|| {
        let (a, b, outcome) = (chan(0), chan(0), chan(1));
        let (a2, b2, report) = (a.clone(), b.clone(), outcome.sender());
        go::go(move || {
            report.send(select! {
                recv(a2) -> message => message,
                send(b2, 2) => None,
            });
        });
        let mine = select! {
            send(a, 1) => None,
            recv(b) -> message => message,
        };
        (mine, outcome.recv().flatten())
    });
    assert_eq!(found, BTreeSet::from([(None, Some(1)), (Some(2), None)]));
}

#[test]
fn a_select_leaves_all_channels_when_it_has_met_on_one() {
    both(|| {
        let (a, b, done) = (chan(0), chan(0), chan(0));
        let (a2, b2, done2) = (a.clone(), b.clone(), done.clone());
        go::go(move || {
            select! {
                send(a2, 1) => {}
                send(b2, 1) => {}
            }
            done2.send(());
        });
        select! {
            recv(a) -> message => assert_eq!(message, Some(1)),
            recv(b) -> message => assert_eq!(message, Some(1)),
        }
        done.recv();
        // It does not stand there any more.
        assert!(a.try_recv().is_err() && b.try_recv().is_err());
    });
}

#[test]
fn a_select_does_not_meet_itself() {
    hangs(|| {
        let c = chan(0);
        select! {
            send(c, 1) => {}
            recv(c) -> _ => {}
        }
    });
    both(|| {
        let c = chan(0);
        select! {
            send(c, 1) => unreachable!(),
            recv(c) -> _ => unreachable!(),
            default => {}
        }
    });
}

#[test]
fn closing_wakes_a_select() {
    both(|| {
        let (quit, work) = (chan::<()>(0), chan::<u8>(0));
        let theirs = quit.clone();
        go::go(move || theirs.close());
        select! {
            recv(quit) -> message => assert_eq!(message, None),
            recv(work) -> _ => unreachable!(),
        }
    });
}

#[test]
fn sending_on_a_closed_channel_may_be_chosen_and_panics() {
    let outcome = raddle::explore(|| {
        let (closed, full) = (chan(1), chan(1));
        closed.close();
        full.send(());
        select! {
            send(closed, ()) => {}
            recv(full) -> _ => {}
        }
    });
    assert!(failure(&outcome).1.contains("send on closed channel"));
}

#[test]
fn fan_in_loses_nothing() {
    both(|| {
        let (a, b) = (chan(0), chan(0));
        for (c, number) in [(a.sender(), 1), (b.sender(), 2)] {
            go::go(move || c.send(number));
        }
        let mut sum = 0;
        for _ in 0..2 {
            sum += select! {
                recv(a) -> number => number.unwrap(),
                recv(b) -> number => number.unwrap(),
            };
        }
        assert_eq!(sum, 3);
    });
}

#[test]
fn bodies_are_part_of_the_function_that_they_stand_in() {
    fn first(c: &Chan<u32>) -> Option<u32> {
        for _ in 0..3 {
            select! {
                recv(c) -> number => return number,
                default => continue,
            }
        }
        None
    }
    both(|| {
        let c = chan(1);
        assert_eq!(first(&c), None);
        c.send(4);
        assert_eq!(first(&c), Some(4));
    });
}
