//! cockroach#2448: the event loop sends an event while the store, running the callback of the one before, sends to the loop.
//!
//! The state loop hands an event to the store whenever it has nothing else to do, and waits until it is
//! taken. The store runs the event's callback, which sends a function back to the state loop. If the loop
//! comes to its next event first, each waits for the other. Repaired by queueing events, so that the loop
//! offers one and takes functions at the same time.
//!
//! Left out: the loop ends after two events, and then stops the store; in the original it never does.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, chan, select};

type Callback = Box<dyn FnOnce() + Send>;

const EVENTS: usize = 2;

#[derive(Clone)]
struct MultiRaft {
    stopped: Chan<()>,
    events: Chan<Callback>,
    callbacks: Chan<Callback>,
}

impl MultiRaft {
    /// An event of which the callback sends a function to the state loop.
    fn membership_change(&self) -> Callback {
        let raft = self.clone();
        Box::new(move || {
            select! {
                send(raft.callbacks, Box::new(|| {})) => {}
                recv(raft.stopped) -> _ => {}
            }
        })
    }

    fn send_event(&self) {
        select! {
            send(self.events, self.membership_change()) => {}
            recv(self.stopped) -> _ => {}
        }
    }

    fn state_loop(&self) {
        let (mut sent, mut called) = (0, 0);
        while called < EVENTS {
            if sent == EVENTS {
                self.callbacks.recv().expect("nobody closes it")();
                called += 1;
                continue;
            }
            select! {
                recv(self.stopped) -> _ => return,
                recv(self.callbacks) -> call => {
                    call.expect("nobody closes it")();
                    called += 1;
                }
                default => {
                    self.send_event();
                    sent += 1;
                }
            }
        }
        self.stopped.close();
    }

    fn state_loop_with_queue(&self) {
        let (mut queued, mut called) = (EVENTS, 0);
        while called < EVENTS {
            let events = if queued > 0 { self.events.clone() } else { Chan::nil() };
            select! {
                recv(self.stopped) -> _ => return,
                recv(self.callbacks) -> call => {
                    call.expect("nobody closes it")();
                    called += 1;
                }
                send(events, self.membership_change()) => queued -= 1,
            }
        }
        self.stopped.close();
    }

    fn process_raft(&self) {
        loop {
            select! {
                recv(self.events) -> callback => callback.expect("nobody closes it")(),
                recv(self.stopped) -> _ => return,
            }
        }
    }
}

fn program(fixed: bool) {
    let raft = MultiRaft { stopped: chan(0), events: chan(0), callbacks: chan(0) };
    go!(raft => raft.process_raft());
    go!(raft => if fixed { raft.state_loop_with_queue() } else { raft.state_loop() });
}

kernel!("cockroach#2448": "task-leak");
