//! What is run, and the table that comes of it.

use crate::{on_loom, on_raddle, on_shuttle};
use cpu_time::ProcessTime;
use raddle::Builder;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How many executions are sampled of a program that is not searched.
const SAMPLES: u64 = 20;
/// How often raddle runs a search, to report the median.
const TURNS: usize = 5;

/// A program on each of the primitives, and whether it is sampled.
struct Row {
    name: &'static str,
    raddle: on_raddle::Program,
    loom: Option<on_loom::Program>,
    shuttle: on_shuttle::Program,
    sampled: bool,
}

macro_rules! rows {
    ($($name:literal: $kind:ident $call:expr;)*) => {
        vec![$(rows!(@$kind $name, $call)),*]
    };
    (@searched $name:literal, $call:expr) => { rows!(@row $name, $call, loom, false) };
    // loom knows no more than four threads beside main.
    (@wide $name:literal, $call:expr) => { rows!(@row $name, $call, none, false) };
    (@sampled $name:literal, $call:expr) => { rows!(@row $name, $call, none, true) };
    (@row $name:literal, $call:expr, $loom:ident, $sampled:literal) => {
        Row {
            name: $name,
            raddle: { use on_raddle::*; $call },
            loom: rows!(@$loom $call),
            shuttle: { use on_shuttle::*; $call },
            sampled: $sampled,
        }
    };
    (@loom $call:expr) => { Some({ use on_loom::*; $call }) };
    (@none $call:expr) => { None };
}

fn rows() -> Vec<Row> {
    rows! {
        "P(2,2)": searched p(2, 2);
        "P(3,1)": searched p(3, 1);
        "P(3,2)": searched p(3, 2);
        "idle(4)": searched idle();
        "iriw": searched iriw();
        "readers(16)": wide readers(16);
        "lastzero(13)": wide lastzero(13);
        "fib_bench(4)": searched fib_bench(4);
        "fib_bench(5)": searched fib_bench(5);
        "big1": searched big1();
        "casrot(10)": wide casrot(10);
        "fetch_add(8)": wide fetch_add(8);
        "mutex(7)": wide mutex(7);
        "ms-queue(1)": searched ms_queue(1);
        "treiber(3)": searched treiber(3);
        "ticketlock(6)": wide ticketlock(6);
        "2 x 5000": sampled long(2, 5_000);
        "50 x 200": sampled long(50, 200);
    }
}

/// What a tool did with a program.
struct Done {
    executions: u64,
    /// Steps that other threads can see, if the tool counts them.
    steps: Option<u64>,
    seconds: f64,
    /// Whether nothing is left to explore.
    complete: bool,
}

fn raddle(program: Arc<on_raddle::Program>, sampled: bool, limit: f64) -> Done {
    let mut all: Vec<Done> = Vec::new();
    while all.len() < TURNS && all.iter().map(|done| done.seconds).sum::<f64>() < limit {
        let program = Arc::clone(&program);
        let builder = Builder::new().max_time(&format!("{}ms", (limit * 1e3) as u64));
        let builder =
            if sampled { builder.strategy("random").iterations(SAMPLES) } else { builder };
        let start = ProcessTime::now();
        let outcome = builder.explore(move || program());
        let seconds = start.elapsed().as_secs_f64();
        let coverage = outcome.coverage();
        let (executions, steps) = (coverage.runs(), Some(coverage.operations));
        all.push(Done { executions, steps, seconds, complete: outcome.is_verified() });
    }
    all.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    all.swap_remove(all.len() / 2)
}

/// Runs a search that counts its executions; one that its tool gives up, which panics, is not complete.
fn counted(search: impl FnOnce(Box<dyn Fn() + Send + Sync>), limit: f64) -> Done {
    let count = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&count);
    let (start, begin) = (ProcessTime::now(), Instant::now());
    let ended = catch_unwind(AssertUnwindSafe(|| {
        search(Box::new(move || _ = counts.fetch_add(1, Relaxed)));
    }));
    let seconds = start.elapsed().as_secs_f64();
    // The tools look at the time that passes.
    let complete = ended.is_ok() && begin.elapsed().as_secs_f64() < limit;
    Done { executions: count.load(Relaxed), steps: None, seconds, complete }
}

