//! Memory orderings, one type per kind of operation, so that a wrong pair cannot be written.
//!
//! std has one `Ordering` and panics on, say, a release load; here the conversion says so and what
//! has been converted is always meaningful. Names and meaning are those of `std::sync::atomic`, but for `Interleaved`, which is
//! Go's: "all the atomic operations executed in a program behave as though executed in some sequentially consistent order" (Go
//! memory model), which is that of the operations of channels and mutexes as well. All accesses of a variable have it, or none.

use std::fmt;
use std::sync::atomic::Ordering;

/// Ordering of a load, or of a compare-exchange that fails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoadOrdering {
    /// Atomic only.
    Relaxed,
    /// Synchronises with the release it reads from.
    Acquire,
    /// Acquire, and ordered with all sequentially consistent operations.
    SeqCst,
    /// As `SeqCst`, and in the one order of all such operations and all actions on objects.
    Interleaved,
}

/// Ordering of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StoreOrdering {
    /// Atomic only.
    Relaxed,
    /// Everything before it is seen by an acquire that reads it.
    Release,
    /// Release, and ordered with all sequentially consistent operations.
    SeqCst,
    /// As `SeqCst`, and in the one order of all such operations and all actions on objects.
    Interleaved,
}

/// Ordering of a read-modify-write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RmwOrdering {
    /// Atomic only.
    Relaxed,
    /// The read acquires.
    Acquire,
    /// The write releases.
    Release,
    /// The read acquires and the write releases.
    AcqRel,
    /// Both, and ordered with all sequentially consistent operations.
    SeqCst,
    /// As `SeqCst`, and in the one order of all such operations and all actions on objects.
    Interleaved,
}

/// Ordering of a fence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FenceOrdering {
    /// Earlier relaxed reads acquire.
    Acquire,
    /// Later relaxed writes release.
    Release,
    /// Both.
    AcqRel,
    /// Both, and ordered with all sequentially consistent operations.
    SeqCst,
}

impl LoadOrdering {
    /// Whether it is ordered with all sequentially consistent operations.
    #[inline]
    pub const fn is_seq_cst(self) -> bool {
        matches!(self, LoadOrdering::SeqCst | LoadOrdering::Interleaved)
    }

    /// Whether the read synchronises with the release it reads from.
    #[inline]
    pub const fn acquires(self) -> bool {
        !matches!(self, LoadOrdering::Relaxed)
    }
}

impl StoreOrdering {
    /// Whether it is ordered with all sequentially consistent operations.
    #[inline]
    pub const fn is_seq_cst(self) -> bool {
        matches!(self, StoreOrdering::SeqCst | StoreOrdering::Interleaved)
    }

    /// Whether an acquire that reads the store synchronises with it.
    #[inline]
    pub const fn releases(self) -> bool {
        !matches!(self, StoreOrdering::Relaxed)
    }
}

impl RmwOrdering {
    /// Whether it is ordered with all sequentially consistent operations.
    #[inline]
    pub const fn is_seq_cst(self) -> bool {
        matches!(self, RmwOrdering::SeqCst | RmwOrdering::Interleaved)
    }

    /// Whether the read part acquires.
    #[inline]
    pub const fn acquires(self) -> bool {
        !matches!(self, RmwOrdering::Relaxed | RmwOrdering::Release)
    }

    /// Whether the write part releases.
    #[inline]
    pub const fn releases(self) -> bool {
        !matches!(self, RmwOrdering::Relaxed | RmwOrdering::Acquire)
    }
}

impl FenceOrdering {
    /// Whether earlier relaxed reads acquire.
    #[inline]
    pub const fn acquires(self) -> bool {
        !matches!(self, FenceOrdering::Release)
    }

    /// Whether later relaxed writes release.
    #[inline]
    pub const fn releases(self) -> bool {
        !matches!(self, FenceOrdering::Acquire)
    }
}

/// An ordering that std refuses for that kind of operation; its text is std's panic message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderingError(&'static str);

