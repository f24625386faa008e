//! Channels: order, capacity, closing, nil.

use super::{both, hangs, panics, results};
use raddle_shims::go::{self, Chan, Receiver, WouldBlock, chan};
use std::collections::BTreeSet;

#[test]
fn messages_come_in_the_order_in_which_they_were_sent() {
    for capacity in 0..3 {
        both(move || {
            let c = chan(capacity);
            let theirs = c.sender();
            go::go(move || (0..3).for_each(|i| theirs.send(i)));
            assert_eq!([c.recv(), c.recv(), c.recv()], [Some(0), Some(1), Some(2)]);
        });
    }
}

#[test]
fn iteration_ends_when_the_channel_is_closed_and_empty() {
    for capacity in 0..3 {
        both(move || {
            let c = chan(capacity);
            let theirs = c.clone();
            go::go(move || {
                theirs.send(1);
                theirs.send(2);
                theirs.close();
            });
            assert_eq!(c.iter().sum::<i32>(), 3);
            assert_eq!((c.recv(), c.recv()), (None, None));
        });
    }
}

#[test]
fn a_stream_is_one_execution() {
    for capacity in 0..3 {
        let outcome = raddle::explore(move || {
            let c = chan(capacity);
            let theirs = c.sender();
            go::go(move || (0..3).for_each(|i| theirs.send(i)));
            (0..3).for_each(|_| {
                c.recv();
            });
        });
        assert!(outcome.is_verified(), "{outcome:?}");
        assert_eq!(outcome.coverage().executions, 1);
    }
}

#[test]
fn whose_message_comes_first_is_open() {
    for capacity in 0..3 {
        let found = results(move || {
            let c = chan(capacity);
            for i in 1..=2 {
                let theirs = c.sender();
                go::go(move || theirs.send(i));
            }
            (c.recv(), c.recv())
        });
        let both = [(Some(1), Some(2)), (Some(2), Some(1))];
        assert_eq!(found, BTreeSet::from(both));
    }
}

#[test]
fn length_and_capacity() {
    both(|| {
        let c = chan(2);
        assert_eq!((c.len(), c.cap()), (0, 2));
        c.send('a');
        assert_eq!((c.len(), c.cap()), (1, 2));
        c.send('b');
        c.recv();
        assert_eq!((c.len(), c.sender().len(), c.receiver().cap()), (1, 1, 2));
        let unbuffered = chan::<()>(0);
        assert_eq!((unbuffered.len(), unbuffered.cap()), (0, 0));
        let nil = Receiver::<()>::nil();
        assert_eq!((nil.len(), nil.cap()), (0, 0));
    });
}

#[test]
fn attempts_do_not_wait() {
    both(|| {
        let c = chan(1);
        assert_eq!(c.try_recv(), Err(WouldBlock));
        assert_eq!(c.try_send(1), Ok(()));
        assert_eq!(c.try_send(2), Err(2));
        assert_eq!(c.try_recv(), Ok(Some(1)));
        c.close();
        assert_eq!(c.try_recv(), Ok(None));
        let unbuffered = chan(0);
        assert_eq!(unbuffered.try_send(1), Err(1));
        assert_eq!(unbuffered.try_recv(), Err(WouldBlock));
        let nil = Chan::nil();
        assert_eq!(nil.try_send(1), Err(1));
        assert_eq!(nil.try_recv(), Err(WouldBlock));
    });
}

#[test]
fn an_attempt_to_send_meets_a_receiver_that_waits() {
    let found = results(|| {
        let (c, got) = (chan(0), chan(1));
        let (theirs, report) = (c.receiver(), got.sender());
        go::go(move || report.send(theirs.recv()));
        let sent = c.try_send(1).is_ok();
        c.close();
        (sent, got.recv().flatten())
    });
    assert_eq!(found, BTreeSet::from([(false, None), (true, Some(1))]));
}

#[test]
fn what_comes_before_a_message_happens_before_what_comes_after_it() {
    use raddle_shims::cell::UnsafeCell;
    struct Shared(UnsafeCell<u32>);
    // SAFETY: the channel orders the accesses, which the checker checks.
    unsafe impl Sync for Shared {}
    for (capacity, receiver_writes) in [(0, false), (1, false), (0, true)] {
        both(move || {
            let shared = std::sync::Arc::new(Shared(UnsafeCell::new(0)));
            let c = chan(capacity);
            let (theirs, ours) = (std::sync::Arc::clone(&shared), c.clone());
            // A send happens before the receive completes, and, without room, the other way round.
            go::go(move || {
                if receiver_writes {
                    write(&theirs.0);
                    ours.recv();
                } else {
                    write(&theirs.0);
                    ours.send(());
                }
            });
            if receiver_writes {
                c.send(());
            } else {
                c.recv();
            }
            write(&shared.0);
        });
    }

    fn write(cell: &UnsafeCell<u32>) {
        use raddle_shims::cell::Access;
        // SAFETY: as above.
        cell.with_mut(|value| unsafe { *value += 1 });
    }
}

#[test]
fn misuse_panics_with_the_words_of_go() {
    panics("send on closed channel", || {
        let c = chan(1);
        c.close();
        c.send(1);
    });
    panics("send on closed channel", || {
        let c = chan(0);
        c.close();
        let _ = c.try_send(1);
    });
    panics("close of closed channel", || {
        let c = chan::<()>(0);
        c.close();
        c.close();
    });
    panics("close of nil channel", || Chan::<()>::nil().close());
}

#[test]
fn closing_wakes_a_sender_that_waits_with_a_panic() {
    for capacity in 0..2 {
        let outcome = raddle::explore(move || {
            let c = chan(capacity);
            let theirs = c.sender();
            go::go(move || (0..=capacity).for_each(|i| theirs.send(i)));
            c.close();
        });
        let (kind, text) = super::failure(&outcome);
        assert_eq!(kind, raddle::Kind::Panic);
        assert!(text.contains("send on closed channel"), "{text}");
    }
}

#[test]
fn nobody_comes() {
    hangs(|| chan(0).send(1));
    hangs(|| {
        chan::<()>(0).recv();
    });
    hangs(|| {
        let c = chan(1);
        c.send(1);
        c.send(2);
    });
    hangs(|| {
        Chan::<()>::nil().recv();
    });
    hangs(|| Chan::nil().send(()));
}

#[test]
fn a_sieve_of_primes() {
    both(|| {
        let mut source = chan(0);
        let numbers = source.sender();
        go::go(move || {
            (2..6).for_each(|i| numbers.send(i));
            numbers.close();
        });
        let mut primes = Vec::new();
        while let Some(prime) = source.recv() {
            primes.push(prime);
            let (from, to) = (source.receiver(), chan(0));
            let out = to.sender();
            go::go(move || {
                from.iter().filter(|i| i % prime != 0).for_each(|i| out.send(i));
                out.close();
            });
            source = to;
        }
        assert_eq!(primes, [2, 3, 5]);
    });
}
