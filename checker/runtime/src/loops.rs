//! What is known of the loops of a program, from one execution to the next.

use raddle_shims::model::Site;
use std::collections::BTreeMap;
use std::ops::Range;

/// What is known of a place where a thread reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Known {
    /// It is read there again and again.
    Repeats,
    /// It is where turns of a loop begin that does nothing but read, as far as it was tried; and whether there was
    /// one of a single read.
    Turns { alone: bool },
    /// A loop there does more than its operations show.
    Counts,
}

/// What a value does to a thread that turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// It turns again.
    Turns,
    /// It leaves the loop.
    Leaves,
    /// It has done both, in states that were taken for the same.
    Varies,
}

/// One read of one thread in an execution: a number for the thread, and how often it has read before.
pub(crate) type Visit = (usize, u32);

/// What is known of the loops of a program, by where they read.
pub(crate) struct Loops {
    known: Vec<(Site, Known)>,
    /// What values do to a thread that turns, by where it reads, and a number for its state.
    values: BTreeMap<(usize, u64, u8), Effect>,
    /// Where objects have been touched for the first time, in this execution, with some place known.
    pub touched: Vec<Range<usize>>,
    /// With what reads of this execution left their loops before it started again: to try that once is enough,
    /// whatever the state looks like then.
    left: Vec<(Visit, u8)>,
    starts_again: bool,
    /// Whether values are tried at all.
    pub tries: bool,
}

impl Default for Loops {
    fn default() -> Loops {
        Loops {
            known: Vec::new(),
            values: BTreeMap::new(),
            touched: Vec::new(),
            left: Vec::new(),
            starts_again: false,
            tries: true,
        }
    }
}

impl Loops {
    /// For a new execution.
    pub fn begin(&mut self) {
        self.touched.clear();
        if !std::mem::take(&mut self.starts_again) {
            self.left.clear();
        }
    }

    /// An object has noted its number there.
    pub fn on_touched(&mut self, addresses: Range<usize>) {
        if !self.known.is_empty() {
            self.touched.push(addresses);
        }
    }

    /// What is known of places where threads read.
    pub fn known(&self) -> &[(Site, Known)] {
        &self.known
    }

    /// Takes over what is known elsewhere.
    pub fn adopt(&mut self, known: &[(Site, Known)]) {
        for &(site, now) in known {
            self.note(site, self.of(site).map_or(now, |before| before.max(now)));
        }
    }

    pub fn effect(&self, (site, state): (Site, u64), value: u8) -> Option<Effect> {
        self.values.get(&(std::ptr::from_ref(site) as usize, state, value)).copied()
    }

    /// The loop was left with a value that it was given to try it.
    pub fn note_left(&mut self, (site, state): (Site, u64), visit: Visit, value: u8) {
        self.learn((site, state), value, Effect::Leaves);
        self.left.push((visit, value));
        self.starts_again = true;
    }

    pub fn has_left(&self, visit: Visit, value: u8) -> bool {
        self.left.contains(&(visit, value))
    }

    pub fn learn(&mut self, (site, state): (Site, u64), value: u8, effect: Effect) {
        let known = self.values.entry((std::ptr::from_ref(site) as usize, state, value));
        let known = known.or_insert(effect);
        if *known != effect {
            *known = Effect::Varies;
        }
    }

    pub fn of(&self, site: Site) -> Option<Known> {
        self.known.iter().find(|known| std::ptr::eq(known.0, site)).map(|known| known.1)
    }

    /// Notes what is known of a place. True if it is news that single reads there turn.
    pub fn note(&mut self, site: Site, now: Known) -> bool {
        let news = now == Known::Turns { alone: true } && self.of(site) != Some(now);
        match self.known.iter_mut().find(|known| std::ptr::eq(known.0, site)) {
            Some((_, Known::Counts)) => {}
            Some((_, Known::Turns { alone })) if matches!(now, Known::Turns { .. }) => {
                *alone |= now == Known::Turns { alone: true };
            }
            Some(known) => known.1 = now,
            None => self.known.push((site, now)),
        }
        news
    }
}
