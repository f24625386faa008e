//! parity-ethereum: two reader-writer locks in two orders (openethereum/parity-ethereum#9952, 2018).
//!
//! One thread reads the block queue while it writes the engine's state, another reads the state while it writes the
//! queue. Repaired by one order for all.
//!
//! Simplified: nothing but the locks.

use super::bug::bug;
use raddle_shims::sync::{Arc, RwLock};
use raddle_shims::thread;

#[derive(Default)]
struct Client {
    engine: RwLock<u32>,
    queue: RwLock<u32>,
}

impl Client {
    fn seal(&self) {
        let mut engine = self.engine.write().unwrap();
        *engine += *self.queue.read().unwrap();
    }

    fn import(&self) {
        let mut queue = self.queue.write().unwrap();
        *queue += *self.engine.read().unwrap();
    }

    fn import_in_order(&self) {
        let engine = self.engine.read().unwrap();
        *self.queue.write().unwrap() += *engine;
    }
}

fn program(import: fn(&Client)) {
    let client = Arc::new(Client::default());
    let theirs = Arc::clone(&client);
    let importer = thread::spawn(move || import(&theirs));
    client.seal();
    importer.join().unwrap();
}

bug! {
    "deadlock" in 7 steps,
    objects: ["engine", "queue"],
    sites: [
        ("fn seal", "engine.write"),
        ("fn seal", "queue.read"),
        ("fn import", "queue.write"),
        ("fn import", "engine.read"),
    ],
    broken: program(Client::import),
    fixed: program(Client::import_in_order),
}
