//! Relations on few elements as bit matrices: union, composition, closure, shortest cycles.

use bitvec::prelude::{BitSlice, BitVec, Lsb0};

/// Whether an element is in a set, which is a row of a relation.
#[inline]
pub fn has(set: &[u64], element: usize) -> bool {
    set[element / 64] >> (element % 64) & 1 == 1
}

/// Adds a set to another.
#[inline]
pub fn unite(set: &mut [u64], other: &[u64]) {
    for (mine, other) in set.iter_mut().zip(other) {
        *mine |= other;
    }
}

/// The elements of a set, in order.
pub fn ones(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(word, &bits)| {
        let rest = std::iter::successors(Some(bits), |rest| Some(rest & rest.wrapping_sub(1)));
        let rest = rest.take_while(|&rest| rest != 0);
        rest.map(move |rest| word * 64 + rest.trailing_zeros() as usize)
    })
}

/// A binary relation on `0..n`.
///
/// A row is padded to whole words, so that uniting two rows is a loop over words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Relation {
    bits: BitVec<u64, Lsb0>,
    size: usize,
    words: usize,
}

impl Relation {
    /// The empty relation on `0..size`.
    pub fn new(size: usize) -> Self {
        let mut relation = Relation::default();
        relation.reset(size);
        relation
    }

    /// Makes it the empty relation on `0..size`, keeping its memory.
    pub fn reset(&mut self, size: usize) {
        self.size = size;
        self.words = size.div_ceil(64);
        self.bits.clear();
        self.bits.resize(size * self.words * 64, false);
    }

    /// How many elements it is on.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds a pair.
    #[inline]
    pub fn insert(&mut self, from: usize, to: usize) {
        let word = from * self.words + to / 64;
        self.words_mut()[word] |= 1 << (to % 64);
    }

    /// Whether the pair is in it.
    #[inline]
    pub fn contains(&self, from: usize, to: usize) -> bool {
        self.row(from)[to / 64] >> (to % 64) & 1 == 1
    }

    /// The successors of an element, as words of bits.
    #[inline]
    pub fn row(&self, from: usize) -> &[u64] {
        &self.bits.as_raw_slice()[from * self.words..(from + 1) * self.words]
    }

    /// The successors of an element.
    pub fn successors(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        BitSlice::<u64, Lsb0>::from_slice(self.row(from)).iter_ones()
    }

    /// Adds to the successors of `from` what `row` holds.
    #[inline]
    pub fn unite_row(&mut self, from: usize, row: &[u64]) {
        let start = from * self.words;
        let words = self.words;
        for (mine, other) in self.words_mut()[start..start + words].iter_mut().zip(row) {
            *mine |= other;
        }
    }

    /// Adds all pairs of another relation of the same size.
    pub fn unite(&mut self, other: &Relation) {
        debug_assert_eq!(self.size, other.size);
        for (mine, other) in self.words_mut().iter_mut().zip(other.bits.as_raw_slice()) {
            *mine |= other;
        }
    }

    /// A row in which nothing is.
    pub fn empty_row(&self) -> Vec<u64> {
        vec![0; self.words]
    }

    /// The successors of all elements of a set.
    pub fn image(&self, set: &[u64]) -> Vec<u64> {
        let mut image = self.empty_row();
        for from in ones(set) {
            unite(&mut image, self.row(from));
        }
        image
    }

    /// Makes it `left ; right`.
    pub fn compose(&mut self, left: &Relation, right: &Relation) {
        self.reset(left.size);
        for from in 0..left.size {
            for middle in left.successors(from) {
                self.unite_row(from, right.row(middle));
            }
        }
    }

    /// Makes it its transitive closure (Warshall).
    pub fn close(&mut self) {
        for middle in 0..self.size {
            let row = self.row(middle).to_vec();
            for from in 0..self.size {
                if self.contains(from, middle) {
                    self.unite_row(from, &row);
                }
            }
        }
    }

    /// Whether following pairs never leads back.
    pub fn is_acyclic(&self) -> bool {
        let mut closed = self.clone();
        closed.close();
        (0..self.size).all(|x| !closed.contains(x, x))
    }

    /// A cycle with as few elements as possible, if there is any: each leads to the next and the last
    /// to the first.
    pub fn shortest_cycle(&self) -> Option<Vec<usize>> {
        (0..self.size).filter_map(|start| self.path(start, start)).min_by_key(Vec::len)
    }

    /// A shortest nonempty path, without its end.
    fn path(&self, start: usize, end: usize) -> Option<Vec<usize>> {
        let mut came_from = vec![None; self.size];
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for next in self.successors(at) {
                if next == end {
                    let mut path = vec![at];
                    while *path.last()? != start {
                        path.push(came_from[*path.last()?]?);
                    }
                    path.reverse();
                    return Some(path);
                }
                if came_from[next].is_none() && next != start {
                    came_from[next] = Some(at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    #[inline]
    fn words_mut(&mut self) -> &mut [u64] {
        self.bits.as_raw_mut_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_shortest_cycle() {
        let mut relation = Relation::new(70);
        for (a, b) in [(0, 1), (1, 2), (2, 0), (2, 69), (69, 2), (3, 0)] {
            relation.insert(a, b);
        }
        assert!(!relation.is_acyclic());
        assert_eq!(relation.shortest_cycle(), Some(vec![2, 69]));
        assert_eq!(ones(&relation.image(relation.row(2))).collect::<Vec<_>>(), [1, 2]);
        let mut square = Relation::default();
        square.compose(&relation, &relation);
        assert!(square.contains(0, 2) && square.contains(3, 1) && !square.contains(0, 1));
        let mut line = Relation::new(3);
        line.insert(0, 1);
        line.insert(1, 2);
        assert!(line.is_acyclic() && line.shortest_cycle().is_none());
        line.close();
        assert!(line.contains(0, 2));
    }

    #[test]
    fn a_loop_is_the_shortest_cycle() {
        let mut relation = Relation::new(2);
        relation.insert(1, 1);
        assert_eq!(relation.shortest_cycle(), Some(vec![1]));
    }
}
