//! Blocking objects: how many executions there are, none repeated and none given up.

use raddle_engine::explore::{Exhaustive, Explorer, Outcome, Settings};
use raddle_shims::kernel::{
    Action, Answer, Arm, Arms, Ask, Controller, LocationId, Op, Patience, Reply, Stance, Stop,
    ThreadId, Value, World,
};
use raddle_tests::support::MODELS;
use std::collections::BTreeMap;

/// What a thread does next, told the replies that it has had.
type Step = Box<dyn Fn(&[u64]) -> Op>;

/// Threads that a main thread spawns, on objects with initial values.
struct Script {
    objects: Vec<u64>,
    /// The lists of arms, by number.
    selects: Vec<Vec<Arm>>,
    threads: Vec<Vec<Step>>,
    /// Replies had by each running thread, and which thread of the script it is.
    running: BTreeMap<ThreadId, (usize, Option<Vec<u64>>)>,
}

impl World for Script {
    fn reset(&mut self) {
        self.running.clear();
    }

    fn run(&mut self, thread: ThreadId, reply: Reply, controller: &mut dyn Controller) -> Stop {
        let mut reply = reply;
        if thread == ThreadId::MAIN && self.running.is_empty() {
            for (object, value) in self.objects.iter().enumerate() {
                controller.declare(LocationId(object as u32), Value(*value));
            }
            for arms in &self.selects {
                controller.arms(arms);
            }
            self.running.insert(thread, (usize::MAX, None));
        } else if thread == ThreadId::MAIN {
            self.note_spawn(reply);
        } else if let Some((_, replies)) = self.running.get_mut(&thread) {
            // The first run answers nothing.
            match replies {
                None => *replies = Some(Vec::new()),
                Some(replies) => replies.push(number(reply)),
            }
        }
        loop {
            let op = if thread == ThreadId::MAIN {
                let spawned = self.running.len() - 1;
                (spawned < self.threads.len()).then_some(Op::Spawn)
            } else {
                let (script, replies) = &self.running[&thread];
                let replies = replies.as_deref().unwrap_or_default();
                let steps = &self.threads[*script];
                steps.get(replies.len()).map(|step| step(replies))
            };
            let Some(op) = op else { return Stop::Exited };
            match controller.perform(&op) {
                Answer::Suspend => return Stop::Suspended,
                Answer::Reply(answer) => reply = answer,
            }
            match thread {
                ThreadId::MAIN => self.note_spawn(reply),
                _ => {
                    let running = self.running.get_mut(&thread);
                    running.expect("it runs").1.get_or_insert_default().push(number(reply));
                }
            }
        }
    }
}

impl Script {
    fn note_spawn(&mut self, reply: Reply) {
        if let Some(thread) = reply.thread() {
            let script = self.running.len() - 1;
            self.running.insert(thread, (script, None));
        }
    }
}

fn number(reply: Reply) -> u64 {
    if let Reply::Value(value) = reply { value.0 } else { 0 }
}

fn act(object: u32, action: Action) -> Step {
    Box::new(move |_| Op::Act { object: LocationId(object), action, patience: Patience::Forever })
}

fn attempt(object: u32, action: Action) -> Step {
    Box::new(move |_| Op::Act { object: LocationId(object), action, patience: Patience::None })
}

fn of_reply(object: u32, back: usize, action: fn(u32) -> Action) -> Step {
    Box::new(move |replies| {
        let action = action(replies[replies.len() - back] as u32);
        Op::Act { object: LocationId(object), action, patience: Patience::Forever }
    })
}

fn count(objects: &[u64], threads: Vec<Vec<Step>>, expected: (u64, u64)) {
    count_selecting(objects, Vec::new(), threads, expected);
}

