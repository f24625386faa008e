//! kubernetes#1321: events are distributed with the lock held that a watcher needs to stop.
//!
//! `distribute` sends to each watcher under the lock. A watcher that wants no more calls `Stop`, which closes
//! its channel under the same lock, and the sender waits for ever. Repaired by a second channel, closed
//! without the lock, which the sender looks at as well.
//!
//! Left out: two rounds. The watchers' own lock, which the kernel adds against races, is held for as long as
//! there.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, Mutex, chan, select};
use std::collections::BTreeMap;
use std::sync::Arc;

const ROUNDS: usize = 2;

#[derive(Clone)]
struct Watcher {
    id: usize,
    results: Chan<()>,
    stopped: Chan<()>,
}

#[derive(Default)]
struct Mux {
    lock: Mutex,
    watchers_lock: Mutex,
    watchers: Var<BTreeMap<usize, Watcher>>,
}

impl Mux {
    fn watch(&self) -> Watcher {
        self.watchers_lock.lock();
        let id = self.watchers.with(BTreeMap::len);
        let watcher = Watcher { id, results: chan(0), stopped: chan(0) };
        self.watchers.update(|watchers| watchers.insert(id, watcher.clone()));
        self.watchers_lock.unlock();
        watcher
    }

    fn distribute(&self) {
        self.lock.lock();
        self.watchers_lock.lock();
        for watcher in self.watchers.get().values() {
            select! {
                send(watcher.results, ()) => {}
                recv(watcher.stopped) -> _ => {}
            }
        }
        self.watchers_lock.unlock();
        self.lock.unlock();
    }

    fn stop_watching(&self, watcher: &Watcher, fixed: bool) {
        if fixed {
            watcher.stopped.close();
        }
        self.lock.lock();
        let there = self.watchers.update(|watchers| watchers.remove(&watcher.id));
        there.iter().for_each(|watcher| watcher.results.close());
        self.lock.unlock();
    }
}

fn test_watcher_close(fixed: bool) {
    let mux = Arc::new(Mux::default());
    go!(mux => (0..ROUNDS).for_each(|_| mux.distribute()));
    let watcher = mux.watch();
    mux.stop_watching(&watcher, fixed);
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || test_watcher_close(fixed));
}

kernel!("kubernetes#1321": "task-leak");
