//! A failing execution made as small as possible, on a worker, before anybody is told of it.

use crate::explore::{Clock, Test, engine_settings};
use crate::settings::Settings;
use crate::signature::Signature;
use crate::worker::{self, Pulse};
use raddle_engine::explore::minimise::{
    Effort, Guide, Interleaving, Laboratory, Minimised, minimise,
};
use raddle_engine::explore::{
    self as engine, Coverage, Deviation, Ending, Exhaustive, Explorer, Recorder, Run,
};
use raddle_engine::memory::Model;
use raddle_runtime::{Runtime, install_hook};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many executions the search for an interleaving may take.
const INTERLEAVINGS: u64 = 5_000;
/// After so many failures of another kind the search for an interleaving is given up.
const OTHERS_MAX: u32 = 100;

/// Minimises the execution of these deviations. None if that is switched off, or if it came to nothing.
pub(crate) fn shrink(test: &Test, deviations: &[Deviation], longest: u32) -> Option<Minimised> {
    let limit = test.settings.minimize;
    if limit.is_zero() {
        return None;
    }
    install_hook();
    let (mut settings, program) = (test.settings.clone(), Arc::clone(&test.program));
    settings.options.records = true;
    // A candidate that is much longer than what is known to fail is not better.
    let most = longest.saturating_mul(4).saturating_add(100);
    settings.limits.events_per_thread = most.min(settings.limits.events_per_thread);
    let deviations = deviations.to_vec();
    let minimised = worker::run(test.settings.patience, move |pulse| {
        let start = Instant::now();
        let program = Program { settings, program, pulse };
        let mut bench = Bench { program, runtime: None, is_broken: false, start, limit };
        minimise(&mut bench, &deviations, Effort::default())
    });
    minimised.ok().flatten()
}

/// What is run.
#[derive(Clone)]
struct Program {
    settings: Settings,
    program: Arc<dyn Fn() + Send + Sync>,
    pulse: Pulse,
}

impl Program {
    fn runtime(&self) -> Runtime {
        let program = Arc::clone(&self.program);
        Runtime::new(self.settings.options, move || program()).beat(Arc::clone(&self.pulse))
    }

    /// Runs one execution: the strategy afterwards, the signature if it failed, and whether the runtime can be
    /// used again as if it were new.
    fn once<S: engine::Strategy + Clone>(
        &self,
        runtime: &mut Runtime,
        strategy: S,
        model: Model,
    ) -> (S, Option<Signature>, bool) {
        let mut settings = engine_settings(&self.settings);
        settings.model = model;
        settings.stop_at_failure = false;
        (settings.limits.executions, settings.limits.time) = (Some(1), None);
        let mut learned = false;
        loop {
            let mut explorer = Explorer::new(strategy.clone(), settings);
            let mut failure = None;
            let mut observe = |run: &Run, ending: Ending, _: &Coverage| {
                failure = run.failure().filter(|_| ending == Ending::Failed).cloned();
            };
            let result = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
            if runtime.takes_back() {
                learned = true;
                continue;
            }
            let failure = failure.filter(|_| result.is_ok());
            let signature = failure.map(|failure| Signature::of(&failure, &runtime.record()));
            return (explorer.into_strategy(), signature, !learned);
        }
    }
}

/// Runs candidates on real code.
struct Bench {
    program: Program,
    /// What has run candidates and learned nothing from them.
    runtime: Option<Runtime>,
    /// Whether a candidate left this thread in the middle of a panic: then each has a thread of its own.
    is_broken: bool,
    start: Instant,
    limit: Duration,
}

impl Bench {
    /// Runs one execution. What a runtime learns on the way is forgotten afterwards, so that the result is that
    /// of a fresh replay.
    fn once<S>(&mut self, strategy: S, model: Model) -> (S, Option<Signature>)
    where
        S: engine::Strategy + Clone + Send + 'static,
    {
        if self.is_broken {
            let (program, given) = (self.program.clone(), strategy.clone());
            let thread = std::thread::spawn(move || {
                let (strategy, signature, _) = program.once(&mut program.runtime(), given, model);
                (strategy, signature)
            });
            return thread.join().unwrap_or((strategy, None));
        }
        let mut runtime = self.runtime.take().unwrap_or_else(|| self.program.runtime());
        let (strategy, signature, is_new) = self.program.once(&mut runtime, strategy, model);
        self.is_broken = runtime.is_broken();
        self.runtime = Some(runtime).filter(|_| is_new && !self.is_broken);
        (strategy, signature)
    }

    /// The deviations of an interleaving that was found.
    fn deviations_of(&mut self, schedule: engine::Schedule) -> Interleaving {
        match self.once(Recorder::new(schedule), Model::Sc) {
            (recorder, Some(_)) => Interleaving::Fails(recorder.deviations().to_vec()),
            (_, None) => Interleaving::Unknown,
        }
    }
}

impl Laboratory for Bench {
    type Signature = Signature;

    fn execute(&mut self, guide: Guide) -> (Guide, Option<Signature>) {
        self.once(guide, self.program.settings.model)
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
