//! Barriers.

use super::footprint::Uses;
use super::{Act, Glance, Machine, alien};
use raddle_shims::kernel::{Action, CROWDED, GAVE_UP, Lack, ThreadId, Value};

/// A barrier.
///
/// Usually as many threads use it as it waits for. Then nobody arrives in a round before the one before is
/// full, so arrivals of different rounds are ordered anyway, and those of one round commute, as nobody
/// is told which was the last. In a crowd it matters who arrives first, and all arrivals depend on each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Barrier {
    threads: u64,
    arrived: u64,
    /// Who has arrived at least once.
    users: Vec<ThreadId>,
    crowded: bool,
    /// By round: who has arrived, and who leads, once somebody has asked.
    rounds: Vec<(Vec<ThreadId>, Option<ThreadId>)>,
}

/// Who comes when, in a crowd.
const ORDER: u32 = 0;

fn round(number: u64) -> u32 {
    1 + 2 * number as u32
}

fn leader(number: u32) -> u32 {
    2 + 2 * number
}

impl Barrier {
    pub(super) fn new(value: Value) -> Barrier {
        Barrier {
            threads: (value.0 & !CROWDED.0).max(1),
            arrived: 0,
            users: Vec::new(),
            crowded: value.0 & CROWDED.0 != 0,
            rounds: Vec::new(),
        }
    }

    fn arrive(&mut self, thread: ThreadId, uses: &mut Uses) -> Value {
        if self.crowded {
            uses.writes(ORDER);
        }
        if let Err(place) = self.users.binary_search(&thread) {
            self.users.insert(place, thread);
        }
        let number = self.arrived / self.threads;
        uses.adds(round(number)).releasing();
        if self.rounds.len() <= number as usize {
            self.rounds.resize(number as usize + 1, (Vec::new(), None));
        }
        // A set: who was first does not matter any more.
        let (threads, _) = &mut self.rounds[number as usize];
        if let Err(place) = threads.binary_search(&thread) {
            threads.insert(place, thread);
        }
        self.arrived += 1;
        match self.crowded || self.users.len() as u64 <= self.threads {
            true => Value(number),
            false => GAVE_UP,
        }
    }

    /// Who leads a round, if that has been asked.
    fn leader(&self, number: u32) -> Option<ThreadId> {
        self.rounds.get(number as usize).and_then(|round| round.1)
    }

    /// Whoever asks first decides, so that later questions do not depend on each other.
    fn lead(&mut self, number: u32, thread: ThreadId, chosen: u32, uses: &mut Uses) -> Value {
        if self.leader(number).is_none() {
            uses.writes(leader(number));
            let Some((threads, leads)) = self.rounds.get_mut(number as usize) else {
                return Value(0);
            };
            *leads = threads.get(chosen as usize).copied();
        } else {
            uses.reads(leader(number));
        }
        Value((self.leader(number) == Some(thread)).into())
    }
}

impl Machine for Barrier {
    fn allows(&self, act: &Act) -> bool {
        match act.action {
            Action::Depart(number) => self.arrived / self.threads > u64::from(number),
            _ => true,
        }
    }

    fn could_allow(&self, act: &Act, others: &mut dyn Iterator<Item = Act>) -> bool {
        let Action::Depart(number) = act.action else { return true };
        let arrivals = others.filter(|other| other.action == Action::Arrive).count() as u64;
        (self.arrived + arrivals) / self.threads > u64::from(number)
    }

    fn lack(&self, act: &Act) -> Lack {
        match act.action {
            Action::Depart(number) => {
                let full = (u64::from(number) + 1).saturating_mul(self.threads);
                Lack::Arrivals(full.saturating_sub(self.arrived))
            }
            _ => Lack::Release,
        }
    }

    fn alternatives(&self, act: &Act) -> u32 {
        match act.action {
            Action::Lead { round: number, .. } if self.leader(number).is_none() => {
                let round = self.rounds.get(number as usize);
                round.map_or(1, |(threads, _)| threads.len().max(1) as u32)
            }
            _ => 1,
        }
    }

    fn glance(&self) -> Glance {
        Glance::Barrier { arrived: self.arrived % self.threads, threads: self.threads }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Arrive => self.arrive(act.thread, uses),
            Action::Depart(number) if self.allows(act) => {
                uses.reads(round(number.into())).acquiring();
                Value(0)
            }
            Action::Depart(number) => {
                uses.reads(round(number.into()));
                GAVE_UP
            }
            Action::Lead { round, thread } => self.lead(round, thread, act.chosen, uses),
            other => alien(other, self),
        }
    }
}
