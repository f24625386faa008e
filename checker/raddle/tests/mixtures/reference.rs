//! What the documentation of std says of a program, by all interleavings of its steps, without a reduction.

use super::code::{Program, Step, Step::*};
use std::collections::BTreeSet;

/// Everything that can happen.
pub struct Reference {
    pub outcomes: BTreeSet<Vec<Vec<u64>>>,
    pub deadlocks: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Steps,
    /// Queued at the condition variable.
    Queued {
        limited: bool,
        woken: bool,
    },
    /// Waits for the mutex again, and then has seen this.
    Relocks(Option<bool>),
    /// Waits for the reader-writer lock as a writer.
    Intends,
    /// Has arrived at the barrier when so many groups had met.
    Arrived(u64),
    /// Runs the initialisation, which has added its one.
    Initialises(bool),
    /// Offers a message to whoever receives.
    Offers(u64),
    /// The offer was taken, or nobody is left who could.
    Offered(bool),
    /// Wants a message, and may have got it.
    Wants {
        limited: bool,
        got: Option<u64>,
    },
    /// Gives back what it has, one thing after the other.
    Ends(u8),
    /// All of its code has run but the destructors of its thread-locals.
    Finished,
    Gone,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Thread {
    phase: Phase,
    next: usize,
    skips: bool,
    seen: Vec<u64>,
    holds: bool,
    reads: bool,
    writes: bool,
    sends: bool,
    receives: bool,
    token: bool,
    at_end: bool,
    parked_for_nothing: bool,
    waited_for_nothing: bool,
    failed_for_nothing: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    threads: Vec<Thread>,
    atomics: [u64; 2],
    guarded: [u64; 2],
    /// 0 until it begins, 2 when it is done.
    once: u8,
    arrived: usize,
    met: u64,
    queue: Vec<u64>,
    room: usize,
    meet: usize,
    /// How often somebody has woken for no reason.
    for_nothing: u32,
}

impl Reference {
    pub fn of(program: &Program) -> Reference {
        let thread = |me| Thread {
            phase: Phase::Steps,
            next: 0,
            skips: false,
            seen: vec![],
            holds: false,
            reads: false,
            writes: false,
            sends: true,
            receives: me == program.receiver,
            token: false,
            at_end: false,
            parked_for_nothing: false,
            waited_for_nothing: false,
            failed_for_nothing: false,
        };
        let start = State {
            threads: (0..program.threads.len()).map(thread).collect(),
            atomics: [0; 2],
            guarded: [0; 2],
            once: 0,
            arrived: 0,
            met: 0,
            queue: vec![],
            room: program.room,
            meet: program.meet,
            for_nothing: 0,
        };
        let mut found = Reference { outcomes: BTreeSet::new(), deadlocks: false };
        let (mut known, mut open) = (BTreeSet::from([start.clone()]), vec![start]);
        while let Some(state) = open.pop() {
            let next: Vec<State> = (0..state.threads.len())
                .flat_map(|t| state.after(t, &program.threads[t]))
                .collect();
            // Nobody is obliged to wake for no reason.
            let goes_on = next.iter().any(|next| next.for_nothing == state.for_nothing);
            if !goes_on {
                if state.threads.iter().all(|thread| thread.phase == Phase::Gone) {
                    let mut outcome: Vec<_> =
                        state.threads.iter().map(|thread| thread.seen.clone()).collect();
                    outcome.push(vec![
                        state.atomics[0],
                        state.atomics[1],
                        state.guarded[0],
                        state.guarded[1],
                    ]);
                    found.outcomes.insert(outcome);
                } else {
                    found.deadlocks = true;
                }
            }
            open.extend(next.into_iter().filter(|state| known.insert(state.clone())));
        }
        found
    }
}

impl State {
    fn alone(&self, is: impl Fn(&Thread) -> bool) -> bool {
        !self.threads.iter().any(is)
    }

    fn is_free(&self) -> bool {
        self.alone(|thread| thread.holds)
    }

    fn may_read(&self) -> bool {
        self.alone(|thread| thread.writes || thread.phase == Phase::Intends)
    }

    fn may_write(&self) -> bool {
        self.alone(|thread| thread.writes || thread.reads)
    }

