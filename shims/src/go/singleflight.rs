//! Package `golang.org/x/sync/singleflight`: who asks for what somebody is already computing waits for that.

use super::{WaitGroup, lock};
use crate::sync::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// As `singleflight.Group`.
///
/// ```
/// use raddle_shims::go::singleflight::Group;
/// let group = Group::new();
/// assert_eq!(group.call("key", || 7), (7, false));
/// ```
pub struct Group<K, V>(Mutex<BTreeMap<K, Arc<Call<V>>>>);

struct Call<V> {
    running: WaitGroup,
    state: Mutex<(Option<V>, bool)>,
}

impl<K: Ord + Clone, V: Clone> Group<K, V> {
    /// One in which nobody asks for anything.
    #[track_caller]
    pub fn new() -> Group<K, V> {
        Group(Mutex::new(BTreeMap::new()))
    }

    /// What `f` returns, called by whoever asked first for that key; and whether others got it too. Go calls it `Do`.
    ///
    /// # Panics
    /// If the `f` that was called panicked.
    #[track_caller]
    pub fn call(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = lock(&self.0);
        if let Some(call) = calls.get(&key).map(Arc::clone) {
            lock(&call.state).1 = true;
            drop(calls);
            call.running.wait();
            let value = lock(&call.state).0.clone();
            return (value.expect("the call that this one waited for panicked"), true);
        }
        let call = Arc::new(Call { running: WaitGroup::new(), state: Mutex::new((None, false)) });
        call.running.add(1);
        calls.insert(key.clone(), Arc::clone(&call));
        drop(calls);
        let value = f();
        lock(&call.state).0 = Some(value.clone());
        let mut calls = lock(&self.0);
        if calls.get(&key).is_some_and(|known| Arc::ptr_eq(known, &call)) {
            calls.remove(&key);
        }
        let shared = lock(&call.state).1;
        drop(calls);
        call.running.done();
        (value, shared)
    }

    /// The next to ask for that key computes anew, whoever is computing it now.
    #[track_caller]
    pub fn forget(&self, key: &K) {
        lock(&self.0).remove(key);
    }
}

impl<K: Ord + Clone, V: Clone> Default for Group<K, V> {
    #[track_caller]
    fn default() -> Group<K, V> {
        Group::new()
    }
}