impl fmt::Display for OrderingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for OrderingError {}

impl LoadOrdering {
    /// The failure ordering of a compare-exchange.
    ///
    /// # Errors
    /// `Release` and `AcqRel`, with the message std panics with.
    pub fn for_failure(ordering: Ordering) -> Result<Self, OrderingError> {
        match ordering {
            Ordering::Release => {
                Err(OrderingError("there is no such thing as a release failure ordering"))
            }
            Ordering::AcqRel => {
                Err(OrderingError("there is no such thing as an acquire-release failure ordering"))
            }
            other => Self::try_from(other),
        }
    }
}

impl TryFrom<Ordering> for LoadOrdering {
    type Error = OrderingError;

    fn try_from(ordering: Ordering) -> Result<Self, OrderingError> {
        match ordering {
            Ordering::Relaxed => Ok(LoadOrdering::Relaxed),
            Ordering::Acquire => Ok(LoadOrdering::Acquire),
            Ordering::SeqCst => Ok(LoadOrdering::SeqCst),
            Ordering::Release => Err(OrderingError("there is no such thing as a release load")),
            _ => Err(OrderingError("there is no such thing as an acquire-release load")),
        }
    }
}

impl TryFrom<Ordering> for StoreOrdering {
    type Error = OrderingError;

    fn try_from(ordering: Ordering) -> Result<Self, OrderingError> {
        match ordering {
            Ordering::Relaxed => Ok(StoreOrdering::Relaxed),
            Ordering::Release => Ok(StoreOrdering::Release),
            Ordering::SeqCst => Ok(StoreOrdering::SeqCst),
            Ordering::Acquire => Err(OrderingError("there is no such thing as an acquire store")),
            _ => Err(OrderingError("there is no such thing as an acquire-release store")),
        }
    }
}

impl From<Ordering> for RmwOrdering {
    fn from(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Relaxed => RmwOrdering::Relaxed,
            Ordering::Acquire => RmwOrdering::Acquire,
            Ordering::Release => RmwOrdering::Release,
            Ordering::AcqRel => RmwOrdering::AcqRel,
            _ => RmwOrdering::SeqCst,
        }
    }
}

impl TryFrom<Ordering> for FenceOrdering {
    type Error = OrderingError;

    fn try_from(ordering: Ordering) -> Result<Self, OrderingError> {
        match ordering {
            Ordering::Acquire => Ok(FenceOrdering::Acquire),
            Ordering::Release => Ok(FenceOrdering::Release),
            Ordering::AcqRel => Ok(FenceOrdering::AcqRel),
            Ordering::SeqCst => Ok(FenceOrdering::SeqCst),
            _ => Err(OrderingError("there is no such thing as a relaxed fence")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU8, fence};

    fn panic_text<T>(run: impl FnOnce() -> T) -> Option<String> {
        let payload = catch_unwind(AssertUnwindSafe(run)).err()?;
        let text = payload.downcast_ref::<&str>().map(|s| s.to_string());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
    }

    /// What std refuses we refuse, in the same words.
    #[test]
    fn refuses_what_std_refuses() {
        use Ordering::*;
        let x = AtomicU8::new(0);
        for ordering in [Relaxed, Acquire, Release, AcqRel, SeqCst] {
            let load = panic_text(|| x.load(ordering));
            assert_eq!(LoadOrdering::try_from(ordering).err().map(|e| e.to_string()), load);
            let store = panic_text(|| x.store(0, ordering));
            assert_eq!(StoreOrdering::try_from(ordering).err().map(|e| e.to_string()), store);
            let fenced = panic_text(|| fence(ordering));
            assert_eq!(FenceOrdering::try_from(ordering).err().map(|e| e.to_string()), fenced);
            let failure = panic_text(|| x.compare_exchange(1, 2, SeqCst, ordering));
            assert_eq!(LoadOrdering::for_failure(ordering).err().map(|e| e.to_string()), failure);
        }
    }
}
