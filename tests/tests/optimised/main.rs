//! Loops that wait are recognised from their first turn however the program is compiled: a workspace is built with cargo's
//! `release` profile, in which the program stands once for each way, and explores as many executions as there are orders.

mod shapes;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// How the program is compiled, as what stands in the profile for its package. Link-time optimisation and how panics end are for all
/// packages at once, so they are not among them.
const WAYS: &[(&str, &str)] = &[
    ("release", ""),
    ("one-unit", "codegen-units = 1"),
    ("level-1", "opt-level = 1"),
    ("level-2", "opt-level = 2"),
    ("small", "opt-level = 's'"),
    ("dev-3", "debug-assertions = true\noverflow-checks = true"),
];

/// The same for the other program, which has many loops, with the folder where cargo puts it: `many-dev` is built as tests are by default, and all of raddle
/// with it, without any optimisation.
const WAYS_OF_MANY: &[(&str, &str)] = &[("many-release", "release"), ("many-dev", "debug")];

/// What is explored: the orders in which a lock is taken, and for what waits for one thing only, one. Two loops count, so each of
/// their turns is another. Of the last five, which note what they read, it is how many sets of three numbers they saw.
const EXPECTED: &str = "\
ticket 24
ticket in place 24
swap 24
swap in place 24
compare-exchange, yield 24
compare-exchange, hint 24
look and swap 24
flag, hint 1
flag, yield 1
flag in a function 1
flag and a counter that nobody reads 1
two flags 1
relay 1
add 4
add with a look 4
flag that is looked at five times 6
flag that is looked at five times, in fractions 6
notes on the heap 8
notes on another stack 8
notes after an old value 9
notes after a new value 9
notes in the end 8
";

const PROGRAM: &str = r#"
use raddle_shims::sync::Arc;
use raddle_shims::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use raddle_shims::{hint, thread};

/// So that it is seen what loops write on the heap.
#[global_allocator]
static ALLOCATOR: raddle::DeterministicAlloc = raddle::DeterministicAlloc;

fn count(name: &str, program: impl Fn() + Send + Sync + 'static) {
    let outcome = raddle::explore(program);
    assert!(outcome.is_verified(), "{name}: {outcome:?}");
    println!("{name} {}", outcome.coverage().executions);
}

const THREADS: usize = 4;

/// Threads that take a lock once, through functions.
fn lock<L: Default + Send + Sync + 'static>(name: &str, lock: fn(&L), unlock: fn(&L)) {
    count(name, move || {
        let shared = Arc::new((L::default(), AtomicUsize::new(0)));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    lock(&shared.0);
                    shared.1.store(shared.1.load(Relaxed) + 1, Relaxed);
                    unlock(&shared.0);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(shared.1.load(Relaxed), THREADS);
    });
}

#[derive(Default)]
struct Ticket {
    next: AtomicUsize,
    serving: AtomicUsize,
}

impl Ticket {
    fn lock(&self) {
        let mine = self.next.fetch_add(1, Relaxed);
        while self.serving.load(Acquire) != mine {
            hint::spin_loop();
        }
    }
    fn unlock(&self) {
        self.serving.store(self.serving.load(Relaxed) + 1, Release);
    }
}

fn look_and_swap(locked: &AtomicBool) {
    loop {
        while locked.load(Relaxed) {
            hint::spin_loop();
        }
        if !locked.swap(true, Acquire) {
            break;
        }
    }
}

/// The same with the loops in the bodies of the threads, which borrow what they use.
fn in_place() {
    count("ticket in place", || {
        let (ticket, counter) = (Ticket::default(), AtomicUsize::new(0));
        thread::scope(|s| {
            for _ in 0..THREADS {
                s.spawn(|| {
                    let mine = ticket.next.fetch_add(1, Relaxed);
                    while ticket.serving.load(Acquire) != mine {
                        hint::spin_loop();
                    }
                    counter.store(counter.load(Relaxed) + 1, Relaxed);
                    ticket.serving.store(mine + 1, Release);
                });
            }
        });
        assert_eq!(counter.load(Relaxed), THREADS);
    });
}

