//! The checks by name: a scheduler, and the default configuration.

use crate::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, RoundRobinScheduler,
    UncontrolledNondeterminismCheckScheduler, UrwRandomScheduler,
};
use crate::{Config, Runner};
use std::path::Path;

macro_rules! checks {
    ($($(#[$documentation:meta])* $name:ident($($argument:ident: $type:ty),*) = $scheduler:expr;)*) => { $(
        $(#[$documentation])*
        ///
        /// # Panics
        /// If an execution fails: its report has then been printed.
        #[track_caller]
        pub fn $name<F>(f: F, $($argument: $type),*)
        where
            F: Fn() + Send + Sync + 'static,
        {
            Runner::new($scheduler, Config::default()).run(f);
        }
    )* };
}

checks! {
    /// Runs so many executions, at each step with a thread that is drawn uniformly.
    check_random(iterations: usize) = RandomScheduler::new(iterations);
    /// The same with random numbers that begin at a seed.
    check_random_with_seed(seed: u64, iterations: usize) = RandomScheduler::new_from_seed(seed, iterations);
    /// Runs so many executions by probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010), for bugs of
    /// that depth.
    check_pct(iterations: usize, depth: usize) = PctScheduler::new(depth, iterations);
    /// Runs so many executions, drawn almost uniformly from all interleavings.
    check_urw(iterations: usize) = UrwRandomScheduler::new(iterations);
    /// Explores every execution, once each, or as many as are asked for.
    ///
    /// shuttle runs every interleaving. Here interleavings that no thread can tell apart count once, so there are far
    /// fewer, and what passes without a limit is verified.
    check_dfs(max_iterations: Option<usize>) = DfsScheduler::new(max_iterations, false);
    /// Runs so many executions, each twice, and fails if the second time something else happens.
    check_uncontrolled_nondeterminism(max_iterations: usize) =
        UncontrolledNondeterminismCheckScheduler::new(RandomScheduler::new(max_iterations));
    /// Runs the execution of a schedule that a failing check has printed, a token of raddle.
    replay(encoded_schedule: &str) = ReplayScheduler::new_from_encoded(encoded_schedule);
    #[doc(hidden)]
    check() = RoundRobinScheduler::new(1);
}

/// The same for a schedule in a file.
///
/// # Panics
/// If an execution fails, or the file cannot be read.
#[track_caller]
pub fn replay_from_file<F, P>(f: F, path: P)
where
    F: Fn() + Send + Sync + 'static,
    P: AsRef<Path>,
{
    let name = path.as_ref().display();
    let scheduler = ReplayScheduler::new_from_file(&path)
        .unwrap_or_else(|error| panic!("failed to read the schedule in {name}: {error}"));
    Runner::new(scheduler, Config::default()).run(f);
}
