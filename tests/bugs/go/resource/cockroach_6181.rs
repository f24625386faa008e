//! cockroach#6181: a cache is printed with its read lock held, and printing takes that lock for reading.
//!
//! `LookupRangeDescriptor` logs the cache under its lock; `String` locks as well. Another lookup, which has
//! come to write what it found, waits in between, and nobody goes on. Repaired by printing by the function
//! for those who hold the lock.
//!
//! Left out: descriptors; two lookups, not three.

use crate::harness::{go, kernel};
use raddle_shims::go::{RWMutex, WaitGroup};
use std::fmt;
use std::sync::Arc;

#[derive(Default)]
struct DescriptorCache {
    lock: RWMutex,
}

impl fmt::Display for DescriptorCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock.rlock();
        let result = f.write_str(self.string_locked());
        self.lock.runlock();
        result
    }
}

impl DescriptorCache {
    fn string_locked(&self) -> &'static str {
        "something here"
    }

    fn lookup(&self, fixed: bool) -> String {
        self.lock.rlock();
        let text = if fixed { self.string_locked().into() } else { self.to_string() };
        self.lock.runlock();
        self.lock.lock();
        self.lock.unlock();
        text
    }
}

fn test_coalesced_requests(fixed: bool) {
    let (cache, group) = (Arc::new(DescriptorCache::default()), Arc::new(WaitGroup::new()));
    for _ in 0..2 {
        group.add(1);
        go!(cache, group => {
            cache.lookup(fixed);
            group.done();
        });
    }
    group.wait();
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || test_coalesced_requests(fixed));
}

kernel!("cockroach#6181": "task-leak");