fn count_selecting(
    objects: &[u64],
    selects: Vec<Vec<Arm>>,
    threads: Vec<Vec<Step>>,
    expected: (u64, u64),
) {
    let objects = objects.to_vec();
    let mut world = Script { objects, selects, threads, running: BTreeMap::new() };
    for model in MODELS {
        let settings = Settings { model, deadlock_fails: false, ..Settings::default() };
        let outcome = Explorer::new(Exhaustive::new(), settings)
            .explore(&mut world, &mut ())
            .expect("a script is deterministic");
        let Outcome::Verified(coverage) = &outcome else { panic!("{model}: {outcome:?}") };
        let found = (coverage.executions, coverage.deadlocks);
        assert_eq!(found, expected, "{model}");
        assert_eq!((coverage.redundant, coverage.set_aside), (0, 0), "{model}");
    }
}

fn many(n: usize, make: impl Fn() -> Vec<Step>) -> Vec<Vec<Step>> {
    (0..n).map(|_| make()).collect()
}

use Action::*;

fn section(object: u32) -> Vec<Step> {
    vec![act(object, Lock), act(object, Unlock)]
}

#[test]
fn mutexes() {
    for (n, executions) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720)] {
        count(&[0], many(n, || section(0)), (executions, 0));
    }
    for (n, executions) in [(2, 6), (3, 90)] {
        let twice = || section(0).into_iter().chain(section(0)).collect();
        count(&[0], many(n, twice), (executions, 0));
    }
    let nested = |a, b| vec![act(a, Lock), act(b, Lock), act(b, Unlock), act(a, Unlock)];
    count(&[0, 0], vec![nested(0, 1), nested(1, 0)], (3, 1));
    count(&[0, 0, 0], vec![nested(0, 1), nested(1, 2), nested(2, 0)], (7, 1));
}

#[test]
fn rwlocks() {
    let reads = || vec![act(0, ReadLock), act(0, ReadUnlock)];
    let writes = || vec![act(0, IntendWrite), act(0, WriteLock), act(0, WriteUnlock)];
    for (readers, writers, executions) in
        [(2, 0, 1), (5, 0, 1), (2, 1, 4), (3, 1, 8), (4, 1, 16), (2, 2, 18), (3, 2, 54)]
    {
        let threads = many(readers, reads).into_iter().chain(many(writers, writes)).collect();
        count(&[0], threads, (executions, 0));
    }
}

#[test]
fn condvars() {
    let waits = || {
        vec![
            act(0, Lock),
            act(1, Enqueue),
            act(0, Unlock),
            act(1, Wake),
            act(0, Lock),
            act(0, Unlock),
        ]
    };
    let notifies = |how| vec![act(0, Lock), act(1, how), act(0, Unlock)];
    for (waiters, all, oldest) in
        [(1, (2, 1), (2, 1)), (2, (10, 6), (8, 8)), (3, (96, 60), (42, 42))]
    {
        for (how, expected) in [(NotifyAll, all), (NotifyOldest, oldest)] {
            let mut threads = many(waiters, waits);
            threads.push(notifies(how));
            count(&[0, 0], threads, expected);
        }
    }
    let mut threads = many(2, waits);
    threads.push(notifies(NotifyOne));
    count(&[0, 0], threads, (10, 10));
    count(&[0, 0], vec![waits(), vec![act(1, NotifyOldest)]], (2, 1));
}

#[test]
fn channels() {
    let sends = |n| (0..n).map(|_| act(0, Send)).collect::<Vec<_>>();
    let receives = |n| (0..n).map(|_| act(0, Receive)).collect::<Vec<_>>();
    for capacity in 1..=3 {
        count(&[capacity], vec![sends(3), receives(3)], (1, 0));
        count(&[capacity], vec![sends(1), sends(1), sends(1), receives(3)], (6, 0));
    }
    for capacity in 1..=2 {
        count(&[capacity], vec![sends(1), sends(1), receives(1), receives(1)], (4, 0));
    }
    count(&[1], vec![vec![act(0, Close)], receives(1), sends(1)], (2, 0));
    let polls = |n| (0..n).map(|_| attempt(0, Receive)).collect::<Vec<_>>();
    count(&[1], vec![sends(1), polls(1)], (2, 0));
    count(&[2], vec![sends(2), polls(2)], (4, 0));
}