fn swap_in_place() {
    count("swap in place", || {
        let (locked, counter) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|s| {
            for _ in 0..THREADS {
                s.spawn(|| {
                    while locked.swap(true, Acquire) {}
                    counter.store(counter.load(Relaxed) + 1, Relaxed);
                    locked.store(false, Release);
                });
            }
        });
        assert_eq!(counter.load(Relaxed), THREADS);
    });
}

/// The main thread waits for another.
fn flag(name: &str, wait: fn(&AtomicBool)) {
    count(name, move || {
        let shared = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.1.store(7, Relaxed);
            theirs.0.store(true, Release);
        });
        wait(&shared.0);
        assert_eq!(shared.1.load(Relaxed), 7);
        other.join().unwrap();
    });
}

#[inline(never)]
fn wait_for(flag: &AtomicBool) {
    while !flag.load(Acquire) {
        hint::spin_loop();
    }
}

fn two_flags() {
    count("two flags", || {
        let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.store(true, Release);
            theirs.1.store(true, Release);
        });
        while !(shared.0.load(Acquire) && shared.1.load(Acquire)) {
            hint::spin_loop();
        }
        other.join().unwrap();
    });
}

/// Each thread waits for the one before.
fn relay() {
    count("relay", || {
        let turn = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..THREADS)
            .map(|me| {
                let turn = Arc::clone(&turn);
                thread::spawn(move || {
                    while turn.load(Acquire) != me {
                        hint::spin_loop();
                    }
                    turn.store(me + 1, Release);
                })
            })
            .collect();
        while turn.load(Acquire) != THREADS {
            thread::yield_now();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Retries, of which each is a read that somebody else has overtaken.
fn add(name: &str, add: fn(&AtomicUsize)) {
    count(name, move || {
        let number = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || add(&theirs));
        add(&number);
        other.join().unwrap();
        assert_eq!(number.load(Relaxed), 2);
    });
}

/// It ends by its count, which is part of its state.
fn five_times() {
    count("flag that is looked at five times", || {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, Relaxed));
        hint::black_box((0..5).find(|_| flag.load(Relaxed)));
        other.join().unwrap();
    });
}

/// The same, with its count in a register of another kind.
fn five_times_in_fractions() {
    count("flag that is looked at five times, in fractions", || {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, Relaxed));
        let (mut times, step) = (0.0_f64, hint::black_box(0.5));
        while times < 2.5 && !flag.load(Relaxed) {
            times += step;
        }
        other.join().unwrap();
    });
}

/// Waits for a 3 and notes what it reads until then.
#[inline(never)]
fn note(number: &AtomicUsize, seen: &mut [bool; 3]) {
    loop {
        let number = number.load(Relaxed);
        if number == 3 {
            break;
        }
        seen[number] = true;
    }
}

/// Waits for a 3 and notes what it reads until then, from some number on.
#[inline(never)]
fn note_from(number: &AtomicUsize, from: usize, seen: &mut [bool; 3]) {
    loop {
        let number = number.load(Relaxed);
        if number == 3 {
            break;
        }
        if number >= from {
            seen[number] = true;
        }
    }
}

