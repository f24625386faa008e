//! Minimised executions of litmus programs, against brute force: none of their deviations can be left out, and
//! no cheaper token fails in the same way.

use raddle_engine::explore::minimise::{
    Cost, Effort, Fault, Guide, Laboratory, Minimised, minimise, minimise_with,
};
use raddle_engine::explore::{
    Coverage, Deviation, Deviations, Ending, Explorer, Limits, Outcome, Recorder, Run, Sampler,
    Settings, Strategy,
};
use raddle_engine::graph::{Flags, Kind};
use raddle_engine::memory::Model;
use raddle_litmus::oracle::generate::Shape;
use raddle_litmus::oracle::mixed::{self, Mix};
use raddle_litmus::program::Program;
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::{Failure, GAVE_UP, LocationId, Op, Patience, ThreadId};
use raddle_tests::support::{MODELS, program, random_programs};

/// How a program failed, by its own threads.
#[derive(Clone, PartialEq, Debug)]
enum Signature {
    Race(LocationId),
    Assertion(Option<u32>),
    Deadlock(Vec<Option<u32>>),
    Other,
}

/// An event: its operation, what it did, its flags, and whether it gave up.
type Performed = (Op, Kind, Flags, bool);

/// Runs candidates on the scripted world.
struct Bench<'a> {
    program: &'a Program,
    model: Model,
}

impl Bench<'_> {
    /// One execution: the strategy afterwards, the signature if it failed, and its events.
    fn once<S: Strategy>(&self, strategy: S) -> (S, Option<Signature>, Vec<Performed>) {
        let limits = Limits { executions: Some(1), events_per_thread: 300, ..Limits::default() };
        let stop_at_failure = false;
        let settings =
            Settings { model: self.model, limits, stop_at_failure, ..Settings::default() };
        let mut explorer = Explorer::new(strategy, settings);
        let (mut failure, mut events) = (None, Vec::new());
        let mut observe = |run: &Run, ending: Ending, _: &Coverage| {
            failure = run.failure().filter(|_| ending == Ending::Failed).cloned();
            let all = run.graph.events().iter();
            events = all.map(|e| (e.op, e.kind, e.flags, e.read == GAVE_UP)).collect();
        };
        let mut world = Scripted::new(self.program);
        explorer.explore(&mut world, &mut observe).expect("a scripted world is deterministic");
        let script = |thread: ThreadId| world.script_of(thread);
        let signature = failure.map(|failure| match failure {
            Failure::DataRace { first, .. } => Signature::Race(first.location),
            Failure::Assertion { thread, .. } => Signature::Assertion(script(thread)),
            Failure::Deadlock { waiting, .. } => {
                let mut threads: Vec<_> = waiting.iter().map(|w| script(w.thread)).collect();
                threads.sort_unstable();
                Signature::Deadlock(threads)
            }
            _ => Signature::Other,
        });
        (explorer.into_strategy(), signature, events)
    }

    /// Some failing execution, as deviations: the first that a sample finds.
    fn failing(&self, seed: u64) -> Option<Vec<Deviation>> {
        let limits = Limits { executions: Some(60), events_per_thread: 300, ..Limits::default() };
        let settings = Settings { model: self.model, limits, ..Settings::default() };
        let mut explorer = Explorer::new(Sampler::random(seed), settings);
        let outcome = explorer.explore(&mut Scripted::new(self.program), &mut ());
        let Ok(Outcome::Violation(found)) = outcome else { return None };
        Some(self.once(Recorder::new(found.schedule)).0.deviations().to_vec())
    }

    /// The signature of a token, if it can be followed.
    fn signature(&self, deviations: &[Deviation]) -> Option<Signature> {
        self.once(Deviations::new(deviations.to_vec())).1
    }

    /// What a token costs up to its last deviation, counted without the minimiser; none if it cannot be
    /// followed.
    fn cost(&self, deviations: &[Deviation]) -> Option<(Cost, Option<Signature>, usize)> {
        let (strategy, signature, events) = self.once(Deviations::new(deviations.to_vec()));
        if strategy.unmet().is_some() {
            return None;
        }
        let mut cost = Cost {
            preemptions: strategy.preemptions().len() as u32,
            deviations: deviations.len() as u32,
            ..Cost::default()
        };
        for deviation in deviations {
            let (_, kind, flags, _) = events[deviation.step as usize];
            if deviation.alternative.is_none() || flags.has(Flags::SPURIOUS) {
                continue;
            }
            if matches!(kind, Kind::Read | Kind::Write | Kind::Update) {
                cost.stale += 1;
                cost.weak = true;
            }
        }
        let until = deviations.last().map_or(0, |last| last.step as usize + 1);
        let gave_up = |(op, _, flags, gave_up): &Performed| {
            let waits = match op {
                Op::Act { patience, .. } | Op::Select { patience, .. } => {
                    *patience != Patience::None
                }
                _ => false,
            };
            flags.has(Flags::SPURIOUS) || waits && *gave_up
        };
        cost.spurious = events[..until].iter().filter(|event| gave_up(event)).count() as u32;
        Some((cost, signature, events.len()))
    }

    /// A token that fails with the signature and costs less, by trying all there are: every thread and every
    /// alternative at every step. None if there are too many.
    fn cheaper(
        &self,
        than: Cost,
        wanted: &Signature,
        tries: &mut u32,
    ) -> Option<Option<Vec<Deviation>>> {
        let than = Cost { threads: 0, steps: 0, ..than };
        let threads = self.program.threads.len() as u32 + 2;
        let mut left = vec![Vec::new()];
        while let Some(token) = left.pop() {
            let Some((cost, signature, length)) = self.cost(&token) else { continue };
            if cost >= than {
                continue;
            }
            if signature.as_ref() == Some(wanted) && self.whole_cost(&token) < than {
                return Some(Some(token));
            }
            let mut add = |deviation: Deviation| {
                let mut longer = token.clone();
                longer.retain(|other| other.step < deviation.step);
                longer.push(deviation);
                *tries = tries.saturating_sub(1);
                left.push(longer);
            };
            let last = token.last().copied();
            let alternatives = 1..=5;
            if let Some(last) = last.filter(|last| last.alternative.is_none()) {
                alternatives.clone().for_each(|k| add(Deviation { alternative: Some(k), ..last }));
            }
            for step in last.map_or(0, |last| last.step + 1)..length as u32 {
                for thread in 0..threads {
                    let thread = Some(ThreadId(thread));
                    add(Deviation { step, thread, alternative: None });
                }
                for k in alternatives.clone() {
                    add(Deviation { step, thread: None, alternative: Some(k) });
                }
            }
            if *tries == 0 {
                return None;
            }
        }
        Some(None)
    }

    /// The cost with what gives up by itself after the last deviation.
    fn whole_cost(&self, token: &[Deviation]) -> Cost {
        let guided = minimise_with(self, token, Effort { operations: 0 }, None);
        guided.map_or(Cost { weak: true, ..Cost::default() }, |m| Cost {
            threads: 0,
            steps: 0,
            ..m.cost
        })
    }
}

