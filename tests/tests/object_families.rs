//! Families of programs with blocking objects that grow with a parameter: as many executions as the closed form
//! says, each once and none given up, and, where it can finish, what the naive oracle finds.
//!
//! Each program is a line of a table, which is printed by
//! `cargo test -p raddle-tests --test object_families -- --nocapture --test-threads 1`.

use raddle_engine::explore::Exhaustive;
use raddle_litmus::fuzz::{check, oracle};
use raddle_litmus::objects::{Deed, Object, ObjectKind};
use raddle_litmus::program::{Comparison, Guard, Instruction, Operand, Order, Program};
use raddle_litmus::report::{explore_with, settings};
use raddle_litmus::scripted::Scripted;
use raddle_tests::support::{MODELS, POLICIES};

type Body = Vec<Instruction>;

/// A deed whose reply goes to register 0.
fn deed(object: u32, deed: Deed) -> Instruction {
    with(object, deed, Operand::Constant(0))
}

fn with(object: u32, deed: Deed, arg: Operand) -> Instruction {
    Instruction::Act { object, deed, arg, limited: false, within: None, reg: 0 }
}

fn attempt(object: u32, deed: Deed) -> Instruction {
    Instruction::Act {
        object,
        deed,
        arg: Operand::Constant(0),
        limited: true,
        within: None,
        reg: 0,
    }
}

/// With the reply of the deed before.
fn following(object: u32, deed: Deed) -> Instruction {
    with(object, deed, Operand::Register { reg: 0, add: 0 })
}

fn object(kind: ObjectKind, value: u64) -> Object {
    Object { kind, value: Some(value) }
}

fn many(n: u64, body: impl Fn(u64) -> Body) -> Vec<Body> {
    (0..n).map(body).collect()
}

fn factorial(n: u64) -> u64 {
    (1..=n).product()
}

/// Checks the number of executions and of those that end in a deadlock, under both models.
#[track_caller]
fn count(name: &str, objects: Vec<Object>, threads: Vec<Body>, expected: (u64, u64)) {
    count_with(name, 0, objects, threads, Some(expected));
}

/// The same; without an expectation, all that is known is what the oracle finds, which must finish then.
#[track_caller]
fn count_with(
    name: &str,
    locations: u32,
    objects: Vec<Object>,
    threads: Vec<Body>,
    expected: Option<(u64, u64)>,
) {
    let program =
        Program { name: name.to_string(), locations, objects, threads, ..Program::default() };
    program.check().expect(name);
    for model in MODELS {
        let world = Scripted::new(&program);
        let (_, outcome) =
            explore_with(&program, world, Exhaustive::new(), settings(model)).expect(name);
        let coverage = outcome.coverage();
        if let Some(expected) = expected {
            assert_eq!((coverage.executions, coverage.deadlocks), expected, "{name}, {model}");
        }
        let given_up = (coverage.redundant, coverage.set_aside, coverage.moot);
        assert_eq!(given_up, (0, 0, 0), "{name}, {model}");
        let truth = oracle(&program, model);
        if let Some(truth) = &truth {
            let checked = check(&program, model, Exhaustive::new(), truth);
            assert!(checked.is_ok(), "{name}, {model}: {checked:?}");
        }
        assert!(truth.is_some() || expected.is_some(), "{name}: neither oracle nor expectation");
        let (explored, deadlocks) = (coverage.executions, coverage.deadlocks);
        let expected = expected.map_or("-".to_string(), |(all, dead)| format!("{all} ({dead})"));
        let oracle = truth.map_or("too large".to_string(), |it| it.graphs.len().to_string());
        let explored = format!("{explored} ({deadlocks})");
        println!("| {name:32} | {model:4} | {expected:>9} | {explored:>9} | 0 | {oracle:>9} |");
    }
}

fn section(lock: u32) -> Body {
    vec![deed(lock, Deed::Lock), deed(lock, Deed::Unlock)]
}

/// Both orders of `n` sections; `2n` sections, two in each thread: `(2n)! / 2ⁿ`.
#[test]
fn critical_sections() {
    let mutex = || vec![object(ObjectKind::Mutex, 0)];
    for n in 2..=6 {
        count(&format!("mutex({n})"), mutex(), many(n, |_| section(0)), (factorial(n), 0));
    }
    for n in 2..=4 {
        let twice = |_| [section(0), section(0)].concat();
        let executions = factorial(2 * n) >> n;
        count(&format!("mutex twice({n})"), mutex(), many(n, twice), (executions, 0));
    }
}