#[test]
fn rendezvous() {
    let sends = || vec![act(0, Offer), of_reply(0, 1, AwaitTaken)];
    let receives = || vec![act(0, Want), of_reply(0, 1, Take)];
    for (senders, receivers, expected) in
        [(1, 1, (1, 0)), (2, 1, (2, 2)), (2, 2, (4, 0)), (3, 3, (36, 0))]
    {
        let threads = many(senders, sends).into_iter().chain(many(receivers, receives));
        count(&[0], threads.collect(), expected);
    }
}

#[test]
fn counting() {
    for n in 2..=7 {
        let mut threads = many(n, || vec![act(0, Add(-1))]);
        threads.push(vec![act(0, AwaitZero)]);
        count(&[n as u64], threads, (1, 0));
        let waits = || vec![act(0, Arrive), of_reply(0, 1, Depart)];
        count(&[n as u64], many(n, waits), (1, 0));
    }
    let section = || vec![act(0, Acquire(1)), act(0, Release(1))];
    for (permits, n, executions) in [(1, 2, 2), (1, 3, 6), (2, 3, 30), (2, 4, 312), (3, 4, 552)] {
        count(&[permits], many(n, section), (executions, 0));
    }
    let unpark = || vec![act(0, Unpark)];
    count(&[0], vec![vec![act(0, Park)], unpark(), unpark()], (3, 0));
    count(&[0], vec![vec![act(0, Park), act(0, Park)], unpark(), unpark()], (3, 1));
}

#[test]
fn attempts() {
    // Whoever fails does not unlock.
    let tries = || {
        vec![
            attempt(0, Lock),
            Box::new(|replies: &[u64]| match replies[0] {
                0 => Op::Act { object: LocationId(0), action: Unlock, patience: Patience::Forever },
                _ => Op::Yield,
            }) as Step,
        ]
    };
    for (n, executions) in [(2, 4), (3, 21), (4, 148)] {
        count(&[0], many(n, tries), (executions, 0));
    }
    count(&[0], vec![section(0), tries()], (3, 0));
}

#[test]
fn initialisation() {
    let begins = || {
        vec![
            act(0, Begin { force: false }),
            Box::new(|replies: &[u64]| match replies[0] {
                0 => {
                    Op::Act { object: LocationId(0), action: Complete, patience: Patience::Forever }
                }
                _ => Op::Yield,
            }) as Step,
        ]
    };
    for n in 2..=6 {
        count(&[0], many(n, begins), (n as u64, 0));
    }
}

#[test]
fn selects() {
    let arm = |object, action| Arm { object: LocationId(object), action };
    let receives = vec![arm(0, Receive), arm(1, Receive)];
    let select = |patience| -> Step { Box::new(move |_| Op::Select { arms: Arms(0), patience }) };
    let sends = |object| vec![act(object, Send)];
    let blocking = || vec![select(Patience::Forever)];
    let count = |selecting: Vec<Step>, expected| {
        let threads = vec![sends(0), sends(1), selecting];
        count_selecting(&[1, 1], vec![receives.clone()], threads, expected);
    };
    // None, one of them, or either of both.
    count(vec![select(Patience::None)], (5, 0));
    // Whichever came, or either of both; what is left comes then.
    count(blocking().into_iter().chain(blocking()).collect(), (4, 0));
    count(blocking(), (4, 0));
    // Closing wakes a select as a message does.
    let threads = vec![vec![act(0, Close)], blocking()];
    count_selecting(&[1, 1], vec![receives.clone()], threads, (1, 0));
    // Nobody ever sends.
    count_selecting(&[1, 1], vec![receives], vec![blocking()], (1, 1));
}

fn sleep(until: u64) -> Step {
    Box::new(move |_| Op::Sleep(until))
}

fn until(object: u32, action: Action, end: u64) -> Step {
    let patience = Patience::Until(end);
    Box::new(move |_| Op::Act { object: LocationId(object), action, patience })
}

