//! In what state a thread is before an operation: what is on its stack, and the registers that calls preserve.
//!
//! Only what belongs to the program matters. So atomics and locks note the state where the program calls them (see [`entered`](raddle_shims::model::entered)); of other
//! operations the part of the stack that the shims use is compared as well, and makes more difference than there is. What is known never to
//! have been written ([`scrub`](raddle_shims::model::scrub)) is equal to anything.

use crate::frame::{Frame, KNOWS_REGISTERS};
use raddle_shims::kernel::Op;
use raddle_shims::model::SCRUBBED;
use std::ops::Range;

/// Stacks that are deeper than this are not compared.
const DEPTH_MAX: usize = 16 << 10;

/// What lies in memory of a process has addresses whose upper halves are at least this, as far as it matters.
const ADDRESSES_FROM: u64 = 0x1000;

/// Flags and discriminants are below this. What looks never written is further away from them, both ways, than a counter comes in as many
/// turns as are compared.
const FLAGS: u8 = 8;

/// The state of a thread, if it was noted before the operation that is being performed.
#[derive(Default)]
pub(crate) struct Noted {
    /// The registers that calls preserve, and the stack.
    words: Vec<usize>,
    /// Which part of the stack belongs to the program.
    own: Range<usize>,
    /// What it held when the operation began.
    held: Vec<usize>,
}

impl Noted {
    /// Notes it, as [`Execution::note_state`](raddle_shims::model::Execution::note_state) says. The stack of the thread begins at `base`.
    pub fn note(&mut self, (frame, stack): (&Frame, usize), base: usize) {
        let top = std::ptr::from_ref(frame) as usize;
        self.own = stack.max(top)..base;
        self.words.clear();
        copy(top..base, &mut self.words);
    }

    /// It is not noted.
    pub fn forget(&mut self) {
        self.words.clear();
        self.own = 0..0;
    }

    /// Adds it to the words; the operation begins.
    pub fn read(&mut self, words: &mut Vec<usize>) {
        self.held.clear();
        copy(self.own.clone(), &mut self.held);
        words.extend_from_slice(&self.words);
    }

    /// Adds what others have changed since the operation began.
    pub fn note_changes(&mut self) {
        let mut now = Vec::new();
        copy(self.own.clone(), &mut now);
        let changes = self.held.iter().zip(&now).rev();
        // What calls have left below is nothing that others write.
        for (word, (held, now)) in self.words.iter_mut().rev().zip(changes) {
            if held != now {
                *word = *now;
            }
        }
    }
}

/// Adds the stack of the thread that runs, which begins at `base`, from that frame on. An operation that lies there is compared by what it says:
/// what of its place it does not use is as it was.
pub(crate) fn read_stack((frame, base): (&Frame, usize), op: &Op, words: &mut Vec<usize>) {
    let (start, top) = (words.len(), std::ptr::from_ref(frame) as usize);
    copy(top..base, words);
    let at = std::ptr::from_ref(op) as usize;
    if (top..base).contains(&at) {
        let words = words[start..].iter_mut().skip((at - top) / size_of::<usize>());
        words.take(size_of::<Op>() / size_of::<usize>()).for_each(|word| *word = 0);
    }
}

