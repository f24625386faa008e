//! Programs with a bug that depends on the schedule, for which it is published how many schedules it takes to find it.
//!
//! The programs are re-created from what they are described to do in SCTBench (Thomson, Donaldson, Betts,
//! "Concurrency testing using controlled schedulers", TOPC 2016), with every access of a shared variable a
//! relaxed access of an atomic, so that it is a scheduling point as it is there, and checked under `sc`. What differs
//! from the tools of the published figures: a thread that is created costs one scheduling point, not a dozen; joins and
//! exits are none; a mutex is locked and unlocked by one each.

mod buffers;
mod deque;
mod locks;
mod orders;

use raddle::{Builder, Outcome};
use raddle_shims::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The strategies that are compared.
pub const STRATEGIES: [&str; 6] = ["random", "pct", "pos", "urw", "surw", "portfolio"];
/// How many executions are tried.
pub const EXECUTIONS: u64 = 10_000;
/// How many seeds.
pub const SEEDS: u64 = 20;

/// A program, with what is published about it.
pub struct Row {
    /// Its name in SCTBench.
    pub name: &'static str,
    /// The program.
    pub program: fn(),
    /// For random walk, PCT (depth 3), POS and SURW the mean number of schedules to the bug, and in how many of 20
    /// sessions it was found within 10,000 (Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency
    /// Testing", ASPLOS 2025, raw data). No mean where it was never found.
    pub published: [(Option<f64>, u32); 4],
}

const fn row(name: &'static str, program: fn(), published: [(Option<f64>, u32); 4]) -> Row {
    Row { name, program, published }
}

const fn all(means: [f64; 4]) -> [(Option<f64>, u32); 4] {
    let [random, pct, pos, surw] = means;
    [(Some(random), 20), (Some(pct), 20), (Some(pos), 20), (Some(surw), 20)]
}

const NEVER: (Option<f64>, u32) = (None, 0);

const fn some(mean: f64, found: u32) -> (Option<f64>, u32) {
    (Some(mean), found)
}

/// Every program.
pub const ROWS: [Row; 17] = [
    row(
        "reorder_3",
        || orders::reorder(2),
        [NEVER, some(185.2, 20), some(85.5, 20), some(7.3, 20)],
    ),
    row(
        "reorder_4",
        || orders::reorder(3),
        [NEVER, some(554.0, 20), some(533.0, 20), some(7.3, 20)],
    ),
    row(
        "reorder_5",
        || orders::reorder(4),
        [NEVER, some(646.8, 20), some(2_169.1, 20), some(10.4, 20)],
    ),
    row("reorder_10", || orders::reorder(9), [NEVER, some(3_225.3, 16), NEVER, some(17.2, 20)]),
    row("twostage", || locks::two_stages(1, 1), all([464.1, 12.6, 15.1, 7.5])),
    row(
        "twostage_20",
        // Ten of each, not 19 writers and a reader as one would think from `twostage_100`.
        || locks::two_stages(10, 10),
        [NEVER, some(159.2, 20), some(156.0, 20), some(5.7, 20)],
    ),
    row(
        "stringbuffer-jdk1.4",
        buffers::string_buffer,
        [some(2_242.6, 19), some(280.7, 20), some(23.4, 20), some(8.5, 20)],
    ),
    row("account", locks::account, all([18.1, 4.3, 4.1, 5.8])),
    row("bluetooth_driver", orders::bluetooth, all([214.7, 112.5, 36.1, 70.2])),
    row(
        "WorkStealQueue",
        deque::work_stealing,
        [NEVER, some(48.1, 20), some(12.5, 20), some(6.0, 20)],
    ),
    row("lazy01", locks::lazy, all([20.6, 4.9, 4.7, 2.0])),
    row("deadlock01", locks::deadlock, all([3.2, 12.9, 3.5, 1.8])),
    row("carter01", locks::carter, [some(1.0, 20), some(5.0, 20), some(1.9, 20), NEVER]),
    row("circular_buffer", buffers::circular, all([4.2, 9.1, 2.1, 2.8])),
    row("stack", buffers::stack, all([176.0, 3.2, 1.7, 4.6])),
    row("token_ring", orders::token_ring, all([13.0, 8.2, 8.6, 8.2])),
    row("wronglock_3", locks::wrong_lock, all([35.9, 58.1, 10.8, 8.8])),
];

/// A shared variable.
struct Var(AtomicI64);

impl Var {
    const fn new(value: i64) -> Var {
        Var(AtomicI64::new(value))
    }

    fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    /// Two accesses, as `x += by` is.
    fn add(&self, by: i64) {
        self.set(self.get() + by);
    }
}

/// How many executions of a strategy it takes to find the bug, those from which it learns included; none if it is
/// not found in [`EXECUTIONS`].
pub fn executions_to_bug(program: fn(), strategy: &str, seed: u64) -> Option<u64> {
    let check = Builder::new().name("sct").strategy(strategy).model("sc").seed(seed);
    match check.iterations(EXECUTIONS).explore(program) {
        Outcome::Violation(violation) => Some(violation.coverage.runs() + 1),
        _ => None,
    }
}

/// The mean over the sessions in which the bug was found, and how many these are.
pub fn measure(program: fn(), strategy: &str) -> (f64, u32) {
    // Seeds of different strategies have nothing in common but their lessons.
    let found = (1..=SEEDS).filter_map(|seed| executions_to_bug(program, strategy, seed));
    let all: Vec<u64> = found.collect();
    let sum: u64 = all.iter().sum();
    (sum as f64 / all.len() as f64, all.len() as u32)
}
