//! What is known of the loops of a program, from one execution to the next.

use crate::notes::Notes;
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

/// What is known of a load that the update right behind it [confirms](crate::confirm).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Confirmed {
    /// With what the thread goes on to the update.
    value: u8,
    /// With which numbers below 64 it is known to turn.
    tried: u64,
}

/// Loads that an update confirms, and such updates; without anything, places that are none.
pub(crate) type Confirmations = (Vec<(Site, Option<Confirmed>)>, Vec<(Site, Option<(Site, u8)>)>);

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
    /// Loads that the update right behind them confirms, if they are such.
    confirmed: Vec<(Site, Option<Confirmed>)>,
    /// Those updates, and the loads that come behind them in the loop, if the loop may begin with the update.
    confirming: Vec<(Site, Option<(Site, u8)>)>,
    starts_again: bool,
    /// Whether values are tried at all.
    pub tries: bool,
    /// Which turns write.
    pub notes: Notes,
}

impl Default for Loops {
    fn default() -> Loops {
        Loops {
            known: Vec::new(),
            values: BTreeMap::new(),
            touched: Vec::new(),
            left: Vec::new(),
            confirmed: Vec::new(),
            confirming: Vec::new(),
            starts_again: false,
            tries: true,
            notes: Notes::default(),
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

    /// Whether nothing is known of any place.
    #[inline(always)]
    pub fn know_nothing(&self) -> bool {
        self.known.is_empty() && self.confirmed.is_empty() && self.confirming.is_empty()
    }

    /// An object has noted its number there.
    pub fn on_touched(&mut self, addresses: Range<usize>) {
        if !self.known.is_empty() {
            self.touched.push(addresses);
        }
    }

    /// Whether it matters in what state threads come to a place.
    pub fn compare_at(&self, site: Site) -> bool {
        self.of(site).is_some_and(|known| known != Known::Counts)
            || self.confirmed_at(site).is_some()
            || self.confirming_at(site).is_some()
    }

    /// With what number the thread goes on to an update from a load at that place that need not be performed.
    #[inline]
    pub fn confirmed_at(&self, site: Site) -> Option<u8> {
        self.confirmed_by(site).map(|known| known.value)
    }

    #[inline]
    fn confirmed_by(&self, site: Site) -> Option<Confirmed> {
        self.confirmed.iter().find(|known| std::ptr::eq(known.0, site)).and_then(|known| known.1)
    }

    /// With what number the thread goes on from an update with which a loop may begin, and which load of the loop comes before
    /// that update the next time.
    #[inline]
    pub fn confirming_at(&self, site: Site) -> Option<(Site, u8)> {
        self.confirming.iter().find(|known| std::ptr::eq(known.0, site)).and_then(|known| known.1)
    }

    /// Notes such loads, and the updates that confirm them. True if there is one of which nothing was known.
    pub fn learn_confirmed(&mut self, loads: impl Iterator<Item = (Site, u8, Site)>) -> bool {
        let before = self.confirmed.len() + self.confirming.len();
        for (look, value, update) in loads.filter(|_| self.tries) {
            if !self.confirmed.iter().any(|known| std::ptr::eq(known.0, look)) {
                self.confirmed.push((look, Some(Confirmed { value, tried: 0 })));
            }
            if !self.confirming.iter().any(|known| std::ptr::eq(known.0, update)) {
                self.confirming.push((update, Some((look, value))));
            }
        }
        self.confirmed.len() + self.confirming.len() > before
    }

    /// A load is none of those.
    pub fn deny_look(&mut self, site: Site) {
        let known = self.confirmed.iter_mut().filter(|known| std::ptr::eq(known.0, site));
        known.for_each(|known| known.1 = None);
    }

    /// The loop does not begin with that update.
    pub fn deny_update(&mut self, site: Site) {
        let known = self.confirming.iter_mut().filter(|known| std::ptr::eq(known.0, site));
        known.for_each(|known| known.1 = None);
    }

    /// Whether it has been tried that the thread turns with a number.
    pub fn has_tried(&self, site: Site, number: u8) -> bool {
        self.confirmed_by(site).is_some_and(|known| known.tried >> number & 1 == 1)
    }

    /// It has.
    pub fn note_tried(&mut self, site: Site, number: u8) {
        let known = self.confirmed.iter_mut().filter(|known| std::ptr::eq(known.0, site));
        for known in known.filter_map(|known| known.1.as_mut()) {
            known.tried |= 1 << number;
        }
    }

    /// What is known of loads that an update confirms, and of such updates.
    pub fn confirmations(&self) -> Confirmations {
        (self.confirmed.clone(), self.confirming.clone())
    }

    /// What is known of places where threads read.
    pub fn known(&self) -> &[(Site, Known)] {
        &self.known
    }

    /// Takes over what is known elsewhere.
    pub fn adopt(&mut self, known: &[(Site, Known)], (looks, updates): &Confirmations) {
        for &(site, now) in known {
            self.note(site, self.of(site).map_or(now, |before| before.max(now)));
        }
        adopt_denied(&mut self.confirmed, looks);
        adopt_denied(&mut self.confirming, updates);
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

/// Adds what is new, and takes back what turned out to be wrong.
fn adopt_denied<T: Copy>(mine: &mut Vec<(Site, Option<T>)>, theirs: &[(Site, Option<T>)]) {
    for &(site, what) in theirs {
        match mine.iter_mut().find(|known| std::ptr::eq(known.0, site)) {
            Some(known) if what.is_none() => known.1 = None,
            Some(_) => {}
            None => mine.push((site, what)),
        }
    }
}
