//! etcd#7492: a token is handed to its keeper with the lock held that the keeper needs to delete old ones.
//!
//! `Authenticate` locks, sends the token to the keeper, on a channel with room for one, and unlocks. The
//! keeper takes tokens, or, at a tick, deletes those that have expired, each under the lock. If the channel
//! is full when it ticks, neither goes on. Repaired by sending after unlocking.
//!
//! Left out: the ticker ticks once; every token that has been added has expired at a tick.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, RWMutex, WaitGroup, after, chan, select};
use std::sync::Arc;
use std::time::Duration;

struct Tokens {
    lock: RWMutex,
    added: Chan<u32>,
    stop: Chan<Chan<()>>,
}

impl Tokens {
    fn keep(&self) {
        let mut tokens = 0;
        let tick = after(Duration::from_nanos(1));
        loop {
            select! {
                recv(self.added) -> _ => tokens += 1,
                recv(self.stop) -> waits => return waits.expect("nobody closes it").send(()),
                recv(tick) -> _ => {
                    (0..tokens).for_each(|_| self.delete());
                    tokens = 0;
                }
            }
        }
    }

    fn delete(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn authenticate(&self, fixed: bool) {
        self.lock.lock();
        if fixed {
            self.lock.unlock();
            self.added.send(0);
        } else {
            self.added.send(0);
            self.lock.unlock();
        }
    }

    fn disable(&self) {
        let waits = chan(0);
        self.stop.send(waits.clone());
        waits.recv();
        self.delete();
    }
}

fn program(fixed: bool) {
    let tokens = Arc::new(Tokens { lock: RWMutex::new(), added: chan(1), stop: chan(0) });
    go!(tokens => tokens.keep());
    let group = Arc::new(WaitGroup::new());
    for _ in 0..3 {
        let tokens = Arc::clone(&tokens);
        group.go(move || tokens.authenticate(fixed));
    }
    group.wait();
    tokens.disable();
}

kernel!("etcd#7492": "deadlock");
