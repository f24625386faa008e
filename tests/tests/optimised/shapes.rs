//! A program with many loops that wait: each thing that is waited for, in each shape of a loop, in some place.

/// What is waited for.
struct Subject {
    name: &'static str,
    kind: &'static str,
    new: &'static str,
    /// Makes it so, where `s` is the reference.
    set: &'static str,
    /// Whether it is so.
    look: &'static str,
    /// Whether there is an end to the executions: a turn that has changed something, or tried to lock, is not left out.
    ends: bool,
}

const fn subject(
    name: &'static str,
    [kind, new]: [&'static str; 2],
    [set, look]: [&'static str; 2],
    ends: bool,
) -> Subject {
    Subject { name, kind, new, set, look, ends }
}

const FLAG: [&str; 2] = ["AtomicBool", "AtomicBool::new(false)"];
const NUMBER: [&str; 2] = ["AtomicUsize", "AtomicUsize::new(0)"];
const LOCKED: [&str; 2] = ["Mutex<bool>", "Mutex::new(false)"];
const SHARED: [&str; 2] = ["RwLock<bool>", "RwLock::new(false)"];
const QUEUE: [&str; 2] = ["Mutex<VecDeque<u32>>", "Mutex::new(VecDeque::new())"];
const CHANNEL: [&str; 2] = [
    "(Mutex<mpsc::Receiver<u32>>, Mutex<mpsc::Sender<u32>>)",
    "{ let (a, b) = mpsc::channel(); (Mutex::new(b), Mutex::new(a)) }",
];
const SET: &str = "*s.lock().unwrap() = true;";
const WRITTEN: &str = "*s.write().unwrap() = true;";
const PUSHED: &str = "s.lock().unwrap().push_back(1);";
const SENT: &str = "s.1.lock().unwrap().send(1).unwrap();";

const SUBJECTS: &[Subject] = &[
    subject("load", FLAG, ["s.store(true, Release);", "s.load(Acquire)"], true),
    subject("number", NUMBER, ["s.store(3, Relaxed);", "s.load(Relaxed) == 3"], true),
    subject("swap", FLAG, ["s.store(true, Release);", "s.swap(false, AcqRel)"], true),
    subject(
        "exchange",
        NUMBER,
        ["s.store(1, Release);", "s.compare_exchange(1, 2, AcqRel, Acquire).is_ok()"],
        true,
    ),
    subject(
        "update",
        NUMBER,
        [
            "s.store(1, Release);",
            "s.fetch_update(AcqRel, Acquire, |v| (v == 1).then_some(2)).is_ok()",
        ],
        true,
    ),
    subject(
        "two",
        ["(AtomicBool, AtomicBool)", "(AtomicBool::new(false), AtomicBool::new(false))"],
        [
            "s.0.store(true, Release); s.1.store(true, Release);",
            "s.0.load(Acquire) & s.1.load(Acquire)",
        ],
        true,
    ),
    subject("mutex", LOCKED, [SET, "*s.lock().unwrap()"], true),
    subject("guard", LOCKED, [SET, "{ let g = s.lock().unwrap(); let v = *g; drop(g); v }"], true),
    subject("if let", LOCKED, [SET, "if let Ok(g) = s.lock() { *g } else { false }"], true),
    subject("length", QUEUE, [PUSHED, "!s.lock().unwrap().is_empty()"], true),
    subject("read", SHARED, [WRITTEN, "*s.read().unwrap()"], true),
    subject(
        "once",
        ["OnceLock<u32>", "OnceLock::new()"],
        ["s.set(3).unwrap();", "s.get().is_some()"],
        true,
    ),
    subject("channel", CHANNEL, [SENT, "s.0.lock().unwrap().try_recv().is_ok()"], false),
    subject("pop", QUEUE, [PUSHED, "s.lock().unwrap().pop_front().is_some()"], false),
    subject("write", SHARED, [WRITTEN, "*s.write().unwrap()"], false),
    subject("try_lock", LOCKED, [SET, "s.try_lock().map(|g| *g).unwrap_or(false)"], false),
    subject("try_read", SHARED, [WRITTEN, "s.try_read().map(|g| *g).unwrap_or(false)"], false),
];

/// Loops; `LOOK` stands for the look, `KIND` for the type of what is looked at.
const LOOPS: &[&str] = &[
    "while !(LOOK) {}",
    "while !(LOOK) { hint::spin_loop(); }",
    "while !(LOOK) { thread::yield_now(); }",
    "loop { if LOOK { break; } }",
    "loop { if LOOK { break; } thread::yield_now(); }",
    "loop { match LOOK { true => break, false => continue } }",
    "std::iter::repeat_with(|| LOOK).find(|v| *v);",
    "let look = || LOOK; while !look() { hint::spin_loop(); }",
    "let mut found; loop { found = LOOK; if found { break; } } std::hint::black_box(found);",
    "loop { let mut a = [0_u8; 40]; a[3] = u8::from(LOOK); if std::hint::black_box(&a)[3] == 1 { break; } }",
    "loop { let text = if LOOK { String::from(\"yes\") } else { String::new() }; if text.len() == 3 { break; } }",
    "fn look(s: &KIND) -> bool { LOOK } while !look(s) {}",
    "#[inline(never)] fn wait(s: &KIND) { while !(LOOK) { hint::spin_loop(); } } wait(s);",
];

/// Where they stand; `NEW` makes what is looked at, `SET` sets it, `WAIT` is the loop.
const PLACES: &[&str] = &[
    "let s0 = Arc::new(NEW); let t0 = Arc::clone(&s0);
    let other = thread::spawn(move || { let s: &KIND = &t0; SET });
    { let s: &KIND = &s0; WAIT }
    other.join().unwrap();",
    "let s0: KIND = NEW; let s = &s0;
    thread::scope(|scope| { scope.spawn(|| { SET }); WAIT });",
    "let s0: KIND = NEW; let s = &s0;
    thread::scope(|scope| { scope.spawn(|| { WAIT }); SET });",
    "let s0: KIND = NEW; let s = &s0; let m = Mutex::new(0);
    thread::scope(|scope| { scope.spawn(|| { let mut g = m.lock().unwrap(); WAIT *g += 1; }); SET *m.lock().unwrap() += 1; });
    assert_eq!(*m.lock().unwrap(), 2);",
    "let s0: KIND = NEW; let s = &s0; let m = Mutex::new(0); let a = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| { *m.lock().unwrap() += 1; SET });
        a.fetch_add(1, Relaxed);
        *m.lock().unwrap() += 1;
        WAIT
    });
    assert_eq!(*m.lock().unwrap(), 2);",
    "let s0: KIND = NEW; let s = &s0; let r = AtomicBool::new(false);
    thread::scope(|scope| { scope.spawn(|| { WAIT r.store(true, Release); }); SET while !r.load(Acquire) {} });",
];

