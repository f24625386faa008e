//! Binary relations over at most 64 events, as bit matrices.

/// The most events a relation can speak of.
pub const EVENTS_MAX: usize = 64;

/// A set of pairs of events: bit `b` of row `a` says that it relates `a` to `b`.
#[derive(Clone, Copy)]
pub struct Relation {
    size: usize,
    rows: [u64; EVENTS_MAX],
}

impl Relation {
    /// The empty relation over `size` events.
    ///
    /// # Panics
    /// If there are more than [`EVENTS_MAX`].
    pub fn empty(size: usize) -> Relation {
        assert!(size <= EVENTS_MAX, "{size} events, at most {EVENTS_MAX} are supported");
        Relation { size, rows: [0; EVENTS_MAX] }
    }

    /// `[set]`: relates each event for which `member` holds to itself.
    pub fn identity(size: usize, member: impl Fn(usize) -> bool) -> Relation {
        let mut it = Relation::empty(size);
        for a in (0..size).filter(|&a| member(a)) {
            it.add(a, a);
        }
        it
    }

    /// Adds a pair.
    pub fn add(&mut self, a: usize, b: usize) {
        debug_assert!(a < self.size && b < self.size);
        self.rows[a] |= 1 << b;
    }

    /// Whether it relates `a` to `b`.
    pub fn has(&self, a: usize, b: usize) -> bool {
        self.rows[a] >> b & 1 == 1
    }

    /// `self ∪ other`.
    pub fn or(&self, other: &Relation) -> Relation {
        let mut it = *self;
        for a in 0..self.size {
            it.rows[a] |= other.rows[a];
        }
        it
    }

    /// `self ; other`.
    pub fn then(&self, other: &Relation) -> Relation {
        let mut it = Relation::empty(self.size);
        for a in 0..self.size {
            let mut left = self.rows[a];
            while left != 0 {
                it.rows[a] |= other.rows[left.trailing_zeros() as usize];
                left &= left - 1;
            }
        }
        it
    }

    /// The pairs of it for which `keep` holds.
    pub fn filter(&self, keep: impl Fn(usize, usize) -> bool) -> Relation {
        let mut it = Relation::empty(self.size);
        for a in 0..self.size {
            let mut left = self.rows[a];
            while left != 0 {
                let b = left.trailing_zeros() as usize;
                if keep(a, b) {
                    it.rows[a] |= 1 << b;
                }
                left &= left - 1;
            }
        }
        it
    }

    /// `self?`: with every event related to itself.
    pub fn reflexive(&self) -> Relation {
        self.or(&Relation::identity(self.size, |_| true))
    }

    /// `self⁺`, by Warshall's algorithm.
    pub fn closure(&self) -> Relation {
        let mut it = *self;
        for via in 0..it.size {
            let row = it.rows[via];
            for a in 0..it.size {
                if it.has(a, via) {
                    it.rows[a] |= row;
                }
            }
        }
        it
    }

    /// Whether no event is related to itself.
    pub fn is_irreflexive(&self) -> bool {
        (0..self.size).all(|a| !self.has(a, a))
    }

    /// Whether following it never leads back.
    pub fn is_acyclic(&self) -> bool {
        self.closure().is_irreflexive()
    }
}
