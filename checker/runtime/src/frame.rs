//! Where an operation is entered, and the registers of its caller.

/// How a thread stands before an operation: where that was entered, or none if [its state was noted](crate::state::Noted), and
/// where its stack begins.
pub(crate) type Place<'a> = (Option<&'a Frame>, usize);

/// The registers that calls preserve, on the stack of the function that asked for them: local variables
/// of its callers live there or further up.
#[repr(transparent)]
pub(crate) struct Frame([std::mem::MaybeUninit<usize>; REGISTERS]);

/// How many words they are.
const REGISTERS: usize = if cfg!(target_arch = "aarch64") {
    18
} else if cfg!(windows) {
    28
} else {
    6
};

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
        // SAFETY: only copies registers to the array, for which there is room.
        #[cfg(all(target_arch = "x86_64", windows))]
        unsafe {
            std::arch::asm!(
                "mov [{0} + 48], rdi", "mov [{0} + 56], rsi",
                "movups [{0} + 64], xmm6", "movups [{0} + 80], xmm7",
                "movups [{0} + 96], xmm8", "movups [{0} + 112], xmm9",
                "movups [{0} + 128], xmm10", "movups [{0} + 144], xmm11",
                "movups [{0} + 160], xmm12", "movups [{0} + 176], xmm13",
                "movups [{0} + 192], xmm14", "movups [{0} + 208], xmm15",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        // SAFETY: only copies registers to the array.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!(
                "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
                "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]",
                "stp d8, d9, [{0}, #80]", "stp d10, d11, [{0}, #96]", "stp d12, d13, [{0}, #112]",
                "stp d14, d15, [{0}, #128]",
                in(reg) saved.0.as_mut_ptr(), options(nostack, preserves_flags)
            );
        }
        saved
    }
}
