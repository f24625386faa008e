//! Programs of steps, and what they are as code that uses the shims.

use crate::support::random::numbers;
use raddle_shims::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
use raddle_shims::sync::mpsc::{
    self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError,
};
use raddle_shims::sync::{
    Arc, Barrier, Condvar, Mutex, MutexGuard, Once, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use raddle_shims::thread::{self, Thread};
use std::cell::Cell;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

/// What a thread does. Where it cannot (it holds the lock already, or does not hold it) it does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The first atomic has eight bits.
    Load(usize),
    Store(usize, u8),
    Swap(usize, u8),
    Add(usize, u8),
    Exchange(usize, u8, u8),
    /// May fail for no reason, once for each thread.
    ExchangeWeak(usize, u8, u8),
    /// Adds one to what is below two.
    Update(usize),
    Lock,
    TryLock,
    Unlock,
    /// Looks at what the mutex guards, and adds one.
    Bump,
    Read,
    TryRead,
    Write,
    TryWrite,
    /// Gives the reader-writer lock back.
    Release,
    /// Looks at what the reader-writer lock guards; a writer adds one.
    Touch,
    Wait,
    WaitTimeout,
    NotifyOne,
    NotifyAll,
    Park,
    ParkTimeout,
    /// Main unparks the thread of this number, others main.
    Unpark(usize),
    Barrier,
    /// The initialisation adds one to the first atomic.
    Once,
    IsCompleted,
    Send,
    TrySend,
    DropSender,
    Receive,
    TryReceive,
    ReceiveTimeout,
    DropReceiver,
    /// Adds sixteen to the second atomic when the thread ends.
    AtEnd,
    Choose,
    /// Main looks whether the thread of this number has finished.
    IsFinished(usize),
    /// Leaves out the next step, if what was seen last is this.
    SkipIf(u64),
}

use Step::*;

const ATOMICS: [Step; 9] = [
    Load(0),
    Load(1),
    Store(0, 2),
    Store(1, 1),
    Swap(1, 3),
    Add(0, 255),
    Exchange(0, 0, 1),
    Exchange(1, 1, 2),
    Update(1),
];

pub const LOCKS: [Step; 18] = [
    Lock,
    TryLock,
    Unlock,
    Bump,
    Read,
    TryRead,
    Write,
    TryWrite,
    Release,
    Touch,
    Lock,
    Read,
    Write,
    Unlock,
    Release,
    ATOMICS[0],
    ATOMICS[3],
    SkipIf(0),
];
pub const CONDITIONS: [Step; 12] = [
    Lock,
    Lock,
    Unlock,
    Bump,
    Wait,
    WaitTimeout,
    NotifyOne,
    NotifyAll,
    TryLock,
    ATOMICS[1],
    ATOMICS[3],
    SkipIf(1),
];
pub const MESSAGES: [Step; 12] = [
    Send,
    Send,
    TrySend,
    DropSender,
    Receive,
    Receive,
    TryReceive,
    ReceiveTimeout,
    DropReceiver,
    ATOMICS[1],
    ATOMICS[3],
    SkipIf(100),
];
pub const OTHERS: [Step; 17] = [
    Park,
    ParkTimeout,
    Unpark(1),
    Unpark(2),
    Barrier,
    Once,
    IsCompleted,
    AtEnd,
    Choose,
    IsFinished(1),
    IsFinished(2),
    ATOMICS[0],
    ATOMICS[1],
    ATOMICS[3],
    ATOMICS[5],
    ExchangeWeak(0, 0, 1),
    SkipIf(0),
];
pub const ALL: [Step; 68] = {
    let mut all = [Load(0); 68];
    let mut next = 0;
    let groups: [&[Step]; 5] = [&ATOMICS, &LOCKS, &CONDITIONS, &MESSAGES, &OTHERS];
    let mut group = 0;
    while group < groups.len() {
        let mut i = 0;
        while i < groups[group].len() {
            all[next] = groups[group][i];
            next += 1;
            i += 1;
        }
        group += 1;
    }
    all
};