/// One if all read; with a writer, any set of them comes before it.
#[test]
fn readers_and_a_writer() {
    let lock = || vec![object(ObjectKind::Rwlock, 0)];
    let reads = || vec![deed(0, Deed::ReadLock), deed(0, Deed::ReadUnlock)];
    let writes =
        || vec![deed(0, Deed::IntendWrite), deed(0, Deed::WriteLock), deed(0, Deed::WriteUnlock)];
    for n in 2..=6 {
        count(&format!("readers({n})"), lock(), many(n, |_| reads()), (1, 0));
        let both = [many(n, |_| reads()), vec![writes()]].concat();
        count(&format!("readers({n}), a writer"), lock(), both, (1 << n, 0));
    }
    for (readers, writers, executions) in [(2, 2, 18), (3, 2, 54)] {
        let both = [many(readers, |_| reads()), many(writers, |_| writes())].concat();
        count(&format!("readers({readers}), writers({writers})"), lock(), both, (executions, 0));
    }
}

/// `n!` with one permit; with more, sections overlap.
#[test]
fn permits() {
    let one = Operand::Constant(1);
    let body = |_| vec![with(0, Deed::Acquire, one), with(0, Deed::Release, one)];
    for n in 2..=6 {
        let semaphore = vec![object(ObjectKind::Semaphore, 1)];
        count(&format!("permit 1({n})"), semaphore, many(n, body), (factorial(n), 0));
    }
    for (permits, n, executions) in [(2, 3, 30), (2, 4, 312), (3, 4, 552)] {
        let semaphore = vec![object(ObjectKind::Semaphore, permits)];
        count(&format!("permits {permits}({n})"), semaphore, many(n, body), (executions, 0));
    }
}

#[test]
fn meetings() {
    for n in 2..=6 {
        let body = |_| vec![deed(0, Deed::Arrive), following(0, Deed::Depart)];
        let barrier = vec![object(ObjectKind::Barrier, n)];
        count(&format!("barrier({n})"), barrier, many(n, body), (1, 0));
        let mut group = many(n, |_| vec![with(0, Deed::Add, Operand::Constant(u64::MAX))]);
        group.push(vec![deed(0, Deed::AwaitZero)]);
        count(&format!("group({n})"), vec![object(ObjectKind::Counter, n)], group, (1, 0));
    }
}

/// A stream is one execution whatever the room; `n` senders are received in any order.
#[test]
fn messages() {
    let sends = |n: u64| many(n, |_| vec![deed(0, Deed::Send)]).concat();
    let receives = |n: u64| many(n, |_| vec![deed(0, Deed::Receive)]).concat();
    for n in 2..=6 {
        for room in [Some(1), Some(2), None] {
            let channel = || vec![Object { kind: ObjectKind::Channel, value: room }];
            let stream = vec![sends(n), receives(n)];
            count(&format!("stream({n}), {room:?}"), channel(), stream, (1, 0));
            let senders = [many(n, |_| sends(1)), vec![receives(n)]].concat();
            count(&format!("senders({n}), {room:?}"), channel(), senders, (factorial(n), 0));
        }
    }
    let channel = vec![object(ObjectKind::Channel, 1)];
    let threads = vec![sends(1), sends(1), receives(1), receives(1)];
    count("two and two", channel, threads, (4, 0));
}

/// Without room, whoever comes first meets whoever comes first: `(n!)²` for `n` on each side.
#[test]
fn pairs() {
    let rendezvous = || vec![object(ObjectKind::Rendezvous, 0)];
    let offers = |_| vec![deed(0, Deed::Offer), following(0, Deed::AwaitTaken)];
    let wants = |_| vec![deed(0, Deed::Want), following(0, Deed::Take)];
    for n in 1..=3 {
        let both = [many(n, offers), many(n, wants)].concat();
        count(&format!("pairs({n})"), rendezvous(), both, (factorial(n).pow(2), 0));
    }
    let both = [many(2, offers), many(1, wants)].concat();
    count("one is left", rendezvous(), both, (2, 2));
}

