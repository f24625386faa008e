//! `loom::alloc`: allocations and values that must be given back before an execution ends.

pub use raddle_shims::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use raddle_shims::track::Tracked;

/// A value that must be dropped, or taken out, before the execution ends.
#[derive(Debug)]
pub struct Track<T>(Tracked<T>);

impl<T> Track<T> {
    /// Tracks a value.
    #[track_caller]
    pub fn new(value: T) -> Track<T> {
        Track(Tracked::new("a tracked value", value))
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.0
    }

    /// The value.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// The value, which is no longer tracked.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}
