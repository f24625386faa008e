//! Two people want the last ticket.

use example_check_then_act::{Tickets, broken, fixed};
use example_support::Example;
use raddle::Kind;
use raddle_shims::{sync::Arc, thread};

fn last_ticket(sell: fn(&Tickets) -> bool) {
    let tickets = Arc::new(Tickets::new(1));
    let theirs = Arc::clone(&tickets);
    let other = thread::spawn(move || sell(&theirs));
    let sold = u32::from(sell(&tickets)) + u32::from(other.join().unwrap());
    assert_eq!(sold, 1, "the last ticket was sold {sold} times");
    assert_eq!(tickets.left(), 0);
}

#[raddle::test(expect = "panic")]
fn broken() {
    last_ticket(broken::sell);
}

#[raddle::test]
fn fixed() {
    last_ticket(fixed::sell);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let scenario = || last_ticket(broken::sell);
    example.breaks("check_then_act::broken", Kind::Panic, scenario);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    assert!(
        example.holds("check_then_act::fixed", || last_ticket(fixed::sell)) >= 2,
        "either may get the ticket"
    );
}
