//! kubernetes#13135: the cacher locks itself and then its watch cache, whose events lock the cacher.
//!
//! `startCaching` locks the cacher and replaces the contents of the watch cache, under its lock; a callback
//! unlocks the cacher. An event locks the watch cache, and its callback the cacher. Repaired by calling back
//! after the watch cache is unlocked.
//!
//! Left out: caching starts twice at most, not again and again.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, Once, RWMutex, WaitGroup, chan};
use std::sync::Arc;

#[derive(Default)]
struct Cacher {
    lock: Mutex,
    initialized: WaitGroup,
    once: Once,
    watch_cache: RWMutex,
}

impl Cacher {
    fn start_caching(&self) {
        self.lock.lock();
        self.replace();
    }

    /// In the watch cache.
    fn replace(&self) {
        self.watch_cache.lock();
        self.on_replace();
        self.watch_cache.unlock();
    }

    fn on_replace(&self) {
        self.once.do_once(|| self.initialized.done());
        self.lock.unlock();
    }

    /// In the watch cache.
    fn add(&self, fixed: bool) {
        self.watch_cache.lock();
        if fixed {
            self.watch_cache.unlock();
            self.on_event();
        } else {
            self.on_event();
            self.watch_cache.unlock();
        }
    }

    fn on_event(&self) {
        self.lock.lock();
        self.lock.unlock();
    }

    fn start(stop: &Chan<()>) -> Arc<Cacher> {
        let cacher = Arc::new(Cacher::default());
        cacher.initialized.add(1);
        go!(cacher, stop => {
            for _ in 0..2 {
                if stop.try_recv().is_ok() {
                    return;
                }
                cacher.start_caching();
            }
        });
        cacher.initialized.wait();
        cacher
    }
}

fn program(fixed: bool) {
    let stop = chan(0);
    let cacher = Cacher::start(&stop);
    go!(cacher => cacher.add(fixed));
    go!(stop => stop.close());
}

kernel!("kubernetes#13135": "task-leak");
