//! Channels: what can happen in a model, and that they are std's outside of it.

mod support;

use raddle_shims::sync::mpsc::{
    self, RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError,
};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;
use std::time::Duration;
use support::{Bare, Seen, explore};

const SOON: Duration = Duration::from_millis(5);

fn outcomes<T: Ord + Clone>(seen: &Seen<T>) -> Vec<T> {
    seen.outcomes.iter().cloned().collect()
}

/// L7.
#[test]
fn try_recv_finds_it_or_not() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        let found = receiver.try_recv();
        drop(other.join().unwrap());
        found.map_err(|error| error == TryRecvError::Empty)
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [Ok(1), Err(true)]);
}

/// L8.
#[test]
fn a_send_fails_once_the_receiver_is_gone() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || drop(receiver));
        let sent = sender.send(1);
        other.join().unwrap();
        (sent, sender.send(2)) == (Err(SendError(1)), Err(SendError(2)))
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((outcomes(&seen), seen.complete), (vec![false, true], 2));
}

/// L9.
#[test]
fn a_receiver_is_told_that_all_senders_are_gone() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = thread::spawn(move || drop(sender));
        let found = receiver.recv();
        other.join().unwrap();
        (found == Err(RecvError), receiver.try_recv() == Err(TryRecvError::Disconnected))
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((outcomes(&seen), seen.complete), (vec![(true, true)], 1));
}

#[test]
fn a_receiver_waits_for_ever_while_a_sender_lives() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let found = receiver.recv();
        drop(sender);
        found.is_ok()
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

/// However the two interleave, a stream is one execution, bounded or not.
#[test]
fn a_stream_is_one_execution() {
    for bound in [None, Some(0), Some(1), Some(2)] {
        let seen = explore(move || {
            let (receiver, other) = match bound {
                None => {
                    let (sender, receiver) = mpsc::channel();
                    let send = move || (0..6).for_each(|i| sender.send(i).unwrap());
                    (receiver, thread::spawn(send))
                }
                Some(bound) => {
                    let (sender, receiver) = mpsc::sync_channel(bound);
                    let send = move || (0..6).for_each(|i| sender.send(i).unwrap());
                    (receiver, thread::spawn(send))
                }
            };
            let found: Vec<u32> = receiver.iter().collect();
            other.join().unwrap();
            found
        });
        assert!(seen.is_clean(), "{bound:?} {seen:?}");
        assert_eq!(outcomes(&seen), [[0, 1, 2, 3, 4, 5]], "{bound:?}");
        assert_eq!(seen.complete, 1, "{bound:?} {seen:?}");
    }
}

#[test]
fn two_senders_come_in_any_order() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel();
        let handles = [1, 2].map(|thread| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(thread).unwrap())
        });
        drop(sender);
        let found: Vec<u32> = receiver.into_iter().collect();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [[1, 2], [2, 1]]);
}

#[test]
fn sending_happens_before_receiving() {
    for bound in [None, Some(0), Some(1)] {
        let seen = explore(move || {
            let data = Arc::new(Bare::default());
            let theirs = Arc::clone(&data);
            let (receiver, other) = match bound {
                None => {
                    let (sender, receiver) = mpsc::channel();
                    let send = move || {
                        theirs.set(1);
                        sender.send(()).unwrap();
                    };
                    (receiver, thread::spawn(send))
                }
                Some(bound) => {
                    let (sender, receiver) = mpsc::sync_channel(bound);
                    let send = move || {
                        theirs.set(1);
                        sender.send(()).unwrap();
                    };
                    (receiver, thread::spawn(send))
                }
            };
            receiver.recv().unwrap();
            let found = data.get();
            other.join().unwrap();
            found
        });
        assert!(seen.is_clean(), "{bound:?} {seen:?}");
        assert_eq!(outcomes(&seen), [1], "{bound:?}");
    }
}

/// Who is told that all senders are gone knows what each of them did.
#[test]
fn hanging_up_happens_before_hearing_of_it() {
    let seen = explore(|| {
        let data = Arc::new([Bare::default(), Bare::default()]);
        let (sender, receiver) = mpsc::channel::<()>();
        let handles = [0, 1].map(|mine| {
            let (data, sender) = (Arc::clone(&data), sender.clone());
            thread::spawn(move || {
                data[mine].set(1);
                drop(sender);
            })
        });
        drop(sender);
        assert!(receiver.recv().is_err());
        let found = data[0].get() + data[1].get();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        found
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [2]);
}

/// What one sender did is not known to who receives the message of another.
#[test]
fn other_senders_do_not_synchronise() {
    let seen = explore(|| {
        let data = Arc::new(Bare::default());
        let (sender, receiver) = mpsc::channel();
        let (theirs, first) = (Arc::clone(&data), sender.clone());
        let first = thread::spawn(move || {
            theirs.set(1);
            first.send(1).unwrap();
        });
        let second = thread::spawn(move || sender.send(2).unwrap());
        if receiver.recv() == Ok(2) {
            data.get();
        }
        first.join().unwrap();
        second.join().unwrap();
    });
    assert!(seen.races() > 0, "{seen:?}");
}

/// With room for k messages, receiving message i happens before the return of sending message i + k.
#[test]
fn receiving_happens_before_sending_into_the_room_it_makes() {
    for (bound, races) in [(0, false), (1, false), (2, true)] {
        let seen = explore(move || {
            let data = Arc::new(Bare::default());
            let theirs = Arc::clone(&data);
            let (sender, receiver) = mpsc::sync_channel(bound);
            let other = thread::spawn(move || {
                theirs.set(1);
                receiver.recv().unwrap();
                receiver.recv().ok();
            });
            sender.send(1).unwrap();
            if bound > 0 {
                sender.send(2).unwrap();
            }
            let found = data.get();
            drop(sender);
            other.join().unwrap();
            found
        });
        assert_eq!(seen.races() > 0, races, "{bound} {seen:?}");
        assert_eq!(seen.deadlocks, 0, "{bound} {seen:?}");
    }
}

#[test]
fn a_full_channel_blocks() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(1).unwrap();
        let full = sender.try_send(2) == Err(TrySendError::Full(2));
        let found = receiver.recv().ok();
        let room = sender.try_send(3).is_ok();
        drop(receiver);
        (full, found, room, sender.try_send(4) == Err(TrySendError::Disconnected(4)))
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((outcomes(&seen), seen.complete), (vec![(true, Some(1), true, true)], 1));
    let seen = explore(|| {
        let (sender, _receiver) = mpsc::sync_channel(1);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
    });
    assert_eq!((seen.complete, seen.deadlocks), (0, 1), "{seen:?}");
}

