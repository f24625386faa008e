//! Each fault happens, and does not, as often as it may.

use example_network::{Crashed, Faults, LATE, Network, PAUSE};
use raddle::{Builder, Outcome};
use raddle_shims::go;
use raddle_shims::time::{Duration, Instant};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const SECOND: Duration = Duration::from_secs(1);

/// Everything that a program returns in one of its executions, under both memory models.
fn results<T: Ord + Send + 'static>(
    program: impl Fn() -> T + Send + Sync + Copy + 'static,
) -> BTreeSet<T> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    for model in ["rc20", "sc"] {
        let theirs = Arc::clone(&found);
        let outcome = Builder::new().model(model).time("virtual").explore(move || {
            let value = program();
            theirs.lock().unwrap().insert(value);
        });
        if let Outcome::Violation(violation) = &outcome {
            panic!("{}", violation.report);
        }
        assert!(outcome.is_verified(), "{outcome:?}");
    }
    std::mem::take(&mut *found.lock().unwrap())
}

/// What a node gets of two messages that another one sends, each within a second.
fn two_messages(faults: Faults) -> Vec<u32> {
    let network = Network::new(2);
    let (mut sender, mut receiver) = (network.node(0, faults), network.node(1, Faults::NONE));
    go::go(move || {
        sender.run(|sender| {
            sender.send(1, 1)?;
            sender.send(1, 2)
        })
    });
    let mut got = Vec::new();
    for _ in 0..2 {
        let message = receiver.recv_within(SECOND).expect("it does not crash");
        got.extend(message.map(|message| message.body));
    }
    got
}

#[test]
fn without_faults_messages_arrive_in_order() {
    assert_eq!(results(|| two_messages(Faults::NONE)), BTreeSet::from([vec![1, 2]]));
}

#[test]
fn messages_are_lost() {
    let one = results(|| two_messages(Faults { losses: 1, ..Faults::NONE }));
    assert_eq!(one, BTreeSet::from([vec![1, 2], vec![1], vec![2]]));
    let two = results(|| two_messages(Faults { losses: 2, ..Faults::NONE }));
    assert_eq!(two, BTreeSet::from([vec![1, 2], vec![1], vec![2], vec![]]));
}

#[test]
fn messages_overtake_each_other() {
    let found = results(|| two_messages(Faults { reorders: 1, ..Faults::NONE }));
    assert_eq!(found, BTreeSet::from([vec![1, 2], vec![2, 1]]));
}

#[test]
fn messages_are_late() {
    let found = results(|| two_messages(Faults { delays: 1, ..Faults::NONE }));
    assert_eq!(found, BTreeSet::from([vec![1, 2], vec![1], vec![2]]));
    let found = results(|| {
        let network = Network::new(1);
        let start = Instant::now();
        let mut node = network.node(0, Faults { delays: 1, ..Faults::NONE });
        node.send(0, ()).expect("it does not crash");
        node.recv().expect("it does not crash").expect("it arrives");
        start.elapsed()
    });
    assert_eq!(found, BTreeSet::from([Duration::ZERO, LATE]));
}

#[test]
fn a_node_crashes_before_any_of_its_operations() {
    let found = results(|| two_messages(Faults { crashes: 1, ..Faults::NONE }));
    assert_eq!(found, BTreeSet::from([vec![], vec![1], vec![1, 2]]));
    let crashed = results(|| {
        let mut node = Network::<()>::new(1).node(0, Faults { crashes: 1, ..Faults::NONE });
        let first = node.work(Duration::ZERO);
        (first, node.work(Duration::ZERO))
    });
    let expected = [(Ok(()), Ok(())), (Ok(()), Err(Crashed)), (Err(Crashed), Err(Crashed))];
    assert_eq!(crashed.into_iter().collect::<Vec<_>>(), expected);
}

/// After it has come back it begins again, and the messages that had arrived are lost.
#[test]
fn a_node_comes_back() {
    let faults = Faults { crashes: 1, restarts: 1, ..Faults::NONE };
    let found = results(move || two_messages(faults));
    let expected = [vec![], vec![1], vec![1, 1], vec![1, 2]];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    let found = results(move || {
        let network = Network::new(1);
        let mut node = network.node(0, faults);
        let (mut starts, mut got) = (0, 0);
        node.run(|node| {
            starts += 1;
            if starts == 1 {
                node.send(0, ())?;
            }
            got += u32::from(node.recv_within(SECOND)?.is_some());
            Ok(())
        });
        (starts, got)
    });
    assert_eq!(found, BTreeSet::from([(1, 0), (1, 1), (2, 0)]));
}

#[test]
fn a_node_stands_still_and_its_clock_jumps() {
    let found = results(|| {
        let network = Network::<()>::new(1);
        let start = Instant::now();
        let faults = Faults { pauses: 1, jumps: 1, ..Faults::NONE };
        let shown = network.node(0, faults).now().expect("it does not crash");
        (start.elapsed(), shown.saturating_duration_since(start))
    });
    let (none, once) = (Duration::ZERO, PAUSE);
    assert_eq!(found, BTreeSet::from([(none, none), (none, once), (once, once), (once, 2 * once)]));
}

/// A reply that comes too late is not taken for that to the next question, and what others send is kept.
#[test]
fn a_reply_belongs_to_its_question() {
    let found = results(|| {
        let network = Network::new(3);
        let mut server = network.node(0, Faults { delays: 1, ..Faults::NONE });
        go::go(move || server.serve(|_, _, number: &u32| Some(10 * number)));
        network.node(2, Faults::NONE).send(1, 7).expect("it does not crash");
        let mut client = network.node(1, Faults::NONE);
        let first = client.call(0, 1, SECOND).expect("it does not crash");
        let second = client.call(0, 2, 2 * LATE).expect("it does not crash");
        let kept = client.recv().expect("it does not crash").map(|message| message.body);
        network.stop();
        (first, second, kept)
    });
    let expected = [(None, Some(20), Some(7)), (Some(10), Some(20), Some(7))];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}