fn loom(program: on_loom::Program, limit: f64) -> Done {
    let mut builder = loom::model::Builder::new();
    builder.max_duration = Some(Duration::from_secs_f64(limit));
    builder.checkpoint_interval = 100;
    builder.max_branches = 100_000;
    builder.preemption_bound = None;
    let search = |count: Box<dyn Fn() + Send + Sync>| {
        builder.check(move || {
            count();
            program();
        });
    };
    // loom ends its threads by unwinding them, of which the hook that shuttle installs would tell.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = counted(search, limit);
    set_hook(hook);
    done
}

fn shuttle(program: on_shuttle::Program, sampled: bool, limit: f64) -> Done {
    let mut config = shuttle::Config::new();
    config.max_steps = shuttle::MaxSteps::None;
    config.max_time = Some(Duration::from_secs_f64(limit));
    let search = |count: Box<dyn Fn() + Send + Sync>| {
        let run = move || {
            count();
            program();
        };
        if sampled {
            let scheduler = shuttle::scheduler::RandomScheduler::new(SAMPLES as usize);
            shuttle::Runner::new(scheduler, config).run(run);
        } else {
            let scheduler = shuttle::scheduler::DfsScheduler::new(None, false);
            shuttle::Runner::new(scheduler, config).run(run);
        }
    };
    let mut done = counted(search, limit);
    done.complete &= !sampled;
    done
}

/// A number of executions with its CPU time, and how much longer that is than raddle's: in all if both searches are
/// complete, at least so much if only raddle's is; and what one execution costs.
fn beside(done: &Done, ours: &Done) -> String {
    let each = |done: &Done| done.seconds / done.executions.max(1) as f64;
    let sign = match (done.complete, ours.complete) {
        (true, true) => " ",
        (false, true) => ">",
        _ => "?",
    };
    let whole = match sign {
        "?" => "-".to_string(),
        _ => format!("{sign}{:.0}", done.seconds / ours.seconds),
    };
    let mark = if done.complete { ' ' } else { '+' };
    format!(
        "{:>9}{mark} {:>9.1} {:>8} {:>7.1}",
        done.executions,
        done.seconds * 1e3,
        whole,
        each(done) / each(ours)
    )
}

/// Prints the table of the programs whose names contain one of these texts, or of all.
pub fn print(wanted: &[String], limit: f64) {
    println!(
        "Executions, CPU time in ms; of peers also the time of the search and of one execution over raddle's."
    );
    println!(
        "A search that was stopped, after {limit} s or by its tool, has a +, and its ratio a >."
    );
    let peer = "executions        ms   search  one ex";
    println!(
        "{:14} {:>10} {:>11} {:>9} {:>7} | loom {peer:33} | shuttle {peer}",
        "program", "executions", "operations", "ms", "us/ex"
    );
    for Row { name, raddle: ours, loom: theirs, shuttle: others, sampled } in rows() {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let ours = raddle(Arc::new(ours), sampled, limit);
        let loomed = theirs
            .map_or_else(|| format!("{:>37}", "-"), |program| beside(&loom(program, limit), &ours));
        let shuttled = beside(&shuttle(others, sampled, limit), &ours);
        println!(
            "{name:14} {:>9}{} {:>11} {:>9.1} {:>7.2} | {loomed:>38} | {shuttled}",
            ours.executions,
            if ours.complete { ' ' } else { '+' },
            ours.steps.unwrap_or(0),
            ours.seconds * 1e3,
            ours.seconds * 1e6 / ours.executions as f64,
        );
    }
}