    fn add(&mut self, place: usize, value: u64) -> u64 {
        let old = self.atomics[place];
        self.set(place, old.wrapping_add(value));
        old
    }

    fn set(&mut self, place: usize, value: u64) {
        self.atomics[place] = if place == 0 { value & 255 } else { value };
    }

    /// The states after what a thread can do next.
    fn after(&self, t: usize, steps: &[Step]) -> Vec<State> {
        let mut all = vec![];
        let me = &self.threads[t];
        let mut then = |change: &dyn Fn(&mut State)| {
            let mut state = self.clone();
            change(&mut state);
            all.push(state);
        };
        match me.phase {
            Phase::Gone => {}
            Phase::Finished => then(&|s| {
                // Those of main run after what main returns.
                if s.threads[t].at_end && t > 0 {
                    s.add(1, 16);
                }
                s.threads[t].phase = Phase::Gone;
            }),
            Phase::Ends(stage) => then(&|s| {
                let me = &mut s.threads[t];
                me.phase = if stage == 5 { Phase::Finished } else { Phase::Ends(stage + 1) };
                match stage {
                    0 => me.holds = false,
                    1 => me.writes = false,
                    2 => me.reads = false,
                    3 => me.sends = false,
                    4 if me.receives => s.drop_receiver(t),
                    _ => {}
                }
            }),
            Phase::Queued { limited, woken } => {
                let wake = |timed_out: bool| {
                    move |s: &mut State| {
                        s.threads[t].phase = Phase::Relocks(limited.then_some(timed_out))
                    }
                };
                if woken {
                    then(&wake(false));
                } else {
                    if limited {
                        then(&wake(true));
                    }
                    if !me.waited_for_nothing {
                        then(&|s| {
                            s.threads[t].waited_for_nothing = true;
                            s.for_nothing += 1;
                            wake(false)(s);
                        });
                    }
                }
            }
            Phase::Relocks(sees) => {
                if self.is_free() {
                    then(&|s| {
                        s.threads[t].holds = true;
                        s.done(t, sees.map(u64::from));
                    });
                }
            }
            Phase::Intends => {
                if self.may_write() {
                    then(&|s| {
                        s.threads[t].writes = true;
                        s.done(t, None);
                    });
                }
            }
            Phase::Arrived(met) => {
                if self.met > met {
                    then(&|s| s.done(t, Some(0)));
                }
            }
            Phase::Initialises(false) => then(&|s| {
                s.add(0, 1);
                s.threads[t].phase = Phase::Initialises(true);
            }),
            Phase::Initialises(true) => then(&|s| {
                s.once = 2;
                s.done(t, Some(1));
            }),
            Phase::Offers(_) => {}
            Phase::Offered(taken) => then(&|s| s.done(t, Some(taken.into()))),
            Phase::Wants { limited, got } => match (got, self.offer()) {
                (Some(message), _) => then(&|s| s.done(t, Some(message))),
                (None, Some(_)) => self.take(&mut all, t),
                (None, None) if self.alone(|thread| thread.sends) => {
                    then(&|s| s.done(t, Some(101)))
                }
                (None, None) if limited => then(&|s| s.done(t, Some(100))),
                (None, None) => {}
            },
            Phase::Steps if me.next == steps.len() => {
                then(&|s| s.threads[t].phase = Phase::Ends(0))
            }
            Phase::Steps if me.skips => then(&|s| {
                s.threads[t].skips = false;
                s.done(t, None);
            }),
            Phase::Steps => self.step(&mut all, t, steps[me.next]),
        }
        all
    }

    /// The thread goes on with its next step, and has seen something.
    fn done(&mut self, t: usize, seen: Option<u64>) {
        let me = &mut self.threads[t];
        me.phase = Phase::Steps;
        me.next += 1;
        me.seen.extend(seen);
    }

    fn offer(&self) -> Option<usize> {
        self.threads.iter().position(|thread| matches!(thread.phase, Phase::Offers(_)))
    }

    /// Takes any of the messages that are offered.
    fn take(&self, all: &mut Vec<State>, t: usize) {
        for from in 0..self.threads.len() {
            if let Phase::Offers(message) = self.threads[from].phase {
                let mut state = self.clone();
                state.threads[from].phase = Phase::Offered(true);
                state.done(t, Some(message));
                all.push(state);
            }
        }
    }