/// A program: what main does before it joins the others, and what they do.
#[derive(Clone, Debug)]
pub struct Program {
    pub threads: Vec<Vec<Step>>,
    /// How many messages the channel has room for.
    pub room: usize,
    /// Who receives.
    pub receiver: usize,
    /// How many meet at the barrier.
    pub meet: usize,
    /// Threads are those of a scope.
    pub scoped: bool,
}

impl Program {
    pub fn has_atomics(&self) -> bool {
        let is_atomic = |step: &Step| {
            matches!(
                step,
                Load(_)
                    | Store(..)
                    | Swap(..)
                    | Add(..)
                    | Exchange(..)
                    | ExchangeWeak(..)
                    | Update(_)
            )
        };
        self.threads.iter().flatten().any(is_atomic)
    }

    /// Programs with one step less.
    pub fn smaller(&self) -> Vec<Program> {
        let lengths = self.threads.iter().map(Vec::len).enumerate();
        let places = lengths.flat_map(|(t, length)| (0..length).map(move |i| (t, i)));
        let without = |(t, i): (usize, usize)| {
            let mut smaller = self.clone();
            smaller.threads[t].remove(i);
            smaller
        };
        places.map(without).collect()
    }
}

pub fn generate(seed: u64, kinds: &[Step]) -> Program {
    let mut below = numbers(seed + 1);
    let threads = 2 + (below(3) == 0) as usize;
    let steps = if threads == 2 { 5 } else { 3 };
    let mut thread =
        || (0..1 + below(steps)).map(|_| kinds[below(kinds.len() as u64) as usize]).collect();
    let threads: Vec<Vec<Step>> = (0..threads).map(|_| thread()).collect();
    let receiver = below(threads.len() as u64) as usize;
    Program { threads, room: below(3) as usize, receiver, meet: 2, scoped: below(4) == 0 }
}

struct Shared {
    small: AtomicU8,
    large: AtomicU64,
    mutex: Mutex<u64>,
    rwlock: RwLock<u64>,
    condvar: Condvar,
    barrier: Barrier,
    once: Once,
}

/// What a thread has.
struct Local<'a> {
    shared: &'a Arc<Shared>,
    seen: Vec<u64>,
    guard: Option<MutexGuard<'a, u64>>,
    reads: Option<RwLockReadGuard<'a, u64>>,
    writes: Option<RwLockWriteGuard<'a, u64>>,
    sender: Option<SyncSender<u64>>,
    receiver: Option<Receiver<u64>>,
    me: usize,
    /// Whom it may unpark: main all others, others main.
    others: Vec<Thread>,
}

struct OnEnd(Cell<Option<Arc<Shared>>>);

impl Drop for OnEnd {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.large.fetch_add(16, SeqCst);
        }
    }
}

raddle_shims::thread_local! {
    static ON_END: OnEnd = const { OnEnd(Cell::new(None)) };
}

