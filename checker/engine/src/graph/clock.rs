//! Vector clocks, all of one graph in one allocation.
//!
//! A clock says how many events of each thread are known. Clocks are immutable once made; events
//! share them, so a graph makes a new one only where knowledge crosses threads. They are made and
//! dropped in the order of the events, which is why a stack is enough.

/// One clock of a [`Clocks`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClockId(pub(super) u32);

/// As many threads as small programs have. Clocks of that width are joined without loops.
const FEW: usize = 4;

/// From this width on joining clocks takes longer than copying one.
const MANY: usize = 32;

/// The larger of each two numbers.
#[inline]
fn larger([a, b, c, d]: [u32; FEW], [e, f, g, h]: [u32; FEW]) -> [u32; FEW] {
    [a.max(e), b.max(f), c.max(g), d.max(h)]
}

impl ClockId {
    /// The clock that knows nothing.
    pub const BOTTOM: ClockId = ClockId(0);

    /// Its number: clocks of one graph that have the same are the same.
    #[inline]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A stack of clocks of equal width.
///
/// Invariants: (1) row 0 is all zeros; (2) `words.len()` is `count * width`.
#[derive(Clone, Debug)]
pub struct Clocks {
    words: Vec<u32>,
    width: usize,
    /// How many there are, which every event asks; dividing takes longer than all else it does here.
    count: u32,
}

impl Clocks {
    /// Only [`ClockId::BOTTOM`], for up to `width` threads.
    pub fn new(width: usize) -> Self {
        Clocks { words: vec![0; width], width, count: 1 }
    }

    /// How many threads a clock has room for.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many clocks there are.
    #[inline]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u32>()
    }

    /// Forgets all but the first `len` clocks; `len` is at least 1.
    #[inline]
    pub fn truncate(&mut self, len: u32) {
        self.count = self.count.min(len.max(1));
        self.words.truncate(self.count as usize * self.width);
    }

    /// One clock, a number for each thread.
    #[inline]
    pub fn get(&self, id: ClockId) -> &[u32] {
        let start = id.0 as usize * self.width;
        &self.words[start..start + self.width]
    }

    /// How many events of thread number `thread` it knows.
    #[inline]
    pub fn known(&self, id: ClockId, thread: usize) -> u32 {
        self.words[id.0 as usize * self.width + thread]
    }

    /// Whether `left` knows nothing that `right` does not.
    #[inline]
    pub fn is_below(&self, left: ClockId, right: ClockId) -> bool {
        // Without a branch for each number: clocks are short, and mostly one is below the other.
        let pairs = self.get(left).iter().zip(self.get(right));
        left == right || pairs.fold(true, |below, (l, r)| below & (l <= r))
    }

    /// The clock that knows what both know.
    #[inline(always)]
    pub fn join(&mut self, left: ClockId, right: ClockId) -> ClockId {
        // Mostly one of them knows nothing.
        if left == right || right == ClockId::BOTTOM {
            left
        } else if left == ClockId::BOTTOM {
            right
        } else {
            self.join_both(left, right)
        }
    }

    fn join_both(&mut self, left: ClockId, right: ClockId) -> ClockId {
        if self.width == FEW {
            let (l, r) = (self.few(left), self.few(right));
            let both = larger(l, r);
            return if both == l {
                left
            } else if both == r {
                right
            } else {
                self.push_few(both)
            };
        }
        if self.width < MANY {
            if self.is_below(right, left) {
                return left;
            }
            if self.is_below(left, right) {
                return right;
            }
            let id = self.duplicate(left);
            self.absorb(id, right);
            return id;
        }
        self.join_many(left, right)
    }

    /// The same for wide clocks, which takes longer than to copy one.
    fn join_many(&mut self, left: ClockId, right: ClockId) -> ClockId {
        // Both are gone through once: what they know together is made, and dropped if one of them knew it.
        let id = self.duplicate(left);
        let (old, new) = self.words.split_at_mut(id.0 as usize * self.width);
        let start = right.0 as usize * self.width;
        let (mut adds, mut lacks) = (0, 0);
        for (word, other) in new.iter_mut().zip(&old[start..start + self.width]) {
            let (left, both) = (*word, (*word).max(*other));
            (adds, lacks) = (adds | (both ^ left), lacks | (both ^ *other));
            *word = both;
        }
        let known = if adds == 0 {
            left
        } else if lacks == 0 {
            right
        } else {
            return id;
        };
        self.truncate(id.0);
        known
    }