impl Laboratory for &Bench<'_> {
    type Signature = Signature;

    fn execute(&mut self, guide: Guide) -> (Guide, Option<Signature>) {
        let (guide, signature, _) = self.once(guide);
        (guide, signature)
    }
}

/// The deviations that can be left out although the failure stays.
fn superfluous(
    bench: &Bench<'_>,
    minimised: &Minimised,
    wanted: &Signature,
) -> Vec<Vec<Deviation>> {
    let all = &minimised.deviations;
    let without = (0..all.len()).map(|i| [&all[..i], &all[i + 1..]].concat());
    without.filter(|less| bench.signature(less).as_ref() == Some(wanted)).collect()
}

/// What came of many programs.
#[derive(Debug, Default)]
struct Tally {
    failing: u32,
    least: u32,
    compared: u32,
    /// A deviation could be left out, at the price of more preemptions or old values.
    dearer: u32,
    wrong: Vec<String>,
}

fn check(programs: &[Program], fault: Option<Fault>) -> Tally {
    let mut tally = Tally::default();
    for (seed, program) in (1..).zip(programs) {
        for model in MODELS {
            let bench = Bench { program, model };
            let Some(found) = bench.failing(seed) else { continue };
            let wanted = bench.signature(&found).expect("a token fails as it was recorded");
            let minimised = minimise_with(&bench, &found, Effort::default(), fault);
            let minimised = minimised.expect("it fails again");
            tally.failing += 1;
            tally.least += u32::from(minimised.is_least);
            let token = &minimised.deviations;
            let mut wrong = |what: String| {
                tally
                    .wrong
                    .push(format!("{model} {what}\nfrom {found:?}\nto {minimised:?}\n{program:?}"));
            };
            if bench.signature(token).as_ref() != Some(&wanted) {
                wrong("fails otherwise".into());
            }
            for less in superfluous(&bench, &minimised, &wanted) {
                match bench.whole_cost(&less) < minimised.cost {
                    true => wrong(format!("{less:?} is enough")),
                    false => tally.dearer += 1,
                }
            }
            if minimised.is_least {
                match bench.cheaper(minimised.cost, &wanted, &mut 10_000) {
                    Some(Some(token)) => wrong(format!("{token:?} is cheaper")),
                    Some(None) => tally.compared += 1,
                    None => {}
                }
            }
        }
    }
    tally
}

