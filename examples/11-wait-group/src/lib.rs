//! Workers add to a sum, and somebody waits for all of them; who counts them is the trap.

#![forbid(unsafe_code)]

/// Each worker counts itself.
pub mod broken {
    use raddle_shims::go::{self, WaitGroup, atomic::Int64};
    use std::sync::Arc;

    /// Adds up to `workers`.
    pub fn sum(workers: i64) -> i64 {
        let (group, sum) = (Arc::new(WaitGroup::new()), Arc::new(Int64::new(0)));
        for worker in 1..=workers {
            let (group, sum) = (Arc::clone(&group), Arc::clone(&sum));
            go::go(move || {
                group.add(1);
                sum.add(worker);
                group.done();
            });
        }
        group.wait();
        sum.load()
    }
}

/// A worker that has nothing to add says at once that it is done, and then says it again.
pub mod broken_twice {
    use raddle_shims::go::{self, WaitGroup, atomic::Int64};
    use std::sync::Arc;

    /// Adds up to `workers`, and 0.
    pub fn sum(workers: i64) -> i64 {
        let (group, sum) = (Arc::new(WaitGroup::new()), Arc::new(Int64::new(0)));
        for worker in 0..=workers {
            let (theirs, sum) = (Arc::clone(&group), Arc::clone(&sum));
            group.add(1);
            go::go(move || {
                if worker == 0 {
                    theirs.done();
                }
                sum.add(worker);
                theirs.done();
            });
        }
        group.wait();
        sum.load()
    }
}

/// A worker that has nothing to add returns without saying that it is done.
pub mod broken_never {
    use raddle_shims::go::{self, WaitGroup, chan};
    use std::sync::Arc;

    /// Adds up to `workers`, and 0.
    pub fn sum(workers: i64) -> i64 {
        let (group, numbers) = (Arc::new(WaitGroup::new()), chan(0));
        for worker in 0..=workers {
            let (theirs, numbers) = (Arc::clone(&group), numbers.sender());
            group.add(1);
            go::go(move || {
                if worker == 0 {
                    return;
                }
                numbers.send(worker);
                theirs.done();
            });
        }
        let closes = numbers.clone();
        go::go(move || {
            group.wait();
            closes.close();
        });
        numbers.iter().take(workers as usize).sum()
    }
}

/// They are counted before they are started.
pub mod fixed {
    use raddle_shims::go::{self, WaitGroup, atomic::Int64};
    use std::sync::Arc;

    /// Adds up to `workers`.
    pub fn sum(workers: i64) -> i64 {
        let (group, sum) = (Arc::new(WaitGroup::new()), Arc::new(Int64::new(0)));
        for worker in 1..=workers {
            let (theirs, sum) = (Arc::clone(&group), Arc::clone(&sum));
            group.add(1);
            go::go(move || {
                sum.add(worker);
                theirs.done();
            });
        }
        group.wait();
        sum.load()
    }
}
