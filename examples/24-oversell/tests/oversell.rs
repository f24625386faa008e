//! Two customers and one piece.

use example_oversell::{Request, broken, fixed, inventory};
use example_support::Example;
use raddle::Kind;
use raddle_shims::go::{self, Chan, chan};

fn scenario(order: fn(&Chan<Request>) -> bool) {
    let (inventory, sold) = (inventory(1), chan(2));
    for _ in 0..2 {
        let (inventory, sold) = (inventory.clone(), sold.sender());
        go::go(move || sold.send(order(&inventory)));
    }
    let sold = sold.iter().take(2).filter(|sold| *sold).count();
    inventory.close();
    assert_eq!(sold, 1, "there was one piece");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::order);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::order);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("oversell::broken", Kind::Panic, || scenario(broken::order));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("oversell::fixed", || scenario(fixed::order));
}
