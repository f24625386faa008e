//! Exchanges, naively: who stands where is a flat list of arms, and every way is tried on a copy.
//!
//! The numbers of aspects are those of [`super::objects`], a thousand for each channel.

use super::objects::{Outcome, Use, acquiring, adds, of, reads, releasing, writes};
use crate::objects::{CHANNELS, arms_of};
use raddle_shims::kernel::{Ask, CLOSED, GAVE_UP, Selected, ThreadId, Value};

/// One arm of a thread that has come to a select.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arm {
    thread: usize,
    number: u32,
    channel: u64,
    sends: bool,
    /// Whether others can see it.
    waits: bool,
    /// Which offer of its channel it is, if it is one that others can see.
    offer: u64,
}

/// The state of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Exchange {
    /// By channel; those that are not there have no room.
    capacities: Vec<u64>,
    /// What stands, in no order.
    arms: Vec<Arm>,
    /// By thread, what it has been told by those who met it, the aspects by which it learns of it, and the arms it
    /// had.
    told: Vec<(usize, Selected, Vec<Use>, Vec<Arm>)>,
    /// Threads that have come and not left.
    inside: Vec<usize>,
    /// By channel: messages sent and received; how many offers there have been; which of them is the first that nobody
    /// can have passed over; whether it is closed; who has wanted something.
    sent: Vec<u64>,
    received: Vec<u64>,
    offered: Vec<u64>,
    passed: Vec<u64>,
    closed: Vec<bool>,
    wanted: Vec<Vec<usize>>,
    /// By channel, whose offer each was.
    owners: Vec<Vec<usize>>,
}

fn at(channel: u64, used: Use, number: u64) -> Use {
    of(used, 1000 * channel + number)
}

/// By which it is told whether an arm still stands.
fn stands(arm: &Arm) -> (Use, u64) {
    if arm.sends { (writes('o'), arm.offer) } else { (writes('t'), arm.thread as u64) }
}

impl Exchange {
    /// Channels with these capacities.
    pub fn new(capacities: u64) -> Exchange {
        let nothing = vec![0; CHANNELS];
        Exchange {
            capacities: (0..CHANNELS).map(|c| capacities >> (4 * c) & 15).collect(),
            sent: nothing.clone(),
            received: nothing.clone(),
            offered: nothing.clone(),
            passed: nothing,
            closed: vec![false; CHANNELS],
            wanted: vec![Vec::new(); CHANNELS],
            owners: vec![Vec::new(); CHANNELS],
            ..Exchange::default()
        }
    }

    /// A thread comes to a select.
    pub fn stand(&self, me: usize, list: u64, limited: bool) -> (Exchange, Vec<Use>) {
        let (mut it, mut uses) = (self.clone(), Vec::new());
        for (number, (channel, ask)) in arms_of(list).into_iter().enumerate() {
            let (c, sends) = (channel as usize, ask == Ask::Send);
            let seen = !limited && it.capacities[c] == 0;
            let offer = it.offered[c];
            if seen && sends {
                uses.push(at(channel, writes('l'), 0));
                uses.push(at(channel, releasing(writes('o')), offer));
                it.offered[c] += 1;
                it.owners[c].push(me);
            } else if seen {
                uses.push(at(channel, adds('w'), 0));
                uses.push(at(channel, releasing(writes('t')), me as u64));
                if !it.wanted[c].contains(&me) {
                    it.wanted[c].push(me);
                    it.wanted[c].sort_unstable();
                }
            }
            let number = number as u32;
            it.arms.push(Arm { thread: me, number, channel, sends, waits: !limited, offer });
        }
        it.arms.sort_unstable_by_key(|arm| (arm.thread, arm.number));
        it.inside.push(me);
        it.inside.sort_unstable();
        (it, uses)
    }

    /// Everything of a thread that others can see.
    fn visible(&self, thread: usize) -> impl Iterator<Item = &Arm> {
        let seen = move |arm: &&Arm| {
            arm.thread == thread && arm.waits && self.capacities[arm.channel as usize] == 0
        };
        self.arms.iter().filter(seen)
    }

