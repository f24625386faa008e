//! `loom::hint`.

pub use raddle_shims::hint::spin_loop;

/// As [`std::hint::unreachable_unchecked`], but it panics.
///
/// # Safety
/// As std's. It is safe all the same, as it panics.
///
/// # Panics
/// Always: it was to be unreachable.
#[track_caller]
pub unsafe fn unreachable_unchecked() -> ! {
    unreachable!("unreachable_unchecked was reached")
}