/// Waiting on a condition variable under its lock, once, without looking.
fn waits() -> Body {
    vec![
        deed(0, Deed::Lock),
        deed(1, Deed::Enqueue),
        deed(0, Deed::Unlock),
        deed(1, Deed::Wake),
        deed(0, Deed::Lock),
        deed(0, Deed::Unlock),
    ]
}

#[test]
fn notifications() {
    let objects = || vec![object(ObjectKind::Mutex, 0), object(ObjectKind::Condvar, 0)];
    let notifies = |how| vec![deed(0, Deed::Lock), deed(1, how), deed(0, Deed::Unlock)];
    for (n, all, oldest) in [(1, (2, 1), (2, 1)), (2, (10, 6), (8, 8)), (3, (96, 60), (42, 42))] {
        for (how, expected) in [(Deed::NotifyAll, all), (Deed::NotifyOldest, oldest)] {
            let threads = [many(n, |_| waits()), vec![notifies(how)]].concat();
            count(&format!("{n} wait, {how:?}"), objects(), threads, expected);
        }
    }
    let threads = [many(2, |_| waits()), vec![notifies(Deed::NotifyOne)]].concat();
    count("2 wait, any is notified", objects(), threads, (10, 10));
}

/// A producer and consumers that look at a flag under the lock before they wait: nobody is left if all are
/// notified, one may be if one is and two wait for two things.
#[test]
fn producers_and_consumers() {
    let objects = || vec![object(ObjectKind::Mutex, 0), object(ObjectKind::Condvar, 0)];
    let relaxed = raddle_litmus::program::Order::Relaxed;
    let takes = || {
        let looks = || Instruction::Load { loc: 0, ord: relaxed, reg: 1, until: None };
        let waiting = vec![
            deed(1, Deed::Enqueue),
            deed(0, Deed::Unlock),
            deed(1, Deed::Wake),
            deed(0, Deed::Lock),
            looks(),
        ];
        let waits = Instruction::If {
            reg: 1,
            cmp: Comparison::Eq,
            val: Operand::Constant(0),
            then: waiting,
            otherwise: Vec::new(),
        };
        vec![deed(0, Deed::Lock), looks(), waits, deed(0, Deed::Unlock)]
    };
    let makes = |how| {
        let store = Instruction::Store { loc: 0, ord: relaxed, val: Operand::Constant(1) };
        vec![deed(0, Deed::Lock), store, deed(1, how), deed(0, Deed::Unlock)]
    };
    for (consumers, how, deadlocks) in [
        (1, Deed::NotifyOne, false),
        (1, Deed::NotifyAll, false),
        (2, Deed::NotifyAll, false),
        (2, Deed::NotifyOne, true),
    ] {
        let threads = [many(consumers, |_| takes()), vec![makes(how)]].concat();
        let name = format!("{consumers} consume, {how:?}");
        let program = Program {
            name: name.clone(),
            locations: 1,
            objects: objects(),
            threads: threads.clone(),
            ..Program::default()
        };
        count_with(&name, 1, objects(), threads, None);
        for model in MODELS {
            let truth = oracle(&program, model).expect("the oracle finishes");
            assert_eq!(truth.deadlock, deadlocks, "{name}, {model}");
        }
    }
}

/// Everybody takes the left fork first: one deadlock. If one takes the right one first, none.
#[test]
fn philosophers() {
    let dines = |first, second| {
        vec![
            deed(first, Deed::Lock),
            deed(second, Deed::Lock),
            deed(second, Deed::Unlock),
            deed(first, Deed::Unlock),
        ]
    };
    let forks = |n| vec![object(ObjectKind::Mutex, 0); n];
    count("opposite orders", forks(2), vec![dines(0, 1), dines(1, 0)], (3, 1));
    count("same order", forks(2), vec![dines(0, 1), dines(0, 1)], (2, 0));
    count("philosophers", forks(3), vec![dines(0, 1), dines(1, 2), dines(2, 0)], (7, 1));
    count("left-handed one", forks(3), vec![dines(0, 1), dines(1, 2), dines(0, 2)], (6, 0));
}