    /// What ending a stand uses; where it is met on a channel, both learn of each other.
    fn ends(&self, thread: usize, met: Option<u64>) -> Vec<Use> {
        let used = |arm: &Arm| {
            let (used, number) = stands(arm);
            at(
                arm.channel,
                match met {
                    None => acquiring(used),
                    Some(here) if here == arm.channel => releasing(acquiring(used)),
                    Some(_) => used,
                },
                number,
            )
        };
        self.visible(thread).map(used).collect()
    }

    fn end(&mut self, thread: usize) {
        self.arms.retain(|arm| arm.thread != thread);
    }

    fn tell(&mut self, arm: &Arm, reply: u64) {
        let learns = self.ends(arm.thread, None);
        let arms = self.arms.iter().filter(|other| other.thread == arm.thread).cloned().collect();
        self.end(arm.thread);
        let selected = Selected { arm: arm.number, reply: Value(reply) };
        self.told.push((arm.thread, selected, learns, arms));
        self.told.sort_by_key(|told| told.0);
    }

    /// Every way to leave; giving up is one only if there is no other.
    pub fn meet(&self, me: usize, limited: bool) -> Vec<(u64, Exchange, Vec<Use>)> {
        if let Some(at) = self.told.iter().position(|told| told.0 == me) {
            let mut it = self.clone();
            let (_, selected, mut uses, arms) = it.told.remove(at);
            if arms.len() > 1 || arms.iter().any(|arm| !arm.sends) {
                uses.extend(arms.iter().flat_map(|arm| self.arm(arm, true).1));
            }
            it.inside.retain(|thread| *thread != me);
            return vec![(selected.value().0, it, uses)];
        }
        if !self.inside.contains(&me) {
            return Vec::new();
        }
        let mine: Vec<Arm> = self.arms.iter().filter(|arm| arm.thread == me).cloned().collect();
        let may_end = limited || mine.len() > 1;
        let (mut ways, mut uses) = (Vec::new(), Vec::new());
        for arm in &mine {
            let (found, used) = self.arm(arm, may_end);
            ways.extend(found.into_iter().map(|(reply, state)| {
                (Selected { arm: arm.number, reply: Value(reply) }.value().0, state)
            }));
            uses.extend(used);
        }
        uses.extend(self.ends(me, None));
        if ways.is_empty() {
            ways.push((GAVE_UP.0, self.clone()));
        }
        let leave = |(reply, mut state): (u64, Exchange)| {
            state.end(me);
            state.inside.retain(|thread| *thread != me);
            (reply, state, uses.clone())
        };
        ways.into_iter().map(leave).collect()
    }

    /// The ways in which an arm can proceed, and what it depends on.
    fn arm(&self, arm: &Arm, may_end: bool) -> (Vec<(u64, Exchange)>, Vec<Use>) {
        let (c, me) = (arm.channel as usize, arm.thread);
        if self.capacities[c] > 0 {
            let ask = if arm.sends { Ask::Send } else { Ask::Receive };
            let (reply, state, uses) = self.pass(arm.channel, ask, may_end);
            let ways = if reply == GAVE_UP.0 { Vec::new() } else { vec![(reply, state)] };
            return (ways, uses);
        }
        if self.closed[c] {
            // It depends on what it would have depended on before.
            let mut before = self.clone();
            before.closed[c] = false;
            let mut uses = before.arm(arm, may_end).1;
            uses.push(at(arm.channel, acquiring(reads('x')), 0));
            return (vec![(CLOSED.0, self.clone())], uses);
        }
        let mut uses = vec![at(arm.channel, reads('x'), 0)];
        let there = |other: &&Arm| {
            other.channel == arm.channel
                && other.sends != arm.sends
                && other.thread != me
                && other.waits
        };
        let others = || self.arms.iter().filter(there);
        let mut ways = Vec::new();
        if !arm.sends {
            let oldest = others().min_by_key(|other| other.offer);
            let end = oldest.map_or(self.offered[c], |other| other.offer);
            for passed in self.passed[c]..end {
                if self.owners[c][passed as usize] != me {
                    uses.push(at(arm.channel, reads('o'), passed));
                }
            }
            match oldest {
                Some(other) => {
                    uses.push(at(arm.channel, writes('h'), 0));
                    uses.extend(self.ends(other.thread, Some(arm.channel)));
                    let mut state = self.clone();
                    state.passed[c] = other.offer + 1;
                    // Before the threads of a program comes the one that starts them.
                    let reply =
                        Selected::offered(ThreadId(other.thread as u32 + 1), other.number).0;
                    state.tell(other, reply);
                    ways.push((reply, state));
                }
                None => {
                    uses.push(at(arm.channel, reads('h'), 0));
                    uses.push(at(arm.channel, reads('l'), 0));
                }
            }
        } else if !arm.waits {
            uses.push(at(arm.channel, reads('w'), 0));
            for &thread in self.wanted[c].iter().filter(|thread| **thread != me) {
                let wants: Vec<&Arm> = others().filter(|other| other.thread == thread).collect();
                if wants.is_empty() {
                    uses.push(at(arm.channel, reads('t'), thread as u64));
                }
                for other in wants {
                    uses.extend(self.ends(thread, Some(arm.channel)));
                    let mut state = self.clone();
                    let reply = Selected::given(ThreadId(thread as u32 + 1), other.number).0;
                    state.tell(other, reply);
                    ways.push((reply, state));
                }
            }
        }
        (ways, uses)
    }

