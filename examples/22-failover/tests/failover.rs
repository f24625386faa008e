//! Two clients want the lock, and the primary may crash.

use example_failover::{PRIMARY, REPLICA, Say, Writes, acquire, primary, replica};
use example_network::{Faults, Network};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{self, chan};

fn scenario(writes: Writes) {
    let network = Network::<Say>::new(4);
    let first = network.node(PRIMARY, Faults { crashes: 1, ..Faults::NONE });
    go::go(move || primary(first, writes));
    let second = network.node(REPLICA, Faults::NONE);
    go::go(move || replica(second));
    let granted = chan(2);
    for client in [2, 3] {
        let (mut node, granted) = (network.node(client, Faults::NONE), granted.sender());
        go::go(move || granted.send(node.run(acquire) == Some(true)));
    }
    let holders = granted.iter().take(2).filter(|granted| *granted).count();
    network.stop();
    assert_eq!(holders, 1, "one of the two has the lock");
}

#[raddle::test(time = "virtual", expect = "panic")]
fn broken() {
    scenario(Writes::Asynchronous);
}

#[raddle::test(time = "virtual")]
fn fixed() {
    scenario(Writes::Synchronous);
}

fn example() -> Example {
    Example::of(env!("CARGO_MANIFEST_DIR")).with(|builder| builder.time("virtual"))
}

#[test]
fn the_readme_shows_the_report() {
    let scenario = || scenario(Writes::Asynchronous);
    let violation = example().breaks("failover::broken", Kind::Panic, scenario);
    assert!(violation.report.contains("left: 2"), "{}", violation.report);
}

#[test]
fn the_fix_is_verified() {
    let executions = example().holds("failover::fixed", || scenario(Writes::Synchronous));
    assert!(executions > 10, "the primary crashes anywhere");
}
