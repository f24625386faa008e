//! Memory that a thread could write to without an operation, to see whether it has.
//!
//! That is what the threads of the program have allocated, if they have [memory of their own](crate::addresses), the stacks of the others, which stand
//! still, and thread-locals. What lies elsewhere belongs to others as well, who go on all the time.

use crate::addresses::{Region, is_allocated};
use crate::local::Local;
use std::ops::Range;

/// How much is looked at, in bytes.
const BYTES_MAX: usize = 4 << 20;

/// What the memory of a program held.
#[derive(Default)]
pub(crate) struct Reach {
    places: Vec<Range<usize>>,
    words: Vec<u64>,
}

impl Reach {
    /// Notes what a thread could change, beside others of the same program.
    pub fn note<'a>(
        &mut self,
        region: Option<&Region>,
        locals: impl Iterator<Item = (*const u8, usize)>,
        others: impl Iterator<Item = &'a Local>,
    ) {
        self.places.clear();
        self.words.clear();
        let mut left = BYTES_MAX;
        let locals = locals.map(|(value, size)| value as usize..value as usize + size);
        let stacks = others.filter_map(Local::left_stack);
        let blocks = region.into_iter().flat_map(Region::allocated);
        for place in locals.chain(stacks).chain(blocks) {
            let place = place.start..place.end.min(place.start + left);
            left -= place.len();
            self.words.extend(contents(&place).map(|(_, word)| word));
            self.places.push(place);
        }
    }

    /// Whether something else is there than was noted, where it has not been freed since.
    pub fn differs(&self) -> bool {
        let now = self.places.iter().flat_map(contents);
        let mut pairs = now.zip(&self.words);
        pairs.any(|((at, now), before)| now != *before && is_allocated(at))
    }
}

/// What is there, word by word as far as there are words, and then byte by byte.
fn contents(place: &Range<usize>) -> impl Iterator<Item = (usize, u64)> + use<> {
    const WORD: usize = size_of::<u64>();
    let Range { start, end } = *place;
    let bytes = if start % WORD == 0 { end - (end - start) % WORD } else { start };
    let words = (start..bytes).step_by(WORD).map(|at| (at, read::<u64>(at)));
    words.chain((bytes..end).map(|at| (at, read::<u8>(at).into())))
}

/// What is there.
fn read<T: Copy>(at: usize) -> T {
    // SAFETY: it lies in an arena, which is never unmapped, on a stack of a thread that has not ended, or in a slot, and is aligned. The
    // read is volatile, so that nothing is concluded from what it finds.
    unsafe { std::ptr::with_exposed_provenance::<T>(at).read_volatile() }
}
