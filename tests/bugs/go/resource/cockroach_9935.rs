//! cockroach#9935: a logger that cannot create its file exits, with its lock held that exiting takes.
//!
//! Repaired by unlocking before.
//!
//! Left out: the file; whether it can be created is anybody's choice.

use crate::harness::kernel;
use raddle_shims::go::Mutex;

struct Logging {
    lock: Mutex,
}

impl Logging {
    fn output(&self, fixed: bool) {
        self.lock.lock();
        match create_file() {
            Err(error) if fixed => {
                self.lock.unlock();
                self.exit(error);
                return;
            }
            Err(error) => self.exit(error),
            Ok(()) => {}
        }
        self.lock.unlock();
    }

    fn exit(&self, _error: &str) {
        self.lock.lock();
        self.lock.unlock();
    }
}

fn create_file() -> Result<(), &'static str> {
    if raddle::choose(2) == 0 { Ok(()) } else { Err("it fails") }
}

fn program(fixed: bool) {
    let logging = Logging { lock: Mutex::new() };
    raddle_shims::go::go(move || logging.output(fixed));
}

kernel!("cockroach#9935": "task-leak");
