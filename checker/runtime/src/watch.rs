//! Writes through raw pointers, noticed by comparing the contents before and after.

use raddle_shims::kernel::LocationId;
use raddle_shims::model::{Site, WATCHED_BYTES_MAX};

/// Contents to which the running thread has got a pointer.
struct Watch {
    location: LocationId,
    contents: *const u8,
    size: usize,
    before: [u8; WATCHED_BYTES_MAX],
    site: Site,
}

/// What the running thread watches until its next operation.
#[derive(Default)]
pub(crate) struct Watches {
    list: Vec<Watch>,
}

/// Copies bytes that may be padding, as a memory comparison would see them.
fn copy(contents: *const u8, size: usize) -> [u8; WATCHED_BYTES_MAX] {
    let mut bytes = [0; WATCHED_BYTES_MAX];
    for (i, byte) in bytes.iter_mut().enumerate().take(size) {
        // SAFETY: the shim that asks for a watch says that these bytes are the contents of a live
        // cell, and ends the watch before they go away. The read is volatile, so that nothing is
        // concluded from what it finds.
        *byte = unsafe { contents.add(i).read_volatile() };
    }
    bytes
}

impl Watches {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn add(&mut self, location: LocationId, contents: *const u8, size: usize, site: Site) {
        let size = size.min(WATCHED_BYTES_MAX);
        if size > 0 && self.list.iter().all(|watch| watch.location != location) {
            let before = copy(contents, size);
            self.list.push(Watch { location, contents, size, before, site });
        }
    }

    pub fn remove(&mut self, location: LocationId) {
        self.list.retain(|watch| watch.location != location);
    }

    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// Ends one watch; the location if it was written, and where the pointer came from.
    pub fn take_written(&mut self) -> Option<(LocationId, Site)> {
        while let Some(watch) = self.list.pop() {
            if copy(watch.contents, watch.size) != watch.before {
                return Some((watch.location, watch.site));
            }
        }
        None
    }
}
