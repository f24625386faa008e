//! Memory that a thread could write to without an operation, to see whether it has.
//!
//! That is what the threads of the program have allocated, if they have [memory of their own](crate::addresses), the stacks of the others, which stand
//! still, and thread-locals. What lies elsewhere belongs to others as well, who go on all the time.

use crate::addresses::{Region, is_allocated};
use crate::local::Local;
use std::ops::Range;

/// How much is looked at, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// What the memory of a program held.
#[derive(Default)]
pub(crate) struct Reach {
    places: Vec<Range<usize>>,
    bytes: Vec<u8>,
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
        self.bytes.clear();
        let locals = locals.map(|(value, size)| value as usize..value as usize + size);
        let stacks = others.filter_map(Local::left_stack);
        let blocks = region.into_iter().flat_map(Region::allocated);
        for place in locals.chain(stacks).chain(blocks) {
            if self.bytes.len() + place.len() <= BYTES_MAX {
                self.bytes.extend(place.clone().map(byte));
                self.places.push(place);
            }
        }
    }

    /// Whether something else is there than was noted, where it has not been freed since.
    pub fn differs(&self) -> bool {
        let mut before = self.bytes.iter();
        let mut differs = |place: &Range<usize>| {
            place
                .clone()
                .zip(&mut before)
                .any(|(at, before)| byte(at) != *before && is_allocated(at))
        };
        self.places.iter().any(&mut differs)
    }
}

/// What is there.
fn byte(at: usize) -> u8 {
    // SAFETY: it lies in an arena, which is never unmapped, on a stack of a thread that has not ended, or in a slot. The read is volatile, so
    // that nothing is concluded from what it finds.
    unsafe { std::ptr::with_exposed_provenance::<u8>(at).read_volatile() }
}
