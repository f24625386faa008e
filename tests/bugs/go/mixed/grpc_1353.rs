//! grpc-go#1353: the balancer sends addresses with the lock held that their receiver needs to take one down.
//!
//! `watchAddrUpdates` sends under the balancer's lock, on a channel without room. The watcher that receives
//! tears connections down, which locks the balancer. If the next update comes first, each waits for the
//! other. Repaired by a channel with room for one, of which the old update is taken out before the new one is
//! put in.
//!
//! Left out: two updates and one connection; the balancer is closed when both have been sent.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan};
use std::sync::Arc;

const UPDATES: usize = 2;

struct RoundRobin {
    lock: Mutex,
    addresses: Chan<bool>,
}

impl RoundRobin {
    fn watch_updates(&self, fixed: bool) {
        self.lock.lock();
        if fixed {
            let _old = self.addresses.try_recv();
        }
        self.addresses.send(true);
        self.lock.unlock();
    }

    fn down(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn close(&self) {
        self.lock.lock();
        self.addresses.close();
        self.lock.unlock();
    }
}

struct AddrConn {
    lock: Mutex,
    balancer: Arc<RoundRobin>,
}

impl AddrConn {
    fn tear_down(&self) {
        self.lock.lock();
        self.balancer.down();
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let addresses = chan(usize::from(fixed));
    let balancer = Arc::new(RoundRobin { lock: Mutex::new(), addresses });
    let conn = Arc::new(AddrConn { lock: Mutex::new(), balancer: Arc::clone(&balancer) });
    let sent = chan::<()>(0);
    go!(balancer, sent => {
        (0..UPDATES).for_each(|_| balancer.watch_updates(fixed));
        sent.close();
    });
    go!(balancer, conn => balancer.addresses.iter().for_each(|_| conn.tear_down()));
    go!(balancer => {
        sent.recv();
        balancer.close();
    });
}

kernel!("grpc#1353": "task-leak");
