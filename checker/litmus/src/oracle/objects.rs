//! Blocking objects, naively: plain lists, cloned at every step.
//!
//! What an event uses of an object is written down next to what it does: an aspect (a letter and a number),
//! and how: looking (`R`), changing (`W`), or changing in a way that commutes (`A`). Two uses of one aspect
//! conflict unless both are `R` or both are `A`. What releases (`r`) synchronises with what acquires (`a`), later and
//! in conflict.

use super::exchange::Exchange;
use crate::objects::{Deed, Object, ObjectKind, asked};

/// The reply of a deed that gave up.
const GAVE_UP: u64 = u64::MAX;
/// The reply of a deed on a channel that is closed.
const CLOSED: u64 = u64::MAX - 1;

/// A use: the aspect, how, whether it releases and whether it acquires.
pub type Use = ((char, u64), char, bool, bool);

/// Whether the order of two events matters.
pub fn conflict(left: &[Use], right: &[Use]) -> bool {
    left.iter().any(|l| right.iter().any(|r| uses_conflict(l, r)))
}

/// Whether the earlier event synchronises with the later one.
pub fn synchronises(earlier: &[Use], later: &[Use]) -> bool {
    earlier.iter().any(|e| e.2 && later.iter().any(|l| l.3 && uses_conflict(e, l)))
}

fn uses_conflict(left: &Use, right: &Use) -> bool {
    left.0 == right.0 && !matches!((left.1, right.1), ('R', 'R') | ('A', 'A'))
}

/// The state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    kind: ObjectKind,
    /// What it was made with.
    value: Option<u64>,
    /// Mutex, writer of an rwlock: who holds it.
    held: bool,
    /// Readers; permits; the count; arrivals; 1 if a token is there.
    count: i64,
    /// Writers that wait for an rwlock or hold it.
    intents: i64,
    /// Condvar: who waits, in order, and who has been chosen.
    queue: Vec<usize>,
    notified: Vec<usize>,
    /// Once: 0 incomplete, 1 running, 2 complete, 3 poisoned.
    phase: u64,
    sent: u64,
    received: u64,
    senders: i64,
    closed: bool,
    offers: Vec<Entry>,
    wants: Vec<Entry>,
    exchange: Exchange,
}

/// An offer or a want: `w`aiting, `m`et, `l`eft, `d`ead.
type Entry = char;

/// How long a deed waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it can be done.
    Forever,
    /// Not at all.
    Not,
    /// Until the clock shows so much.
    Until(u64),
}

/// One way in which a deed can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Afterwards.
    pub state: State,
    /// What the thread gets.
    pub reply: u64,
    /// What it depends on.
    pub uses: Vec<Use>,
}

pub(super) fn reads(aspect: char) -> Use {
    ((aspect, 0), 'R', false, false)
}

pub(super) fn writes(aspect: char) -> Use {
    ((aspect, 0), 'W', false, false)
}

pub(super) fn adds(aspect: char) -> Use {
    ((aspect, 0), 'A', false, false)
}

pub(super) fn of(mut used: Use, number: u64) -> Use {
    used.0.1 = number;
    used
}

pub(super) fn releasing(mut used: Use) -> Use {
    used.2 = true;
    used
}

pub(super) fn acquiring(mut used: Use) -> Use {
    used.3 = true;
    used
}

/// How many of a queue have not left.
fn length(queue: &[Entry]) -> u64 {
    queue.iter().filter(|entry| **entry != 'l').count() as u64
}

/// The number of the entry at a place among those that have not left.
fn at_place(queue: &[Entry], place: u64) -> Option<usize> {
    (0..queue.len()).filter(|i| queue[*i] != 'l').nth(place as usize)
}

