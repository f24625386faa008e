//! The tables of the tidy test: edit a row here together with `ARCHITECTURE.md`.

/// What one package may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// Its folder, relative to the root.
    pub folder: &'static str,
    /// What may stand in any section of dependencies.
    pub may: &'static [&'static str],
    /// What may stand in `[dev-dependencies]` beside that.
    pub dev: &'static [&'static str],
}

const fn row(
    name: &'static str,
    folder: &'static str,
    may: &'static [&'static str],
    dev: &'static [&'static str],
) -> Package {
    Package { name, folder, may, dev }
}

/// An example depends on what production code depends on, and its tests on the checker.
const fn example(name: &'static str, folder: &'static str) -> Package {
    row(name, folder, &["raddle-shims"], &["raddle", "example-support"])
}

/// The same for one that runs over the simulated network.
const fn over_network(name: &'static str, folder: &'static str) -> Package {
    row(name, folder, &["raddle-shims", "example-network"], &["raddle", "example-support"])
}

/// One row a package; those that do not exist yet are the plan. A package without a row is a fault.
pub const PACKAGES: &[Package] = &[
    row("raddle-shims", "shims", &[], &[]),
    row(
        "raddle-engine",
        "checker/engine",
        &["raddle-shims", "bitvec", "rand_chacha"],
        &["proptest"],
    ),
    row(
        "raddle-litmus",
        "checker/litmus",
        &[
            "raddle-engine",
            "raddle-runtime",
            "raddle-shims",
            "clap",
            "indexmap",
            "proptest",
            "rand_chacha",
            "serde",
            "serde_json",
        ],
        &[],
    ),
    row("raddle-report", "checker/report", &["serde", "serde_json"], &["proptest"]),
    row(
        "raddle-tests",
        "tests",
        &["raddle-litmus", "raddle-engine", "raddle-shims", "proptest", "rand_chacha", "toml"],
        &["raddle"],
    ),
    row("raddle-bugs", "tests/bugs", &[], &["raddle", "raddle-shims", "example-support"]),
    row("example-support", "examples/support", &["raddle", "raddle-report"], &[]),
    row("example-network", "examples/network", &["raddle", "raddle-shims"], &[]),
    example("example-lock-order", "examples/03-lock-order"),
    example("example-counter", "examples/04-counter"),
    example("example-full-buffer", "examples/06-full-buffer"),
    example("example-read-mostly", "examples/07-read-mostly"),
    example("example-check-then-act", "examples/10-check-then-act"),
    example("example-not-reentrant", "examples/14-not-reentrant"),
    example("example-two-channels", "examples/01-two-channels"),
    example("example-listener", "examples/05-listener"),
    example("example-two-closers", "examples/12-two-closers"),
    example("example-client-timeout", "examples/16-client-timeout"),
    example("example-wait-group", "examples/11-wait-group"),
    example("example-token-bucket", "examples/17-token-bucket"),
    example("example-circuit-breaker", "examples/18-circuit-breaker"),
    example("example-no-receiver", "examples/02-no-receiver"),
    example("example-cancellation", "examples/08-cancellation"),
    example("example-deaf-worker", "examples/09-deaf-worker"),
    example("example-unclosed-body", "examples/13-unclosed-body"),
    example("example-bounded-group", "examples/15-bounded-group"),
    example("example-fallback", "examples/19-fallback"),
    example("example-work-stealing", "examples/23-work-stealing"),
    example("example-oversell", "examples/24-oversell"),
    over_network("example-leased-lock", "examples/20-leased-lock"),
    over_network("example-election", "examples/21-election"),
    over_network("example-failover", "examples/22-failover"),
    row("raddle-macros", "checker/macros", &["proc-macro2", "quote", "strsim", "syn"], &[]),
    row(
        "cargo-raddle",
        "checker/cli",
        &["raddle-report", "clap", "serde", "serde_json", "strsim", "toml"],
        &["saphyr"],
    ),
    row(
        "raddle-runtime",
        "checker/runtime",
        &["raddle-shims", "generator", "memmap2", "scoped-tls"],
        &[],
    ),
    row(
        "raddle",
        "checker/raddle",
        &[
            "raddle-engine",
            "raddle-runtime",
            "raddle-report",
            "raddle-shims",
            "raddle-macros",
            "proptest",
            "serde_json",
            "strsim",
            "toml",
        ],
        &["raddle-litmus"],
    ),
    row("raddle-book", "book", &[], &["raddle", "raddle-shims", "toml"]),
    row("raddle-benches", "benches", &["raddle", "raddle-shims", "cpu-time", "memory-stats"], &[]),
    row(
        "raddle-peers",
        "benches/peers",
        &[
            "raddle",
            "raddle-shims",
            "clap",
            "cpu-time",
            "loom",
            "nix",
            "serde",
            "serde_json",
            "shuttle",
        ],
        &[],
    ),
    row("loom", "shims/loom", &["raddle", "raddle-shims"], &[]),
    row("loom", "shims/loom/0.5", &["raddle", "raddle-shims"], &[]),
    row("shuttle", "shims/shuttle", &["raddle", "raddle-shims", "rand"], &[]),
    row("shuttle", "shims/shuttle/0.8", &["raddle", "raddle-shims", "rand"], &[]),
];

