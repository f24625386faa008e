//! moby#30408: a plugin that cannot be activated does not tell those who wait for it.
//!
//! `waitActive` waits until there is a manifest. If activation fails there never is one, and nobody signals.
//! Repaired by waiting for the error as well, and signalling it.
//!
//! Left out: activation, which fails.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Cond, Mutex, chan};
use std::sync::Arc;

struct Plugin {
    lock: Mutex,
    changed: Cond,
    manifest: Var<Option<Vec<String>>>,
    error: Var<Option<&'static str>>,
}

impl Plugin {
    fn activate(&self, fixed: bool) {
        self.lock.lock();
        self.error.set(Some("some junk happened"));
        if fixed {
            self.changed.broadcast();
        }
        self.lock.unlock();
    }

    fn wait_active(&self, fixed: bool) -> Option<&'static str> {
        self.lock.lock();
        while self.manifest.with(Option::is_none) && !(fixed && self.error.get().is_some()) {
            self.changed.wait(&self.lock);
        }
        let error = self.error.get();
        self.lock.unlock();
        error
    }
}

fn program(fixed: bool) {
    let (manifest, error) = (Var::default(), Var::default());
    let plugin = Plugin { lock: Mutex::new(), changed: Cond::new(), manifest, error };
    let (plugin, done) = (Arc::new(plugin), chan::<()>(0));
    go!(plugin => plugin.activate(fixed));
    go!(plugin, done => {
        assert!(plugin.wait_active(fixed).is_some());
        done.close();
    });
    done.recv();
}

kernel!("moby#30408": "deadlock");