impl State {
    /// As it is at first.
    pub fn new(object: &Object) -> State {
        let value = object.value.unwrap_or(0);
        let counts =
            matches!(object.kind, ObjectKind::Semaphore | ObjectKind::Counter | ObjectKind::Token);
        State {
            kind: object.kind,
            value: object.value,
            held: false,
            count: if counts { value as i64 } else { 0 },
            intents: 0,
            queue: Vec::new(),
            notified: Vec::new(),
            phase: if object.kind == ObjectKind::Once && value != 0 { 2 } else { 0 },
            sent: 0,
            received: 0,
            senders: 1,
            closed: false,
            offers: Vec::new(),
            wants: Vec::new(),
            exchange: Exchange::new(value),
        }
    }

    /// Every way in which a thread can do it when the clock shows `now`; none if it has to wait.
    pub fn act(
        &self,
        me: usize,
        (deed, arg): (Deed, u64),
        (wait, now): (Wait, u64),
    ) -> Vec<Outcome> {
        let limited = wait != Wait::Forever;
        let mut ways = match self.kind {
            ObjectKind::Mutex => self.mutex(deed),
            ObjectKind::Rwlock => self.rwlock(deed, limited),
            ObjectKind::Condvar => self.condvar(me, deed),
            ObjectKind::Semaphore | ObjectKind::Counter | ObjectKind::Token => {
                self.counting(deed, arg)
            }
            ObjectKind::Barrier => self.barrier(deed, arg),
            ObjectKind::Once => self.once(deed, arg != 0),
            ObjectKind::Channel => self.channel(deed, limited),
            ObjectKind::Rendezvous => self.rendezvous(deed, arg as usize, limited),
            ObjectKind::Exchange => self.exchange(me, deed, arg, limited),
        };
        let has_ended = match wait {
            Wait::Forever => false,
            Wait::Not => true,
            Wait::Until(end) => end <= now,
        };
        if !has_ended {
            ways.retain(|way| way.reply != GAVE_UP);
        }
        ways
    }

    /// One way, by which `change` makes the next state.
    fn way(&self, reply: u64, uses: Vec<Use>, change: impl FnOnce(&mut State)) -> Vec<Outcome> {
        let mut state = self.clone();
        change(&mut state);
        vec![Outcome { state, reply, uses }]
    }

    fn gives_up(&self, uses: Vec<Use>) -> Vec<Outcome> {
        self.way(GAVE_UP, uses, |_| {})
    }

    fn mutex(&self, deed: Deed) -> Vec<Outcome> {
        match deed {
            Deed::Lock if self.held => self.gives_up(vec![reads('m')]),
            Deed::Lock => self.way(0, vec![acquiring(writes('m'))], |s| s.held = true),
            _ => self.way(0, vec![releasing(writes('m'))], |s| s.held = false),
        }
    }

    fn rwlock(&self, deed: Deed, limited: bool) -> Vec<Outcome> {
        let gate = adds('g');
        let free = self.count <= 0 && !self.held;
        match deed {
            Deed::ReadLock if self.intents > 0 => self.gives_up(vec![reads('g')]),
            Deed::ReadLock => {
                let uses = vec![reads('g'), acquiring(adds('c'))];
                self.way(0, uses, |s| s.count += 1)
            }
            Deed::ReadUnlock => self.way(0, vec![releasing(adds('c'))], |s| s.count -= 1),
            Deed::IntendWrite => self.way(0, vec![gate], |s| s.intents += 1),
            Deed::WriteLock if !free => self.gives_up(vec![gate, reads('c')]),
            Deed::WriteLock if limited => {
                let uses = vec![gate, acquiring(writes('c'))];
                self.way(0, uses, |s| (s.held, s.intents) = (true, s.intents + 1))
            }
            Deed::WriteLock => self.way(0, vec![acquiring(writes('c'))], |s| s.held = true),
            _ => self.way(0, vec![gate, releasing(writes('c'))], |s| {
                s.held = false;
                s.intents -= 1;
                s.count += i64::from(deed == Deed::Downgrade);
            }),
        }
    }

