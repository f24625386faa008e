//! The allocator comes with the face: an address that a thread has freed comes again to that thread, in the same executions every
//! time.

mod support;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicPtr, Ordering::*};
use loom::thread;
use std::ptr::null_mut;
use support::{failure, outcomes};

fn block() -> *mut [u64; 30] {
    Box::into_raw(Box::new([0; 30]))
}

fn free(block: *mut [u64; 30]) {
    if !block.is_null() {
        // SAFETY: the callers have taken it out of the place where it was, so it is theirs.
        drop(unsafe { Box::from_raw(block) });
    }
}

#[test]
fn an_address_comes_again_to_who_freed_it() {
    let message = failure(|| {
        let place = Arc::new(AtomicPtr::new(block()));
        let theirs = Arc::clone(&place);
        let other = thread::spawn(move || {
            free(theirs.swap(null_mut(), AcqRel));
            theirs.store(block(), Release);
        });
        let seen = place.load(Acquire);
        let changed = place.load(Acquire) != seen;
        let is_there = place.load(Acquire) == seen;
        assert!(!(changed && is_there && !seen.is_null()), "what was seen first is there again");
        other.join().unwrap();
        free(place.swap(null_mut(), AcqRel));
    });
    assert!(message.contains("what was seen first is there again"), "{message}");
}

#[test]
fn an_address_does_not_come_again_to_others() {
    let same = outcomes(|| {
        let first = block();
        let address = first.addr();
        let place = Arc::new(AtomicPtr::new(first));
        let theirs = Arc::clone(&place);
        let frees = thread::spawn(move || free(theirs.swap(null_mut(), AcqRel)));
        let allocates = thread::spawn(move || {
            let new = block();
            let same = new.addr() == address;
            free(new);
            same
        });
        frees.join().unwrap();
        allocates.join().unwrap()
    });
    assert_eq!(same, [false]);
}