const START: &str = "
#![allow(unused)]
use raddle_shims::sync::{*, atomic::{*, Ordering::*}};
use raddle_shims::{hint, thread};
use std::collections::VecDeque;

/// Whoever waits comes to its end, however it is searched; with `ends`, the search does so too.
fn check(name: &str, ends: bool, program: fn()) {
    let check = raddle::Builder::new().iterations(if ends { 20_000 } else { 10 });
    let outcome = check.explore(program);
    let is_right = match ends {
        true => outcome.is_verified(),
        false => outcome.violation().is_none(),
    };
    if !is_right || outcome.coverage().cut > 0 || outcome.coverage().executions == 0 {
        println!(\"{name}: {outcome:?}\");
    }
}
";

/// The program. It prints a line for each loop that is not dealt with as it should be, and how many there are.
pub fn program() -> String {
    let mut functions = String::from(START);
    let mut calls = String::new();
    let mut count = 0;
    for (i, subject) in SUBJECTS.iter().enumerate() {
        for (j, shape) in LOOPS.iter().enumerate() {
            // Two of the places, others for each pair.
            for k in [0, 3] {
                let place = PLACES[(i + j + k) % PLACES.len()];
                let wait = shape.replace("LOOK", subject.look);
                let body = place.replace("WAIT", &wait).replace("SET", subject.set);
                let body = body.replace("NEW", subject.new).replace("KIND", subject.kind);
                functions += &format!("fn f{count}() {{\n    {body}\n}}\n");
                let name = format!("{}, `{shape}`, place {}", subject.name, (i + j + k) % 6);
                calls += &format!("    check({name:?}, {}, f{count});\n", subject.ends);
                count += 1;
            }
        }
    }
    format!("{functions}\nfn main() {{\n{calls}    println!(\"{count} loops\");\n}}\n")
}