    fn condvar(&self, me: usize, deed: Deed) -> Vec<Outcome> {
        let token = |thread: usize| of(writes('t'), thread as u64);
        let tokens = |threads: &[usize]| -> Vec<Use> {
            std::iter::once(writes('q')).chain(threads.iter().map(|t| token(*t))).collect()
        };
        match deed {
            Deed::Enqueue => self.way(0, vec![writes('q')], |s| s.queue.push(me)),
            Deed::Wake if self.notified.contains(&me) => {
                self.way(0, vec![token(me)], |s| s.notified.retain(|t| *t != me))
            }
            Deed::Wake => {
                let uses = vec![writes('q'), token(me)];
                self.way(GAVE_UP, uses, |s| s.queue.retain(|t| *t != me))
            }
            _ if self.queue.is_empty() => self.way(0, vec![reads('q')], |_| {}),
            Deed::NotifyOne => (0..self.queue.len())
                .flat_map(|chosen| {
                    self.way(1, tokens(&self.queue), |s| s.notify(chosen..chosen + 1))
                })
                .collect(),
            Deed::NotifyOldest => self.way(1, tokens(&self.queue[..1]), |s| s.notify(0..1)),
            _ => {
                let all = self.queue.len();
                self.way(all as u64, tokens(&self.queue), |s| s.notify(0..all))
            }
        }
    }

    fn notify(&mut self, places: std::ops::Range<usize>) {
        let chosen: Vec<usize> = self.queue.drain(places).collect();
        self.notified.extend(chosen);
        self.notified.sort_unstable();
    }

    fn counting(&self, deed: Deed, arg: u64) -> Vec<Outcome> {
        let number = i64::from(arg as i32);
        match deed {
            Deed::Acquire if self.count < number => self.gives_up(vec![reads('n')]),
            Deed::Acquire => self.way(0, vec![acquiring(writes('n'))], |s| s.count -= number),
            Deed::Release | Deed::Add => {
                self.way(0, vec![releasing(adds('n'))], |s| s.count += number)
            }
            Deed::AwaitZero if self.count != 0 => self.gives_up(vec![reads('n')]),
            Deed::AwaitZero => self.way(0, vec![acquiring(reads('n'))], |_| {}),
            Deed::Park if self.count == 0 => self.gives_up(vec![reads('n')]),
            Deed::Park => self.way(0, vec![acquiring(writes('n'))], |s| s.count = 0),
            _ => self.way(0, vec![releasing(adds('n'))], |s| s.count = 1),
        }
    }

    fn barrier(&self, deed: Deed, round: u64) -> Vec<Outcome> {
        let threads = self.value.unwrap_or(1).max(1);
        let arrived = self.count as u64;
        match deed {
            Deed::Arrive => {
                let round = arrived / threads;
                self.way(round, vec![of(releasing(adds('n')), round)], |s| s.count += 1)
            }
            _ if arrived < (round + 1) * threads => self.gives_up(vec![of(reads('n'), round)]),
            _ => self.way(0, vec![of(acquiring(reads('n')), round)], |_| {}),
        }
    }

    fn once(&self, deed: Deed, force: bool) -> Vec<Outcome> {
        let seen = vec![acquiring(reads('o'))];
        let claimed = vec![acquiring(writes('o'))];
        let ends = |phase| self.way(0, vec![releasing(writes('o'))], |s| s.phase = phase);
        match (deed, self.phase) {
            (Deed::Begin | Deed::AwaitComplete, 2) => self.way(2, seen, |_| {}),
            (Deed::Begin | Deed::AwaitComplete, 3) if !force => self.way(3, seen, |_| {}),
            (Deed::Begin, 0) => self.way(0, claimed, |s| s.phase = 1),
            (Deed::Begin, 3) => self.way(1, claimed, |s| s.phase = 1),
            (Deed::Begin | Deed::AwaitComplete, _) => self.gives_up(vec![reads('o')]),
            (Deed::Complete, _) => ends(2),
            (Deed::Reset, _) => ends(0),
            _ => ends(3),
        }
    }

