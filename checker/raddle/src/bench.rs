//! Candidates run on real code, one execution each.

use crate::search::{Clock, engine_settings};
use crate::settings::Settings;
use crate::signature::Signature;
use crate::worker::Pulse;
use raddle_engine::explore::minimise::{Guide, Interleaving, Laboratory};
use raddle_engine::explore::{
    self as engine, Coverage, Ending, Exhaustive, Explorer, Recorder, Run,
};
use raddle_engine::memory::Model;
use raddle_runtime::Runtime;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// How many executions the search for an interleaving may take.
const INTERLEAVINGS: u64 = 5_000;
/// After so many failures of another kind the search for an interleaving is given up.
const OTHERS_MAX: u32 = 100;

/// What is run.
#[derive(Clone)]
struct Program {
    settings: Settings,
    program: Arc<dyn Fn() + Send + Sync>,
    pulse: Arc<AtomicU64>,
}

impl Program {
    fn runtime(&self) -> Runtime {
        let program = Arc::clone(&self.program);
        Runtime::new(self.settings.options, move || program()).beat(Arc::clone(&self.pulse))
    }

    /// Runs one execution.
    fn once<S: engine::Strategy + Clone>(
        &self,
        runtime: &mut Runtime,
        strategy: S,
        model: Model,
    ) -> Once<S> {
        let mut settings = engine_settings(&self.settings);
        settings.model = model;
        settings.stop_at_failure = false;
        (settings.limits.executions, settings.limits.time) = (Some(1), None);
        let mut learned = false;
        loop {
            let mut explorer = Explorer::new(strategy.clone(), settings);
            let (mut failure, mut ended) = (None, None);
            let mut observe = |run: &Run, ending: Ending, _: &Coverage| {
                ended = Some(ending);
                failure = run.failure().filter(|_| ending == Ending::Failed).cloned();
            };
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
            if runtime.takes_back() {
                learned = true;
                continue;
            }
            let failure = failure.filter(|_| result.is_ok());
            let signature = failure.map(|failure| Signature::of(&failure, &runtime.record()));
            let ending = ended.filter(|_| result.is_ok());
            let strategy = explorer.into_strategy();
            return Once { strategy, signature, ending, is_new: !learned };
        }
    }
}

/// One execution that has been run.
pub(crate) struct Once<S> {
    /// What chose it.
    pub strategy: S,
    /// How it failed, if it did.
    pub signature: Option<Signature>,
    /// How it ended; none if it could not be followed.
    pub ending: Option<Ending>,
    /// Whether the runtime can be used again as if it were new.
    is_new: bool,
}

/// Runs candidates on real code.
pub(crate) struct Bench {
    program: Program,
    /// What has run candidates and learned nothing from them.
    runtime: Option<Runtime>,
    /// Whether a candidate left this thread in the middle of a panic: then each has a thread of its own.
    is_broken: bool,
    start: Instant,
    limit: Duration,
}

impl Bench {
    /// A bench for the program of a test, with so much time.
    pub fn new(
        settings: Settings,
        program: Arc<dyn Fn() + Send + Sync>,
        pulse: Pulse,
        limit: Duration,
    ) -> Bench {
        let program = Program { settings, program, pulse: pulse.counter() };
        Bench { program, runtime: None, is_broken: false, start: Instant::now(), limit }
    }

    /// Runs one execution. What a runtime learns on the way is forgotten afterwards, so that the result is that
    /// of a fresh replay.
    pub fn once<S>(&mut self, strategy: S, model: Model) -> Once<S>
    where
        S: engine::Strategy + Clone + Send + 'static,
    {
        if self.is_broken {
            let (program, given) = (self.program.clone(), strategy.clone());
            let thread =
                std::thread::spawn(move || program.once(&mut program.runtime(), given, model));
            let lost = Once { strategy, signature: None, ending: None, is_new: false };
            return thread.join().unwrap_or(lost);
        }
        let mut runtime = self.runtime.take().unwrap_or_else(|| self.program.runtime());
        let once = self.program.once(&mut runtime, strategy, model);
        self.is_broken = runtime.is_broken();
        self.runtime = Some(runtime).filter(|_| once.is_new && !self.is_broken);
        once
    }

    /// The deviations of an interleaving that was found.
    fn deviations_of(&mut self, schedule: engine::Schedule) -> Interleaving {
        match self.once(Recorder::new(schedule), Model::Sc) {
            Once { strategy, signature: Some(_), .. } => {
                Interleaving::Fails(strategy.deviations().to_vec())
            }
            _ => Interleaving::Unknown,
        }
    }
}

impl Laboratory for Bench {
    type Signature = Signature;

    fn execute(&mut self, guide: Guide) -> (Guide, Option<Signature>) {
        let Once { strategy, signature, .. } = self.once(guide, self.program.settings.model);
        (strategy, signature)
    }

    fn interleaving(&mut self, wanted: &Signature) -> Interleaving {
        if self.program.settings.model == Model::Sc || self.is_broken {
            return Interleaving::Unknown;
        }
        let clock = Clock(self.start);
        let elapsed = self.start.elapsed();
        let mut settings = engine_settings(&self.program.settings);
        settings.model = Model::Sc;
        settings.limits.executions = Some(INTERLEAVINGS);
        settings.limits.time = Some(elapsed + self.limit.saturating_sub(elapsed) / 4);
        settings.stopwatch = Some(&clock);
        let mut runtime = self.program.runtime();
        let mut explorer = Explorer::new(Exhaustive::new(), settings);
        let mut others = 0;
        loop {
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut ()));
            if runtime.takes_back() {
                explorer = Explorer::new(Exhaustive::new(), settings);
                continue;
            }
            match result {
                Ok(engine::Outcome::Violation(found)) => {
                    self.is_broken = runtime.is_broken();
                    if Signature::of(&found.failure, &runtime.record()) == *wanted {
                        return self.deviations_of(found.schedule);
                    }
                    others += 1;
                    if others > OTHERS_MAX || self.is_broken {
                        return Interleaving::Unknown;
                    }
                }
                // What comes after a failure of another kind has not been looked at.
                Ok(engine::Outcome::Verified(_)) if others == 0 => return Interleaving::Never,
                Ok(_) | Err(_) => return Interleaving::Unknown,
            }
        }
    }

    fn is_over(&mut self) -> bool {
        self.start.elapsed() >= self.limit
    }
}
