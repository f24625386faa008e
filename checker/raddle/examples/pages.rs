//! Writes the pages of some failures into a folder, to look at and for the test of the page in a browser.
//!
//! ```sh
//! cargo run -p raddle --example pages -- target/pages
//! ```

use raddle::{Builder, Outcome};
use raddle_shims::cell::{Access, UnsafeCell};
use raddle_shims::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use raddle_shims::sync::{Arc, Condvar, Mutex, mpsc};
use raddle_shims::thread;
use std::path::Path;

fn transfer(from: &Mutex<u64>, to: &Mutex<u64>) {
    let mut paid = from.lock().unwrap();
    let mut got = to.lock().unwrap();
    *paid -= 1;
    *got += 1;
}

/// Two transfers in opposite directions, while a third thread counts the audits.
fn deadlock() {
    let savings = Arc::new(Mutex::new(100));
    let checking = Arc::new(Mutex::new(100));
    let audits = Arc::new(AtomicU32::new(0));
    let (from, to) = (Arc::clone(&checking), Arc::clone(&savings));
    let back = thread::Builder::new().name("payback".into()).spawn(move || transfer(&from, &to));
    let seen = Arc::clone(&audits);
    let audit = thread::Builder::new().name("auditor".into()).spawn(move || {
        seen.fetch_add(1, AcqRel);
        seen.fetch_add(1, AcqRel)
    });
    transfer(&savings, &checking);
    back.unwrap().join().unwrap();
    audit.unwrap().join().unwrap();
}

struct Message {
    ready: AtomicBool,
    text: UnsafeCell<u64>,
}

// SAFETY: wrong, which is what this is about: `ready` does not order the accesses of `text`.
unsafe impl Sync for Message {}

/// A message whose flag is stored without release.
fn race() {
    let message = Arc::new(Message { ready: AtomicBool::new(false), text: UnsafeCell::new(0) });
    let sent = Arc::clone(&message);
    let sender = thread::spawn(move || {
        // SAFETY: nobody reads before `ready` is set.
        sent.text.with_mut(|text| unsafe { *text = 42 });
        sent.ready.store(true, Relaxed);
    });
    if message.ready.load(Acquire) {
        // SAFETY: wrong, as above.
        assert_eq!(message.text.with(|text| unsafe { *text }), 42);
    }
    sender.join().unwrap();
}

/// The same with atomics only: no race, and an old value.
fn stale() {
    let text = Arc::new(AtomicU32::new(0));
    let ready = Arc::new(AtomicBool::new(false));
    let (their_text, their_ready) = (Arc::clone(&text), Arc::clone(&ready));
    let sender = thread::spawn(move || {
        their_text.store(42, Relaxed);
        their_ready.store(true, Relaxed);
    });
    if ready.load(Relaxed) {
        assert_eq!(text.load(Relaxed), 42, "the text comes before the flag");
    }
    sender.join().unwrap();
}

/// Workers that take jobs from a channel and tell by a condition variable that they have finished; the last
/// notification is lost.
fn wakeup() {
    let (jobs, taken) = mpsc::sync_channel::<u32>(1);
    let done = Arc::new((Mutex::new(0), Condvar::new()));
    let told = Arc::clone(&done);
    let worker = thread::Builder::new().name("worker".into()).spawn(move || {
        for job in taken {
            *told.0.lock().unwrap() += job;
        }
        told.1.notify_one();
    });
    jobs.send(1).unwrap();
    jobs.send(2).unwrap();
    drop(jobs);
    let count = done.0.lock().unwrap();
    let count = done.1.wait(count).unwrap();
    assert_eq!(*count, 3);
    worker.unwrap().join().unwrap();
}

/// Some 5,000 steps of four threads.
fn long() {
    let total = Arc::new(Mutex::new(0));
    let turns = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let (total, turns) = (Arc::clone(&total), Arc::clone(&turns));
            thread::spawn(move || {
                for _ in 0..416 {
                    *total.lock().unwrap() += 1;
                    turns.fetch_add(1, Relaxed);
                    turns.load(Acquire);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    assert_eq!(*total.lock().unwrap(), 1249, "one is missing");
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or("target/pages".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("failed to make the folder");
    let random = Builder::new().strategy("random").seed(1);
    let all: [(&str, Builder, fn()); 5] = [
        ("deadlock", Builder::new(), deadlock),
        ("race", Builder::new(), race),
        ("stale", Builder::new(), stale),
        ("wakeup", Builder::new(), wakeup),
        ("long", random, long),
    ];
    for (name, builder, program) in all {
        let outcome = builder.name(format!("pages::{name}")).explore(program);
        let Outcome::Violation(violation) = outcome else {
            panic!("{name} did not fail: {outcome:?}")
        };
        let (file, page) = (folder.join(format!("{name}.html")), violation.page());
        std::fs::write(&file, &page).expect("failed to write the page");
        println!("{} ({} bytes): {}", file.display(), page.len(), violation.message);
    }
}
