//! A counter of hits that threads share without a lock.

/// A plain cell: two threads that count at the same time are a data race, which is undefined behaviour.
pub mod broken {
    use raddle_shims::cell::{Access, UnsafeCell};

    /// How often something happened.
    pub struct Hits {
        count: UnsafeCell<u64>,
    }

    // SAFETY: wrong. "Each access is short" keeps nobody out while another thread is in.
    unsafe impl Sync for Hits {}

    impl Hits {
        /// None yet.
        #[track_caller]
        pub const fn new() -> Hits {
            Hits { count: UnsafeCell::new(0) }
        }

        /// One more.
        pub fn count(&self) {
            // SAFETY: wrong, as above.
            self.count.with_mut(|count| unsafe { *count += 1 });
        }

        /// How many there were.
        pub fn total(&self) -> u64 {
            // SAFETY: wrong, as above.
            self.count.with(|count| unsafe { *count })
        }
    }

    impl Default for Hits {
        #[track_caller]
        fn default() -> Hits {
            Hits::new()
        }
    }
}

/// An atomic, but read and written in two operations: no race any more, and hits are still lost.
pub mod half_fixed {
    use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};

    /// How often something happened.
    #[derive(Default)]
    pub struct Hits {
        count: AtomicU64,
    }

    impl Hits {
        /// None yet.
        #[track_caller]
        pub const fn new() -> Hits {
            Hits { count: AtomicU64::new(0) }
        }

        /// One more.
        pub fn count(&self) {
            let before = self.count.load(Relaxed);
            self.count.store(before + 1, Relaxed);
        }

        /// How many there were.
        pub fn total(&self) -> u64 {
            self.count.load(Relaxed)
        }
    }
}

/// One operation that reads and writes.
pub mod fixed {
    use raddle_shims::sync::atomic::{AtomicU64, Ordering::Relaxed};

    /// How often something happened.
    #[derive(Default)]
    pub struct Hits {
        count: AtomicU64,
    }

    impl Hits {
        /// None yet.
        #[track_caller]
        pub const fn new() -> Hits {
            Hits { count: AtomicU64::new(0) }
        }

        /// One more.
        pub fn count(&self) {
            self.count.fetch_add(1, Relaxed);
        }

        /// How many there were.
        pub fn total(&self) -> u64 {
            self.count.load(Relaxed)
        }
    }
}
