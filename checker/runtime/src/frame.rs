//! Where an operation is entered, the registers of its caller, and whether a stack is as it was.

use raddle_shims::model::SCRUBBED;
use std::ops::Range;

/// The registers that calls preserve, on the stack of the function that asked for them: local variables
/// of its callers live there or further up.
#[repr(transparent)]
pub(crate) struct Frame([std::mem::MaybeUninit<usize>; REGISTERS]);

#[cfg(target_arch = "aarch64")]
const REGISTERS: usize = 10;
#[cfg(not(target_arch = "aarch64"))]
const REGISTERS: usize = 6;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) const KNOWS_REGISTERS: bool = true;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) const KNOWS_REGISTERS: bool = false;

impl Frame {
    /// The registers as they are in the caller.
    #[inline(always)]
    #[allow(clippy::missing_const_for_fn, reason = "it is not on the architectures that matter")]
    pub fn here() -> Frame {
        #[allow(unused_mut, reason = "no registers are known on other architectures")]
        let mut saved = Frame([std::mem::MaybeUninit::uninit(); REGISTERS]);
        // SAFETY: only copies registers to the array.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::asm!(
                "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
                "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        // SAFETY: only copies registers to the array.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!(
                "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
                "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        saved
    }
}

/// Whether the running thread, which performs an operation that was entered at `frame`, is in the state in which it was with the stack `before`, as
/// [`is_same_state`] says.
pub(crate) fn stands_as(
    before: &[usize],
    (frame, base): (&Frame, usize),
    touched: &[Range<usize>],
) -> bool {
    let top = std::ptr::from_ref(frame) as usize;
    if before.is_empty() || base.wrapping_sub(top) != size_of_val(before) {
        return false;
    }
    before.iter().enumerate().all(|(i, before)| {
        // SAFETY: the words lie between the caller's frame and the base of the stack that runs, which are
        // mapped; the read is volatile, so that nothing is concluded from what it finds.
        let now = unsafe { (top as *const usize).add(i).read_volatile() };
        *before == now || is_alike((*before, now), top + i * size_of::<usize>(), touched)
    })
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
        before == now || is_alike((*before, *now), top + i * size_of::<usize>(), touched)
    })
}

/// Whether it does not matter that a word of a stack, at that address, is another.
#[cold]
fn is_alike((before, now): (usize, usize), at: usize, touched: &[Range<usize>]) -> bool {
    cfg!(debug_assertions) && is_unwritten(before, now)
        || touched.iter().any(|touched| touched.contains(&at))
}

/// Whether all bytes in which the words differ had never been written.
fn is_unwritten(before: usize, now: usize) -> bool {
    let bytes = before.to_ne_bytes().into_iter().zip(now.to_ne_bytes());
    bytes.into_iter().all(|(before, now)| before == now || before == SCRUBBED)
}