    /// The clock that knows what `base` and `other` know and the first `count` events of `thread`.
    #[inline]
    pub fn join_event(
        &mut self,
        base: ClockId,
        other: ClockId,
        thread: usize,
        count: u32,
    ) -> ClockId {
        if self.width == FEW {
            let before = self.few(base);
            let mut both = larger(before, self.few(other));
            both[thread] = both[thread].max(count);
            return if both == before { base } else { self.push_few(both) };
        }
        self.join_event_among_many(base, other, thread, count)
    }

    /// The same for clocks of any width.
    fn join_event_among_many(
        &mut self,
        base: ClockId,
        other: ClockId,
        thread: usize,
        count: u32,
    ) -> ClockId {
        if self.known(base, thread) >= count && self.is_below(other, base) {
            return base;
        }
        let id = self.duplicate(base);
        if other != ClockId::BOTTOM {
            self.absorb(id, other);
        }
        let own = &mut self.words[id.0 as usize * self.width + thread];
        *own = (*own).max(count);
        id
    }

    /// A clock, if clocks have a width of [`FEW`].
    #[inline]
    fn few(&self, id: ClockId) -> [u32; FEW] {
        let start = id.0 as usize * FEW;
        match self.words[start..start + FEW] {
            [a, b, c, d] => [a, b, c, d],
            _ => unreachable!("it has that many words"),
        }
    }

    #[inline]
    fn push_few(&mut self, clock: [u32; FEW]) -> ClockId {
        self.words.extend_from_slice(&clock);
        self.count += 1;
        ClockId(self.count - 1)
    }

    /// A new clock, with the numbers of `other`, which belongs to a stack that is not wider.
    pub fn adopt(&mut self, other: &[u32]) -> ClockId {
        debug_assert!(other.len() <= self.width);
        let id = self.count;
        self.words.extend_from_slice(other);
        self.count += 1;
        self.words.resize(self.count as usize * self.width, 0);
        ClockId(id)
    }

    /// Makes it the first `count` clocks of another stack, which is not wider.
    pub fn copy_first(&mut self, other: &Clocks, count: u32) {
        self.words.clear();
        self.count = count;
        if self.width == other.width {
            self.words.extend_from_slice(&other.words[..count as usize * other.width]);
        } else {
            for clock in other.words.chunks(other.width).take(count as usize) {
                self.words.extend_from_slice(clock);
                self.words.resize(self.words.len() + self.width - other.width, 0);
            }
        }
    }

    /// Makes room for `width` threads.
    pub fn widen(&mut self, width: usize) {
        if width <= self.width {
            return;
        }
        let mut words = Vec::with_capacity(self.count() as usize * width);
        for clock in self.words.chunks(self.width) {
            words.extend_from_slice(clock);
            words.resize(words.len() + width - self.width, 0);
        }
        self.words = words;
        self.width = width;
    }

    fn duplicate(&mut self, id: ClockId) -> ClockId {
        let start = id.0 as usize * self.width;
        self.words.extend_from_within(start..start + self.width);
        self.count += 1;
        ClockId(self.count - 1)
    }

    fn absorb(&mut self, id: ClockId, other: ClockId) {
        debug_assert!(other < id);
        let (old, new) = self.words.split_at_mut(id.0 as usize * self.width);
        let start = other.0 as usize * self.width;
        for (word, other) in new.iter_mut().zip(&old[start..start + self.width]) {
            *word = (*word).max(*other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_share_when_nothing_is_new() {
        let mut clocks = Clocks::new(2);
        let a = clocks.join_event(ClockId::BOTTOM, ClockId::BOTTOM, 0, 3);
        let b = clocks.join_event(ClockId::BOTTOM, ClockId::BOTTOM, 1, 2);
        let both = clocks.join(a, b);
        assert_eq!(clocks.get(both), [3, 2]);
        assert_eq!(clocks.join(both, a), both);
        assert_eq!(clocks.join(b, both), both);
        assert_eq!(clocks.join_event(both, a, 1, 1), both);
        clocks.widen(4);
        assert_eq!(clocks.get(both), [3, 2, 0, 0]);
        clocks.truncate(1);
        assert_eq!((clocks.count(), clocks.get(ClockId::BOTTOM)), (1, &[0u32; 4][..]));
    }
}
