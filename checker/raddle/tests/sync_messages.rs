//! Messages are dropped exactly once, however an execution ends, and nobody keeps one that was not sent.

mod support;

use raddle_engine::memory::Model;
use raddle_shims::sync::Arc;
use raddle_shims::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use raddle_shims::thread;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use support::{Seen, explore_under};

const BOUNDS: [Option<usize>; 4] = [None, Some(0), Some(1), Some(2)];

/// How many messages have been made and dropped, in all executions.
#[derive(Default)]
struct Count {
    made: AtomicU64,
    dropped: AtomicU64,
}

struct Message {
    count: Arc<Count>,
    /// What else it carries.
    _more: Option<End>,
}

impl Drop for Message {
    fn drop(&mut self) {
        self.count.dropped.fetch_add(1, Relaxed);
    }
}

#[derive(Clone)]
enum End {
    Unbounded(Sender<Message>),
    Bounded(SyncSender<Message>),
}

impl End {
    fn send(&self, message: Message) -> Result<(), Message> {
        match self {
            End::Unbounded(sender) => sender.send(message).map_err(|error| error.0),
            End::Bounded(sender) => sender.send(message).map_err(|error| error.0),
        }
    }

    fn try_send(&self, message: Message) -> Result<(), Message> {
        match self {
            End::Unbounded(sender) => sender.send(message).map_err(|error| error.0),
            End::Bounded(sender) => sender.try_send(message).map_err(|error| match error {
                TrySendError::Full(message) | TrySendError::Disconnected(message) => message,
            }),
        }
    }
}

/// A channel, and what makes messages for it.
struct Start {
    sender: End,
    receiver: Receiver<Message>,
    make: Make,
}

#[derive(Clone)]
struct Make(Arc<Count>);

impl Make {
    fn message(&self) -> Message {
        self.with(None)
    }

    fn with(&self, _more: Option<End>) -> Message {
        self.0.made.fetch_add(1, Relaxed);
        Message { count: Arc::clone(&self.0), _more }
    }
}

/// Explores the program for all bounds under both models. As many messages are dropped as made.
#[track_caller]
fn all_dropped(program: fn(Start), check: impl Fn(&Seen<()>)) {
    for (bound, model) in BOUNDS.into_iter().flat_map(|b| [(b, Model::Sc), (b, Model::Rc20)]) {
        let count: Arc<Count> = Arc::default();
        let theirs = Arc::clone(&count);
        let seen = explore_under(model, move || {
            let (sender, receiver) = match bound {
                None => {
                    let (sender, receiver) = mpsc::channel();
                    (End::Unbounded(sender), receiver)
                }
                Some(bound) => {
                    let (sender, receiver) = mpsc::sync_channel(bound);
                    (End::Bounded(sender), receiver)
                }
            };
            program(Start { sender, receiver, make: Make(Arc::clone(&theirs)) });
        });
        let (made, dropped) = (count.made.load(Relaxed), count.dropped.load(Relaxed));
        assert!(made > 0 && made == dropped, "{bound:?} {model:?}: {made} {dropped} {seen:?}");
        assert_eq!(seen.set_aside + seen.redundant, 0, "{bound:?} {model:?} {seen:?}");
        check(&seen);
    }
}

#[track_caller]
fn clean(seen: &Seen<()>) {
    assert!(seen.is_clean(), "{seen:?}");
}

#[test]
fn the_receiver_leaves_early() {
    let program = |Start { sender, receiver, make }: Start| {
        let sends = || {
            let (sender, make) = (sender.clone(), make.clone());
            thread::spawn(move || {
                (0..2).take_while(|_| sender.send(make.message()).is_ok()).count()
            })
        };
        let senders = [sends(), sends()];
        drop(sender);
        drop(receiver.recv());
        drop(receiver);
        senders.into_iter().for_each(|sender| _ = sender.join().unwrap());
    };
    all_dropped(program, clean);
}

#[test]
fn messages_that_keep_their_channel_open() {
    let program = |Start { sender, receiver, make }: Start| {
        let mine = sender.clone();
        let other = thread::spawn(move || {
            let again = Some(sender.clone());
            _ = sender.try_send(make.with(again));
            drop(sender.send(make.with(Some(sender.clone()))));
        });
        drop(receiver.recv_timeout(Duration::from_millis(1)));
        drop(receiver);
        drop(mine);
        other.join().unwrap();
    };
    all_dropped(program, clean);
}

/// Main ends the execution while the others stand anywhere.
#[test]
fn a_panic_elsewhere() {
    let program = |Start { sender, receiver, make }: Start| {
        let (theirs, more) = (sender.clone(), make.clone());
        thread::spawn(move || while theirs.send(more.message()).is_ok() {});
        thread::spawn(move || {
            let kept = receiver.recv();
            drop(receiver.try_recv());
            drop(receiver.recv());
            drop(kept);
        });
        _ = sender.try_send(make.message());
        panic!("on purpose");
    };
    all_dropped(program, |seen| assert!(!seen.failures.is_empty(), "{seen:?}"));
}

#[test]
fn a_deadlock() {
    let program = |Start { sender, receiver, make }: Start| {
        (0..2).for_each(|_| _ = sender.try_send(make.message()));
        let other = thread::spawn(move || {
            let _kept = receiver;
            thread::park_timeout(Duration::from_millis(1));
            thread::park();
            thread::park();
        });
        // It waits for ever, or else the other one does.
        _ = sender.send(make.message());
        _ = sender.send(make.message());
        other.join().unwrap();
    };
    all_dropped(program, |seen| assert!(seen.deadlocks > 0, "{seen:?}"));
}

/// Sends and receives while it is dropped.
struct Busy(End, Option<Receiver<Message>>, Make);

impl Drop for Busy {
    fn drop(&mut self) {
        _ = self.0.try_send(self.2.message());
        if let Some(receiver) = &self.1 {
            drop(receiver.try_recv());
            drop(receiver.recv_timeout(Duration::ZERO));
            receiver.try_iter().for_each(drop);
        }
    }
}

#[test]
fn destructors_that_send_and_receive() {
    let program = |Start { sender, receiver, make }: Start| {
        let mine = Busy(sender.clone(), None, make.clone());
        let theirs = Busy(sender.clone(), Some(receiver), make.clone());
        let other = thread::spawn(move || {
            let theirs = theirs;
            drop(theirs.1.as_ref().unwrap().recv());
            thread::park();
        });
        _ = sender.send(make.message());
        if sender.try_send(make.message()).is_ok() {
            panic!("on purpose");
        }
        drop(mine);
        other.thread().unpark();
        other.join().unwrap();
    };
    all_dropped(program, |_| {});
}