impl<'a> Local<'a> {
    fn new(
        shared: &'a Arc<Shared>,
        me: usize,
        ends: (Option<SyncSender<u64>>, Option<Receiver<u64>>),
    ) -> Local<'a> {
        let (sender, receiver) = ends;
        Local {
            shared,
            seen: vec![],
            guard: None,
            reads: None,
            writes: None,
            sender,
            receiver,
            me,
            others: vec![],
        }
    }

    fn run(mut self, steps: &[Step], finished: impl Fn(usize) -> Option<bool>) -> Vec<u64> {
        let mut skip = false;
        for &step in steps {
            if std::mem::take(&mut skip) {
                continue;
            }
            match step {
                SkipIf(value) => skip = self.seen.last() == Some(&value),
                IsFinished(other) => {
                    if let Some(finished) = finished(other) {
                        self.seen.push(finished.into());
                    }
                }
                step => {
                    if let Some(seen) = self.step(step) {
                        self.seen.push(seen);
                    }
                }
            }
        }
        drop(self.guard.take());
        drop(self.writes.take());
        drop(self.reads.take());
        drop(self.sender.take());
        drop(self.receiver.take());
        self.seen
    }

    fn step(&mut self, step: Step) -> Option<u64> {
        let shared = self.shared;
        let free = self.reads.is_none() && self.writes.is_none();
        match step {
            Load(0) => Some(shared.small.load(SeqCst).into()),
            Load(_) => Some(shared.large.load(SeqCst)),
            Store(0, value) => {
                shared.small.store(value, SeqCst);
                None
            }
            Store(_, value) => {
                shared.large.store(value.into(), SeqCst);
                None
            }
            Swap(0, value) => Some(shared.small.swap(value, SeqCst).into()),
            Swap(_, value) => Some(shared.large.swap(value.into(), SeqCst)),
            Add(0, value) => Some(shared.small.fetch_add(value, SeqCst).into()),
            Add(_, value) => Some(shared.large.fetch_add(value.into(), SeqCst)),
            Exchange(0, old, new) => {
                Some(match shared.small.compare_exchange(old, new, SeqCst, SeqCst) {
                    Ok(_) => 100,
                    Err(found) => found.into(),
                })
            }
            Exchange(_, old, new) => Some(
                shared
                    .large
                    .compare_exchange(old.into(), new.into(), SeqCst, SeqCst)
                    .map_or_else(|e| e, |_| 100),
            ),
            ExchangeWeak(0, old, new) => {
                Some(match shared.small.compare_exchange_weak(old, new, SeqCst, SeqCst) {
                    Ok(_) => 100,
                    Err(found) => found.into(),
                })
            }
            ExchangeWeak(_, old, new) => Some(
                shared
                    .large
                    .compare_exchange_weak(old.into(), new.into(), SeqCst, SeqCst)
                    .map_or_else(|e| e, |_| 100),
            ),
            Update(0) => Some(
                match shared.small.fetch_update(SeqCst, SeqCst, |v| (v < 2).then_some(v + 1)) {
                    Ok(_) => 100,
                    Err(found) => found.into(),
                },
            ),
            Update(_) => Some(
                match shared.large.fetch_update(SeqCst, SeqCst, |v| (v < 2).then_some(v + 1)) {
                    Ok(_) => 100,
                    Err(found) => found,
                },
            ),
            Lock if self.guard.is_none() => {
                self.guard = Some(shared.mutex.lock().unwrap());
                None
            }
            TryLock if self.guard.is_none() => {
                self.guard = shared.mutex.try_lock().ok();
                Some(self.guard.is_some().into())
            }
            Unlock => {
                self.guard = None;
                None
            }
            Bump => self.guard.as_mut().map(|guard| {
                **guard += 1;
                **guard
            }),
            Read if free => {
                self.reads = Some(shared.rwlock.read().unwrap());
                None
            }
            TryRead if free => {
                self.reads = shared.rwlock.try_read().ok();
                Some(self.reads.is_some().into())
            }
            Write if free => {
                self.writes = Some(shared.rwlock.write().unwrap());
                None
            }
            TryWrite if free => {
                self.writes = shared.rwlock.try_write().ok();
                Some(self.writes.is_some().into())
            }
            Release => {
                self.reads = None;
                self.writes = None;
                None
            }
            Touch => match (&self.reads, &mut self.writes) {
                (Some(reads), _) => Some(**reads),
                (_, Some(writes)) => {
                    **writes += 1;
                    Some(**writes)
                }
                _ => None,
            },
            Wait => {
                let guard = self.guard.take()?;
                self.guard = Some(shared.condvar.wait(guard).unwrap());
                None
            }
            WaitTimeout => {
                let guard = self.guard.take()?;
                let (guard, result) = shared.condvar.wait_timeout(guard, SOON).unwrap();
                self.guard = Some(guard);
                Some(result.timed_out().into())
            }
            NotifyOne => {
                shared.condvar.notify_one();
                None
            }
            NotifyAll => {
                shared.condvar.notify_all();
                None
            }
            Park => {
                thread::park();
                None
            }
            ParkTimeout => {
                thread::park_timeout(SOON);
                None
            }
            Unpark(other) => {
                let other = if self.me == 0 { other - 1 } else { 0 };
                if let Some(other) = self.others.get(other) {
                    other.unpark();
                }
                None
            }
            Barrier => Some(shared.barrier.wait().is_leader().into()),
            Once => {
                let mut mine = false;
                shared.once.call_once(|| {
                    shared.small.fetch_add(1, SeqCst);
                    mine = true;
                });
                Some(mine.into())
            }
            IsCompleted => Some(shared.once.is_completed().into()),
            Send => {
                let number = self.seen.len() as u64 + 10 * self.me as u64;
                Some(self.sender.as_ref()?.send(number).is_ok().into())
            }
            TrySend => {
                let number = self.seen.len() as u64 + 10 * self.me as u64;
                Some(match self.sender.as_ref()?.try_send(number) {
                    Ok(()) => 1,
                    Err(TrySendError::Full(_)) => 100,
                    Err(TrySendError::Disconnected(_)) => 101,
                })
            }
            DropSender => {
                self.sender = None;
                None
            }
            Receive => Some(self.receiver.as_ref()?.recv().unwrap_or(101)),
            TryReceive => {
                Some(self.receiver.as_ref()?.try_recv().unwrap_or_else(|error| match error {
                    TryRecvError::Empty => 100,
                    TryRecvError::Disconnected => 101,
                }))
            }
            ReceiveTimeout => Some(self.receiver.as_ref()?.recv_timeout(SOON).unwrap_or_else(
                |error| match error {
                    RecvTimeoutError::Timeout => 100,
                    RecvTimeoutError::Disconnected => 101,
                },
            )),
            DropReceiver => {
                self.receiver = None;
                None
            }
            AtEnd => {
                ON_END.with(|on_end| on_end.0.set(Some(Arc::clone(shared))));
                None
            }
            Choose => Some(raddle::choose(2) as u64),
            _ => None,
        }
    }
}

