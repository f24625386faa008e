//! `loom::model`: a check, and its settings, most of which raddle has under other names.

use raddle_shims::sync::lazy_static::drop_statics;
use std::path::PathBuf;
use std::time::Duration;

mod environment;

/// What loom can be told about a check. `new` reads loom's variables (`LOOM_MAX_PREEMPTIONS` and so on); those
/// of raddle (`RADDLE_MAX_PREEMPTIONS` and so on) stand above all that is said here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Builder {
    /// How many threads there may be. Here there is no limit, so this changes nothing.
    pub max_threads: usize,
    /// loom: how many switches of threads an execution may have. Here: how many operations a thread may
    /// perform, if that is more than raddle's own limit of 100,000; an execution that comes to it fails.
    pub max_branches: usize,
    /// How many executions are explored at most. loom looks at it every `checkpoint_interval` executions; here it
    /// holds for each, and the check says that it is not complete.
    pub max_permutations: Option<usize>,
    /// How long is explored at most, as [`Builder::max_permutations`].
    pub max_duration: Option<Duration>,
    /// How many preemptions the executions have that are explored. Few checks need one here.
    pub preemption_bound: Option<usize>,
    /// loom keeps the state of a search there. Here a failing execution is repeated from its token, which the
    /// report ends with; a file that is asked for is answered with that sentence.
    pub checkpoint_file: Option<PathBuf>,
    /// loom: how often it writes that file. Nothing here.
    pub checkpoint_interval: usize,
    /// loom: nothing is explored before [`explore`](crate::explore) is called. Here everything is.
    pub expect_explicit_explore: bool,
    /// loom: whether places in the source are kept. Reports have them here in any case.
    pub location: bool,
    /// loom: whether it writes what it does. Here a check says how many executions it explored, and a failing one is
    /// told step by step.
    pub log: bool,
}

impl Builder {
    /// loom's defaults, and what its variables say.
    ///
    /// # Panics
    /// If the value of one is not a number.
    pub fn new() -> Builder {
        environment::builder()
    }

    /// Sets [`Builder::checkpoint_file`].
    pub fn checkpoint_file(&mut self, file: &str) -> &mut Self {
        self.checkpoint_file = Some(file.into());
        self
    }

    /// Explores the closure.
    ///
    /// # Panics
    /// If an execution fails; the report has then been printed. Also as [`raddle::check`].
    #[track_caller]
    pub fn check<F>(&self, f: F)
    where
        F: Fn() + Sync + Send + 'static,
    {
        environment::tell_what_differs(self);
        let mut check = raddle::Builder::new()
            .stack_size(STACK_SIZE)
            .replay_command("cargo raddle loom --replay TOKEN test");
        if let Some(most) = self.preemption_bound {
            check = check.max_preemptions(saturated(most));
        }
        if let Some(most) = self.max_permutations {
            check = check.iterations(most as u64);
        }
        if let Some(most) = self.max_duration {
            check = check.max_time(&format!("{}ms", most.as_millis()));
        }
        if self.max_branches > EVENTS {
            check = check.max_events(saturated(self.max_branches));
        }
        check.check(move || {
            f();
            drop_statics();
        });
    }
}

/// raddle's own limit of the operations of one thread.
const EVENTS: usize = 100_000;

/// What std gives a thread; suites ask for less and for more, as loom counts `stack_size` in words.
const STACK_SIZE: usize = 2 << 20;

fn saturated(number: usize) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

/// Explores the closure with the defaults and what the variables say.
///
/// # Panics
/// As [`Builder::check`].
#[track_caller]
pub fn model<F>(f: F)
where
    F: Fn() + Sync + Send + 'static,
{
    Builder::new().check(f);
}