fn small() -> Shape {
    Shape { max_events: 7, max_threads: 3, asserts: true, assumes: false, ..Shape::default() }
}

#[test]
fn random_programs_fail_at_the_least_cost() {
    let tally = check(&random_programs(1, 400, &small()), None);
    assert!(tally.wrong.is_empty(), "{}\n{}", tally.wrong.len(), tally.wrong[0]);
    assert!(tally.failing >= 100 && tally.compared * 2 > tally.failing, "{tally:?}");
    assert_eq!(tally.least, tally.failing, "{tally:?}");
    assert!(tally.dearer * 20 <= tally.failing, "{tally:?}");
}

#[test]
fn programs_with_objects_fail_at_the_least_cost() {
    let mix = Mix { max_events: 8, ..Mix::default() };
    let programs: Vec<_> = (1..300).map(|seed| mixed::program_of_seed(seed, &mix)).collect();
    let programs: Vec<_> = programs.into_iter().filter(|p| p.check().is_ok()).collect();
    let tally = check(&programs, None);
    assert!(tally.wrong.is_empty(), "{}\n{}", tally.wrong.len(), tally.wrong[0]);
    assert!(tally.failing >= 100 && tally.compared * 2 > tally.failing, "{tally:?}");
}

/// The comparisons notice a minimiser that merges what is not the same, and one that leaves something in.
#[test]
fn planted_faults_are_noticed() {
    let mut programs = random_programs(1, 60, &small());
    // Two switches are needed, in the middle of two threads.
    let text = r#"[[{"op":"store","loc":0,"ord":"seq_cst","val":1},{"op":"store","loc":0,"ord":"seq_cst","val":2},
                    {"op":"store","loc":0,"ord":"seq_cst","val":3}],
                   [{"op":"load","loc":0,"ord":"seq_cst","reg":0},{"op":"if","reg":0,"cmp":"eq","val":1,"then":[
                    {"op":"load","loc":0,"ord":"seq_cst","reg":1},{"op":"assert","reg":1,"cmp":"ne","val":2}]}]]"#;
    programs.extend(vec![program(1, 0, text); 20]);
    let tally = check(&programs, Some(Fault::OnlyCheapest));
    assert!(tally.wrong.is_empty(), "{}", tally.wrong[0]);
    for fault in [Fault::MergesStates, Fault::KeepsDeviations] {
        let tally = check(&programs, Some(fault));
        assert!(!tally.wrong.is_empty(), "{fault:?} {tally:?}");
    }
}

/// The same input gives the same result.
#[test]
fn minimisation_repeats_itself() {
    for program in &random_programs(1, 40, &small()) {
        let bench = Bench { program, model: Model::Rc20 };
        let Some(found) = bench.failing(3) else { continue };
        let once = minimise(&mut &bench, &found, Effort::default());
        assert_eq!(once, minimise(&mut &bench, &found, Effort::default()));
    }
}

/// Both threads store and then load sequentially consistently: what looks like an old value is an interleaving.
#[test]
fn an_interleaving_is_preferred_to_an_old_value() {
    let text = r#"[[{"op":"load","loc":0,"ord":"seq_cst","reg":0},{"op":"rmw","function":"add","loc":0,"ord":"seq_cst","val":1,"reg":1}],
                   [{"op":"load","loc":0,"ord":"seq_cst","reg":0},{"op":"rmw","function":"add","loc":0,"ord":"seq_cst","val":1,"reg":1},
                    {"op":"assert","reg":0,"cmp":"eq","val":1}]]"#;
    let program = program(1, 0, text);
    let bench = Bench { program: &program, model: Model::Rc20 };
    let found = bench.failing(1).expect("both may read 0");
    let minimised = minimise(&mut &bench, &found, Effort::default()).expect("it fails");
    assert!(!minimised.cost.weak, "{minimised:?}");
    assert!(minimised.is_least);
}
