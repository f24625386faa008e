//! Whether `raddle_shims`, with the feature `model`, has what std has: every stable item, with a signature that
//! callers of std's compile with, and every trait of every type.
//!
//! What std has is listed in `data/std-api.txt`. The modules `signatures`, `facts` and `texts` are compiled
//! twice, against std and against the shims, so that what they say of one holds for the other. What the
//! shims lack, or have otherwise, stands in `data/std-gaps.txt` with a reason.

#![allow(clippy::duplicate_mod, reason = "the same questions are put to std and to the shims")]
#![allow(clippy::disallowed_methods, reason = "the shims pass through to what they stand for")]

mod list;
mod probes;
mod same;

/// The questions, put to std.
#[path = ""]
mod of_std {
    use std as root;

    #[path = "facts.rs"]
    pub mod facts;
    #[path = "signatures/mod.rs"]
    pub mod signatures;
    #[path = "texts.rs"]
    pub mod texts;
}

/// The questions, put to the shims.
#[path = ""]
mod of_shims {
    use raddle_shims as root;

    #[path = "facts.rs"]
    pub mod facts;
    #[path = "signatures/mod.rs"]
    pub mod signatures;
    #[path = "texts.rs"]
    pub mod texts;
}

use list::{Gaps, Item};
use probes::Fact;
use std::sync::Mutex;

/// Everything that is wrong, or nothing.
#[track_caller]
fn expect_none(wrong: Vec<String>, what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether an item is the same in the shims because it belongs to a type that is std's own.
fn is_same(item: &Item, same: &[&str]) -> bool {
    same.iter().any(|path| {
        item.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// Whether the shims are known to have an item. Of traits that is only whether one was asked for and found;
/// that all answers are those of std is another test.
fn has(item: &Item, signatures: &[&str], facts: &[Fact]) -> bool {
    match (item.implements(), &*item.kind) {
        // The trait is no bound that could be asked for, and nobody could use it.
        (Some(("Drop", _)), _) => true,
        _ if item.is_elsewhere() => false,
        (Some((name, holds)), _) => {
            let mut facts = facts.iter().filter(|fact| fact.path == item.path);
            facts.any(|fact| fact.is == name && fact.holds == holds)
        }
        (None, "struct" | "enum") => facts.iter().any(|fact| fact.path == item.path),
        (None, _) => signatures.contains(&&*item.path),
    }
}

#[test]
fn every_item_of_std_is_there_or_has_a_reason_not_to_be() {
    let (api, gaps, same) = (list::std_api(), Gaps::read(), same::all());
    let (signatures, facts) = (of_shims::signatures::all(), of_shims::facts::all());
    let constant = of_shims::signatures::constant();
    let (mut missing, mut used) = (Vec::new(), Vec::new());
    let mut require = |there: bool, path: &str, kind: &str| match (there, gaps.excuse(path, kind)) {
        (true, None) => {}
        (true, Some(line)) if line.0.contains('*') => {}
        (true, Some(_)) => missing.push(format!("{path} {kind}: it is there, remove the gap")),
        (false, Some(line)) => used.push(line),
        (false, None) => missing.push(format!("{path} {kind}: add it, or a gap")),
    };
    for item in api.iter().filter(|item| item.old && !is_same(item, &same)) {
        require(has(item, &signatures, &facts), &item.path, &item.kind);
        if item.constant {
            require(constant.contains(&&*item.path), &item.path, "const fn");
        }
    }
    for (path, kind) in gaps.unused(&used) {
        missing.push(format!("{path} {kind}: nothing needs this gap"));
    }
    expect_none(missing, "items of std are not there");
}

/// A path that std does not have would look as if something were tested.
#[test]
fn every_question_is_about_an_item_of_std() {
    let api = list::std_api();
    let is_there = |path: &str| api.iter().any(|item| item.path == path);
    let paths = of_std::signatures::all().into_iter().chain(of_std::signatures::constant());
    let paths = paths.chain(of_std::facts::all().into_iter().map(|fact| fact.path));
    let paths = paths.chain(same::all());
    let wrong = paths.filter(|path| !is_there(path)).map(str::to_owned).collect();
    expect_none(wrong, "paths are not in the list");
}

#[test]
fn every_type_implements_the_traits_that_it_does_in_std() {
    let (std, shims) = (of_std::facts::all(), of_shims::facts::all());
    assert_eq!(std.len(), shims.len());
    let api = list::std_api();
    let is_new = |fact: &Fact| {
        let mut items = api.iter().filter(|item| item.path == fact.path && !item.old);
        items.any(|item| item.implements().is_some_and(|(name, _)| name == fact.is))
    };
    let differs = std.iter().zip(&shims).filter(|(std, shims)| std != shims && !is_new(std));
    let wrong = differs.map(|(std, _)| {
        let (can, cannot) = if std.holds { ("std", "we") } else { ("we", "std") };
        format!("{}: {} is {} for {can} but {cannot}", std.path, std.of, std.is)
    });
    expect_none(wrong.collect(), "answers differ");
}

fn compare_texts(std: &[(&str, String)], shims: &[(&str, String)]) {
    assert_eq!(std.len(), shims.len());
    let wrong = std.iter().zip(shims).filter(|(std, shims)| std != shims);
    let wrong = wrong.map(|(std, shims)| format!("{}: {:?} but {:?}", std.0, std.1, shims.1));
    expect_none(wrong.collect(), "texts differ");
}

#[test]
fn what_is_printed_is_what_std_prints() {
    compare_texts(&of_std::texts::all(), &of_shims::texts::all());
}

#[test]
fn what_is_printed_in_a_model_is_what_std_prints() {
    static PRINTED: Mutex<Vec<Vec<(&str, String)>>> = Mutex::new(Vec::new());
    let keep = || {
        let texts = of_shims::texts::all();
        PRINTED.lock().expect("nobody panics").push(texts);
    };
    let outcome = raddle::explore(keep);
    assert!(matches!(outcome, raddle::Outcome::Verified(_)), "{outcome:?}");
    let printed = PRINTED.lock().expect("nobody panics");
    assert!(!printed.is_empty());
    let std = of_std::texts::all();
    for texts in &*printed {
        compare_texts(&std, texts);
    }
}
