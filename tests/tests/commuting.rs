//! Deeds that are taken to commute do: what can come of a program is the same if all deeds on an object are kept
//! in order. The oracles and the engine say alike what an event depends on, so that they agree is not enough.

use raddle_litmus::key::Found;
use raddle_litmus::objects::ObjectKind;
use raddle_litmus::oracle::interleaving::{Dependent, explore_as};
use raddle_litmus::oracle::mixed::{Mix, program_of_seed};
use std::collections::BTreeSet;

const LIMIT: usize = 60_000;

const KINDS: [Option<ObjectKind>; 11] = [
    None,
    Some(ObjectKind::Mutex),
    Some(ObjectKind::Rwlock),
    Some(ObjectKind::Condvar),
    Some(ObjectKind::Semaphore),
    Some(ObjectKind::Counter),
    Some(ObjectKind::Barrier),
    Some(ObjectKind::Once),
    Some(ObjectKind::Token),
    Some(ObjectKind::Channel),
    Some(ObjectKind::Rendezvous),
];

/// What can come of a program, however many executions lead there.
fn outcomes(found: &Found) -> (BTreeSet<&[u64]>, [bool; 3]) {
    let graphs = found.graphs.values().map(|(_, outcome)| &outcome[..]);
    (graphs.collect(), [found.deadlock, found.race, found.assertion])
}

/// Compares 150 programs of each kind with all deeds in order, and returns how many could be compared, how many had
/// fewer executions, and how many differed.
fn compare(dependent: Dependent) -> [u32; 3] {
    let mut counts = [0; 3];
    for only in KINDS {
        let mix = Mix { only, ..Mix::default() };
        let programs = (70_000..70_150).map(|seed| program_of_seed(seed, &mix));
        for program in programs.filter(|program| program.check().is_ok()) {
            let explore = |dependent| explore_as(&program, dependent, LIMIT);
            let (Some(found), Some(ordered)) = (explore(dependent), explore(Dependent::All)) else {
                continue;
            };
            counts[0] += 1;
            counts[1] += u32::from(found.graphs.len() < ordered.graphs.len());
            counts[2] += u32::from(outcomes(&found) != outcomes(&ordered));
        }
    }
    counts
}

#[test]
fn what_commutes_has_no_order() {
    let [compared, fewer, differ] = compare(Dependent::Conflicting);
    assert!(compared > 1_200 && fewer > 100, "{fewer} of {compared}");
    assert_eq!(differ, 0);
}

#[test]
fn what_does_not_commute_has_an_order() {
    let [_, _, differ] = compare(Dependent::None);
    assert!(differ > 20, "{differ}");
}