    fn exchange(&self, me: usize, deed: Deed, arg: u64, limited: bool) -> Vec<Outcome> {
        let ways = match deed {
            Deed::Stand => {
                let (exchange, uses) = self.exchange.stand(me, arg, limited);
                vec![(0, exchange, uses)]
            }
            Deed::Meet => self.exchange.meet(me, limited),
            _ => {
                let (channel, ask) = asked(arg);
                vec![self.exchange.pass(channel, ask, limited)]
            }
        };
        let whole = |exchange| State { exchange, ..self.clone() };
        Exchange::outcomes(ways, whole)
    }

    fn ends_of_senders(&self, deed: Deed) -> Option<Vec<Outcome>> {
        match deed {
            Deed::AddSender => Some(self.way(0, vec![adds('x')], |s| s.senders += 1)),
            Deed::DropSender => Some(self.way(0, vec![releasing(adds('x'))], |s| {
                s.senders -= 1;
            })),
            _ => None,
        }
    }

    fn channel(&self, deed: Deed, limited: bool) -> Vec<Outcome> {
        if let Some(ways) = self.ends_of_senders(deed) {
            return ways;
        }
        let capacity = self.value.map_or(u64::MAX, |capacity| capacity.max(1));
        let before = self.sent.checked_sub(capacity);
        match deed {
            Deed::Send if self.closed => {
                let room = before.map(|before| of(reads('f'), before));
                let uses = std::iter::once(acquiring(reads('x'))).chain(room).collect();
                self.way(CLOSED, uses, |_| {})
            }
            Deed::Send => match before {
                Some(before) if before >= self.received => {
                    self.gives_up(vec![reads('l'), of(reads('f'), before)])
                }
                _ => {
                    let mut uses = vec![writes('l'), of(releasing(writes('d')), self.sent)];
                    uses.extend(before.map(|before| of(acquiring(writes('f')), before)));
                    self.way(self.sent, uses, |s| s.sent += 1)
                }
            },
            Deed::Receive if self.sent > self.received => {
                let next = self.received;
                let mut uses = vec![
                    writes('h'),
                    of(acquiring(writes('d')), next),
                    of(releasing(writes('f')), next),
                ];
                uses.extend(limited.then(|| reads('x')));
                self.way(next, uses, |s| s.received += 1)
            }
            Deed::Receive if self.closed || self.senders <= 0 => {
                let next = of(reads('d'), self.received);
                self.way(CLOSED, vec![reads('h'), next, acquiring(reads('x'))], |_| {})
            }
            Deed::Receive => {
                self.gives_up(vec![reads('h'), reads('x'), of(reads('d'), self.received)])
            }
            Deed::Length => {
                self.way(self.sent - self.received, vec![reads('h'), reads('l')], |_| {})
            }
            _ => self.way(0, vec![writes('l'), releasing(adds('x'))], |s| s.closed = true),
        }
    }

    fn rendezvous(&self, deed: Deed, number: usize, limited: bool) -> Vec<Outcome> {
        if let Some(ways) = self.ends_of_senders(deed) {
            return ways;
        }
        match deed {
            Deed::Offer => self.offer(limited),
            Deed::AwaitTaken => self.await_taken(number, limited),
            Deed::Want => self.want(limited),
            Deed::Take => self.take(number, limited),
            _ => self.close(),
        }
    }

    fn lives(queue: &[Entry], place: u64) -> bool {
        at_place(queue, place).is_some_and(|at| matches!(queue[at], 'w' | 'm'))
    }

    fn pairs(&self, place: u64) -> bool {
        State::lives(&self.offers, place) && State::lives(&self.wants, place)
    }

    fn meet(&mut self, place: u64) {
        if let Some(at) = at_place(&self.offers, place) {
            self.offers[at] = 'm';
        }
        if let Some(at) = at_place(&self.wants, place) {
            self.wants[at] = 'm';
        }
    }

    fn offer(&self, limited: bool) -> Vec<Outcome> {
        if self.closed {
            return self.way(CLOSED, vec![acquiring(reads('x'))], |_| {});
        }
        let place = length(&self.offers);
        if limited && length(&self.wants) <= place {
            return self.gives_up(vec![reads('l'), reads('h')]);
        }
        let mut uses = vec![writes('l'), of(releasing(writes('d')), place), of(writes('f'), place)];
        uses.extend(limited.then(|| reads('h')));
        self.way(self.offers.len() as u64, uses, |s| s.offers.push('w'))
    }