/// A number for the state of a thread with that stack, which begins at `base`: of the small numbers on it.
pub(crate) fn number_of_state(words: &[usize], base: usize, touched: &[Range<usize>]) -> u64 {
    let top = base - size_of_val(words);
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for (i, word) in words.iter().enumerate() {
        let at = top + i * size_of::<usize>();
        let number = written(*word) as u64;
        // Addresses are larger; of two small numbers beside each other one may not have been written.
        let is_small = number >> 32 < ADDRESSES_FROM || number << 32 == 0;
        if is_small && number != 0 && !touched.iter().any(|it| it.contains(&at)) {
            state = (state ^ number ^ (i as u64) << 32).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state
}

/// Adds what lies on the stack that runs; nothing if that is too much, or if registers are not known.
fn copy(place: Range<usize>, words: &mut Vec<usize>) {
    if !KNOWS_REGISTERS || place.is_empty() || place.len() > DEPTH_MAX {
        return;
    }
    let count = place.len() / size_of::<usize>();
    words.reserve(count);
    for word in 0..count {
        // SAFETY: the words lie between a frame of the thread and the base of the stack that runs,
        // which are mapped; the read is volatile, so that nothing is concluded from what it finds.
        words.push(unsafe { (place.start as *const usize).add(word).read_volatile() });
    }
}

/// Whether a thread with the stack `now`, which begins at `base`, is in the state in which it was with the stack
/// `before`; what lies at the addresses `touched` does not matter.
pub(crate) fn is_same_state(
    before: &[usize],
    now: &[usize],
    base: usize,
    touched: &[Range<usize>],
) -> bool {
    if before.is_empty() || before.len() != now.len() {
        return false;
    }
    let top = base - size_of_val(now);
    before.iter().zip(now).enumerate().all(|(i, (before, now))| {
        let at = top + i * size_of::<usize>();
        before == now
            || is_unwritten(*before, *now)
            || touched.iter().any(|touched| touched.contains(&at))
    })
}

/// Whether no byte in which the words differ has been written in both. A single byte of that kind may be a number of the program; it
/// takes two beside each other, or that it would have become a flag.
fn is_unwritten(before: usize, now: usize) -> bool {
    let (before, now) = (before.to_ne_bytes(), now.to_ne_bytes());
    (0..before.len()).all(|i| {
        before[i] == now[i]
            || is_scrubbed_at(&before, i)
            || is_scrubbed_at(&now, i)
            || is_flag(before[i], now[i])
    })
}

/// Whether of two bytes one looks as if it had never been written, and the other is a flag or a discriminant, as have bytes of their own
/// on the stack, one beside the other. A counter does not come from the one to the other within the turns that are compared.
const fn is_flag(one: u8, other: u8) -> bool {
    one == SCRUBBED && other < FLAGS || other == SCRUBBED && one < FLAGS
}

/// The word without what has not been written of it.
fn written(word: usize) -> usize {
    let bytes = word.to_ne_bytes();
    let mut written = bytes;
    (0..bytes.len()).filter(|i| is_scrubbed_at(&bytes, *i)).for_each(|i| written[i] = 0);
    usize::from_ne_bytes(written)
}

/// Whether a byte and one of its neighbours have been overwritten, and nothing was written there since.
fn is_scrubbed_at(bytes: &[u8], i: usize) -> bool {
    let is = |i: usize| bytes.get(i) == Some(&SCRUBBED);
    is(i) && (is(i + 1) || i > 0 && is(i - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: usize = 1 << 20;

    fn same(before: usize, now: usize) -> bool {
        is_same_state(&[7, before], &[7, now], BASE, &[])
    }

    #[test]
    fn what_was_never_written_is_equal_to_anything() {
        let unwritten = usize::from_ne_bytes([SCRUBBED; 8]);
        assert!(same(unwritten, 5) && same(5, unwritten));
        let mut bytes = [SCRUBBED; 8];
        bytes[..4].copy_from_slice(&[1, 2, 3, 4]);
        let half = usize::from_ne_bytes(bytes);
        bytes[4..].copy_from_slice(&[5, 6, 7, 8]);
        assert!(same(half, usize::from_ne_bytes(bytes)));
        bytes[0] = 9;
        assert!(!same(half, usize::from_ne_bytes(bytes)));
    }

    /// Without optimisation the outcomes of two comparisons lie beside each other, and the one that is behind the loop is written.
    #[test]
    fn a_flag_beside_another_one_may_not_have_been_written() {
        let word = |[one, other]: [u8; 2]| usize::from_ne_bytes([7, one, other, 7, 7, 7, 7, 7]);
        assert!(same(word([1, SCRUBBED]), word([1, 0])) && same(word([0, 1]), word([SCRUBBED, 1])));
        assert!(!same(word([1, SCRUBBED]), word([0, 0])));
        assert!(!same(word([1, SCRUBBED]), word([1, FLAGS])));
    }

    /// A counter has any value once, that of a byte that was never written as well.
    #[test]
    fn a_number_that_is_like_a_byte_that_was_never_written_is_a_number() {
        for count in 0..1_000 {
            assert!(!same(count, count + 1), "{count}");
            assert!(!same(count << 32, (count + 1) << 32), "{count} above another number");
        }
    }

    #[test]
    fn what_lies_where_objects_were_touched_does_not_matter() {
        let at = BASE - size_of::<usize>();
        let touched = std::iter::once(at..BASE).collect::<Vec<_>>();
        assert!(is_same_state(&[7, 1], &[7, 2], BASE, &touched));
        assert!(!is_same_state(&[7, 1], &[8, 2], BASE, &touched));
        let number = |words: &[usize]| number_of_state(words, BASE, &touched);
        assert_eq!(number(&[7, 1]), number(&[7, 2]));
        assert_ne!(number(&[7, 1]), number(&[8, 1]));
    }

    /// Of two numbers beside each other one may not have been written, and an address says nothing.
    #[test]
    fn small_numbers_tell_states_apart() {
        let number = |word| number_of_state(&[word, 7], BASE, &[]);
        let unwritten = 0xb9b9_b9b9;
        assert_ne!(number(unwritten << 32 | 1), number(unwritten << 32 | 2));
        assert_ne!(number(1 << 32 | unwritten), number(2 << 32 | unwritten));
        assert_eq!(number(0x7f00_0000_1000), number(0x7f00_0000_2000));
    }
}
