//! Loops that count in thread-locals, which no operation and no stack shows.

mod support;

use raddle_engine::explore::{Exhaustive, Settings};
use raddle_runtime::{Runtime, SectionFault};
use raddle_shims::sync::Mutex;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::thread;
use std::cell::Cell;
use std::collections::BTreeSet;
use support::{Seen, explore_in};

raddle_shims::thread_local! {
    static LOOKS: Cell<u32> = const { Cell::new(0) };
}

/// More than the turns for which a loop is tried.
const MOST: u32 = 1_100;

/// Nothing of the count is left on the stack of the caller.
#[inline(never)]
fn count(looks: &Cell<u32>) {
    looks.set(looks.get() + 1);
}

#[inline(never)]
fn is_enough(looks: &Cell<u32>) -> bool {
    looks.get() >= MOST
}

/// A thread that looks at a flag so often at most, beside one that sets it; how often it has looked in vain.
fn looks_so_often(fault: Option<SectionFault>) -> Seen<u32> {
    let prepare = move |runtime: Runtime| runtime.with_section_fault(fault);
    explore_in(prepare, Exhaustive::new, Settings::default(), || {
        let flag = AtomicU32::new(0);
        thread::scope(|s| {
            s.spawn(|| flag.store(1, Relaxed));
            let looks = s.spawn(|| {
                while flag.load(Relaxed) == 0 && !LOOKS.with(is_enough) {
                    LOOKS.with(count);
                }
                LOOKS.get()
            });
            looks.join().unwrap()
        })
    })
}

/// Breaks if what is in thread-locals is left out when turns are compared.
#[test]
fn a_count_in_a_thread_local_is_seen() {
    let seen = looks_so_often(None);
    assert!(seen.is_clean(), "{seen:?}");
    assert_eq!(seen.outcomes, (0..=MOST).collect::<BTreeSet<_>>());
    let seen = looks_so_often(Some(SectionFault::IgnoresLocals));
    assert_ne!(seen.outcomes.len(), MOST as usize + 1, "the planted fault is not noticed");
}

/// A thread that locks to look and uses a thread-local meanwhile; what it finds there is as it was.
#[test]
fn a_section_may_use_a_thread_local() {
    let seen = explore_in(
        |runtime| runtime,
        Exhaustive::new,
        Settings::default(),
        || {
            let (flag, none) = (Mutex::new(false), LOOKS.get());
            thread::scope(|s| {
                s.spawn(|| *flag.lock().unwrap() = true);
                loop {
                    let flag = flag.lock().unwrap();
                    if *flag || LOOKS.get() != none {
                        break;
                    }
                }
            });
            LOOKS.get()
        },
    );
    assert!(seen.is_clean() && seen.cut == 0, "{seen:?}");
    // Without optimisation the first turn may be another than the second.
    assert!(seen.complete <= 2, "{seen:?}");
}
