//! etcd#7902: followers of an election wait for the leader with the lock held that the leader needs to release them.
//!
//! Each round every client takes note of the channel of this round under the lock, and then, under the lock
//! again, the leader closes that channel and makes the next, and followers wait until theirs is closed. A
//! follower that is first keeps the leader out. Repaired by releasing without the lock.
//!
//! Left out: two clients and two rounds; the leader does not wait for its own channel (which in the kernel is
//! a variable that all closures share). The repaired form makes the next channel under the lock, so that
//! nothing races; the leader closes the last one, for followers that come late.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, WaitGroup, chan};
use std::sync::Arc;

const CLIENTS: usize = 2;
const ROUNDS: usize = 2;

struct Election {
    lock: Mutex,
    next: Var<Chan<()>>,
}

impl Election {
    fn client(&self, is_leader: bool, fixed: bool) {
        for _ in 0..ROUNDS {
            self.lock.lock();
            let next = self.next.get();
            self.lock.unlock();
            self.lock.lock();
            if is_leader {
                next.close();
                self.next.set(chan(0));
            }
            if fixed {
                self.lock.unlock();
                next.recv();
                continue;
            }
            next.recv();
            self.lock.unlock();
        }
        if is_leader {
            self.lock.lock();
            self.next.get().close();
            self.lock.unlock();
        }
    }
}

fn run_election(fixed: bool) {
    let election = Arc::new(Election { lock: Mutex::new(), next: Var::new(chan(0)) });
    let group = Arc::new(WaitGroup::new());
    group.add(CLIENTS as i32);
    for client in 0..CLIENTS {
        go!(election, group => {
            election.client(client == 0, fixed);
            group.done();
        });
    }
    group.wait();
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || run_election(fixed));
}

kernel!("etcd#7902": "task-leak");
