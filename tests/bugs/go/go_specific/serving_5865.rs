//! serving#5865: a watcher closes the channel on which destinations are sent to it.
//!
//! `endpointsUpdated` makes a watcher and sends to it; the watcher's goroutine ends and closes the channel,
//! with the sender waiting there or on its way. Repaired by a second channel that says so, at which the
//! sender looks as well.
//!
//! Left out: endpoints and probes: the watcher ends at once.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, RWMutex, chan, select};

#[derive(Clone)]
struct RevisionWatcher {
    destinations: Chan<()>,
    ended: Chan<()>,
}

impl RevisionWatcher {
    fn run(&self, fixed: bool) {
        if fixed {
            self.ended.close();
        } else {
            self.destinations.close();
        }
    }
}

#[derive(Default)]
struct BackendsManager {
    watchers: RWMutex,
}

impl BackendsManager {
    fn create_watcher(&self, fixed: bool) -> RevisionWatcher {
        self.watchers.lock();
        let watcher = RevisionWatcher { destinations: chan(0), ended: chan(0) };
        go!(watcher => watcher.run(fixed));
        self.watchers.unlock();
        watcher
    }

    fn endpoints_updated(&self, fixed: bool) {
        let watcher = self.create_watcher(fixed);
        select! {
            send(watcher.destinations, ()) => {}
            recv(watcher.ended) -> _ => {}
        }
    }
}

fn program(fixed: bool) {
    BackendsManager::default().endpoints_updated(fixed);
}

kernel!("serving#5865": "panic" of "send on closed channel");
