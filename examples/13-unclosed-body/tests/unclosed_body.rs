//! One page that is not there; then two of them, and one that is.

use example_support::Example;
use example_unclosed_body::{Pool, broken, fixed};
use raddle::Kind;
use raddle_shims::go::{self, WaitGroup};
use std::sync::Arc;

type Length = fn(&Pool, &str) -> Result<usize, u32>;

fn one_failure(length: Length) {
    assert_eq!(length(&Pool::new(), "missing"), Err(404));
}

fn two_failures(length: Length) {
    let (pool, group) = (Arc::new(Pool::new()), Arc::new(WaitGroup::new()));
    group.add(2);
    for _ in 0..2 {
        let (pool, group) = (Arc::clone(&pool), Arc::clone(&group));
        go::go(move || {
            assert_eq!(length(&pool, "missing"), Err(404));
            group.done();
        });
    }
    group.wait();
    assert_eq!(length(&pool, "index"), Ok(5));
}

#[raddle::test(expect = "leak")]
fn broken_once() {
    one_failure(broken::length);
}

#[raddle::test(expect = "deadlock")]
fn broken_twice() {
    two_failures(broken::length);
}

#[raddle::test]
fn fixed_once() {
    one_failure(fixed::length);
}

#[raddle::test]
fn fixed_twice() {
    two_failures(fixed::length);
}

#[test]
fn the_readme_shows_the_reports() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("unclosed_body::broken_once", Kind::Leak, || one_failure(broken::length));
    example.breaks("unclosed_body::broken_twice", Kind::Deadlock, || two_failures(broken::length));
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("unclosed_body::fixed_once", || one_failure(fixed::length));
    example.holds("unclosed_body::fixed_twice", || two_failures(fixed::length));
}
