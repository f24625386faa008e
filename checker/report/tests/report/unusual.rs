//! Executions that strain the layout.

use raddle_report::trace::{Kind, Search, Step, ThreadState, Trace, Verdict};

use crate::cases::{
    BANK, FLAG, data_race, deadlock, exhaustive, part, preempt, site, spawned, step, thread, trace,
    waiting,
};

const LONG_LINE: &str = "src/long.rs";

/// The source of the files that only these cases have.
pub fn source(file: &str) -> Option<String> {
    let filler = "let value = compute(first, second, third);".repeat(3);
    match file {
        LONG_LINE => Some(format!(
            "fn one() {{ {filler} mutex.lock().unwrap(); {filler} }}\n\tfn zwei() {{ /* größer 日本 */ \
             lock(); }}\nlast();\n"
        )),
        _ => None,
    }
}

/// Spins twice, reads something old, and panics.
pub fn spin() -> Trace {
    let (load, store) = (site(FLAG, "load"), site(FLAG, "store"));
    let message = "assertion failed: text == 42";
    let read = site(FLAG, "text.with(");
    let mut trace = trace(Kind::Panic, "flag::spin", message, Some(read), exhaustive(12));
    let spawn = site(BANK, "thread::spawn");
    trace.threads = vec![
        thread(0, ThreadState::Panicked(message.to_owned())),
        spawned(1, Some("sender"), &spawn, ThreadState::Ended),
    ];
    trace.steps = vec![step(0, "spawn t1", &spawn)];
    let poll = step(0, "load ready -> false (acquire)", &load);
    trace.steps.extend(std::iter::repeat_n(poll.clone(), 13));
    trace.steps.push(preempt(step(1, "store text = 42 (relaxed)", &store)));
    let round = [poll, Step::new(0, "yield")];
    trace.steps.extend((0..20).flat_map(|_| round.clone()));
    trace.steps.push(step(1, "store ready: false -> true (relaxed)", &store));
    trace.steps.push(step(0, "load ready -> true (acquire)", &load));
    let stale = "text = 0 was written at src/flag.rs:3; the newer text = 42 of step 15 is not ordered \
                 before this load";
    let stale = Some(stale.to_owned());
    trace.steps.push(Step { stale, ..step(0, "load text -> 0 (relaxed)", &load) });
    trace
}

/// Many steps that are all different.
pub fn long() -> Trace {
    let mut trace = deadlock();
    let load = site(FLAG, "load");
    let steps = (0..200_u32).map(|i| {
        let step = step(i / 7 % 2, &format!("load x -> {i} (relaxed)"), &load);
        if i > 0 && i % 7 == 0 { preempt(step) } else { step }
    });
    trace.steps = steps.collect();
    trace
}

/// More threads than columns.
pub fn many_threads() -> Trace {
    let lock = site(BANK, "from.lock");
    let message = "7 of 19 threads wait, and none can go on";
    let mut trace = trace(Kind::Deadlock, "bank::many", message, Some(lock.clone()), exhaustive(1));
    let spawn = site(BANK, "thread::spawn");
    trace.threads = vec![thread(0, waiting("for the end of t1", None, site(BANK, "other.join")))];
    for id in 1..19 {
        let name = (id == 3).then_some("collector of yesterday");
        let state = match id {
            1..7 => waiting("to lock", Some(id % 2), lock.clone()),
            _ => ThreadState::Ended,
        };
        trace.threads.push(spawned(id, name, &spawn, state));
    }
    trace.steps = (1..7_u32)
        .flat_map(|id| {
            let text = format!("lock {} -> waits for the thread that holds it", id % 2);
            [step(0, &format!("spawn t{id}"), &spawn), preempt(step(id, &text, &lock))]
        })
        .collect();
    trace
}

/// Three threads whose steps are longer than a column may be.
pub fn wide_cells() -> Trace {
    let mut trace = deadlock();
    let lock = site(BANK, "from.lock");
    let texts = [
        "compare_exchange state: 0 -> 1 (acquire, relaxed) -> succeeded",
        "wait on condvar `not_empty` until notified, releasing mutex `queue`",
        "send on channel `jobs`",
    ];
    let steps = texts.iter().enumerate().map(|(i, text)| step(i as u32, text, &lock));
    trace.steps = steps.collect();
    trace
}

/// Two threads at the same place.
pub fn same_line() -> Trace {
    let mut trace = deadlock();
    trace.verdict.parts.drain(..2);
    trace.steps.clear();
    trace
}

/// Participants in two files, one of them without source.
pub fn two_files() -> Trace {
    let mut trace = data_race();
    trace.verdict.parts[0].site = Some(site(BANK, "*x -= 1"));
    trace.steps.clear();
    trace.objects.clear();
    trace
}

/// Steps that do not matter.
pub fn causal() -> Trace {
    let mut trace = data_race();
    let load = site(FLAG, "load");
    let aside = Step { causal: false, ..step(2, "load other -> 7 (relaxed)", &load) };
    trace.steps.splice(1..1, [aside.clone(), aside.clone(), aside.clone(), aside.clone(), aside]);
    trace
}

/// A place far to the right, and one behind a tab and wide characters.
pub fn long_line() -> Trace {
    let message = "called `Result::unwrap()` on an `Err` value: PoisonError { .. }";
    let lock = site(LONG_LINE, "mutex.lock");
    let mut trace = trace(Kind::Panic, "long", message, Some(lock.clone()), exhaustive(1));
    trace.verdict.parts =
        vec![part(0, "here main waits", lock), part(1, "t1 locks", site(LONG_LINE, "lock(); }"))];
    trace
}

/// Nothing but a verdict.
pub fn bare() -> Trace {
    Trace::new("", Verdict::new(Kind::Panic, ""), Search::default())
}

/// Text that would like to steer the terminal, and numbers that lead nowhere.
pub fn hostile() -> Trace {
    let mut trace = deadlock();
    let nasty = "\u{1b}[2Jcleared\r\tand \u{202e}reversed\u{7}\n\nsecond line";
    trace.verdict.message = nasty.to_owned();
    trace.verdict.parts[0].text = nasty.to_owned();
    trace.verdict.parts[1].site = Some(raddle_report::trace::Site::new(BANK, 4000, 7));
    trace.threads[1].name = Some(nasty.to_owned());
    trace.objects[0].name = Some(nasty.to_owned());
    trace.objects[0].holders = vec![77];
    trace.steps[1].text = nasty.to_owned();
    trace.steps[2].thread = 99;
    trace.steps[3].stale = Some(nasty.to_owned());
    trace.notes = vec![nasty.to_owned()];
    trace.replay = format!("cargo {nasty}");
    trace
}
