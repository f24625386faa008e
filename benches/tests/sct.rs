//! What is promised of the strategies on programs whose figures are published; everything here is deterministic.

use raddle_benches::sct::{ROWS, SEEDS, STRATEGIES, measure};

/// Programs on which every strategy is quick; the command `sct` measures all.
const QUICK: [&str; 9] = [
    "reorder_3",
    "twostage",
    "stringbuffer-jdk1.4",
    "account",
    "bluetooth_driver",
    "lazy01",
    "deadlock01",
    "token_ring",
    "wronglock_3",
];

#[test]
fn surw_needs_no_more_than_published() {
    for name in ["reorder_3", "twostage"] {
        let row = ROWS.iter().find(|row| row.name == name).expect("a row");
        let (mean, found) = measure(row.program, "surw");
        let published = row.published[3].0.expect("it was found");
        assert_eq!(u64::from(found), SEEDS);
        assert!(mean <= published, "{name}: {mean} executions instead of {published}");
    }
}

#[test]
fn the_portfolio_is_within_twice_the_best() {
    for row in ROWS.iter().filter(|row| QUICK.contains(&row.name)) {
        let found = STRATEGIES.map(|strategy| (strategy, measure(row.program, strategy)));
        let all = found.iter().filter(|(_, (_, found))| u64::from(*found) == SEEDS);
        let means = all.map(|(strategy, (mean, _))| (*mean, *strategy));
        let best = means.min_by(|left, right| left.0.total_cmp(&right.0)).expect("it is found");
        let (_, (portfolio, times)) = found[5];
        assert_eq!(u64::from(times), SEEDS, "{}", row.name);
        assert!(portfolio <= 2.0 * best.0, "{}: {portfolio} against {best:?}", row.name);
    }
}

/// Every bug is found in one of three samples.
#[test]
fn every_program_fails() {
    for row in &ROWS {
        let found = (1..=3).any(|seed| {
            raddle_benches::sct::executions_to_bug(row.program, "surw", seed).is_some()
        });
        assert!(found, "{}", row.name);
    }
}