#[test]
fn attempts() {
    let tries = |_| {
        let unlock = Instruction::If {
            reg: 0,
            cmp: Comparison::Eq,
            val: Operand::Constant(0),
            then: vec![Instruction::Act {
                object: 0,
                deed: Deed::Unlock,
                arg: Operand::Constant(0),
                limited: false,
                within: None,
                reg: 1,
            }],
            otherwise: Vec::new(),
        };
        vec![attempt(0, Deed::Lock), unlock]
    };
    let mutex = || vec![object(ObjectKind::Mutex, 0)];
    for (n, executions) in [(2, 4), (3, 21), (4, 148)] {
        count(&format!("attempts({n})"), mutex(), many(n, tries), (executions, 0));
    }
    count(
        "an attempt beside a section",
        mutex(),
        [vec![section(0)], many(1, tries)].concat(),
        (3, 0),
    );
}

#[test]
fn tokens() {
    let token = || vec![object(ObjectKind::Token, 0)];
    let unparks = |_| vec![deed(0, Deed::Unpark)];
    let parks = |n| many(n, |_| vec![deed(0, Deed::Park)]).concat();
    count("park", token(), [vec![parks(1)], many(2, unparks)].concat(), (3, 0));
    count("park twice", token(), [vec![parks(2)], many(2, unparks)].concat(), (3, 1));
}

#[test]
fn polls_and_timeouts() {
    let channel = |room| vec![object(ObjectKind::Channel, room)];
    let send = || vec![deed(0, Deed::Send)];
    let polls = |n| many(n, |_| vec![attempt(0, Deed::Receive)]).concat();
    count("a poll beside a send", channel(1), vec![polls(1), send()], (2, 0));
    count("2 polls, 2 sends", channel(2), vec![polls(2), [send(), send()].concat()], (4, 0));
    let closes = vec![vec![deed(0, Deed::Close)], vec![deed(0, Deed::Receive)], send()];
    count("close, receive, send", channel(1), closes, (2, 0));
    let objects = || vec![object(ObjectKind::Mutex, 0), object(ObjectKind::Condvar, 0)];
    let mut timed = waits();
    timed[3] = attempt(1, Deed::Wake);
    let notifies = vec![deed(0, Deed::Lock), deed(1, Deed::NotifyOne), deed(0, Deed::Unlock)];
    // Timing out and locking again are two events here, see ARCHITECTURE.md.
    count("a timed wait, notify", objects(), vec![timed, notifies], (4, 0));
    let notify = vec![deed(1, Deed::NotifyOne)];
    count("a wait, notify without the lock", objects(), vec![waits(), notify], (2, 1));
}

#[test]
fn selects() {
    // Two channels with room for one message, and a select that receives from either.
    let channels = || vec![object(ObjectKind::Exchange, 0x11)];
    let send = |channel: u64| vec![with(0, Deed::Pass, Operand::Constant(4 * channel))];
    let receive_either = Operand::Constant(2 | 4 << 8);
    let mut polls = vec![with(0, Deed::Stand, receive_either), deed(0, Deed::Meet)];
    let blocks = [polls.clone(), polls.clone()].concat();
    for it in &mut polls {
        if let Instruction::Act { limited, .. } = it {
            *limited = true;
        }
    }
    // Any arm that is ready may be taken: one execution more than if it were always the first.
    count("select, default, 2 sends", channels(), vec![send(0), send(1), polls], (5, 0));
    count("2 selects, 2 sends", channels(), vec![send(0), send(1), blocks], (4, 0));
}

#[test]
fn starts_and_ends_of_threads() {
    use raddle_litmus::program::Order::Relaxed;
    let one = Operand::Constant(1);
    let adds =
        |_| vec![Instruction::FetchAdd { loc: 0, ord: Relaxed, val: one, reg: 0, until: None }];
    for n in 2..=5 {
        let spawns = many(n, |i| vec![Instruction::Spawn { thread: (n + i) as u32 }]);
        let threads = [spawns, many(n, adds)].concat();
        count_with(&format!("spawners({n})"), 1, Vec::new(), threads, Some((factorial(n), 0)));
        let mut joins = many(n, |i| vec![Instruction::Join { thread: i as u32 }]).concat();
        joins.push(Instruction::Load { loc: 0, ord: Relaxed, reg: 0, until: None });
        let threads = [many(n, adds), vec![joins]].concat();
        count_with(&format!("joins({n})"), 1, Vec::new(), threads, Some((factorial(n), 0)));
    }
}

