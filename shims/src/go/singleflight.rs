//! Package `golang.org/x/sync/singleflight`: who asks for what somebody is already computing waits for that.

use super::channel::{Chan, Receiver, chan};
use super::{WaitGroup, lock};
use crate::sync::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// As `singleflight.Group`. Clones are the same group.
///
/// ```
/// use raddle_shims::go::singleflight::Group;
/// let group = Group::new();
/// assert_eq!(group.call("key", || 7), (7, false));
/// ```
pub struct Group<K, V>(Arc<Mutex<BTreeMap<K, Arc<Call<V>>>>>);

struct Call<V> {
    running: WaitGroup,
    state: Mutex<State<V>>,
}

struct State<V> {
    value: Option<V>,
    is_shared: bool,
    /// Those who wait with a channel.
    chans: Vec<Chan<(V, bool)>>,
}

impl<V> Call<V> {
    #[track_caller]
    fn new(chans: Vec<Chan<(V, bool)>>) -> Arc<Call<V>> {
        let state = Mutex::new(State { value: None, is_shared: false, chans });
        let call = Arc::new(Call { running: WaitGroup::new(), state });
        call.running.add(1);
        call
    }
}

/// Ends a call, also if the function panics: whoever waits goes on.
struct Ends<'a, K: Ord, V> {
    group: &'a Group<K, V>,
    key: &'a K,
    call: &'a Arc<Call<V>>,
}

impl<K: Ord, V> Drop for Ends<'_, K, V> {
    fn drop(&mut self) {
        let mut calls = lock(&self.group.0);
        if calls.get(self.key).is_some_and(|known| Arc::ptr_eq(known, self.call)) {
            calls.remove(self.key);
        }
        drop(calls);
        self.call.running.done();
    }
}

impl<K: Ord + Clone, V: Clone> Group<K, V> {
    /// One in which nobody asks for anything.
    #[track_caller]
    pub fn new() -> Group<K, V> {
        Group(Arc::new(Mutex::new(BTreeMap::new())))
    }

    /// What `f` returns, called by whoever asked first for that key; and whether others got it too. Go calls it `Do`.
    ///
    /// # Panics
    /// If the `f` that was called panicked.
    #[track_caller]
    pub fn call(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = lock(&self.0);
        if let Some(call) = calls.get(&key).map(Arc::clone) {
            lock(&call.state).is_shared = true;
            drop(calls);
            call.running.wait();
            let value = lock(&call.state).value.clone();
            return (value.expect("the call that this one waited for panicked"), true);
        }
        let call = Call::new(Vec::new());
        calls.insert(key.clone(), Arc::clone(&call));
        drop(calls);
        self.run(&key, &call, f)
    }

    /// The same without waiting, as `Group.DoChan`: the result comes on a channel, which is not closed. `f` runs in a goroutine
    /// of its own; if it panics nothing comes, as in Go, where that ends the program.
    ///
    /// ```
    /// use raddle_shims::go::singleflight::Group;
    /// let group = Group::new();
    /// assert_eq!(group.call_chan("key", || 7).recv(), Some((7, false)));
    /// ```
    #[track_caller]
    pub fn call_chan(&self, key: K, f: impl FnOnce() -> V + Send + 'static) -> Receiver<(V, bool)>
    where
        K: Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let result = chan(1);
        let receiver = result.receiver();
        let mut calls = lock(&self.0);
        if let Some(call) = calls.get(&key) {
            let mut state = lock(&call.state);
            state.is_shared = true;
            state.chans.push(result);
            return receiver;
        }
        let call = Call::new(vec![result]);
        calls.insert(key.clone(), Arc::clone(&call));
        drop(calls);
        let group = self.clone();
        super::go(move || _ = group.run(&key, &call, f));
        receiver
    }

    /// The next to ask for that key computes anew, whoever is computing it now.
    #[track_caller]
    pub fn forget(&self, key: &K) {
        lock(&self.0).remove(key);
    }

    /// Computes what was asked for, and tells those who wait.
    #[track_caller]
    fn run(&self, key: &K, call: &Arc<Call<V>>, f: impl FnOnce() -> V) -> (V, bool) {
        let ends = Ends { group: self, key, call };
        let value = f();
        lock(&call.state).value = Some(value.clone());
        drop(ends);
        // Nobody finds the call any more, so nobody joins it.
        let mut state = lock(&call.state);
        let (is_shared, chans) = (state.is_shared, std::mem::take(&mut state.chans));
        drop(state);
        for chan in chans {
            chan.send((value.clone(), is_shared));
        }
        (value, is_shared)
    }
}

impl<K, V> Clone for Group<K, V> {
    fn clone(&self) -> Group<K, V> {
        Group(Arc::clone(&self.0))
    }
}

impl<K: Ord + Clone, V: Clone> Default for Group<K, V> {
    #[track_caller]
    fn default() -> Group<K, V> {
        Group::new()
    }
}