#[test]
fn a_blocked_sender_gets_its_message_back() {
    for bound in [0, 1] {
        let seen = explore(move || {
            let (sender, receiver) = mpsc::sync_channel(bound);
            let other = thread::spawn(move || drop(receiver));
            let sent: Vec<bool> = (0..2).map(|i| sender.send(i) == Err(SendError(i))).collect();
            other.join().unwrap();
            sent
        });
        assert!(seen.is_clean(), "{bound} {seen:?}");
        let mut expected = vec![vec![true, true]];
        if bound == 1 {
            expected.insert(0, vec![false, true]);
        }
        assert_eq!(outcomes(&seen), expected, "{bound}");
    }
}

#[test]
fn a_rendezvous_waits_until_the_message_is_taken() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let taken = Arc::new(Mutex::new(false));
        let theirs = Arc::clone(&taken);
        let other = thread::spawn(move || {
            *theirs.lock().unwrap() = true;
            receiver.recv().unwrap()
        });
        sender.send(7).unwrap();
        let before = *taken.lock().unwrap();
        (before, other.join().unwrap())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [(true, 7)]);
}

/// It succeeds if the other side waits already.
#[test]
fn a_rendezvous_can_be_tried_from_both_sides() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || receiver.recv().ok());
        let sent = sender.try_send(1).is_ok();
        drop(sender);
        (sent, other.join().unwrap())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [(false, None), (true, Some(1))]);
    let seen = explore(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || sender.send(1).is_ok());
        let found = receiver.try_recv().ok();
        drop(receiver);
        (found, other.join().unwrap())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [(None, false), (Some(1), true)]);
}

/// L25.
#[test]
fn a_receiver_alone_times_out() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let found = receiver.recv_timeout(SOON);
        drop(sender);
        (found == Err(RecvTimeoutError::Timeout), receiver.recv_timeout(SOON).is_err())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!((outcomes(&seen), seen.complete), (vec![(true, true)], 1));
}

#[test]
fn a_timeout_is_missed_or_not() {
    let seen = explore(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        let found = receiver.recv_timeout(SOON).ok();
        drop(other.join().unwrap());
        (found, receiver.try_recv().ok())
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [(None, Some(1)), (Some(1), None)]);
    assert_eq!((seen.complete, seen.set_aside), (2, 0), "{seen:?}");
}

/// Messages that nobody takes are dropped with the receiver.
#[test]
fn what_is_left_is_dropped() {
    let seen = explore(|| {
        let payload = Arc::new(());
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&payload);
        let other = thread::spawn(move || sender.send(theirs).is_ok());
        drop(receiver);
        let sent = other.join().unwrap();
        (sent, Arc::strong_count(&payload))
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [(false, 1), (true, 1)]);
}

/// A receiver that is handed on, a channel within a channel.
#[test]
fn channels_travel_through_channels() {
    let seen = explore(|| {
        let (requests, server) = mpsc::channel::<(u32, mpsc::Sender<u32>)>();
        let server = thread::spawn(move || {
            for (number, reply) in server {
                reply.send(number * 2).unwrap();
            }
        });
        let (reply, replies) = mpsc::channel();
        requests.send((4, reply)).unwrap();
        let answer = replies.recv().ok();
        drop(requests);
        server.join().unwrap();
        answer
    });
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(outcomes(&seen), [Some(8)]);
}

/// std's own channel, made outside, is of use inside as long as nobody has to wait.
#[test]
fn a_channel_from_outside_reports_to_the_outside() {
    let (sender, receiver) = mpsc::channel();
    let seen = explore(move || sender.send(1).unwrap());
    assert!(seen.is_clean() && receiver.try_recv() == Ok(1), "{seen:?}");
    let (sender, receiver) = mpsc::channel::<u32>();
    let seen = explore(move || receiver.recv().ok());
    assert_eq!((seen.complete, seen.failures.len()), (0, 1), "{seen:?}");
    drop(sender);
}

#[test]
fn outside_of_a_model_it_is_stds() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let other = thread::spawn(move || (0..100).for_each(|i| sender.send(i).unwrap()));
    assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(0));
    assert_eq!(receiver.iter().sum::<u32>(), 4950);
    other.join().unwrap();
    assert_eq!(receiver.try_iter().next(), None);
    let (sender, receiver) = mpsc::channel::<u32>();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender { .. } Receiver { .. }");
    drop(sender.clone());
    drop(receiver);
    assert_eq!(sender.send(1), Err(SendError(1)));
}
