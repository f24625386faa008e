//! A bucket of tokens lets so many requests through; that looking and taking are two steps is the trap.

#![forbid(unsafe_code)]

/// Looks whether there is a token, and takes it.
pub mod broken {
    use raddle_shims::go::atomic::Int64;

    /// Tokens that are there.
    pub struct Bucket(Int64);

    impl Bucket {
        /// A bucket with so many.
        pub const fn new(tokens: i64) -> Bucket {
            Bucket(Int64::new(tokens))
        }

        /// Whether a request may pass.
        pub fn allow(&self) -> bool {
            if self.0.load() <= 0 {
                return false;
            }
            self.0.add(-1);
            true
        }
    }

    /// How many of two requests pass that come at the same time, with one token.
    pub fn passed() -> i64 {
        super::passed(Bucket::new(1), Bucket::allow)
    }
}

/// Takes and looks under a lock, as `rate::Limiter`.
pub mod fixed {
    use raddle_shims::go::rate::Limiter;

    /// How many of two requests pass that come at the same time, with one token.
    pub fn passed() -> i64 {
        super::passed(Limiter::new(0.001, 1), Limiter::allow)
    }
}

fn passed<B: Send + Sync + 'static>(bucket: B, allow: fn(&B) -> bool) -> i64 {
    use raddle_shims::go::{WaitGroup, atomic::Int64};
    use std::sync::Arc;
    let (shared, group) = (Arc::new((bucket, Int64::new(0))), Arc::new(WaitGroup::new()));
    group.add(2);
    for _ in 0..2 {
        let (shared, group) = (Arc::clone(&shared), Arc::clone(&group));
        raddle_shims::go::go(move || {
            if allow(&shared.0) {
                shared.1.add(1);
            }
            group.done();
        });
    }
    group.wait();
    shared.1.load()
}
