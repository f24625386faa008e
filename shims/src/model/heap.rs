//! Whose memory the code allocates that runs on this operating-system thread.
//!
//! Addresses are to depend on what a thread of the program does, and on nothing else. So an allocator (that of
//! the runtime) has to know whether it is called by the program, and by which of its threads, or by the
//! checker on its behalf. This is where it looks.

use std::cell::Cell;
use std::ptr;

thread_local! {
    static HEAP: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// What the runtime has said of the running thread's memory, or null while the checker's own code runs.
#[inline(always)]
pub fn heap() -> *const () {
    HEAP.get()
}

/// From now on the memory is this one, until what is returned is dropped.
#[inline(always)]
#[must_use]
pub fn use_heap(heap: *const ()) -> HeapBefore {
    HeapBefore(HEAP.replace(heap))
}

/// What is allocated from now on, until what is returned is dropped, is the checker's own, whichever thread
/// of the program it is that needs it.
#[inline(always)]
#[must_use]
pub fn off_the_heap() -> HeapBefore {
    use_heap(ptr::null())
}

/// Restores what was before when it is dropped.
#[derive(Debug)]
pub struct HeapBefore(*const ());

impl Drop for HeapBefore {
    #[inline(always)]
    fn drop(&mut self) {
        HEAP.set(self.0);
    }
}
