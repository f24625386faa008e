//! Hints in a row: they do what one does.

mod support;

use raddle::{Builder, Limit, Outcome};
use raddle_engine::explore::{
    Ending, Exhaustive, Explorer, Limits, Run, STRATEGIES, Sampler, Sampling, Settings, Strategy,
};
use raddle_engine::memory::Model;
use raddle_runtime::{HintFault, Options, Runtime, install_hook};
use raddle_shims::cell::UnsafeCell;
use raddle_shims::hint::spin_loop;
use raddle_shims::model::HINTS;
use raddle_shims::sync::atomic::{AtomicU32, Ordering::*};
use raddle_shims::thread;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::AtomicU32 as StdAtomicU32;
use support::random::numbers;

const MODELS: [Model; 2] = [Model::Sc, Model::Rc20];

/// Gives that many hints, by either name.
fn hints(times: u32) {
    for time in 0..times {
        if time % 3 == 1 { thread::yield_now() } else { spin_loop() }
    }
}

/// Two threads do what follows from the seed, and rest here and there. Where they do, they give one hint, or if `many` some more. What a loop
/// waits for is written by the other.
fn program(seed: u64, many: bool) -> impl Fn() -> Vec<u32> + Clone + 'static {
    move || {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        let act = |thread: u64| {
            let mut next = numbers(2 * seed + thread);
            let mut seen = Vec::new();
            let rest = |length: u64| match (length, many) {
                (0, _) => {}
                (_, false) => {
                    // Who has asked for anything is heard.
                    let _ = thread::panicking();
                    hints(1);
                }
                (length, true) => hints((length * length * 7 / 2) as u32),
            };
            for _ in 0..3 {
                rest(next(8).saturating_sub(2));
                let at = if next(2) == 0 { &x } else { &y };
                match next(4) {
                    0 => seen.push(at.load(Acquire)),
                    1 => seen.push(at.swap(1 + next(3) as u32, AcqRel)),
                    2 => at.store(4 + next(3) as u32, Release),
                    _ => seen.push(at.fetch_add(1, Relaxed)),
                }
            }
            rest(next(3));
            let (mine, theirs) = if thread == 0 { (&x, &y) } else { (&y, &x) };
            mine.fetch_or(32, Release);
            // Where nothing of the loop is left out, turns have an end.
            for turn in 0..3 {
                if theirs.load(Acquire) & 32 != 0 {
                    break;
                }
                seen.push(turn);
                rest(next(3));
            }
            rest(next(3));
            seen
        };
        thread::scope(|scope| {
            let other = scope.spawn(|| act(1));
            let mut seen = act(0);
            seen.extend(other.join().unwrap());
            seen
        })
    }
}

/// What comes of each execution, one after the other.
fn executions<S: Strategy>(
    strategy: impl Fn() -> S,
    (model, fault): (Model, Option<HintFault>),
    program: impl Fn() -> Vec<u32> + 'static,
) -> Vec<(Ending, Option<Vec<u32>>)> {
    install_hook();
    let last: Rc<RefCell<Option<Vec<u32>>>> = Rc::default();
    let result = Rc::clone(&last);
    let main = move || {
        let outcome = program();
        *result.borrow_mut() = Some(outcome);
    };
    let limits = Limits { executions: Some(60), events_per_thread: 1_000, ..Limits::default() };
    let settings = Settings { model, limits, stop_at_failure: false, ..Settings::default() };
    let mut runtime = Runtime::new(Options::default(), main).with_hint_fault(fault);
    loop {
        let mut seen = Vec::new();
        let mut explorer = Explorer::new(strategy(), settings);
        let mut observe = |_: &Run, ending, _: &_| seen.push((ending, last.borrow_mut().take()));
        let explored = runtime.within(|runtime| explorer.explore(runtime, &mut observe));
        if !runtime.takes_back() {
            assert!(explored.is_ok(), "the program does not repeat itself: {explored:?}");
            return seen;
        }
    }
}