#[test]
fn awaits() {
    use raddle_litmus::program::{Guard, Order};
    let store =
        |loc, val| Instruction::Store { loc, ord: Order::Release, val: Operand::Constant(val) };
    let until = Some(Guard { cmp: Comparison::Eq, val: 1 });
    let awaits = |loc| Instruction::Load { loc, ord: Order::Acquire, reg: 0, until };
    for (name, threads, executions) in [
        ("await a flag", vec![vec![awaits(0)], vec![store(0, 1)]], 1),
        ("await, 2 windows", vec![vec![awaits(0)], vec![store(0, 1), store(0, 2), store(0, 1)]], 2),
        ("ping-pong", vec![vec![store(0, 1), awaits(1)], vec![awaits(0), store(1, 1)]], 1),
    ] {
        count_with(name, 2, Vec::new(), threads, Some((executions, 0)));
    }
}

/// A reader who waits for another: if a writer announces itself in between, nobody goes on. A lock that let the
/// second reader in would have three executions here, and a run that is given up.
#[test]
fn a_reader_who_waits_for_another() {
    let reads = || vec![deed(0, Deed::ReadLock), deed(0, Deed::ReadUnlock)];
    let writes =
        || vec![deed(0, Deed::IntendWrite), deed(0, Deed::WriteLock), deed(0, Deed::WriteUnlock)];
    let join = Instruction::Join { thread: 1 };
    let late = vec![deed(0, Deed::ReadLock), join, deed(0, Deed::ReadUnlock)];
    let program = Program {
        name: "late reader".to_string(),
        objects: vec![object(ObjectKind::Rwlock, 0)],
        threads: vec![writes(), reads(), late],
        ..Program::default()
    };
    for model in MODELS {
        let truth = oracle(&program, model).expect("the oracle finishes");
        let coverage = check(&program, model, Exhaustive::new(), &truth).expect("they agree");
        assert_eq!((coverage.executions, coverage.deadlocks), (4, 1), "{model}");
        assert_eq!(coverage.redundant, 0, "{model}");
    }
}

/// The smallest program with a run that is given up. The wait comes before both additions or never: what overtakes
/// one of them, and would have to come before the other as well, is a branch without an end.
#[test]
fn a_dead_end() {
    let one = Operand::Constant(1);
    let adds = || vec![with(0, Deed::Add, one)];
    let program = Program {
        name: "dead end".to_string(),
        objects: vec![object(ObjectKind::Counter, 0)],
        threads: vec![vec![deed(0, Deed::AwaitZero)], adds(), adds()],
        ..Program::default()
    };
    for model in MODELS {
        let truth = oracle(&program, model).expect("the oracle finishes");
        let coverage = check(&program, model, Exhaustive::new(), &truth).expect("they agree");
        assert_eq!(
            (coverage.executions, coverage.deadlocks, coverage.redundant),
            (2, 1, 1),
            "{model}"
        );
    }
}

/// The smallest program with a run that belongs to another branch: a load that waits for what is overwritten and written
/// again. None if writers go first.
#[test]
fn a_wait_that_is_held() {
    let store =
        |val| Instruction::Store { loc: 0, ord: Order::Relaxed, val: Operand::Constant(val) };
    let until = Some(Guard { cmp: Comparison::Eq, val: 0 });
    let wait = Instruction::Load { loc: 0, ord: Order::Relaxed, reg: 0, until };
    let program = Program {
        name: "held".to_string(),
        locations: 1,
        threads: vec![vec![wait], vec![store(1)], vec![store(0)]],
        ..Program::default()
    };
    for model in MODELS {
        let truth = oracle(&program, model).expect("the oracle finishes");
        let counts = POLICIES.map(|policy| {
            let strategy = Exhaustive::with_policy(policy);
            let coverage = check(&program, model, strategy, &truth).expect("they agree");
            assert_eq!(coverage.executions, 5, "{model} {policy:?}");
            coverage.redundant
        });
        // The first policy is that one.
        let expected = if model == MODELS[0] { [0; 5] } else { [0, 1, 1, 1, 1] };
        assert_eq!(counts, expected, "{model}");
    }
}
