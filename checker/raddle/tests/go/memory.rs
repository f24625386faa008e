//! What the Go memory model says of atomics beside channels: all of it is explained by one order of all operations, and the
//! model `sc` has that alone.

use super::returned;
use raddle::Builder;
use raddle_shims::go::{self, atomic::Int32, chan};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Two goroutines send on one channel with room, one after a store, the other before a load: which came first, and what was loaded.
fn sends_beside_an_atomic() -> (Option<u32>, Option<i32>) {
    let (numbers, loaded, flag) = (chan(2), chan(1), Arc::new(Int32::new(0)));
    let (first, theirs) = (numbers.sender(), Arc::clone(&flag));
    go::go(move || {
        theirs.store(1);
        first.send(1);
    });
    let (second, result) = (numbers.sender(), loaded.sender());
    go::go(move || {
        second.send(2);
        result.send(flag.load());
    });
    let came_first = numbers.recv();
    numbers.recv();
    (came_first, loaded.recv())
}

const IN_ONE_ORDER: [(Option<u32>, Option<i32>); 3] =
    [(Some(1), Some(1)), (Some(2), Some(0)), (Some(2), Some(1))];

/// "The mapping W, when limited to synchronizing operations, must be explainable by some implicit total order of the synchronizing
/// operations that is consistent with sequencing" (Go memory model, requirement 2).
#[test]
fn interleavings_have_one_order_of_all_operations() {
    let program = Arc::new(sends_beside_an_atomic);
    let found = returned(&program, &Builder::new().model("sc"));
    assert_eq!(found, BTreeSet::from(IN_ONE_ORDER));
}

/// Two sends on a channel with room do not synchronise, so the default model does not order by them what two goroutines do beside: more than Go
/// allows, and never less.
#[test]
fn the_default_model_allows_more_than_go() {
    let program = Arc::new(sends_beside_an_atomic);
    let found = returned(&program, &Builder::new());
    let mut more = BTreeSet::from(IN_ONE_ORDER);
    more.insert((Some(1), Some(0)));
    assert_eq!(found, more);
}

/// The same with a channel in the place of the atomic: what is in a channel is never stale.
#[test]
fn channels_alone_have_one_order_in_any_model() {
    let program = Arc::new(|| {
        let (numbers, loaded, flag) = (chan(2), chan(1), chan(1));
        let (first, theirs) = (numbers.sender(), flag.sender());
        go::go(move || {
            theirs.send(());
            first.send(1);
        });
        let (second, result) = (numbers.sender(), loaded.sender());
        go::go(move || {
            second.send(2);
            result.send(flag.len() as i32);
        });
        let came_first = numbers.recv();
        numbers.recv();
        (came_first, loaded.recv())
    });
    for model in ["sc", "rc20"] {
        let found = returned(&program, &Builder::new().model(model));
        assert_eq!(found, BTreeSet::from(IN_ONE_ORDER), "{model}");
    }
}
