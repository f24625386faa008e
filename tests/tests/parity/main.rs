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

#[test]
fn it_builds() {
    of_std::signatures::all();
    of_std::signatures::constant();
    of_shims::signatures::all();
    of_shims::signatures::constant();
    let (std, shims) = (of_std::facts::all(), of_shims::facts::all());
    for (a, b) in std.iter().zip(&shims) {
        if a != b {
            println!("{a:?} {b:?}");
        }
    }
    println!("{} {:?}", std.len(), same::all());
    let _ = (of_std::texts::all(), of_shims::texts::all());
}
