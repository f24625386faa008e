//! etcd#5509: a request that finds the client closed returns with the read lock held that closing takes once more.
//!
//! `acquire` takes the client's lock for reading and looks, again and again, whether it is closed; in that
//! case it returns without unlocking. `Close` unlocks while it waits for connections, and locks again.
//! Repaired by unlocking on every path.
//!
//! Left out: a request looks twice and is then served, as nothing else ends it.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::context::{self, CancelFunc};
use raddle_shims::go::{Mutex, RWMutex, chan};
use std::sync::Arc;

struct Client {
    lock: RWMutex,
    cancel: Var<Option<CancelFunc>>,
}

impl Client {
    fn close(&self) {
        self.lock.lock();
        if let Some(cancel) = self.cancel.get() {
            cancel.cancel();
            self.cancel.set(None);
            self.lock.unlock();
            self.lock.lock();
        }
        self.lock.unlock();
    }
}

struct RemoteClient {
    client: Arc<Client>,
    lock: Mutex,
}

impl RemoteClient {
    fn acquire(&self, fixed: bool) -> Result<(), &'static str> {
        for _ in 0..2 {
            self.client.lock.rlock();
            let closed = self.client.cancel.with(Option::is_none);
            self.lock.lock();
            self.lock.unlock();
            if closed {
                if fixed {
                    self.client.lock.runlock();
                }
                return Err("the connection is closed");
            }
            self.client.lock.runlock();
        }
        Ok(())
    }
}

fn program(fixed: bool) {
    let (_ctx, cancel) = context::with_cancel(&context::background());
    let client = Arc::new(Client { lock: RWMutex::new(), cancel: Var::new(Some(cancel)) });
    let remote = Arc::new(RemoteClient { client: Arc::clone(&client), lock: Mutex::new() });
    let done = chan::<()>(0);
    go!(remote, done => {
        let _closed = remote.acquire(fixed);
        done.close();
    });
    client.close();
    done.recv();
}

kernel!("etcd#5509": "deadlock");
