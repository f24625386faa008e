//! Sets of threads, a bit for each.

use raddle_shims::kernel::ThreadId;

/// How many threads a word of a set has room for.
pub const WORD: usize = u64::BITS as usize;

/// Sets of threads, all for the same threads, by number.
#[derive(Clone, Debug, Default)]
pub struct ThreadSets {
    /// How many words a set has.
    width: usize,
    words: Vec<u64>,
}

impl ThreadSets {
    /// So many empty sets, with room for so many threads.
    pub fn clear(&mut self, sets: usize, threads: usize) {
        self.width = threads.div_ceil(WORD).max(1);
        self.words.clear();
        self.words.resize(sets * self.width, 0);
    }

    /// Makes room for one more set, if there are not so many.
    #[inline]
    pub fn ensure(&mut self, set: usize) {
        if self.words.len() < (set + 1) * self.width {
            self.words.resize((set + 1) * self.width, 0);
        }
    }

    /// Puts a thread into a set.
    #[inline]
    pub fn insert(&mut self, set: usize, thread: ThreadId) {
        let word = set * self.width + thread.index() / WORD;
        self.words[word] |= 1 << (thread.index() % WORD);
    }

    /// Takes a thread out of a set.
    #[inline]
    pub fn remove(&mut self, set: usize, thread: ThreadId) {
        let word = set * self.width + thread.index() / WORD;
        self.words[word] &= !(1 << (thread.index() % WORD));
    }

    /// The words of a set.
    #[inline]
    pub fn words(&self, set: usize) -> &[u64] {
        &self.words[set * self.width..][..self.width]
    }

    /// Whether nobody is in a set.
    #[inline]
    pub fn is_empty(&self, set: usize) -> bool {
        self.words(set).iter().all(|word| *word == 0)
    }

    /// How many words a set has.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }
}

/// The threads of a word of a set, by ascending number.
#[inline]
pub fn threads_of(word: usize, mut bits: u64) -> impl Iterator<Item = ThreadId> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(ThreadId(word as u32 * u64::BITS + bit))
    })
}