    fn drop_receiver(&mut self, t: usize) {
        self.threads[t].receives = false;
        self.queue.clear();
        for thread in &mut self.threads {
            if matches!(thread.phase, Phase::Offers(_)) {
                thread.phase = Phase::Offered(false);
            }
        }
    }

    fn exchange(&mut self, t: usize, place: usize, old: u64, new: u64) {
        let found = self.atomics[place];
        if found == old {
            self.set(place, new);
        }
        self.done(t, Some(if found == old { 100 } else { found }));
    }

    fn step(&self, all: &mut Vec<State>, t: usize, step: Step) {
        let me = &self.threads[t];
        let free = !me.reads && !me.writes;
        let connected = !self.alone(|thread| thread.receives);
        let number = me.seen.len() as u64 + 10 * t as u64;
        let wanting = self
            .threads
            .iter()
            .position(|thread| matches!(thread.phase, Phase::Wants { got: None, .. }));
        let mut then = |change: &dyn Fn(&mut State)| {
            let mut state = self.clone();
            change(&mut state);
            all.push(state);
        };
        match step {
            Load(i) => then(&|s| s.done(t, Some(s.atomics[i]))),
            Store(i, value) => then(&|s| {
                s.set(i, value.into());
                s.done(t, None);
            }),
            Swap(i, value) => then(&|s| {
                let old = s.atomics[i];
                s.set(i, value.into());
                s.done(t, Some(old));
            }),
            Add(i, value) => then(&|s| {
                let old = s.add(i, value.into());
                s.done(t, Some(old));
            }),
            Exchange(i, old, new) => then(&|s| s.exchange(t, i, old.into(), new.into())),
            ExchangeWeak(i, old, new) => {
                then(&|s| s.exchange(t, i, old.into(), new.into()));
                if self.atomics[i] == u64::from(old) && !me.failed_for_nothing {
                    then(&|s| {
                        s.threads[t].failed_for_nothing = true;
                        s.done(t, Some(old.into()));
                    });
                }
            }
            Update(i) => then(&|s| {
                let old = s.atomics[i];
                if old < 2 {
                    s.set(i, old + 1);
                }
                s.done(t, Some(if old < 2 { 100 } else { old }));
            }),
            Lock if !me.holds => {
                if self.is_free() {
                    then(&|s| {
                        s.threads[t].holds = true;
                        s.done(t, None);
                    });
                }
            }
            TryLock if !me.holds => then(&|s| {
                s.threads[t].holds = self.is_free();
                s.done(t, Some(self.is_free().into()));
            }),
            Unlock => then(&|s| {
                s.threads[t].holds = false;
                s.done(t, None);
            }),
            Bump if me.holds => then(&|s| {
                s.guarded[0] += 1;
                s.done(t, Some(s.guarded[0]));
            }),
            Read if free => {
                if self.may_read() {
                    then(&|s| {
                        s.threads[t].reads = true;
                        s.done(t, None);
                    });
                }
            }
            TryRead if free => then(&|s| {
                let may = self.alone(|thread| thread.writes);
                s.threads[t].reads = may;
                s.done(t, Some(may.into()));
            }),
            Write if free => then(&|s| s.threads[t].phase = Phase::Intends),
            TryWrite if free => then(&|s| {
                s.threads[t].writes = self.may_write();
                s.done(t, Some(self.may_write().into()));
            }),
            Release => then(&|s| {
                s.threads[t].reads = false;
                s.threads[t].writes = false;
                s.done(t, None);
            }),
            Touch if me.reads => then(&|s| s.done(t, Some(s.guarded[1]))),
            Touch if me.writes => then(&|s| {
                s.guarded[1] += 1;
                s.done(t, Some(s.guarded[1]));
            }),
            Wait | WaitTimeout if me.holds => then(&|s| {
                s.threads[t].holds = false;
                s.threads[t].phase = Phase::Queued { limited: step == WaitTimeout, woken: false };
            }),
            NotifyOne => {
                let mut somebody = false;
                for other in 0..self.threads.len() {
                    if let Phase::Queued { limited, woken: false } = self.threads[other].phase {
                        somebody = true;
                        then(&|s| {
                            s.threads[other].phase = Phase::Queued { limited, woken: true };
                            s.done(t, None);
                        });
                    }
                }
                if !somebody {
                    then(&|s| s.done(t, None));
                }
            }
            NotifyAll => then(&|s| {
                for thread in &mut s.threads {
                    if let Phase::Queued { woken, .. } = &mut thread.phase {
                        *woken = true;
                    }
                }
                s.done(t, None);
            }),
            Park => {
                if me.token {
                    then(&|s| {
                        s.threads[t].token = false;
                        s.done(t, None);
                    });
                } else if !me.parked_for_nothing {
                    then(&|s| {
                        s.threads[t].parked_for_nothing = true;
                        s.for_nothing += 1;
                        s.done(t, None);
                    });
                }
            }
            ParkTimeout => then(&|s| {
                s.threads[t].token = false;
                s.done(t, None);
            }),
            Unpark(other) => then(&|s| {
                let other = if t == 0 { other } else { 0 };
                if let Some(other) = s.threads.get_mut(other) {
                    other.token = true;
                }
                s.done(t, None);
            }),
            Barrier => then(&|s| {
                if s.arrived + 1 == s.meet {
                    s.arrived = 0;
                    s.met += 1;
                    s.done(t, Some(1));
                } else {
                    s.arrived += 1;
                    s.threads[t].phase = Phase::Arrived(s.met);
                }
            }),
            Once => match self.once {
                0 => then(&|s| {
                    s.once = 1;
                    s.threads[t].phase = Phase::Initialises(false);
                }),
                1 => {}
                _ => then(&|s| s.done(t, Some(0))),
            },
            IsCompleted => then(&|s| s.done(t, Some((s.once == 2).into()))),
            Send if me.sends => {
                if !connected {
                    then(&|s| s.done(t, Some(0)));
                } else if self.room == 0 {
                    then(&|s| match wanting {
                        Some(other) => s.hand(t, other, number),
                        None => s.threads[t].phase = Phase::Offers(number),
                    });
                } else if self.queue.len() < self.room {
                    then(&|s| {
                        s.queue.push(number);
                        s.done(t, Some(1));
                    });
                }
            }
            TrySend if me.sends => then(&|s| match wanting {
                _ if !connected => s.done(t, Some(101)),
                Some(other) if s.room == 0 => s.hand(t, other, number),
                _ if s.queue.len() < s.room => {
                    s.queue.push(number);
                    s.done(t, Some(1));
                }
                _ => s.done(t, Some(100)),
            }),
            DropSender => then(&|s| {
                s.threads[t].sends = false;
                s.done(t, None);
            }),
            Receive | TryReceive | ReceiveTimeout if me.receives => {
                if !self.queue.is_empty() {
                    then(&|s| {
                        let message = s.queue.remove(0);
                        s.done(t, Some(message));
                    });
                } else if self.offer().is_some() {
                    self.take(all, t);
                } else if self.alone(|thread| thread.sends) {
                    then(&|s| s.done(t, Some(101)));
                } else if step == TryReceive || (step == ReceiveTimeout && self.room > 0) {
                    then(&|s| s.done(t, Some(100)));
                } else if self.room == 0 {
                    let limited = step == ReceiveTimeout;
                    then(&|s| s.threads[t].phase = Phase::Wants { limited, got: None });
                }
            }
            DropReceiver => then(&|s| {
                if s.threads[t].receives {
                    s.drop_receiver(t);
                }
                s.done(t, None);
            }),
            AtEnd => then(&|s| {
                s.threads[t].at_end = true;
                s.done(t, None);
            }),
            Choose => {
                then(&|s| s.done(t, Some(0)));
                then(&|s| s.done(t, Some(1)));
            }
            IsFinished(other) if t == 0 && other < self.threads.len() => then(&|s| {
                let is = matches!(s.threads[other].phase, Phase::Finished | Phase::Gone);
                s.done(t, Some(is.into()));
            }),
            SkipIf(value) => then(&|s| {
                s.threads[t].skips = s.threads[t].seen.last() == Some(&value);
                s.done(t, None);
            }),
            _ => then(&|s| s.done(t, None)),
        }
    }

    /// Hands a message to a thread that wants one.
    fn hand(&mut self, t: usize, other: usize, message: u64) {
        if let Phase::Wants { got, .. } = &mut self.threads[other].phase {
            *got = Some(message);
        }
        self.done(t, Some(1));
    }
}
