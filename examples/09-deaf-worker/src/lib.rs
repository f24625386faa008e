//! A worker takes jobs, and polls a sensor between them; that it never looks at `done()` is the trap.

#![forbid(unsafe_code)]

use raddle_shims::time::Duration;

const POLL: Duration = Duration::from_secs(1);

/// Waits for jobs alone.
pub mod broken_jobs {
    use raddle_shims::go::{self, Context, Receiver};

    /// Starts a worker that adds up the jobs until the context is over.
    pub fn start(_ctx: &Context, jobs: Receiver<u32>) {
        go::go(move || {
            let mut sum = 0;
            while let Some(job) = jobs.recv() {
                sum += job;
            }
            sum
        });
    }
}

/// Polls again and again.
pub mod broken_poll {
    use super::POLL;
    use raddle_shims::go::{self, Context, Receiver, select};

    /// Starts a worker that adds up the jobs until the context is over.
    pub fn start(_ctx: &Context, jobs: Receiver<u32>) {
        go::go(move || {
            let mut sum = 0;
            loop {
                select! {
                    recv(jobs) -> job => match job {
                        Some(job) => sum += job,
                        None => return sum,
                    },
                    after(POLL) => {}
                }
            }
        });
    }
}

/// Looks at the context wherever it waits.
pub mod fixed {
    use super::POLL;
    use raddle_shims::go::{self, Context, Receiver, select};

    /// Starts a worker that adds up the jobs until the context is over.
    pub fn start(ctx: &Context, jobs: Receiver<u32>) {
        let ctx = ctx.clone();
        go::go(move || {
            let mut sum = 0;
            loop {
                select! {
                    recv(jobs) -> job => sum += job.unwrap_or(0),
                    recv(ctx.done()) -> _ => return sum,
                    after(POLL) => {}
                }
            }
        });
    }
}
