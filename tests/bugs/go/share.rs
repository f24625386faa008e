//! How many of the known bugs are here, and that each is what it was said to be.

use crate::KERNELS;
use crate::page::{known, rows};
use std::collections::BTreeSet;

/// Of the bugs that Rust can have, so many in a hundred must be here.
const SHARE: usize = 90;

/// Bugs that are not here, and why.
const LEFT_OUT: &[(&str, &str)] = &[];

/// The kinds of failures that an expectation in the words of the data allows.
fn allowed(expected: &str) -> Vec<&'static str> {
    let words = [
        ("leak", "task-leak"),
        ("live looping", "live-leak"),
        ("deadlock", "deadlock"),
        ("panic", "panic"),
        ("WG misuse", "panic"),
        ("race", "data-race"),
        ("order violation", "panic"),
    ];
    let kinds = words.iter().filter(|(word, _)| expected.contains(word)).map(|(_, kind)| *kind);
    kinds.collect()
}

#[test]
fn nearly_all_are_here_and_are_what_they_should_be() {
    let here: BTreeSet<&str> = KERNELS.iter().copied().flatten().map(|kernel| kernel.id).collect();
    let left_out: BTreeSet<&str> = LEFT_OUT.iter().map(|row| row.0).collect();
    let (mut portable, mut found) = (0, 0);
    for known in known().iter().filter(|known| known.portable) {
        let is_here = here.contains(known.id.as_str());
        portable += 1;
        found += usize::from(is_here);
        assert_ne!(
            is_here,
            left_out.contains(known.id.as_str()),
            "{} is here, or is left out",
            known.id
        );
    }
    assert!(100 * found >= SHARE * portable, "{found} of {portable}");
    for kernel in KERNELS.iter().copied().flatten() {
        let known = known().into_iter().find(|known| known.id == kernel.id);
        let expected = known.unwrap_or_else(|| panic!("{} is not in the data", kernel.id)).expected;
        let allowed = allowed(&expected);
        assert!(allowed.contains(&kernel.verdict), "{}: {allowed:?} for {expected:?}", kernel.id);
    }
}

#[test]
fn the_table_has_a_row_for_each() {
    let listed: Vec<&str> = KERNELS.iter().copied().flatten().map(|kernel| kernel.id).collect();
    let here: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(here.len(), listed.len(), "one is listed twice");
    let rows = rows();
    let shown: BTreeSet<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(shown, here);
    for kernel in KERNELS.iter().copied().flatten() {
        let row = rows.iter().find(|row| row.0 == kernel.id);
        assert_eq!(row.map(|row| row.1.as_str()), Some(kernel.verdict), "{}", kernel.id);
    }
}