fn notes(name: &str, waits: fn(&AtomicUsize) -> [bool; 3]) {
    let outcomes = std::sync::Arc::new([const { std::sync::atomic::AtomicBool::new(false) }; 8]);
    let theirs = outcomes.clone();
    let outcome = raddle::explore(move || {
        let number = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&number);
        let other = thread::spawn(move || (1..4).for_each(|it| counts.store(it, Relaxed)));
        let [a, b, c] = waits(&number).map(usize::from);
        other.join().unwrap();
        theirs[a + 2 * b + 4 * c].store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(outcome.is_verified(), "{name}: {outcome:?}");
    let seen = outcomes.iter().filter(|it| it.load(std::sync::atomic::Ordering::Relaxed));
    println!("{name} {}", seen.count());
}

fn main() {
    lock("ticket", Ticket::lock, Ticket::unlock);
    in_place();
    let unlock = |locked: &AtomicBool| locked.store(false, Release);
    let swap = |locked: &AtomicBool| while locked.swap(true, Acquire) { hint::spin_loop() };
    lock("swap", swap, unlock);
    swap_in_place();
    lock("compare-exchange, yield", |locked: &AtomicBool| {
        while locked.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            thread::yield_now();
        }
    }, unlock);
    lock("compare-exchange, hint", |locked: &AtomicBool| {
        while locked.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
    }, unlock);
    lock("look and swap", look_and_swap, unlock);
    flag("flag, hint", |flag| while !flag.load(Acquire) { hint::spin_loop() });
    flag("flag, yield", |flag| while !flag.load(Acquire) { thread::yield_now() });
    flag("flag in a function", wait_for);
    flag("flag and a counter that nobody reads", |flag| {
        let mut turns = 0_u64;
        while !flag.load(Acquire) {
            turns = turns.wrapping_add(1);
        }
        let _ = turns;
    });
    two_flags();
    relay();
    add("add", |number| {
        let mut old = number.load(Relaxed);
        while let Err(now) = number.compare_exchange(old, old + 1, Relaxed, Relaxed) {
            old = now;
        }
    });
    add("add with a look", |number| loop {
        let old = number.load(Relaxed);
        if number.compare_exchange(old, old + 1, Relaxed, Relaxed).is_ok() {
            break;
        }
    });
    five_times();
    five_times_in_fractions();
    notes("notes on the heap", |number| {
        let mut seen = hint::black_box(Box::new([false; 3]));
        note(number, &mut seen);
        *seen
    });
    notes("notes on another stack", |number| {
        let mut seen = [false; 3];
        thread::scope(|s| {
            s.spawn(|| note(number, &mut seen));
        });
        seen
    });
    // It depends on what was read before whether anything is noted.
    for (name, noted) in [("notes after an old value", 0), ("notes after a new value", 1)] {
        let outcomes = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
        let theirs = outcomes.clone();
        let outcome = raddle::explore(move || {
            let shared: [AtomicUsize; 3] = Default::default();
            let mut seen = hint::black_box(Box::new([false; 3]));
            let first = thread::scope(|s| {
                s.spawn(|| (1..10).for_each(|it| shared[1].store(it, Relaxed)));
                s.spawn(|| shared[0].store(1, Relaxed));
                s.spawn(|| (1..4).for_each(|it| shared[2].store(it, Relaxed)));
                let first = shared[0].load(Relaxed);
                hint::black_box(shared[1].load(Relaxed));
                note_from(&shared[2], if first == noted { 0 } else { 3 }, &mut seen);
                first
            });
            theirs.lock().unwrap().insert((first, *seen));
        });
        assert!(outcome.is_verified(), "{name}: {outcome:?}");
        println!("{name} {}", outcomes.lock().unwrap().len());
    }
    // The same look, first in loops that note nothing.
    notes("notes in the end", |number| {
        let mut seen = hint::black_box(Box::new([false; 3]));
        let others: [AtomicUsize; 16] = Default::default();
        thread::scope(|s| {
            s.spawn(|| others.iter().for_each(|it| it.store(3, Relaxed)));
            others.iter().for_each(|it| note_from(it, 3, &mut seen));
        });
        for other in &others {
            other.store(1, Relaxed);
        }
        thread::scope(|s| {
            s.spawn(|| others.iter().for_each(|it| (2..4).for_each(|number| it.store(number, Relaxed))));
            others.iter().for_each(|it| note_from(it, 3, &mut seen));
        });
        note_from(number, 0, &mut seen);
        *seen
    });
}
"#;

