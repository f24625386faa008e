//! istio#8214: a cache counts writes atomically, and copies the structure with the count plainly.
//!
//! `SetWithExpiration` counts by `atomic.AddUint64`; `Stats` returns the structure. Repaired by loading the
//! count atomically.
//!
//! Left out: the cache.

use crate::harness::{go, kernel};
use crate::var::Number;
use raddle_shims::go::WaitGroup;
use std::sync::Arc;

struct LruCache {
    writes: Number,
}

impl LruCache {
    fn set(&self, fixed: bool) {
        self.writes.add(1);
        self.record_stats(fixed);
    }

    fn record_stats(&self, fixed: bool) {
        let writes = if fixed { self.writes.load() } else { self.writes.copy() };
        assert!(writes > 0);
    }
}

fn program(fixed: bool) {
    let group = Arc::new(WaitGroup::new());
    group.add(3);
    go!(group => {
        let cache = Arc::new(LruCache { writes: Number::new(0) });
        for _ in 0..2 {
            go!(cache, group => {
                cache.set(fixed);
                group.done();
            });
        }
        group.done();
    });
    group.wait();
}

kernel!("istio#8214": "data-race");
