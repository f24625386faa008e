//! Workers of which the first may stand still for longer than its lease lasts.

use example_leased_lock::{LEDGER, LOCK, Say, charge, ledger, lock_service};
use example_network::{Faults, Network};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{self, chan};

/// The rules of the lock service and of the ledger.
#[derive(Clone, Copy)]
struct Rules {
    frees_for_anybody: bool,
    fences: bool,
}

const LEASES_ALONE: Rules = Rules { frees_for_anybody: false, fences: false };
const ANYBODY_RELEASES: Rules = Rules { frees_for_anybody: true, fences: false };
const FENCED: Rules = Rules { frees_for_anybody: false, fences: true };

/// A worker for each of these, who charges that customer; the first worker has the faults.
fn scenario(customers: &'static [u32], faults: Faults, rules: Rules) {
    let network = Network::<Say>::new(2 + customers.len());
    let locks = network.node(LOCK, Faults::NONE);
    go::go(move || lock_service(locks, rules.frees_for_anybody));
    let (charges, done) = (chan(1), chan(customers.len()));
    let (book, told) = (network.node(LEDGER, Faults::NONE), charges.sender());
    go::go(move || told.send(ledger(book, rules.fences)));
    for (worker, &customer) in customers.iter().enumerate() {
        let faults = if worker == 0 { faults } else { Faults::NONE };
        let (mut node, done) = (network.node(2 + worker, faults), done.sender());
        go::go(move || done.send(node.run(|node| charge(node, customer))));
    }
    customers.iter().for_each(|_| _ = done.recv());
    network.stop();
    for (customer, times) in charges.recv().expect("the ledger ends") {
        assert!(times < 2, "customer {customer} was charged {times} times");
    }
}

/// Two workers for one customer.
fn lease(faults: Faults, rules: Rules) {
    scenario(&[1, 1], faults, rules);
}

/// One worker for a customer, and two for another one, who depend on the lock alone.
fn release(rules: Rules) {
    scenario(&[1, 2, 2], PAUSES, rules);
}

const PAUSES: Faults = Faults { pauses: 1, ..Faults::NONE };
const ALL: Faults = Faults { crashes: 1, losses: 1, ..PAUSES };

#[raddle::test(time = "virtual", expect = "panic")]
fn broken_lease() {
    lease(PAUSES, LEASES_ALONE);
}

#[raddle::test(time = "virtual", expect = "panic")]
fn broken_release() {
    release(ANYBODY_RELEASES);
}

#[raddle::test(time = "virtual")]
fn fixed_lease() {
    lease(ALL, FENCED);
}

#[raddle::test(time = "virtual")]
fn fixed_release() {
    release(FENCED);
}

fn example() -> Example {
    Example::of(env!("CARGO_MANIFEST_DIR")).with(|builder| builder.time("virtual"))
}

#[test]
fn the_readme_shows_the_reports() {
    let broken_lease = || lease(PAUSES, LEASES_ALONE);
    example().breaks("leased_lock::broken_lease", Kind::Panic, broken_lease);
    let broken_release = || release(ANYBODY_RELEASES);
    example().breaks("leased_lock::broken_release", Kind::Panic, broken_release);
}

#[test]
fn the_fixes_are_verified() {
    let executions = example().holds("leased_lock::fixed_lease", || lease(ALL, FENCED));
    assert!(executions > 500, "faults are tried everywhere");
    example().holds("leased_lock::fixed_release", || release(FENCED));
}
