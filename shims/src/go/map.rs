//! `sync.Map`.

use super::lock;
use crate::sync::Mutex;
use std::collections::BTreeMap;

/// As `sync.Map`: a map that goroutines may share. Each operation is one step; values are cloned.
///
/// In a model each operation comes after every earlier one on the map. Go promises that only of one that observes what the other wrote, so a data race
/// between goroutines that only use different keys may not be told.
///
/// ```
/// use raddle_shims::go::Map;
/// let map = Map::new();
/// assert_eq!(map.load_or_store("a", 1), (1, false));
/// assert_eq!(map.load_or_store("a", 2), (1, true));
/// ```
pub struct Map<K, V>(Mutex<BTreeMap<K, V>>);

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    /// An empty one.
    #[track_caller]
    pub const fn new() -> Map<K, V> {
        Map(Mutex::new(BTreeMap::new()))
    }

    /// Gives it a name for reports, which `raddle::label!` calls. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        super::label(&self.0, name.into());
    }

    /// The value of a key.
    #[track_caller]
    pub fn load(&self, key: &K) -> Option<V> {
        lock(&self.0).get(key).cloned()
    }

    /// Sets the value of a key; the one that it had.
    #[track_caller]
    pub fn swap(&self, key: K, value: V) -> Option<V> {
        lock(&self.0).insert(key, value)
    }

    /// Sets the value of a key.
    #[track_caller]
    pub fn store(&self, key: K, value: V) {
        self.swap(key, value);
    }

    /// The value of a key, which is set to `value` if it has none; and whether it had one.
    #[track_caller]
    pub fn load_or_store(&self, key: K, value: V) -> (V, bool) {
        let mut map = lock(&self.0);
        match map.get(&key) {
            Some(known) => (known.clone(), true),
            None => {
                map.insert(key, value.clone());
                (value, false)
            }
        }
    }

    /// Removes a key; the value that it had.
    #[track_caller]
    pub fn load_and_delete(&self, key: &K) -> Option<V> {
        lock(&self.0).remove(key)
    }

    /// Removes a key.
    #[track_caller]
    pub fn delete(&self, key: &K) {
        self.load_and_delete(key);
    }

    /// Sets the value of a key to `new` if it is `old`; whether it was.
    #[track_caller]
    pub fn compare_and_swap(&self, key: &K, old: &V, new: V) -> bool
    where
        V: PartialEq,
    {
        let mut map = lock(&self.0);
        let found = map.get_mut(key).filter(|value| *value == old);
        found.map(|value| *value = new).is_some()
    }

    /// Removes a key if its value is `old`; whether it was.
    #[track_caller]
    pub fn compare_and_delete(&self, key: &K, old: &V) -> bool
    where
        V: PartialEq,
    {
        let mut map = lock(&self.0);
        let same = map.get(key) == Some(old);
        if same {
            map.remove(key);
        }
        same
    }

    /// Removes every key.
    #[track_caller]
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Calls `f` with every pair, in order, as long as it returns true. What it sees is one state of the map; Go promises less.
    #[track_caller]
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> bool) {
        let pairs = lock(&self.0).clone();
        let _ = pairs.iter().all(|(key, value)| f(key, value));
    }
}

impl<K: Ord + Clone, V: Clone> Default for Map<K, V> {
    #[track_caller]
    fn default() -> Map<K, V> {
        Map::new()
    }
}