/// Whether hints in a row lead to other executions than single ones, by any strategy.
fn differs(seed: u64, model: Model, fault: Option<HintFault>) -> Option<&'static str> {
    let [one, many] = [false, true].map(|many| program(seed, many));
    let differs = |row: &raddle_engine::explore::StrategyRow| match row.scheduler {
        None => {
            let of = |program| executions(Exhaustive::new, (model, fault), program);
            executions(Exhaustive::new, (model, None), one.clone()) != of(many.clone())
        }
        Some(_) => {
            let sampling = Sampling { seed, ..Sampling::default() };
            let sampler = || Sampler::new(row, sampling).expect("the row is of one that samples");
            let of = |program| executions(sampler, (model, fault), program);
            executions(sampler, (model, None), one.clone()) != of(many.clone())
        }
    };
    STRATEGIES.iter().find(|row| differs(row)).map(|row| row.name)
}

/// The oracle are the same programs with a single hint wherever they have many: every strategy goes through the same executions, in the same
/// order.
#[test]
fn hints_in_a_row_do_what_one_does() {
    for seed in 0..30 {
        for model in MODELS {
            assert_eq!(differs(seed, model, None), None, "{seed} {model}");
        }
    }
}

#[test]
fn hints_that_nobody_hears_are_noticed() {
    let noticed = |seed| differs(seed, Model::Rc20, Some(HintFault::Unheard)).is_some();
    assert!((0..30).any(noticed), "the fault changed nothing");
}

/// How many hints a thread gives that gives nothing else, until it is stopped.
fn hints_until_the_limit(fault: Option<HintFault>) -> u32 {
    static GIVEN: StdAtomicU32 = StdAtomicU32::new(0);
    GIVEN.store(0, Relaxed);
    let endless = || loop {
        // No limit is as far away as this is.
        if GIVEN.fetch_add(1, Relaxed) > 100_000 {
            return vec![];
        }
        spin_loop();
    };
    executions(Exhaustive::new, (Model::Rc20, fault), endless);
    GIVEN.load(Relaxed)
}

/// A loop of hints alone comes to its limit, which hints that are not told bring nearer as others do.
#[test]
fn hints_in_a_row_are_counted() {
    let limit = Limits { events_per_thread: 1_000, ..Limits::default() }.silent_per_event();
    let given = hints_until_the_limit(None);
    // After the end of the execution the thread goes on for a while.
    assert!((limit..=limit + HINTS + 5_000).contains(&given), "{given} hints, {limit}");
    let uncounted = hints_until_the_limit(Some(HintFault::Uncounted));
    assert!(uncounted > 2 * limit, "the fault changed nothing: {uncounted}");
    let outcome = Builder::new().max_events(1_000).explore(|| {
        loop {
            hints(100);
        }
    });
    assert!(matches!(outcome, Outcome::Incomplete(_, Limit::Events(1_000))), "{outcome:?}");
}

/// What a thread writes through a pointer and takes back is a write all the same, if there is a hint between, though others came before.
#[test]
fn writes_between_hints_are_noticed() {
    struct Shared(UnsafeCell<u32>);
    // SAFETY: threads of a model run one at a time; that accesses are not ordered is what is to be noticed.
    unsafe impl Sync for Shared {}
    impl Shared {
        fn pointer(&self) -> *mut u32 {
            self.0.get()
        }
    }
    let writes = || {
        let shared = Shared(UnsafeCell::new(0));
        let found = thread::scope(|scope| {
            scope.spawn(|| {
                hints(2);
                let pointer = shared.pointer();
                for value in [1, 0] {
                    // SAFETY: threads of a model run one at a time.
                    unsafe { *pointer = value };
                    spin_loop();
                }
            });
            // SAFETY: as above.
            unsafe { *shared.pointer() }
        });
        vec![found]
    };
    let all = executions(Exhaustive::new, (Model::Rc20, None), writes);
    assert!(all.iter().any(|(ending, _)| *ending == Ending::Failed), "a race was missed");
}
