//! How an event uses an object, and when two uses conflict.

use raddle_shims::kernel::{Arm, Arms, LocationId};
use std::sync::Arc;

/// How an event uses an aspect of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Looks at it; looks commute with each other.
    Read,
    /// Changes it; commutes with nothing.
    Write,
    /// Changes it in a way that commutes with other such changes.
    Add,
}

impl Mode {
    /// Whether the order of two uses of the same aspect matters.
    #[inline]
    pub const fn conflicts(self, other: Mode) -> bool {
        !matches!((self, other), (Mode::Read, Mode::Read) | (Mode::Add, Mode::Add))
    }
}

/// One use of one aspect of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Use {
    /// The object.
    pub location: LocationId,
    /// Which part of it, by a number that its family gives.
    pub aspect: u32,
    /// How.
    pub mode: Mode,
    /// Whether what comes before it happens before what comes after later uses that acquire and
    /// conflict.
    pub releases: bool,
    /// Whether it acquires.
    pub acquires: bool,
}

impl Use {
    /// A use that synchronises with nothing.
    #[inline]
    pub const fn plain(location: LocationId, aspect: u32, mode: Mode) -> Use {
        Use { location, aspect, mode, releases: false, acquires: false }
    }

    /// Whether the order of the two matters.
    #[inline]
    pub fn conflicts(&self, other: &Use) -> bool {
        self.location == other.location
            && self.aspect == other.aspect
            && self.mode.conflicts(other.mode)
    }
}

/// Whether the order of two events matters that have these uses.
#[inline]
pub fn conflict(left: &[Use], right: &[Use]) -> bool {
    left.iter().any(|left| right.iter().any(|right| left.conflicts(right)))
}

/// The uses of an event that may be gone.
pub type Footprint = Arc<[Use]>;

/// Collects the uses of one event of one object.
pub(super) struct Uses<'a> {
    location: LocationId,
    lists: &'a [Arc<[Arm]>],
    list: &'a mut Vec<Use>,
}

impl<'a> Uses<'a> {
    pub fn new(location: LocationId, lists: &'a [Arc<[Arm]>], list: &'a mut Vec<Use>) -> Uses<'a> {
        Uses { location, lists, list }
    }

    /// From here on, what is used belongs to that location.
    pub fn at(&mut self, location: LocationId) -> &mut Self {
        self.location = location;
        self
    }

    /// A list of arms.
    pub fn arms(&self, arms: Arms) -> Arc<[Arm]> {
        Arc::clone(&self.lists[arms.0 as usize])
    }

    pub fn reads(&mut self, aspect: u32) -> &mut Self {
        self.list.push(Use::plain(self.location, aspect, Mode::Read));
        self
    }

    pub fn writes(&mut self, aspect: u32) -> &mut Self {
        self.list.push(Use::plain(self.location, aspect, Mode::Write));
        self
    }

    pub fn adds(&mut self, aspect: u32) -> &mut Self {
        self.list.push(Use::plain(self.location, aspect, Mode::Add));
        self
    }

    /// The latest use acquires.
    pub fn acquiring(&mut self) -> &mut Self {
        if let Some(used) = self.list.last_mut() {
            used.acquires = true;
        }
        self
    }

    /// The latest use releases.
    pub fn releasing(&mut self) -> &mut Self {
        if let Some(used) = self.list.last_mut() {
            used.releases = true;
        }
        self
    }
}
