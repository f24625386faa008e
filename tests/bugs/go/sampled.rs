//! What an exhaustive search finds, samples find as well, and what it verifies they do not complain about.
//!
//! Seeds are fixed, so nothing is missed by chance. The most that any strategy takes for one of these bugs is
//! about 40 executions; had each execution one chance in 40, all of 1,000 would miss it with a probability of
//! 10⁻¹¹.

use crate::KERNELS;
use raddle::{Builder, Limit, Outcome};

/// How many executions a bug may take.
const SAMPLES: u64 = 1_000;

/// How many executions of each repaired form are tried.
const SAMPLES_FIXED: u64 = 50;

#[track_caller]
fn finds_all(strategy: &str) {
    for kernel in KERNELS.iter().copied().flatten() {
        let (id, program) = (kernel.id, kernel.program);
        let sampled = |samples, fixed: bool| {
            let builder = (kernel.settings)(Builder::new()).strategy(strategy).iterations(samples);
            builder.minimize("0s").explore(move || program(fixed))
        };
        match sampled(SAMPLES, false) {
            Outcome::Violation(found) => {
                assert_eq!(found.kind.name(), kernel.verdict, "{id}: {}", found.report);
            }
            outcome => panic!("{id}: not found: {outcome:?}"),
        }
        let outcome = sampled(SAMPLES_FIXED, true);
        let is_sampled = matches!(outcome, Outcome::Incomplete(_, Limit::Executions(_)));
        assert!(is_sampled, "{id}: {outcome:?}");
    }
}

#[test]
fn by_random_walks() {
    finds_all("random");
}

#[test]
fn by_random_priorities() {
    finds_all("pct");
}

#[test]
fn by_random_priorities_of_operations() {
    finds_all("pos");
}

#[test]
fn by_uniform_walks() {
    finds_all("urw");
}

#[test]
fn by_selectively_uniform_walks() {
    finds_all("surw");
}

#[test]
fn by_a_portfolio() {
    finds_all("portfolio");
}
