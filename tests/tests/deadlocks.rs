//! The verdict on threads that wait for ever, against naive definitions on random programs.
//!
//! Programs lock, read, write, acquire and join at random, and are cut at a small number of events, so that some threads
//! wait while others could go on. Two oracles look at where such an execution ended; both step through states.
//!
//! - *Whatever the others do.* Of each thread only the operation it stands at is known; after it, it may give
//!   back what it holds, hand out permits, and end. The dead are those that never perform theirs. The engine must say
//!   exactly that.
//!   If nobody is dead, a live leak is told by its definition, from the sequence of the execution.
//! - *What the others really do.* The rest of the program is run, in every order. No thread that the engine calls
//!   dead may ever run.

use raddle_engine::explore::{
    Coverage, Ending, Exhaustive, Explorer, Limits, Outcome, Run, Settings, VerdictFault,
};
use raddle_engine::graph::Graph;
use raddle_engine::memory::Model;
use raddle_shims::kernel::{
    Action, Answer, Controller, Extent, Failure, LocationId, Op, Patience, Reply, Stop,
    TRANSFERABLE, ThreadId, Value, World,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a thread does; joins name a thread by its place in the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Do {
    Spawn,
    Join(usize),
    Lock(u32),
    TryLock(u32),
    Unlock(u32),
    Read(u32),
    Unread(u32),
    Intend(u32),
    Write(u32),
    Unwrite(u32),
    Acquire,
    Release,
}

/// Mutexes are objects 0 and 1, the reader-writer lock is 2, the semaphore is 3.
const RWLOCK: u32 = 2;
const SEMAPHORE: u32 = 3;

/// A program: what each thread does. The first is the main thread, which starts the others.
type Program = Vec<Vec<Do>>;

struct Source(u64);

impl Source {
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// A thread that gives back only what it holds, but not always.
fn body(source: &mut Source, length: usize, others: usize, me: usize) -> Vec<Do> {
    let mut held: Vec<Do> = Vec::new();
    let mut body = Vec::new();
    while body.len() < length {
        let step = match source.below(12) {
            0..=2 => Do::Lock(source.below(2) as u32),
            3 => Do::TryLock(source.below(2) as u32),
            4 => Do::Read(RWLOCK),
            5 => Do::Write(RWLOCK),
            6 if me == 0 => Do::Join(1 + source.below(others)),
            6 => Do::Acquire,
            7 => Do::Release,
            _ if held.is_empty() => continue,
            _ => held.remove(source.below(held.len())),
        };
        match step {
            Do::Lock(lock) => held.push(Do::Unlock(lock)),
            Do::Read(lock) => held.push(Do::Unread(lock)),
            Do::Write(lock) => {
                body.push(Do::Intend(lock));
                held.push(Do::Unwrite(lock));
            }
            _ => {}
        }
        body.push(step);
    }
    body
}

fn random(seed: u64) -> (Program, u32) {
    let mut source = Source(seed);
    let others = 2 + source.below(2);
    let mut program = vec![vec![Do::Spawn; others]];
    let length = 1 + source.below(3);
    let mut rest = body(&mut source, length, others, 0);
    rest.truncate(if source.below(2) == 0 { 0 } else { length });
    if let Some(Do::Intend(_)) = rest.last() {
        rest.pop();
    }
    program[0].extend(rest);
    for me in 1..=others {
        let length = 2 + source.below(5);
        program.push(body(&mut source, length, others, me));
    }
    (program, 3 + source.below(4) as u32)
}

struct Script {
    program: Program,
    /// What the objects are at first.
    initial: [u64; 4],
    at: Vec<usize>,
    started: Vec<ThreadId>,
}

fn op(step: Do, started: &[ThreadId]) -> Op {
    let patience = if let Do::TryLock(_) = step { Patience::None } else { Patience::Forever };
    let act = |object, action| Op::Act { object: LocationId(object), action, patience };
    match step {
        Do::Spawn => Op::Spawn,
        Do::Join(thread) => Op::Join(started[thread]),
        Do::Lock(lock) | Do::TryLock(lock) => act(lock, Action::Lock),
        Do::Unlock(lock) => act(lock, Action::Unlock),
        Do::Read(lock) => act(lock, Action::ReadLock),
        Do::Unread(lock) => act(lock, Action::ReadUnlock),
        Do::Intend(lock) => act(lock, Action::IntendWrite),
        Do::Write(lock) => act(lock, Action::WriteLock),
        Do::Unwrite(lock) => act(lock, Action::WriteUnlock),
        Do::Acquire => act(SEMAPHORE, Action::Acquire(1)),
        Do::Release => act(SEMAPHORE, Action::Release(1)),
    }
}

impl World for Script {
    fn reset(&mut self) {
        self.at = vec![usize::MAX; self.program.len()];
        self.started = vec![ThreadId::MAIN];
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        let me = self.started.iter().position(|started| *started == thread).expect("it started");
        if self.at[me] == usize::MAX {
            self.at[me] = 0;
            if me == 0 {
                for (object, value) in self.initial.iter().enumerate() {
                    controller.declare(LocationId(object as u32), Value(*value));
                }
            }
        } else {
            self.done(me, reply);
        }
        while let Some(step) = self.program[me].get(self.at[me]) {
            match controller.perform(&op(*step, &self.started)) {
                Answer::Suspend => return Stop::Suspended,
                Answer::Reply(reply) => self.done(me, reply),
            }
        }
        Stop::Exited
    }
}

impl Script {
    fn new(program: &Program) -> Script {
        let program = program.clone();
        Script { program, initial: [0, 0, 1, 1], at: Vec::new(), started: Vec::new() }
    }

    fn done(&mut self, me: usize, reply: Reply) {
        if self.program[me][self.at[me]] == Do::Spawn {
            self.started.push(reply.thread().expect("a spawn names its thread"));
        }
        self.at[me] += 1;
    }
}

/// A state as a textbook has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct State {
    /// What each thread has done; none before it is started.
    at: Vec<Option<usize>>,
    /// Threads of which only the operation that they stand at is known, and that have performed it.
    free: BTreeSet<usize>,
    /// Of these, those that have ended.
    ended: BTreeSet<usize>,
    mutexes: BTreeMap<u32, usize>,
    readers: Vec<usize>,
    writer: Option<usize>,
    intents: Vec<usize>,
    permits: u32,
}

impl State {
    fn new(program: &Program) -> State {
        let mut at = vec![None; program.len()];
        at[0] = Some(0);
        State { at, permits: 1, ..State::default() }
    }

    fn next(&self, program: &Program, me: usize) -> Option<Do> {
        program[me].get(self.at[me]?).copied()
    }

    fn has_ended(&self, program: &Program, me: usize) -> bool {
        self.ended.contains(&me) || self.at[me].is_some_and(|at| at >= program[me].len())
    }

    fn can(&self, program: &Program, me: usize) -> bool {
        match self.next(program, me) {
            None => false,
            Some(Do::Join(other)) => self.has_ended(program, other),
            Some(Do::Lock(lock)) => !self.mutexes.contains_key(&lock),
            Some(Do::Read(_)) => self.intents.is_empty(),
            Some(Do::Write(_)) => self.readers.is_empty() && self.writer.is_none(),
            Some(Do::Acquire) => self.permits > 0,
            Some(_) => true,
        }
    }

    /// Performs what a thread stands at.
    fn step(&mut self, program: &Program, me: usize) {
        let drop_one = |list: &mut Vec<usize>| {
            if let Some(at) = list.iter().position(|thread| *thread == me) {
                list.remove(at);
            }
        };
        match self.next(program, me).expect("it has not ended") {
            Do::Spawn => {
                let child = self.at.iter().position(Option::is_none).expect("one is left");
                self.at[child] = Some(0);
            }
            Do::Lock(lock) => _ = self.mutexes.insert(lock, me),
            Do::TryLock(lock) => _ = self.mutexes.entry(lock).or_insert(me),
            Do::Unlock(lock) => _ = self.mutexes.remove(&lock),
            Do::Read(_) => self.readers.push(me),
            Do::Unread(_) => drop_one(&mut self.readers),
            Do::Intend(_) => self.intents.push(me),
            Do::Write(_) => self.writer = Some(me),
            Do::Unwrite(_) => {
                self.writer = None;
                drop_one(&mut self.intents);
            }
            Do::Acquire => self.permits -= 1,
            Do::Release => self.permits += 1,
            Do::Join(_) => {}
        }
        self.readers.sort_unstable();
        self.intents.sort_unstable();
        *self.at[me].as_mut().expect("it has been started") += 1;
    }

    /// What threads of which nothing more is known may do: give back something, hand out a permit, end.
    fn freely(&self, me: usize) -> Vec<State> {
        let mut all = Vec::new();
        let mut change = |f: &dyn Fn(&mut State)| {
            let mut state = self.clone();
            f(&mut state);
            all.push(state);
        };
        for lock in self.mutexes.iter().filter(|(_, holder)| **holder == me).map(|(lock, _)| lock) {
            change(&|state| _ = state.mutexes.remove(lock));
        }
        if self.readers.contains(&me) {
            change(&|state| state.readers.retain(|reader| *reader != me));
        }
        if self.writer == Some(me) {
            change(&|state| {
                state.writer = None;
                state.intents.retain(|writer| *writer != me);
            });
        }
        if self.permits == 0 {
            change(&|state| state.permits += 1);
        }
        change(&|state| _ = state.ended.insert(me));
        all
    }
}

/// The threads that perform what they stand at in some continuation.
fn run_on(program: &Program, start: &State, known: bool) -> BTreeSet<usize> {
    let (mut seen, mut work) = (BTreeSet::from([start.clone()]), vec![start.clone()]);
    let mut ran = BTreeSet::new();
    while let Some(state) = work.pop() {
        let mut next = Vec::new();
        for me in 0..program.len() {
            if state.free.contains(&me) {
                if !state.ended.contains(&me) {
                    next.extend(state.freely(me));
                }
            } else if state.can(program, me) {
                // A writer announces itself and locks in one call.
                let announces = matches!(state.next(program, me), Some(Do::Intend(_)));
                let mut after = state.clone();
                after.step(program, me);
                if !announces {
                    ran.insert(me);
                }
                if !known && !announces {
                    // It has not ended, even if it has nothing more to do in truth.
                    after.free.insert(me);
                }
                next.push(after);
            }
        }
        for state in next {
            if seen.insert(state.clone()) {
                work.push(state);
            }
        }
    }
    ran
}

/// What random programs came to.
#[derive(Default, Debug)]
struct Tally {
    endings: u64,
    extents: BTreeMap<Extent, u64>,
    dead_and_not: u64,
}

/// Compares every ending of a random program; the first difference.
fn compare(
    (program, limit): &(Program, u32),
    model: Model,
    fault: Option<VerdictFault>,
    tally: &mut Tally,
) -> Option<String> {
    let mut script = Script::new(program);
    let limits = Limits { events_per_thread: *limit, executions: Some(300), time: None };
    let settings = Settings { model, limits, deadlock_fails: false, ..Settings::default() };
    let (mut difference, mut states) = (None, BTreeSet::new());
    let mut observe = |run: &Run, ending: Ending, _: &Coverage| {
        if difference.is_none() && matches!(ending, Ending::Deadlock | Ending::Cut) {
            let most = run.thread_ids().map(|thread| run.graph.count_of(thread)).max();
            assert!(most <= Some(*limit), "a thread went beyond the limit");
            let at = ended_in(program, run);
            if states.insert(at.clone()) {
                difference = differs((program, *limit), (run, at), ending, fault, tally);
            }
        }
    };
    Explorer::new(Exhaustive::new(), settings)
        .explore(&mut script, &mut observe)
        .expect("a script is deterministic");
    difference
}

/// Where an execution ended: the events of the graph are the schedule; everything else is done again here.
fn ended_in(program: &Program, run: &Run) -> State {
    let (mut state, mut threads) = (State::new(program), vec![ThreadId::MAIN]);
    for event in run.graph.events() {
        let me = threads.iter().position(|thread| *thread == event.thread).expect("it started");
        state.step(program, me);
        if event.op == Op::Spawn {
            threads.push(ThreadId(event.chosen));
        }
    }
    state
}

fn differs(
    (program, limit): (&Program, u32),
    (run, state): (&Run, State),
    ending: Ending,
    fault: Option<VerdictFault>,
    tally: &mut Tally,
) -> Option<String> {
    let alive: BTreeSet<usize> = (0..program.len())
        .filter(|me| state.at[*me].is_some() && !state.has_ended(program, *me))
        .collect();
    let never = |known| -> BTreeSet<usize> {
        let ran = run_on(program, &state, known);
        alive.difference(&ran).copied().collect()
    };
    let (whatever, really) = (never(false), never(true));
    let found = run.deadlock_with(ending, fault);
    let (mut dead, mut extent) = (BTreeSet::new(), None);
    if let Some(Failure::Deadlock { extent: how_far, waiting }) = &found {
        extent = Some(*how_far);
        let threads = waiting.iter().filter(|it| it.is_dead).map(|it| it.thread);
        dead.extend(threads.map(|it| threads_place(&run.graph, it)));
    }
    let lives_on = ending == Ending::Cut && lives_on(program, &run.graph, limit, &alive);
    let expected = match (whatever.is_empty(), whatever == alive, alive.contains(&0)) {
        (true, ..) => lives_on.then_some(Extent::LiveLeak),
        (_, false, _) => Some(Extent::Partial),
        (_, _, true) => Some(Extent::Global),
        (_, _, false) => Some(Extent::TaskLeak),
    };
    tally.endings += 1;
    tally.dead_and_not += u64::from(whatever != really);
    if let Some(extent) = extent {
        *tally.extents.entry(extent).or_default() += 1;
    }
    let wrong = dead != whatever || extent != expected || !dead.is_subset(&really);
    wrong.then(|| {
        format!(
            "{program:?} ends in {state:?}: the engine says {extent:?} of {dead:?}; whatever the others do, \
             {whatever:?} never run; really, {really:?}\n{}",
            run.graph
        )
    })
}

/// Whether main has ended, and the last events are all of threads that were stopped at the limit, half of the limit or more
/// by one of them.
fn lives_on(program: &Program, graph: &Graph, limit: u32, alive: &BTreeSet<usize>) -> bool {
    let done = |me: usize| {
        graph.events().iter().filter(|event| threads_place(graph, event.thread) == me).count()
    };
    let stopped: Vec<usize> =
        (0..program.len()).filter(|me| alive.contains(me) && done(*me) == limit as usize).collect();
    let mut last = BTreeMap::<usize, u32>::new();
    for event in graph.events().iter().rev() {
        let me = threads_place(graph, event.thread);
        if !stopped.contains(&me) {
            break;
        }
        *last.entry(me).or_default() += 1;
    }
    !alive.contains(&0) && last.values().any(|count| 2 * count >= limit)
}

/// Looks at random programs all the time: what is found dead in the middle never runs, whatever the others do, and so not
/// really either.
#[test]
fn who_is_found_dead_in_the_middle_never_runs() {
    let mut partial = 0;
    for seed in 0..600 {
        let (program, _) = random(seed);
        let mut script = Script::new(&program);
        let limits = Limits { executions: Some(200), ..Limits::default() };
        let settings = Settings { limits, stop_at_failure: false, ..Settings::default() };
        let mut observe = |run: &Run, _: Ending, _: &Coverage| {
            let Some(Failure::Deadlock { extent: Extent::Partial, waiting }) = run.failure() else {
                return;
            };
            partial += 1;
            let state = ended_in(&program, run);
            for waiting in waiting.iter().filter(|waiting| waiting.is_dead) {
                let me = threads_place(&run.graph, waiting.thread);
                for known in [false, true] {
                    let ran = run_on(&program, &state, known);
                    assert!(!ran.contains(&me), "{me} of {program:?} in {state:?}\n{}", run.graph);
                }
            }
        };
        Explorer::new(Exhaustive::new(), settings)
            .looking_from(1)
            .explore(&mut script, &mut observe)
            .expect("a script is deterministic");
    }
    assert!(partial > 200, "{partial} were found");
}

/// The place in the program of a thread of the graph: main starts the others in order.
fn threads_place(graph: &Graph, thread: ThreadId) -> usize {
    let spawns = graph.events().iter().filter(|event| event.op == Op::Spawn);
    let order: Vec<u32> = spawns.map(|event| event.chosen).collect();
    match thread {
        ThreadId::MAIN => 0,
        other => 1 + order.iter().position(|child| *child == other.0).expect("it was started"),
    }
}

/// The first difference among so many random programs.
fn first(seeds: u64, fault: Option<VerdictFault>, tally: &mut Tally) -> Option<String> {
    (0..seeds).find_map(|seed| {
        let model = if seed % 2 == 0 { Model::Rc20 } else { Model::Sc };
        compare(&random(seed), model, fault, tally).map(|text| format!("seed {seed}: {text}"))
    })
}

#[test]
fn the_verdict_is_that_of_the_naive_definitions() {
    let mut tally = Tally::default();
    if let Some(difference) = first(800, None, &mut tally) {
        panic!("{difference}");
    }
    println!("{tally:?}");
    // The programs are worth something: each verdict comes up, and some threads that never run really are not dead
    // for anybody who does not know the rest of the program.
    for extent in [Extent::Global, Extent::Partial, Extent::TaskLeak, Extent::LiveLeak] {
        assert!(tally.extents.get(&extent).is_some_and(|count| *count > 100), "{tally:?}");
    }
    assert!(tally.dead_and_not > 100, "{tally:?}");
}

#[test]
fn planted_faults_are_noticed() {
    use VerdictFault::*;
    for fault in [ForgetsEnded, NeedsAll, LooksOnce, GivesUpHope, CountsAll] {
        let difference = first(800, Some(fault), &mut Tally::default());
        assert!(difference.is_some(), "{fault:?} changed nothing");
    }
}

/// Two threads that lock in different orders: one execution for each that is first in both, and one deadlock.
#[test]
fn two_orders_of_two_locks_are_three_executions_of_which_one_deadlocks() {
    let program = vec![
        vec![Do::Spawn, Do::Spawn],
        vec![Do::Lock(0), Do::Lock(1), Do::Unlock(1), Do::Unlock(0)],
        vec![Do::Lock(1), Do::Lock(0), Do::Unlock(0), Do::Unlock(1)],
    ];
    for model in [Model::Sc, Model::Rc20] {
        let mut script = Script::new(&program);
        let settings = Settings { model, deadlock_fails: false, ..Settings::default() };
        let outcome = Explorer::new(Exhaustive::new(), settings)
            .explore(&mut script, &mut ())
            .expect("a script is deterministic");
        let coverage = outcome.coverage();
        assert_eq!((coverage.executions, coverage.deadlocks, coverage.runs()), (3, 1, 3));
    }
}

/// A thread that locks twice is dead while another goes on, but not if others may unlock for it.
#[test]
fn of_locks_that_anybody_may_unlock_nobody_in_particular_has_to_act() {
    let program =
        vec![vec![Do::Spawn, Do::Spawn], vec![Do::Lock(0), Do::Lock(0)], vec![Do::Release; 9]];
    let found = |initial| {
        let mut script = Script { initial: [initial, 0, 1, 1], ..Script::new(&program) };
        let limits = Limits { events_per_thread: 4, ..Limits::default() };
        let settings = Settings { limits, stop_at_failure: true, ..Settings::default() };
        let outcome = Explorer::new(Exhaustive::new(), settings)
            .explore(&mut script, &mut ())
            .expect("a script is deterministic");
        match outcome {
            Outcome::Violation(found) => match found.failure {
                Failure::Deadlock { extent, .. } => Some(extent),
                other => panic!("{other:?}"),
            },
            _ => None,
        }
    };
    assert_eq!(found(0), Some(Extent::Partial));
    assert_eq!(found(TRANSFERABLE.0), Some(Extent::LiveLeak));
}
