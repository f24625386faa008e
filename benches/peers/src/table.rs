//! What is run, and the table that comes of it.

use crate::genmc::Genmc;
use crate::suite::Suite;
use crate::{on_loom, on_raddle, on_shuttle};
use cpu_time::ProcessTime;
use raddle::Builder;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How many executions are sampled of a program that is not searched.
const SAMPLES: u64 = 50;
/// How often raddle runs a search, to report the median.
const TURNS: usize = 5;

/// A program on each of the primitives.
struct Row {
    name: &'static str,
    /// As it is called in C, with its numbers.
    c: Option<&'static str>,
    raddle: on_raddle::Program,
    loom: Option<on_loom::Program>,
    shuttle: on_shuttle::Program,
    /// The memory model under which it is sampled, if it is not searched.
    sampled: Option<&'static str>,
}

macro_rules! rows {
    ($($name:literal: $kind:ident $call:expr $(, $c:literal)?;)*) => {
        vec![$(rows!(@$kind $name, $call, [$($c)?])),*]
    };
    (@searched $($row:tt)*) => { rows!(@row $($row)*, loom, None) };
    // loom knows no more than four threads beside main.
    (@wide $($row:tt)*) => { rows!(@row $($row)*, none, None) };
    (@sc $($row:tt)*) => { rows!(@row $($row)*, none, Some("sc")) };
    (@rc20 $($row:tt)*) => { rows!(@row $($row)*, none, Some("rc20")) };
    (@row $name:literal, $call:expr, [$($c:literal)?], $loom:ident, $sampled:expr) => {
        Row {
            name: $name,
            c: None$(.or(Some($c)))?,
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
        "P(2,2)": searched p(2, 2), "p N=2 K=2";
        "P(3,1)": searched p(3, 1), "p N=3 K=1";
        "P(3,2)": searched p(3, 2), "p N=3 K=2";
        "idle(4)": searched idle(), "idle";
        "iriw": searched iriw(), "iriw";
        "readers(16)": wide readers(16), "readers N=16";
        "lastzero(13)": wide lastzero(13), "lastzero N=13";
        "fib_bench(4)": searched fib_bench(4), "fib_bench N=4";
        "fib_bench(5)": searched fib_bench(5), "fib_bench N=5";
        "big1": searched big1(), "big1";
        "casrot(10)": wide casrot(10), "casrot N=10";
        "fetch_add(8)": wide fetch_add(8), "fetch_add N=8";
        "mutex(7)": wide mutex(7), "mutex N=7";
        "ms-queue(1)": searched ms_queue(1), "ms_queue N=1";
        "treiber(3)": searched treiber(3), "treiber N=3";
        "ticketlock(6)": wide ticketlock(6), "ticketlock N=6";
        "2 x 5000, sc": sc long(2, 5_000);
        "50 x 200, sc": sc long(50, 200);
        "2 x 5000": rc20 long(2, 5_000);
        "50 x 200": rc20 long(50, 200);
        "crowd(4)": sc crowd(4, 4);
        "crowd(50)": sc crowd(50, 4);
    }
}

/// What a tool did with a program.
pub struct Done {
    /// How many executions it explored.
    pub executions: u64,
    /// Steps that other threads can see, if the tool counts them.
    pub steps: Option<u64>,
    /// CPU time; not a number if it is too short to be told.
    pub seconds: f64,
    /// Whether nothing is left to explore.
    pub complete: bool,
}

fn raddle(program: Arc<on_raddle::Program>, sampled: Option<&str>, limit: f64) -> Done {
    let mut all: Vec<Done> = Vec::new();
    while all.len() < TURNS && all.iter().map(|done| done.seconds).sum::<f64>() < limit {
        let program = Arc::clone(&program);
        let builder = Builder::new().max_time(&format!("{}ms", (limit * 1e3) as u64));
        let builder = match sampled {
            Some(model) => builder.strategy("random").model(model).iterations(SAMPLES),
            None => builder,
        };
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

/// The cells for a peer: executions, CPU time in ms, how much longer that is than raddle's (in all if both searches are
/// complete, at least so much if only raddle's is), and how much longer one execution is.
fn beside(done: Option<&Done>, ours: &Done) -> [String; 4] {
    let Some(done) = done else { return [(); 4].map(|()| "-".to_string()) };
    let each = |done: &Done| done.seconds / done.executions.max(1) as f64;
    let whole = match (done.complete, ours.complete) {
        (true, true) => ratio(done.seconds / ours.seconds),
        (false, true) => format!(">{}", ratio(done.seconds / ours.seconds)),
        _ => "-".to_string(),
    };
    [executions(done), millis(done), whole, ratio(each(done) / each(ours))]
}

fn executions(done: &Done) -> String {
    format!("{}{}", done.executions, if done.complete { "" } else { "+" })
}

fn millis(done: &Done) -> String {
    if done.seconds.is_nan() { "-".to_string() } else { format!("{:.1}", done.seconds * 1e3) }
}

fn ratio(ratio: f64) -> String {
    if ratio.is_nan() {
        return "-".to_string();
    }
    if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

/// The columns of raddle, then those of a peer.
const OURS: [&str; 5] = ["program", "executions", "operations", "ms", "us/ex"];
const PEER: [&str; 4] = ["executions", "ms", "search", "one ex"];

/// Gives a line of the table, in Markdown or for a terminal.
fn line(cells: &[String], markdown: bool) -> String {
    if markdown {
        return format!("| {} |", cells.join(" | "));
    }
    let cell = |(number, cell): (usize, &String)| match number {
        0 => format!("{cell:14}"),
        _ => format!("{cell:>10}"),
    };
    let cells: Vec<String> = cells.iter().enumerate().map(cell).collect();
    let (ours, peers) = cells.split_at(OURS.len());
    let peers = peers.chunks(PEER.len()).map(|it| it.join(" "));
    std::iter::once(ours.join(" ")).chain(peers).collect::<Vec<_>>().join(" | ")
}

/// What is run, and what of it is shown.
pub struct Request {
    /// Parts of the names of programs; all if there are none.
    pub programs: Vec<String>,
    /// CPU seconds after which a search is stopped.
    pub limit: f64,
    /// GenMC, if it is to have a column.
    pub genmc: Option<Genmc>,
    /// The suites of projects that use loom.
    pub suites: Vec<Suite>,
    /// Whether the table that is printed is in Markdown.
    pub markdown: bool,
}

/// Prints the table, a line as soon as it is known, and gives it in Markdown.
///
/// # Errors
/// If a suite could not be run.
pub fn print(request: &Request) -> Result<String, String> {
    let peers = &["loom", "shuttle", "GenMC"][..if request.genmc.is_some() { 3 } else { 2 }];
    let heads = |markdown: bool| -> Vec<String> {
        let named = |peer: &str, head: &str| match markdown {
            true => format!("{peer}: {head}"),
            false => head.to_string(),
        };
        let theirs = peers.iter().flat_map(|peer| PEER.map(|head| named(peer, head)));
        OURS.map(String::from).into_iter().chain(theirs).collect()
    };
    let under = |(number, _)| if number == 0 { "---" } else { "--:" }.to_string();
    let under: Vec<String> = heads(true).iter().enumerate().map(under).collect();
    let mut all = format!("{}\n{}\n", line(&heads(true), true), line(&under, true));
    if request.markdown {
        print!("{all}");
    } else {
        println!(
            "Executions, CPU time in ms; of peers ({}) also the time of the search and of one execution over raddle's.",
            peers.join(", ")
        );
        println!(
            "A search that was stopped, after {} s or by its tool, has a +, and its ratio a >.",
            request.limit
        );
        println!("{}", line(&heads(false), false));
    }
    let mut tell = |cells: Vec<String>| {
        println!("{}", line(&cells, request.markdown));
        all.push_str(&line(&cells, true));
        all.push('\n');
    };
    let wanted = |name: &str| request.programs.iter().any(|part| name.contains(part.as_str()));
    for row in rows() {
        if request.programs.is_empty() || wanted(row.name) {
            tell(compared(row, request));
        }
    }
    for suite in &request.suites {
        let suite = suite.run(request.limit)?;
        let mut cells = cells_of(&suite.name, &suite.ours);
        cells.extend(beside(Some(&suite.theirs), &suite.ours));
        cells.resize(heads(false).len(), "-".to_string());
        tell(cells);
    }
    Ok(all)
}

/// The cells of raddle.
fn cells_of(name: &str, ours: &Done) -> Vec<String> {
    let steps = ours.steps.map_or("-".to_string(), |steps| steps.to_string());
    let each = format!("{:.2}", ours.seconds * 1e6 / ours.executions.max(1) as f64);
    vec![name.to_string(), executions(ours), steps, millis(ours), each]
}

/// Runs a program with each of the tools.
fn compared(row: Row, request: &Request) -> Vec<String> {
    let Row { name, c, raddle: ours, loom: theirs, shuttle: others, sampled } = row;
    let limit = request.limit;
    let ours = raddle(Arc::new(ours), sampled, limit);
    let mut cells = cells_of(name, &ours);
    let loomed = theirs.map(|program| loom(program, limit));
    cells.extend(beside(loomed.as_ref(), &ours));
    cells.extend(beside(Some(&shuttle(others, sampled.is_some(), limit)), &ours));
    if let Some(genmc) = &request.genmc {
        let done = c.and_then(|program| genmc.explore(program, limit));
        cells.extend(beside(done.as_ref(), &ours));
    }
    cells
}
