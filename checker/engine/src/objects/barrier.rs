//! Barriers.

use super::footprint::Uses;
use super::{Act, Machine, alien};
use raddle_shims::kernel::{Action, CROWDED, GAVE_UP, ThreadId, Value};

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
    /// By round: how many have asked whether they lead, and whether one does.
    asked: Vec<(u64, bool)>,
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
            asked: Vec::new(),
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
        self.arrived += 1;
        match self.crowded || self.users.len() as u64 <= self.threads {
            true => Value(number),
            false => GAVE_UP,
        }
    }

    /// How many have asked in a round, and whether one of them leads.
    fn asked(&self, number: u32) -> (u64, bool) {
        self.asked.get(number as usize).copied().unwrap_or_default()
    }

    fn lead(&mut self, number: u32, chosen: u32, uses: &mut Uses) -> Value {
        let (asked, decided) = self.asked(number);
        if decided {
            uses.reads(leader(number));
            return Value(0);
        }
        uses.writes(leader(number));
        let leads = chosen == 0;
        if self.asked.len() <= number as usize {
            self.asked.resize(number as usize + 1, (0, false));
        }
        self.asked[number as usize] = (asked + 1, leads);
        Value(leads.into())
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

    fn alternatives(&self, action: Action) -> u32 {
        let Action::Lead(number) = action else { return 1 };
        let (asked, decided) = self.asked(number);
        if decided || asked + 1 >= self.threads { 1 } else { 2 }
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
            Action::Lead(number) => self.lead(number, act.chosen, uses),
            other => alien(other, self),
        }
    }
}
