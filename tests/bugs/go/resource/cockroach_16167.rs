//! cockroach#16167: a lock is taken for reading under one name, and again under another.
//!
//! The condition's locker is the read side of the lock of the system's configuration. A statement is executed
//! with it held, and asks for the database cache, which takes the same lock for reading. An update in between
//! waits for the first reader, and, as it waits, keeps the second out. Repaired by not taking the lock for
//! the cache, as it is held.
//!
//! Left out: sessions and statements; nobody waits at the condition, of which only the locker matters.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::RWMutex;
use std::sync::Arc;

struct Executor {
    config_lock: Arc<RWMutex>,
    /// What the condition calls its lock.
    cond_locker: Arc<RWMutex>,
    config: Var<u32>,
}

impl Executor {
    fn update_system_config(&self) {
        self.config_lock.lock();
        self.config.update(|config| *config += 1);
        self.config_lock.unlock();
    }

    fn exec_parsed(&self, fixed: bool) {
        self.cond_locker.rlock();
        self.prepare(fixed);
        self.cond_locker.runlock();
    }

    fn prepare(&self, fixed: bool) -> u32 {
        if fixed {
            return self.config.get();
        }
        self.config_lock.rlock();
        let config = self.config.get();
        self.config_lock.runlock();
        config
    }
}

fn program(fixed: bool) {
    let config_lock = Arc::new(RWMutex::new());
    let (cond_locker, config) = (Arc::clone(&config_lock), Var::new(0));
    let executor = Arc::new(Executor { config_lock, cond_locker, config });
    go!(executor => executor.update_system_config());
    executor.exec_parsed(fixed);
}

kernel!("cockroach#16167": "deadlock");