/// What runs below the operations of the program and the shims is not optimised, as it would take long.
const MANIFEST: &str = r#"
[workspace]
resolver = "3"
members = [MEMBERS]

[profile.release.package."*"]
opt-level = 0
debug = false

[profile.release.package.raddle-shims]
opt-level = 3

[profile.release.package.raddle-runtime]
opt-level = 3
"#;

const MEMBER: &str = r#"
[package]
name = "NAME"
version = "0.1.0"
edition = "2024"

[[bin]]
name = "NAME"
path = "../PROGRAM.rs"

[dependencies]
raddle = { path = "ROOT/checker/raddle" }
raddle-shims = { path = "ROOT/shims" }
"#;

fn write(file: &Path, text: &str) {
    let parent = file.parent().expect("files are in folders");
    std::fs::create_dir_all(parent).unwrap_or_else(|e| panic!("{}: {e}", parent.display()));
    // What is the same is not written, so that it is not built again.
    if std::fs::read_to_string(file).ok().as_deref() != Some(text) {
        std::fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

/// Where the programs are, built.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let folder = workspace();
        let optimised: &[&str] = &["--release", "--workspace", "--exclude", "many-dev"];
        for which in [optimised, &["-p", "many-dev"]] {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--offline"]).args(which).current_dir(&folder);
            cargo.env("CARGO_TARGET_DIR", folder.join("target"));
            let built = cargo.output().expect("cargo can be run");
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        }
        folder.join("target")
    })
}

/// The folder of the workspace.
fn workspace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("optimised");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().expect("the package is in its workspace");
    let ways = WAYS.iter().map(|(name, settings)| (name, *settings, "program"));
    let ways = ways.chain(WAYS_OF_MANY.iter().map(|(name, _)| (name, "", "many")));
    let members = ways.clone().map(|(name, ..)| format!("{name:?}, ")).collect::<String>();
    let mut manifest = MANIFEST.replace("MEMBERS", &members);
    for (name, settings, program) in ways {
        manifest += &format!("\n[profile.release.package.{name}]\n{settings}\n");
        let member = MEMBER.replace("NAME", name).replace("PROGRAM", program);
        let member = member.replace("ROOT", root.to_str().expect("a name"));
        write(&folder.join(name).join("Cargo.toml"), &member);
    }
    write(&folder.join("Cargo.toml"), &manifest);
    write(&folder.join("program.rs"), PROGRAM);
    write(&folder.join("many.rs"), &shapes::program());
    // The same versions as here, so that nothing has to be fetched.
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("there is a lock file");
    write(&folder.join("Cargo.lock"), &lock);
    folder
}

/// What the program prints that was built in that way and lies there, and what it complains of.
fn run(folder: &str, name: &str) -> (String, Option<String>) {
    let program = programs().join(folder).join(name);
    let ran = Command::new(program).output().expect("the program was built");
    let complaint = format!("{name}: {} {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    let complaint = (!ran.status.success()).then_some(complaint);
    (String::from_utf8_lossy(&ran.stdout).into_owned(), complaint)
}

#[test]
fn loops_are_recognised_however_the_program_is_compiled() {
    let mut wrong = Vec::new();
    for (name, _) in WAYS {
        let (found, complaint) = run("release", name);
        let differs = |(line, expected): (&str, &str)| {
            (line != expected).then(|| format!("{name}: {line} instead of {expected}"))
        };
        wrong.extend(found.lines().zip(EXPECTED.lines()).filter_map(differs));
        if found.lines().count() != EXPECTED.lines().count() {
            wrong.push(format!("{name}: {found}"));
        }
        wrong.extend(complaint);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn loops_of_every_shape_end() {
    for (name, folder) in WAYS_OF_MANY {
        let (found, complaint) = run(folder, name);
        assert_eq!(complaint, None);
        assert_eq!(found, "442 loops\n", "{name}");
    }
}
