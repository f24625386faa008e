//! The way out of a panic after which std would abort the process.
//!
//! Std reports it by the panic hook, which must not return then. Its caller holds the lock of the hook for
//! reading: a stack that is left in the middle of the hook would hold it for ever, and the next
//! `std::panic::take_hook`, which the test harness calls at its end, would never return. So the frames of
//! the hook and of its caller are unwound first, which gives the lock back, and no further.

use crate::fiber::Door;
use std::panic::PanicHookInfo;

/// Unwinds what holds the lock of the panic hook, then leaves the stack for good. Where the unwinding is
/// not possible the lock stays held.
///
/// # Safety
/// The code that calls this must run on the fiber that the door belongs to, in the panic hook.
pub(crate) unsafe fn leave_hook(info: &PanicHookInfo<'_>, door: Door) -> ! {
    #[cfg(all(unix, panic = "unwind", any(target_arch = "x86_64", target_arch = "aarch64")))]
    unwinder::leave_hook(std::ptr::from_ref(info) as usize, door);
    #[cfg(not(all(unix, panic = "unwind", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = info;
    // SAFETY: the caller runs on the fiber.
    unsafe { leave_for_good(door) }
}

/// Leaves the stack, however often it is entered again.
///
/// # Safety
/// The code that calls this must run on the fiber that the door belongs to.
unsafe fn leave_for_good(door: Door) -> ! {
    loop {
        // SAFETY: the caller runs on the fiber.
        unsafe { door.suspend() };
    }
}

#[cfg(all(unix, panic = "unwind", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod unwinder {
    use super::leave_for_good;
    use crate::fiber::Door;
    use std::ffi::{c_int, c_void};

    const CONTINUE: c_int = 0;

    /// `_Unwind_Exception` of the Itanium C++ ABI; what the unwinder keeps there is at most so large.
    #[repr(C, align(16))]
    struct Exception {
        class: u64,
        cleanup: usize,
        private: [usize; 6],
    }

    #[repr(C)]
    struct Context {
        opaque: [u8; 0],
    }

    type Stop = extern "C" fn(
        version: c_int,
        actions: c_int,
        class: u64,
        exception: *mut Exception,
        context: *mut Context,
        argument: *mut c_void,
    ) -> c_int;

    unsafe extern "C-unwind" {
        fn _Unwind_ForcedUnwind(
            exception: *mut Exception,
            stop: Stop,
            argument: *mut c_void,
        ) -> c_int;
    }

    unsafe extern "C" {
        fn _Unwind_GetCFA(context: *mut Context) -> usize;
    }

    struct Argument {
        /// An address in the frame of the hook's caller.
        inside: usize,
        door: Door,
    }

    /// Called by the unwinder before it unwinds a frame.
    extern "C" fn stop(
        _version: c_int,
        _actions: c_int,
        _class: u64,
        _exception: *mut Exception,
        context: *mut Context,
        argument: *mut c_void,
    ) -> c_int {
        // SAFETY: the argument is the one below, which is never freed, and the context is the unwinder's.
        // Stacks grow downwards, so a frame above the address is that of a caller of the hook's caller.
        // This runs on the stack that is being unwound.
        unsafe {
            let argument = &*argument.cast::<Argument>();
            if _Unwind_GetCFA(context) > argument.inside {
                leave_for_good(argument.door);
            }
        }
        CONTINUE
    }

    pub(super) fn leave_hook(inside: usize, door: Door) {
        // On the heap, as the frame of this function goes away first; never freed, like the stack.
        let argument = Box::into_raw(Box::new(Argument { inside, door }));
        let exception =
            Box::into_raw(Box::new(Exception { class: 0, cleanup: 0, private: [0; 6] }));
        // SAFETY: `stop` lets the unwinder go no further than the frame of std that calls the hook, which
        // expects that hooks unwind.
        unsafe { _Unwind_ForcedUnwind(exception, stop, argument.cast()) };
    }
}