#[test]
fn time_goes_on_when_nobody_else_does() {
    // Sleepers do not depend on each other, whenever they wake up.
    for n in 1..=4 {
        count(&[], many(n, || vec![sleep(5), sleep(7)]), (1, 0));
    }
    let receives = |end| vec![until(0, Receive, end)];
    let sends = |at| vec![sleep(at), act(0, Send)];
    // In time, too late, and at the same time.
    count(&[1], vec![receives(10), sends(5)], (1, 0));
    count(&[1], vec![receives(10), sends(15)], (1, 0));
    count(&[1], vec![receives(10), sends(10)], (2, 0));
    // Before time goes on, threads race as ever.
    let locks = || vec![until(0, Lock, 10), act(0, Unlock)];
    count(&[0], vec![locks(), locks(), locks()], (6, 0));
    // Whoever comes first keeps the lock for longer than the other waits.
    let keeps = || {
        vec![
            until(0, Lock, 10),
            Box::new(|replies: &[u64]| if replies[0] == 0 { Op::Sleep(20) } else { Op::Sleep(0) })
                as Step,
        ]
    };
    count(&[0], vec![keeps(), keeps()], (2, 0));
    // Nobody waits for a time, and nobody can go on.
    count(&[1], vec![vec![act(0, Receive)], vec![sleep(3)]], (1, 1));
}

/// A thread that comes to a select, and leaves it.
fn meets(arms: u32, patience: Patience) -> Vec<Step> {
    let meet = Meet { first: LocationId(0), stance: Stance::Select };
    [Stand(Arms(arms)), meet]
        .map(|action| -> Step {
            Box::new(move |_| Op::Act { object: LocationId(0), action, patience })
        })
        .into()
}

/// An arm on a channel of the exchange; the channels come after the object, and have no room.
fn on(channel: u32, ask: Ask) -> Arm {
    let action = Channel { channel: LocationId(channel), capacity: 0, ask };
    Arm { object: LocationId(0), action }
}

#[test]
fn selects_that_meet() {
    let lists = || {
        vec![
            vec![on(1, Ask::Send)],
            vec![on(1, Ask::Receive)],
            vec![on(1, Ask::Send), on(2, Ask::Receive)],
            vec![on(1, Ask::Receive), on(2, Ask::Send)],
            vec![on(1, Ask::Receive), on(3, Ask::Receive)],
            vec![on(3, Ask::Send)],
        ]
    };
    let count = |threads, expected| count_selecting(&[0, 0, 0, 0], lists(), threads, expected);
    let waits = |arms| meets(arms, Patience::Forever);
    let tries = |arms| meets(arms, Patience::None);
    // Plain sends and receives: as on a rendezvous channel, who came first makes no difference.
    for (senders, receivers, expected) in
        [(1, 1, (1, 0)), (2, 1, (2, 2)), (2, 2, (4, 0)), (3, 3, (36, 0))]
    {
        let threads = many(senders, || waits(0)).into_iter().chain(many(receivers, || waits(1)));
        count(threads.collect(), expected);
    }
    // Two selects that wait for each other meet, on either channel.
    count(vec![waits(2), waits(3)], (2, 0));
    // One arm has a partner, or either of both.
    count(vec![waits(4), waits(0), waits(5)], (4, 4));
    // Who does not wait meets only who is there.
    count(vec![tries(0), waits(1)], (2, 1));
    count(vec![tries(1), waits(0)], (2, 1));
    count(vec![tries(0), tries(1)], (1, 0));
    // Closing wakes whoever stands there, and nobody meets there any more. Who finds it closed first
    // counts, since before they would have met.
    let close = || -> Vec<Step> {
        let Arm { action, .. } = on(1, Ask::Close);
        vec![act(0, action)]
    };
    count(vec![close(), waits(1)], (1, 0));
    count(vec![close(), waits(0), waits(1)], (4, 0));
}
