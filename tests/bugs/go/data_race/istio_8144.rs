//! istio#8144: a cache's evicter calls back while a test reads how often it did.
//!
//! The entries are in a `sync.Map`, but the recorder of calls counts in a plain variable. Repaired by an
//! atomic one.
//!
//! Left out: expiry: the evicter takes all entries for expired, once.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::atomic::Int64;
use raddle_shims::go::{Map, WaitGroup};
use std::sync::Arc;

#[derive(Default)]
struct Recorder {
    calls: Var<i64>,
    fixed_calls: Int64,
}

impl Recorder {
    fn call(&self, fixed: bool) {
        if fixed {
            self.fixed_calls.add(1);
        } else {
            self.calls.update(|calls| *calls += 1);
        }
    }

    fn calls(&self, fixed: bool) -> i64 {
        if fixed { self.fixed_calls.load() } else { self.calls.get() }
    }
}

struct TtlCache {
    entries: Map<u32, u32>,
    callback: Box<dyn Fn() + Send + Sync>,
}

impl TtlCache {
    fn new(callback: impl Fn() + Send + Sync + 'static) -> Arc<TtlCache> {
        let cache = Arc::new(TtlCache { entries: Map::new(), callback: Box::new(callback) });
        go!(cache => cache.evict_expired());
        cache
    }

    fn evict_expired(&self) {
        let mut expired = 0;
        self.entries.range(|_, _| {
            expired += 1;
            true
        });
        (0..expired).for_each(|_| (self.callback)());
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.go(move || {
        let recorder = Arc::new(Recorder::default());
        let theirs = Arc::clone(&recorder);
        let cache = TtlCache::new(move || theirs.call(fixed));
        cache.entries.store(1, 1);
        assert!(recorder.calls(fixed) <= 1);
    });
    group.wait();
}

kernel!("istio#8144": "data-race");
