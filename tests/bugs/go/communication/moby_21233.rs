//! moby#21233: a test that stops reading progress leaves all who write it waiting, and then waits for them.
//!
//! For each transfer a watcher writes progress on a shared channel without room, until it is released. The
//! consumer of that channel gives up when something unexpected comes (`t.Fatalf`), and `Release` waits for a
//! watcher that still writes. Repaired by reading on until the channel is closed.
//!
//! Left out: two transfers, not three; whether there is progress, and whether it is unexpected, is anybody's
//! choice.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Mutex, chan, select};
use std::sync::Arc;

#[derive(Default)]
struct Transfer {
    lock: Mutex,
}

#[derive(Clone)]
struct Watcher {
    signal: Chan<()>,
    release: Chan<()>,
    running: Chan<()>,
}

impl Transfer {
    fn watch(self: &Arc<Self>, progress: &Chan<u32>) -> Watcher {
        self.lock.lock();
        let watcher = Watcher { signal: chan(0), release: chan(0), running: chan(0) };
        let transfer = Arc::clone(self);
        go!(progress, watcher => {
            transfer.report(&progress, &watcher);
            watcher.running.close();
        });
        self.lock.unlock();
        watcher
    }

    fn report(&self, progress: &Chan<u32>, watcher: &Watcher) {
        let mut done = false;
        loop {
            self.lock.lock();
            self.lock.unlock();
            if raddle::choose(2) == 1 {
                progress.send(0);
            }
            if done {
                return;
            }
            select! {
                recv(watcher.signal) -> _ => {}
                recv(watcher.release) -> _ => done = true,
            }
        }
    }

    fn release(&self, watcher: &Watcher) {
        self.lock.lock();
        self.lock.unlock();
        watcher.release.close();
        watcher.running.recv();
    }
}

fn test_transfer(fixed: bool) {
    let (progress, progress_done) = (chan(0), chan::<()>(0));
    go!(progress, progress_done => {
        for _ in &progress {
            if !fixed && raddle::choose(2) == 1 {
                return;
            }
        }
        progress_done.close();
    });
    let transfers = [(); 2].map(|()| Arc::new(Transfer::default()));
    let watchers = transfers.each_ref().map(|transfer| transfer.watch(&progress));
    for (transfer, watcher) in transfers.iter().zip(&watchers) {
        transfer.release(watcher);
    }
    progress.close();
    progress_done.recv();
}

fn program(fixed: bool) {
    raddle_shims::go::go(move || test_transfer(fixed));
}

kernel!("moby#21233": "task-leak");