    /// Something is asked of one channel, by a thread that stands nowhere or is about to leave.
    pub fn pass(&self, channel: u64, ask: Ask, limited: bool) -> (u64, Exchange, Vec<Use>) {
        let (mut it, c) = (self.clone(), channel as usize);
        let (sent, received, closed) = (self.sent[c], self.received[c], self.closed[c]);
        let here = |used: Use, number: u64| at(channel, used, number);
        let before = sent.checked_sub(self.capacities[c].max(1));
        match ask {
            Ask::Close => {
                it.closed[c] = true;
                let mut uses = vec![here(releasing(writes('x')), 0)];
                uses.extend((self.capacities[c] > 0).then(|| here(writes('l'), 0)));
                (if closed { CLOSED.0 } else { 0 }, it, uses)
            }
            Ask::Length if self.capacities[c] == 0 => (0, it, Vec::new()),
            Ask::Length => (sent - received, it, vec![here(reads('h'), 0), here(reads('l'), 0)]),
            Ask::Send if closed => {
                let mut uses = vec![here(acquiring(reads('x')), 0)];
                uses.extend(before.map(|before| here(reads('f'), before)));
                (CLOSED.0, it, uses)
            }
            Ask::Send if before.is_some_and(|before| before >= received) => {
                let room = before.map(|before| here(reads('f'), before));
                (GAVE_UP.0, it, std::iter::once(here(reads('l'), 0)).chain(room).collect())
            }
            Ask::Send => {
                let mut uses = vec![here(writes('l'), 0), here(releasing(writes('d')), sent)];
                uses.extend(before.map(|before| here(acquiring(writes('f')), before)));
                it.sent[c] += 1;
                (sent, it, uses)
            }
            Ask::Receive if sent > received => {
                let mut uses = vec![
                    here(writes('h'), 0),
                    here(acquiring(writes('d')), received),
                    here(releasing(writes('f')), received),
                ];
                uses.extend(limited.then(|| here(reads('x'), 0)));
                it.received[c] += 1;
                (received, it, uses)
            }
            Ask::Receive => {
                let open = if closed { acquiring(reads('x')) } else { reads('x') };
                let uses = vec![here(reads('h'), 0), here(reads('d'), received), here(open, 0)];
                (if closed { CLOSED.0 } else { GAVE_UP.0 }, it, uses)
            }
        }
    }

    /// The same, as outcomes of a state of which this is a part.
    pub fn outcomes(
        ways: Vec<(u64, Exchange, Vec<Use>)>,
        whole: impl Fn(Exchange) -> super::objects::State,
    ) -> Vec<Outcome> {
        ways.into_iter()
            .map(|(reply, it, uses)| Outcome { state: whole(it), reply, uses })
            .collect()
    }
}
