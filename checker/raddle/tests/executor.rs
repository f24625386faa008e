//! An executor made of the shims' locks and queues and std's wakers: a task that is woken too early, or not at all, is found.

use raddle::{Kind, Outcome};
use raddle_shims::sync::atomic::{AtomicBool, Ordering::*};
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    /// None while it is polled, and when it has ended.
    future: Mutex<Option<Boxed>>,
    queue: mpsc::Sender<std::sync::Arc<Task>>,
}

impl Wake for Task {
    fn wake(self: std::sync::Arc<Self>) {
        let again = std::sync::Arc::clone(&self);
        _ = self.queue.send(again);
    }
}

/// Runs a future until nobody is left who could wake it.
fn run(future: impl Future<Output = ()> + Send + 'static) {
    let (queue, tasks) = mpsc::channel();
    let future: Boxed = Box::pin(future);
    let task = std::sync::Arc::new(Task { future: Mutex::new(Some(future)), queue: queue.clone() });
    queue.send(task).unwrap();
    drop(queue);
    while let Ok(task) = tasks.recv() {
        let waker = Waker::from(std::sync::Arc::clone(&task));
        let mut place = task.future.lock().unwrap();
        let Some(mut future) = place.take() else { continue };
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            *place = Some(future);
        }
    }
}

#[derive(Default)]
struct Event {
    happened: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Event {
    fn happen(&self) {
        self.happened.store(true, Release);
        if let Some(waker) = self.waker.lock().unwrap().take() {
            waker.wake();
        }
    }

    /// Leaves the waker before it looks, as it must, or after.
    async fn wait(&self, leaves_first: bool) {
        poll_fn(|context| {
            let leave = || *self.waker.lock().unwrap() = Some(context.waker().clone());
            if leaves_first {
                leave();
            }
            if self.happened.load(Acquire) {
                // A waker that nobody takes would keep the queue alive, and the executor waiting.
                self.waker.lock().unwrap().take();
                return Poll::Ready(());
            }
            if !leaves_first {
                leave();
            }
            Poll::Pending
        })
        .await;
    }
}

fn outcome(leaves_first: bool) -> Outcome {
    raddle::explore(move || {
        let (event, done) = (Arc::new(Event::default()), Arc::new(AtomicBool::new(false)));
        let other = thread::spawn({
            let event = Arc::clone(&event);
            move || event.happen()
        });
        let (waits, ends) = (Arc::clone(&event), Arc::clone(&done));
        run(async move {
            waits.wait(leaves_first).await;
            ends.store(true, Release);
        });
        other.join().unwrap();
        assert!(done.load(Acquire), "the task has not ended");
    })
}

#[test]
fn a_waker_that_is_left_before_the_look_loses_nothing() {
    let outcome = outcome(true);
    assert!(outcome.is_verified(), "{outcome:?}");
}

/// The task waits for a wake that has been, and keeps itself alive by the waker that it has left: nobody ends the queue.
#[test]
fn a_waker_that_is_left_after_the_look_is_lost() {
    let outcome = outcome(false);
    let violation = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(violation.kind, Kind::Deadlock, "{}", violation.report);
    assert!(violation.report.contains("main waits to receive from"), "{}", violation.report);
}
