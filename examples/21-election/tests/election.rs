//! Two candidates, of which the first may crash or stand still, and lose a message.

use example_election::{STORE, Say, TERM, broken_for_ever, broken_term, fixed, store};
use example_network::{Crashed, Faults, Network, Node};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{self, chan};
use std::time::Duration;

type Candidate = fn(&mut Node<Say>) -> Result<(), Crashed>;

fn scenario(candidate: Candidate, term: Option<Duration>, faults: Faults) {
    let network = Network::<Say>::new(3);
    let (runs, done) = (chan(1), chan(2));
    let (keeps, told) = (network.node(STORE, Faults::NONE), runs.sender());
    go::go(move || told.send(store(keeps, term)));
    for (number, faults) in [(1, faults), (2, Faults::NONE)] {
        let (mut node, done) = (network.node(number, faults), done.sender());
        go::go(move || done.send(node.run(candidate)));
    }
    (0..2).for_each(|_| _ = done.recv());
    network.stop();
    assert_eq!(runs.recv(), Some(1), "the job runs once a night");
}

const CRASHES: Faults = Faults { crashes: 1, ..Faults::NONE };
const PAUSES: Faults = Faults { pauses: 1, ..Faults::NONE };
const ALL: Faults = Faults { crashes: 1, restarts: 1, pauses: 1, losses: 1, ..Faults::NONE };

fn lost_run() {
    scenario(broken_for_ever::candidate, None, CRASHES);
}

fn double_run() {
    scenario(broken_term::candidate, Some(TERM), PAUSES);
}

fn sound() {
    scenario(fixed::candidate, Some(TERM), ALL);
}

#[raddle::test(time = "virtual", expect = "panic")]
fn broken_for_ever() {
    lost_run();
}

#[raddle::test(time = "virtual", expect = "panic")]
fn broken_term() {
    double_run();
}

#[raddle::test(time = "virtual")]
fn fixed() {
    sound();
}

fn example() -> Example {
    Example::of(env!("CARGO_MANIFEST_DIR")).with(|builder| builder.time("virtual"))
}

/// The job does not run at all, or twice.
#[test]
fn the_readme_shows_the_reports() {
    let lost = example().breaks("election::broken_for_ever", Kind::Panic, lost_run);
    assert!(lost.report.contains("left: Some(0)"), "{}", lost.report);
    let double = example().breaks("election::broken_term", Kind::Panic, double_run);
    assert!(double.report.contains("left: Some(2)"), "{}", double.report);
}

#[test]
fn the_fix_is_verified() {
    assert!(example().holds("election::fixed", sound) > 100, "faults are tried everywhere");
}
