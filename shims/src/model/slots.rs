//! Values kept under the address of a static: what stands for statics and thread-locals.

use std::any::Any;

/// Values by key, dropped in the order in which they were put, as std drops thread-locals on most
/// platforms.
#[derive(Default)]
pub struct Slots {
    entries: Vec<(usize, Slot)>,
}

enum Slot {
    Value(Box<dyn Any>),
    /// It is being dropped, or has been.
    Destroyed,
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("entries", &self.entries.len()).finish()
    }
}

/// What is kept under a key.
#[derive(Debug)]
pub enum Found {
    /// Nothing was ever put there.
    Nothing,
    /// The address of the value.
    Value(*const ()),
    /// The value has been dropped, or is being dropped.
    Destroyed,
}

impl Slots {
    /// What is kept under `key`; `T` must be the type that was put there.
    pub fn get<T: 'static>(&self, key: usize) -> Found {
        match self.entries.iter().find(|entry| entry.0 == key) {
            None => Found::Nothing,
            Some((_, Slot::Destroyed)) => Found::Destroyed,
            Some((_, Slot::Value(value))) => match value.downcast_ref::<T>() {
                Some(value) => Found::Value(std::ptr::from_ref(value).cast()),
                None => Found::Nothing,
            },
        }
    }

    /// Keeps a value, which stays at one address until it is dropped. Returns the address.
    pub fn put<T: 'static>(&mut self, key: usize, value: T) -> *const () {
        let value = Box::new(value);
        let address = std::ptr::from_ref(&*value).cast();
        self.entries.retain(|entry| entry.0 != key);
        self.entries.push((key, Slot::Value(value)));
        address
    }

    /// The value that is to be dropped next, if any is left; from here on its key is destroyed.
    pub fn take_next(&mut self) -> Option<Box<dyn Any>> {
        let slot = self.entries.iter_mut().map(|entry| &mut entry.1);
        let slot = slot.into_iter().find(|slot| matches!(slot, Slot::Value(_)))?;
        match std::mem::replace(slot, Slot::Destroyed) {
            Slot::Value(value) => Some(value),
            Slot::Destroyed => None,
        }
    }

    /// Forgets everything, dropped or not.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Whether nothing was ever put.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
