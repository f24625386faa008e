//! A check and its settings, made step by step.

use crate::explore::{Test, run};
use crate::lock_order::Warning;
use crate::outcome::{Outcome, Violation};
use crate::replay;
use crate::search::Until;
use crate::settings::Layer;
use crate::told;
use raddle_runtime::Lessons;
use std::panic::Location;
use std::sync::Arc;

/// A check with settings. The environment (`RADDLE_SEED` and so on) wins over what is set here, and this over
/// the profile in `.config/raddle.toml`.
///
/// ```
/// let outcome = raddle::Builder::new()
///     .strategy("random")
///     .seed(42)
///     .iterations(100)
///     .explore(|| assert!(raddle::choose(6) < 6));
/// assert!(matches!(outcome, raddle::Outcome::Incomplete(..)));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check does nothing before check or explore is called"]
pub struct Builder {
    name: Option<String>,
    location: (String, u32, u32),
    layer: Layer,
    error: Option<String>,
    replay_command: Option<&'static str>,
}

impl Default for Builder {
    #[track_caller]
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    /// A check with the default settings.
    #[track_caller]
    pub fn new() -> Builder {
        let here = Location::caller();
        let location = (here.file().to_string(), here.line(), here.column());
        Builder { name: None, location, layer: Layer::default(), error: None, replay_command: None }
    }

    fn set(mut self, key: &str, value: &str) -> Builder {
        if let Err(error) = self.layer.set(key, value) {
            self.error.get_or_insert(format!("{key}: {error}"));
        }
        self
    }

