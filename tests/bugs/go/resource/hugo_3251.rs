//! hugo#3251: a URL is waited for with the map of URLs locked that its owner needs to let go of it.
//!
//! `URLLock` locks the map for writing, and in it the URL's own mutex. `URLUnlock` takes the map for reading
//! to find that mutex. Who waits for a URL therefore keeps its owner out. Repaired by unlocking the map
//! before the URL is locked.
//!
//! Left out: three goroutines, not fifty, and one round each; no download.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Mutex, RWMutex, WaitGroup};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct RemoteLock {
    lock: RWMutex,
    urls: Var<BTreeMap<&'static str, Arc<Mutex>>>,
}

impl RemoteLock {
    fn url_lock(&self, url: &'static str, fixed: bool) {
        self.lock.lock();
        let mutex = self.urls.update(|urls| Arc::clone(urls.entry(url).or_default()));
        if fixed {
            self.lock.unlock();
            mutex.lock();
        } else {
            mutex.lock();
            self.lock.unlock();
        }
    }

    fn url_unlock(&self, url: &'static str) {
        self.lock.rlock();
        self.urls.with(|urls| urls.get(url).cloned()).iter().for_each(|mutex| mutex.unlock());
        self.lock.runlock();
    }
}

fn program(fixed: bool) {
    let (remote, group) = (Arc::new(RemoteLock::default()), Arc::new(WaitGroup::new()));
    for _ in 0..3 {
        group.add(1);
        go!(remote, group => {
            remote.url_lock("http://Foo.Bar/foo_Bar-Foo", fixed);
            remote.url_unlock("http://Foo.Bar/foo_Bar-Foo");
            group.done();
        });
    }
    group.wait();
}

kernel!("hugo#3251": "deadlock");
