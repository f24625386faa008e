//! What a runtime learns of a program, for other runtimes of the same program.

use crate::loops::{Confirmations, Known};
use crate::runtime::Runtime;
use crate::sections::Sections;
use raddle_shims::model::Site;
use std::collections::BTreeSet;

/// What a [`Runtime`] has learned of its program that a search must know from its beginning: which loops only read,
/// in which of them turns write to memory, which barriers more threads use than they wait for, whether threads are asked whether they have finished, whether it is
/// asked how many owners something has, whether threads look at the clock, whether threads lock in loops to look.
#[derive(Clone, Default)]
pub struct Lessons {
    loops: Vec<(Site, Known)>,
    confirmations: Confirmations,
    writes: Vec<Site>,
    crowded: BTreeSet<Site>,
    asks_finished: bool,
    asks_counts: bool,
    asks_time: bool,
    sections: Sections,
}

impl Runtime {
    /// What it has learned so far; of use to others when it [takes back](Runtime::takes_back) a search.
    pub fn lessons(&self) -> Lessons {
        Lessons {
            loops: self.shared.loops.borrow().known().to_vec(),
            confirmations: self.shared.loops.borrow().confirmations(),
            writes: self.shared.loops.borrow().notes.writes().collect(),
            crowded: self.shared.crowded.borrow().clone(),
            asks_finished: self.shared.asks_finished.get(),
            asks_counts: self.shared.asks_counts.get(),
            asks_time: self.shared.asks_time.get(),
            sections: self.shared.sections.get(),
        }
    }

    /// Takes over what another runtime of the same program has learned. To be called between searches.
    pub fn learn(&mut self, lessons: &Lessons) {
        self.shared.loops.borrow_mut().adopt(&lessons.loops, &lessons.confirmations);
        for site in &lessons.writes {
            self.shared.loops.borrow_mut().notes.note_writes(site);
        }
        self.shared.crowded.borrow_mut().extend(&lessons.crowded);
        Sections::learn(&self.shared.sections, lessons.sections);
        if lessons.asks_finished {
            self.shared.asks_finished.set(true);
        }
        if lessons.asks_counts {
            self.shared.asks_counts.set(true);
        }
        if lessons.asks_time {
            self.shared.asks_time.set(true);
        }
    }
}
