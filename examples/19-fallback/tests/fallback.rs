//! One call, which may take any time.

use example_fallback::{CACHED, Metrics, broken, fixed};
use example_support::Example;
use raddle::Kind;
use std::sync::Arc;

fn scenario(price: fn(&Arc<Metrics>) -> i64) {
    let metrics = Arc::new(Metrics::default());
    let price = price(&metrics);
    let (succeeded, fell_back) = (metrics.succeeded.load(), metrics.fell_back.load());
    assert_eq!(succeeded + fell_back, 1, "one call was counted twice");
    assert_eq!(
        price == CACHED,
        fell_back == 1,
        "the fallback was served though the call succeeded"
    );
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::price);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::price);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("fallback::broken", Kind::Panic, || scenario(broken::price));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("fallback::fixed", || scenario(fixed::price));
}