/// Runs it, and tells what each thread has seen and what the atomics and locks hold in the end.
pub fn run(program: &Program) -> Vec<Vec<u64>> {
    let shared = Arc::new(Shared {
        small: AtomicU8::new(0),
        large: AtomicU64::new(0),
        mutex: Mutex::new(0),
        rwlock: RwLock::new(0),
        condvar: Condvar::new(),
        barrier: Barrier::new(program.meet),
        once: Once::new(),
    });
    let (sender, receiver) = mpsc::sync_channel(program.room);
    let mut receiver = Some(receiver);
    let senders = vec![sender; program.threads.len()];
    let mut ends: Vec<_> = (senders.into_iter().enumerate())
        .map(|(me, sender)| {
            (Some(sender), if me == program.receiver { receiver.take() } else { None })
        })
        .collect();
    let main = thread::current();
    let mut seen = vec![];
    let own = ends.remove(0);
    if program.scoped {
        thread::scope(|s| {
            let handles: Vec<_> = (1..program.threads.len())
                .zip(ends)
                .map(|(me, ends)| {
                    let (shared, main, steps) = (&shared, main.clone(), &program.threads[me]);
                    s.spawn(move || {
                        let mut local = Local::new(shared, me, ends);
                        local.others = vec![main];
                        local.run(steps, |_| None)
                    })
                })
                .collect();
            let mut local = Local::new(&shared, 0, own);
            local.others = handles.iter().map(|handle| handle.thread().clone()).collect();
            seen.push(
                local.run(&program.threads[0], |other| Some(handles.get(other - 1)?.is_finished())),
            );
            seen.extend(handles.into_iter().map(|handle| handle.join().unwrap()));
        });
    } else {
        let handles: Vec<_> = (1..program.threads.len())
            .zip(ends)
            .map(|(me, ends)| {
                let (shared, main, steps) =
                    (Arc::clone(&shared), main.clone(), program.threads[me].clone());
                thread::spawn(move || {
                    let mut local = Local::new(&shared, me, ends);
                    local.others = vec![main];
                    local.run(&steps, |_| None)
                })
            })
            .collect();
        let mut local = Local::new(&shared, 0, own);
        local.others = handles.iter().map(|handle| handle.thread().clone()).collect();
        seen.push(
            local.run(&program.threads[0], |other| Some(handles.get(other - 1)?.is_finished())),
        );
        seen.extend(handles.into_iter().map(|handle| handle.join().unwrap()));
    }
    seen.push(vec![
        shared.small.load(SeqCst).into(),
        shared.large.load(SeqCst),
        *shared.mutex.lock().unwrap(),
        *shared.rwlock.read().unwrap(),
    ]);
    seen
}
