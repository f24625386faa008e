//! Values kept under the address of a static: what stands for statics and thread-locals.

use super::{Model, off_the_heap};
use std::any::Any;
use std::mem::needs_drop;

/// Values by key. The last one that was put is dropped first, as std drops thread-locals on Linux; one whose
/// type has nothing to do when it is dropped stays until the end, as std's does.
#[derive(Default)]
pub struct Slots {
    entries: Vec<(usize, Slot)>,
}

enum Slot {
    Value(Box<dyn Any>),
    /// A value whose type has no destructor, so that it is never in the process of being dropped.
    Plain(Box<dyn Any>),
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
            Some((_, Slot::Value(value) | Slot::Plain(value))) => match value.downcast_ref::<T>() {
                Some(value) => Found::Value(std::ptr::from_ref(value).cast()),
                None => Found::Nothing,
            },
        }
    }

    /// Keeps a value, which stays at one address until it is dropped. Returns the address.
    pub fn put<T: 'static>(&mut self, key: usize, value: T) -> *const () {
        // Nothing says which thread is the first to need a static.
        let _heap = off_the_heap();
        let value = Box::new(value);
        let address = std::ptr::from_ref(&*value).cast();
        self.entries.retain(|entry| entry.0 != key);
        let slot = if needs_drop::<T>() { Slot::Value(value) } else { Slot::Plain(value) };
        self.entries.push((key, slot));
        address
    }

    /// Where the values are that are kept, and how large each is.
    pub fn values(&self) -> impl Iterator<Item = (*const u8, usize)> + '_ {
        self.entries.iter().filter_map(|(_, slot)| match slot {
            Slot::Value(value) | Slot::Plain(value) => {
                let value: &dyn Any = &**value;
                Some((std::ptr::from_ref(value).cast(), size_of_val(value)))
            }
            Slot::Destroyed => None,
        })
    }

    /// How many bytes they are together.
    pub fn size(&self) -> usize {
        self.values().map(|(_, size)| size).sum()
    }

    /// The value that is to be dropped next, if any is left; from here on its key is destroyed.
    pub fn take_next(&mut self) -> Option<Box<dyn Any>> {
        let mut slots = self.entries.iter_mut().rev().map(|entry| &mut entry.1);
        let slot = slots.find(|slot| matches!(slot, Slot::Value(_)))?;
        match std::mem::replace(slot, Slot::Destroyed) {
            Slot::Value(value) => Some(value),
            Slot::Plain(_) | Slot::Destroyed => None,
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

/// The value that the running execution keeps for the owner of a static byte, which is its key; made when it is asked
/// for first. It is plain memory: what threads see of each other in it, no operation orders.
pub fn per_execution<'a, T: Default + 'static>(model: &'a Model, key: &'static u8) -> &'a T {
    let key = std::ptr::from_ref(key) as usize;
    let found = model.execution_slots().borrow().get::<T>(key);
    let value = match found {
        Found::Value(address) => address,
        _ => model.execution_slots().borrow_mut().put(key, T::default()),
    };
    // SAFETY: the slot keeps it at one address until the execution ends, and a `Model` is of one that runs.
    unsafe { &*value.cast::<T>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_goes_first_and_what_has_no_destructor_stays() {
        let mut slots = Slots::default();
        slots.put(1, "first".to_owned());
        slots.put(2, 5_u8);
        slots.put(3, "last".to_owned());
        let mut taken = || slots.take_next().and_then(|value| value.downcast::<String>().ok());
        assert_eq!(taken().as_deref().map(String::as_str), Some("last"));
        assert_eq!(taken().as_deref().map(String::as_str), Some("first"));
        assert_eq!(taken(), None);
        assert!(matches!(slots.get::<String>(1), Found::Destroyed));
        assert!(matches!(slots.get::<u8>(2), Found::Value(_)));
    }
}