    /// What the check is called in reports, and what ties its tokens to it. Default: the name of the
    /// calling thread, which in a test is that of the test.
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        self.name = Some(name.into());
        self
    }

    /// Where the check stands in the source. Default: where [`Builder::new`] is called.
    pub fn location(mut self, file: &str, line: u32) -> Builder {
        self.location = (file.to_string(), line, 1);
        self
    }

    /// How executions are chosen; see [strategies](crate#strategies). Default: `"exhaustive"`.
    ///
    /// ```
    /// let builder = raddle::Builder::new().strategy("pct").depth(3).iterations(500);
    /// let outcome = builder.explore(|| assert!(raddle::choose(6) < 6));
    /// assert_eq!(outcome.coverage().sample.map(|sample| sample.classes), Some(6));
    /// ```
    pub fn strategy(self, name: &str) -> Builder {
        self.set("strategy", name)
    }

    /// How many orderings of two events it takes to reach the bugs that `pct` is to find, from 1 to 1,000.
    /// Default: 3. Burckhardt et al., ASPLOS 2010, section 2, define it, and find that few bugs need more.
    pub fn depth(self, depth: u32) -> Builder {
        self.set("depth", &depth.to_string())
    }

    /// Only executions that need at most so many preemptions, switches to another thread while the one that went
    /// last could go on, are explored, each once. Most bugs need one or two (Musuvathi and Qadeer, PLDI 2007), and
    /// the number of executions grows with a power of this one. A failure that the search meets is reported even if it
    /// needs more. A yield does not make a switch free. Default: no bound. A check with a bound passes as
    /// [`Outcome::Incomplete`] with [`Limit::Preemptions`](crate::Limit::Preemptions). For `"exhaustive"`.
    ///
    /// ```
    /// use raddle::{Builder, Limit, Outcome};
    /// use raddle_shims::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
    /// use std::sync::Arc;
    /// let outcome = Builder::new().max_preemptions(1).explore(|| {
    ///     let x = Arc::new(AtomicU32::new(0));
    ///     let theirs = Arc::clone(&x);
    ///     thread::spawn(move || theirs.store(1, Relaxed));
    ///     x.load(Relaxed);
    /// });
    /// assert!(matches!(outcome, Outcome::Incomplete(_, Limit::Preemptions(1))));
    /// ```
    pub fn max_preemptions(self, most: u32) -> Builder {
        self.set("max_preemptions", &most.to_string())
    }

    /// Where the random numbers of a sampling strategy begin. Default: 0.
    pub fn seed(self, seed: u64) -> Builder {
        self.set("seed", &seed.to_string())
    }

    /// At most so many executions, checked at every one. Default: no limit for an exhaustive search,
    /// 1,000 for a sample without a limit of time.
    pub fn iterations(self, executions: u64) -> Builder {
        self.set("iterations", &executions.to_string())
    }

    /// At most so long, checked at every execution: `"500ms"`, `"10s"`, `"5m"`, `"1h"`. Default: no limit.
    pub fn max_time(self, duration: &str) -> Builder {
        self.set("max_time", duration)
    }

    /// The memory model: `"rc20"` (the default) or `"sc"`.
    pub fn model(self, name: &str) -> Builder {
        self.set("model", name)
    }

    /// How many operations one thread may perform in one execution. Default: 100,000. A thread that comes
    /// to the limit stops there; a check then ends and fails as [`Kind::StepLimit`](crate::Kind::StepLimit), unless
    /// [`Builder::allow_incomplete`] is set.
    ///
    /// Yields, sleeps (unless time is virtual) and accesses of plain cells do not count. Of these a thread may
    /// perform ten times as many, and at least 10,000, without another operation in between: a loop of nothing
    /// else comes to that limit. Of hints in a row (`yield_now`, `spin_loop`) that is checked at every 64th.
    ///
    /// ```
    /// let outcome = raddle::Builder::new().max_events(1_000).explore(|| {
    ///     loop {
    ///         raddle_shims::thread::yield_now();
    ///     }
    /// });
    /// assert!(matches!(outcome, raddle::Outcome::Incomplete(_, raddle::Limit::Events(1_000))));
    /// ```
    pub fn max_events(self, events: u32) -> Builder {
        self.set("max_events", &events.to_string())
    }

    /// The check passes only if a failure of this [kind](crate::Kind::ALL) is found.
    pub fn expect(self, kind: &str) -> Builder {
        self.set("expect", kind)
    }

    /// The size of every thread's stack, in bytes. Default: 256 KiB.
    pub fn stack_size(self, bytes: usize) -> Builder {
        self.set("stack_size", &bytes.to_string())
    }

    /// What time is: `"nondeterministic"` (the default), where a wait with a time limit may end at any moment and
    /// a sleep is of any length; or `"virtual"`, where a clock goes on, to the next time that some thread waits for,
    /// only when no thread can do anything else. Threads that wait for the same time go on in any order.
    ///
    /// ```
    /// use raddle_shims::{sync::mpsc, thread, time::Duration};
    /// raddle::Builder::new().time("virtual").check(|| {
    ///     let (sender, receiver) = mpsc::channel();
    ///     thread::spawn(move || {
    ///         thread::sleep(Duration::from_millis(10));
    ///         sender.send(1).unwrap();
    ///     });
    ///     assert_eq!(receiver.recv_timeout(Duration::from_millis(20)), Ok(1));
    /// });
    /// ```
    pub fn time(self, name: &str) -> Builder {
        self.set("time", name)
    }

    /// What threads of the model run on: `"coroutines"` (the default), or operating-system `"threads"`, which
    /// is slow but suits debuggers.
    pub fn backend(self, name: &str) -> Builder {
        self.set("backend", name)
    }

    /// Whether tracked resources that are never released are a failure. Default: true.
    pub fn check_leaks(self, check: bool) -> Builder {
        self.set("check_leaks", &check.to_string())
    }

    /// Whether it is a failure, [`Kind::TaskLeak`](crate::Kind::TaskLeak), if threads are left that wait for ever when
    /// the main thread has ended. Default: true. If not, such an execution counts as any other; deadlocks of
    /// which the main thread is a part fail all the same.
    ///
    /// ```
    /// use raddle_shims::{sync::mpsc, thread};
    /// let listen = || {
    ///     let (sender, receiver) = mpsc::channel::<()>();
    ///     thread::spawn(move || receiver.recv());
    ///     std::mem::forget(sender);
    /// };
    /// let found = raddle::explore(listen);
    /// assert_eq!(found.violation().map(|it| it.kind), Some(raddle::Kind::TaskLeak));
    /// raddle::Builder::new().check_task_leaks(false).check(listen);
    /// ```
    pub fn check_task_leaks(self, check: bool) -> Builder {
        self.set("check_task_leaks", &check.to_string())
    }

    /// Whether a check passes although a thread came to the limit of events. Default: false.
    pub fn allow_incomplete(self, allow: bool) -> Builder {
        self.set("allow_incomplete", &allow.to_string())
    }

    /// How long nothing may happen before the program is taken to block for real, outside of the shims.
    /// Default: 30 s.
    pub fn patience(self, duration: &str) -> Builder {
        self.set("patience", duration)
    }

    /// How long a failing execution may be made smaller before it is reported; `"0s"` reports it as it was found.
    /// Default: 5 s. Most are done after some milliseconds. What is reported fails in the same way (kind and
    /// places in the source) with the fewest preemptions, then the fewest old values read, then the fewest
    /// failures for no reason that were found in this time.
    pub fn minimize(self, duration: &str) -> Builder {
        self.set("minimize", duration)
    }

    /// How many workers share an exhaustive search, from 1 to 1,024; `RADDLE_JOBS=auto` asks for as many as the machine
    /// can run at once. Default: 1, as tests run beside each other anyhow.
    ///
    /// Each worker runs the closure on a thread of its own, at the same time as the others, with executions that do not know of each other. The
    /// counts, the first failure and its number are those of one worker; only a search that `max_time` cuts short has
    /// seen something else. Samples, and searches with a limit of [`iterations`](Builder::iterations), have one worker.
    ///
    /// ```
    /// use raddle_shims::{sync::Mutex, thread};
    /// use std::sync::Arc;
    /// let count = |jobs| {
    ///     let outcome = raddle::Builder::new().jobs(jobs).explore(|| {
    ///         let total = Arc::new(Mutex::new(0));
    ///         for _ in 0..4 {
    ///             let total = Arc::clone(&total);
    ///             thread::spawn(move || *total.lock().unwrap() += 1);
    ///         }
    ///     });
    ///     outcome.coverage().executions
    /// };
    /// assert_eq!((count(1), count(2)), (24, 24));
    /// ```
    pub fn jobs(self, workers: usize) -> Builder {
        self.set("jobs", &workers.to_string())
    }

    /// The command that reports name for running an execution again, with `TOKEN` where its token belongs. For packages
    /// that stand in for other tools, whose tests `cargo raddle replay` does not find.
    #[doc(hidden)]
    pub fn replay_command(mut self, command: &'static str) -> Builder {
        self.replay_command = Some(command);
        self
    }

    pub(crate) fn test(self, program: Arc<dyn Fn() + Send + Sync>) -> Test {
        let thread = std::thread::current();
        let name = self.name.or_else(|| thread.name().map(str::to_string));
        let name = name.unwrap_or_else(|| format!("{}:{}", self.location.0, self.location.1));
        let settings = match self.error {
            Some(error) => Err(error),
            None => crate::settings::resolve(self.layer),
        };
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => crate::told::refuse(&name, &self.location, error),
        };
        Test {
            name,
            location: self.location,
            settings,
            program,
            lessons: Lessons::default(),
            replay_command: self.replay_command,
            by_bytes: false,
        }
    }

    /// Explores the closure and returns what was found. See [`crate::explore`].
    ///
    /// # Panics
    /// If a setting is wrong.
    pub fn explore(self, f: impl Fn() + Send + Sync + 'static) -> Outcome {
        run(&self.test(Arc::new(f)), Until::end()).outcome
    }

    /// Runs the one execution of the closure that a token stands for; none if it does not fail. The token must be
    /// one of a check of the same name.
    ///
    /// ```
    /// let model = || assert!(raddle::choose(6) != 4);
    /// let found = raddle::Builder::new().name("dice").explore(model);
    /// let token = found.violation().unwrap().token.clone().unwrap();
    /// let again = raddle::Builder::new().name("dice").replay(&token, model);
    /// assert_eq!(again.unwrap().unwrap().kind, raddle::Kind::Panic);
    /// ```
    ///
    /// # Errors
    /// What is wrong with the token, or that it is one of another check.
    ///
    /// # Panics
    /// If a setting is wrong.
    pub fn replay(
        self,
        token: &str,
        f: impl Fn() + Send + Sync + 'static,
    ) -> Result<Option<Violation>, String> {
        replay::once(&self.test(Arc::new(f)), token)
    }

    /// The same, with what is worth a look although it did not fail; nothing if something did.
    ///
    /// ```
    /// use raddle_shims::{sync::Mutex, thread};
    /// use std::sync::Arc;
    /// // Only the message keeps the two orders apart.
    /// let (outcome, warnings) = raddle::Builder::new().explore_with_warnings(|| {
    ///     let locks = Arc::new((Mutex::new(1), Mutex::new(2)));
    ///     let theirs = Arc::clone(&locks);
    ///     let (done, wait) = raddle_shims::sync::mpsc::channel();
    ///     let other = thread::spawn(move || {
    ///         let sum = *theirs.0.lock().unwrap() + *theirs.1.lock().unwrap();
    ///         done.send(sum).unwrap();
    ///     });
    ///     let sum = wait.recv().unwrap();
    ///     assert_eq!(sum, *locks.1.lock().unwrap() + *locks.0.lock().unwrap());
    ///     other.join().unwrap();
    /// });
    /// assert!(outcome.is_verified());
    /// assert_eq!(warnings.len(), 1, "{warnings:?}");
    /// ```
    ///
    /// # Panics
    /// If a setting is wrong.
    pub fn explore_with_warnings(
        self,
        f: impl Fn() + Send + Sync + 'static,
    ) -> (Outcome, Vec<Warning>) {
        let ran = run(&self.test(Arc::new(f)), Until::end());
        (ran.outcome, ran.warnings)
    }

    /// Checks the one execution of the closure that the bytes choose: one byte for each decision, in order. Fuzzers
    /// call it with bytes that they change; see [`crate::fuzz_target`]. `RADDLE_REPLAY` replays a token instead.
    ///
    /// # Panics
    /// If the execution fails: the report, of a smaller execution that fails in the same way, has then been printed.
    /// Also if a thread comes to the limit of events, or a setting is wrong.
    pub fn check_bytes(self, bytes: &[u8], f: impl Fn() + Send + Sync + 'static) {
        crate::bytes::check(&Test { by_bytes: true, ..self.test(Arc::new(f)) }, bytes);
    }

    /// Checks the closure. See [`crate::check`].
    ///
    /// # Panics
    /// If an execution fails (or, with [`Builder::expect`], if none fails in that way), a thread comes to
    /// the limit of events, or a setting is wrong.
    pub fn check(self, f: impl Fn() + Send + Sync + 'static) {
        told::check(&self.test(Arc::new(f)));
    }
}
