//! Explorations run on a thread of their own.
//!
//! So std's count of panics, which belongs to the operating-system thread, starts at zero and is of no
//! consequence to the caller; a fresh thread per exploration also leaves behind what an execution may have
//! broken in it (an overflow, an interrupted panic). And the caller can watch: if the program blocks for
//! real, in something that is not a shim, nothing moves any more.

use raddle_runtime::RESTS;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lost {
    /// The program ran for that long, and performed no operation.
    Stuck(Duration),
    /// The checker itself panicked.
    Panicked(String),
}

/// How far the work has come, counted in whatever moves.
///
/// Everybody who works counts for himself. A number that several wrote would go from one processor to the other at
/// every operation: two workers that shared one took a fifth more time each.
#[derive(Clone, Default)]
pub(crate) struct Pulse(Arc<Mutex<Vec<Arc<AtomicU64>>>>);

impl Pulse {
    /// A counter for the thread that asks.
    pub fn counter(&self) -> Arc<AtomicU64> {
        let counter = Arc::default();
        self.counters().push(Arc::clone(&counter));
        counter
    }

    fn count(&self) -> u64 {
        self.counters().iter().fold(0, |sum, counter| sum.wrapping_add(counter.load(Relaxed)))
    }

    /// Whether no program runs: then it is raddle that computes.
    fn rests(&self) -> bool {
        let counters = self.counters();
        !counters.is_empty() && counters.iter().all(|counter| counter.load(Relaxed) & RESTS != 0)
    }

    fn counters(&self) -> MutexGuard<'_, Vec<Arc<AtomicU64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` on a thread of its own. If its pulse stands still for `patience` while a program runs, the thread is given up.
pub(crate) fn run<R: Send + 'static>(
    patience: Duration,
    work: impl FnOnce(Pulse) -> R + Send + 'static,
) -> Result<R, Lost> {
    let pulse = Pulse::default();
    let theirs = pulse.clone();
    let (sender, receiver) = sync_channel(1);
    let builder = thread::Builder::new().name("raddle".to_string());
    let worker = builder.spawn(move || {
        let result = work(theirs);
        // The caller may have given up.
        let _ = sender.send(result);
    });
    let worker = worker.expect("failed to start a thread");
    let mut seen = 0;
    loop {
        match receiver.recv_timeout(patience) {
            Ok(result) => {
                let _ = worker.join();
                return Ok(result);
            }
            Err(RecvTimeoutError::Disconnected) => {
                let text = match worker.join() {
                    Ok(()) => String::new(),
                    Err(payload) => match (payload.downcast_ref(), payload.downcast_ref()) {
                        (Some(&text), _) => str::to_string(text),
                        (_, Some(text)) => String::clone(text),
                        _ => String::new(),
                    },
                };
                return Err(Lost::Panicked(text));
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = pulse.count();
                if now == seen && !pulse.rests() {
                    return Err(Lost::Stuck(patience));
                }
                seen = now;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const PATIENCE: Duration = Duration::from_millis(20);

    #[test]
    fn who_computes_between_executions_is_waited_for() {
        let ended = run(PATIENCE, |pulse| {
            pulse.counter().store(7 | RESTS, Relaxed);
            thread::sleep(5 * PATIENCE);
            8
        });
        assert_eq!(ended, Ok(8));
    }

    #[test]
    fn a_program_that_does_nothing_is_given_up() {
        let (sender, receiver) = channel::<()>();
        let ended = run(PATIENCE, move |pulse| {
            let (one, other) = (pulse.counter(), pulse.counter());
            one.store(7 | RESTS, Relaxed);
            other.store(7, Relaxed);
            receiver.recv()
        });
        assert_eq!(ended.map(|_| ()), Err(Lost::Stuck(PATIENCE)));
        drop(sender);
    }
}