/// Something that the code of a folder may not mention.
#[derive(Clone, Copy, Debug)]
pub struct Ban {
    /// The folder, or a module's file without `.rs`.
    pub within: &'static str,
    /// A path or a part of one, a macro with its `!`, or a keyword.
    pub mention: &'static str,
    /// Why, as a fragment that fits after "because".
    pub reason: &'static str,
}

const fn ban(within: &'static str, mention: &'static str, reason: &'static str) -> Ban {
    Ban { within, mention, reason }
}

const OBJECTS: &str = "checker/engine/src/objects";
const GRAPH: &str = "checker/engine/src/graph";
const MEMORY: &str = "checker/engine/src/memory";
const ENGINE: &str = "checker/engine";
const REPORT: &str = "checker/report";

const ONE_THREAD: &str = "the engine runs on its caller's thread and shares nothing behind it";
const NO_CLOCK: &str = "equal inputs must give byte-identical results, and time differs every run";
const NO_OUTSIDE: &str = "all that the engine knows comes in as arguments and leaves as values";
const NO_PRINT: &str = "text leaves through a renderer or a progress sink of the caller";
const NO_HASH: &str = "the order of std's hash tables differs every run; use indexmap or BTreeMap";
const NO_LIVE_TYPES: &str = "what is stored must not change when the engine does";
const NO_SOURCES: &str = "a report is a function of a trace, a style and the sources it is given";
const NO_UNSAFE: &str = "the home of unsafe in the checker is the runtime alone";

/// Every ban, in the order in which the layers stand.
pub const BANS: &[Ban] = &[
    ban(OBJECTS, "crate::graph", "what an object does depends on its state alone"),
    ban(OBJECTS, "crate::memory", "what an object does depends on its state alone"),
    ban(OBJECTS, "crate::explore", "what an object does depends on its state alone"),
    ban(GRAPH, "crate::memory", "a graph is what happened, whatever model allows it"),
    ban(GRAPH, "crate::explore", "a graph is what happened, whatever strategy tried it"),
    ban(MEMORY, "crate::explore", "a model judges a graph and never asks how it arose"),
    ban(ENGINE, "std::thread", ONE_THREAD),
    ban(ENGINE, "thread_local!", ONE_THREAD),
    ban(ENGINE, "time::Instant", NO_CLOCK),
    ban(ENGINE, "SystemTime", NO_CLOCK),
    ban(ENGINE, "std::fs", NO_OUTSIDE),
    ban(ENGINE, "std::env", NO_OUTSIDE),
    ban(ENGINE, "println!", NO_PRINT),
    ban(ENGINE, "eprintln!", NO_PRINT),
    ban(ENGINE, "print!", NO_PRINT),
    ban(ENGINE, "eprint!", NO_PRINT),
    ban(ENGINE, "HashMap", NO_HASH),
    ban(ENGINE, "HashSet", NO_HASH),
    ban(ENGINE, "unsafe", NO_UNSAFE),
    ban(REPORT, "raddle_engine", NO_LIVE_TYPES),
    ban("checker/report/src", "std::fs", NO_SOURCES),
    ban("checker/report/src", "std::env", NO_SOURCES),
    ban(REPORT, "println!", NO_PRINT),
    ban(REPORT, "eprintln!", NO_PRINT),
    ban(REPORT, "print!", NO_PRINT),
    ban(REPORT, "eprint!", NO_PRINT),
];

/// Crate roots that must say `#![forbid(unsafe_code)]`.
pub const FORBID_UNSAFE: &[&str] = &[
    "checker/raddle/src/lib.rs",
    "benches/src/lib.rs",
    "checker/engine/src/lib.rs",
    "checker/litmus/src/lib.rs",
    "checker/macros/src/lib.rs",
    "checker/cli/src/main.rs",
    "checker/report/src/lib.rs",
    "tests/src/lib.rs",
    "examples/support/src/lib.rs",
];

/// The greatest number of lines of a `.rs` file.
pub const LINES_MAX: usize = 600;

/// A mark of unfinished work, or of a test that says less than it seems.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The text.
    pub text: &'static str,
    /// Whether it is looked for in comments too.
    pub in_comments: bool,
    /// What to do instead, as a fragment that fits after a semicolon.
    pub instead: &'static str,
}

const fn mark(text: &'static str, in_comments: bool, instead: &'static str) -> Mark {
    Mark { text, in_comments, instead }
}

/// Marks that no `.rs` file may hold, outside its strings.
pub const MARKS: &[Mark] = &[
    mark("todo!(", false, "finish it or return an error that names what is missing"),
    mark("unimplemented!(", false, "finish it or return an error that names what is missing"),
    mark("dbg!(", false, "remove it"),
    mark("#[ignore", false, "make the test fast enough to run, or a subcommand"),
    mark("#[should_panic]", false, "name the expected failure"),
    mark("TODO", true, "do it, or file an issue"),
    mark("FIXME", true, "fix it, or file an issue"),
];