    fn await_taken(&self, offer: usize, limited: bool) -> Vec<Outcome> {
        let Some(entry) = self.offers.get(offer) else { return Vec::new() };
        let place = length(&self.offers[..offer]);
        // What leaving would use.
        let leaves = [reads('h'), writes('l'), of(writes('d'), place), writes('s')];
        let mut uses = if limited { leaves.to_vec() } else { Vec::new() };
        match entry {
            'm' => {
                uses.push(of(acquiring(writes('f')), place));
                self.way(0, uses, |_| {})
            }
            'd' => {
                uses.extend([of(writes('f'), place), acquiring(reads('x'))]);
                self.way(CLOSED, uses, |_| {})
            }
            _ if self.pairs(place) => Vec::new(),
            _ => {
                uses.push(of(writes('f'), place));
                self.way(GAVE_UP, uses, |s| s.offers[offer] = 'l')
            }
        }
    }

    fn want(&self, limited: bool) -> Vec<Outcome> {
        let place = length(&self.wants);
        if !limited {
            if self.closed {
                return self.way(CLOSED, vec![acquiring(reads('x'))], |_| {});
            }
            return self.way(self.wants.len() as u64, vec![writes('h')], |s| s.wants.push('w'));
        }
        let offered = at_place(&self.offers, place).filter(|at| self.offers[*at] == 'w');
        if let Some(offer) = offered {
            let uses = vec![
                reads('l'),
                reads('x'),
                writes('h'),
                of(acquiring(writes('d')), place),
                of(releasing(writes('f')), place),
            ];
            return self.way(offer as u64, uses, |s| {
                s.wants.push('m');
                s.meet(place);
            });
        }
        let looks = vec![reads('l'), reads('h'), of(reads('d'), place)];
        match self.closed || self.senders <= 0 {
            true => {
                self.way(CLOSED, looks.into_iter().chain([acquiring(reads('x'))]).collect(), |_| {})
            }
            false => self.gives_up(looks.into_iter().chain([reads('x')]).collect()),
        }
    }

    fn take(&self, want: usize, limited: bool) -> Vec<Outcome> {
        let Some(entry) = self.wants.get(want) else { return Vec::new() };
        let place = length(&self.wants[..want]);
        // What leaving would use.
        let leaves = [writes('h'), writes('s'), reads('x')];
        let mut uses = if limited { leaves.to_vec() } else { Vec::new() };
        let data = |used: Use| of(used, place);
        if self.pairs(place) {
            uses.extend([reads('s'), data(acquiring(writes('d'))), data(releasing(writes('f')))]);
            let offer = at_place(&self.offers, place).unwrap_or(0);
            return self.way(offer as u64, uses, |s| s.meet(place));
        }
        if *entry == 'd' || self.senders <= 0 {
            uses.extend([reads('s'), data(reads('d')), acquiring(reads('x'))]);
            return self.way(CLOSED, uses, |s| s.wants[want] = 'd');
        }
        uses.push(data(writes('d')));
        self.way(GAVE_UP, uses, |s| s.wants[want] = 'l')
    }

    fn close(&self) -> Vec<Outcome> {
        let (offers, wants) = (length(&self.offers), length(&self.wants));
        let mut uses = vec![writes('h'), writes('l'), releasing(adds('x'))];
        uses.extend((wants..offers).map(|place| of(writes('f'), place)));
        uses.extend((offers..wants).map(|place| of(writes('d'), place)));
        self.way(0, uses, |s| {
            for place in wants..offers {
                if let Some(at) = at_place(&s.offers, place) {
                    s.offers[at] = 'd';
                }
            }
            for place in offers..wants {
                if let Some(at) = at_place(&s.wants, place) {
                    s.wants[at] = 'd';
                }
            }
            s.closed = true;
        })
    }
}
