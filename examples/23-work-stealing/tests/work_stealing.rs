//! Two tasks and two workers, of which one has taken both.

use example_support::Example;
use example_work_stealing::{Deque, Scheduler, broken, fixed};
use raddle::Kind;
use raddle_shims::sync::Arc;
use raddle_shims::thread;

fn scenario(pop: fn(&Deque) -> Option<u32>) {
    let scheduler = Arc::new(Scheduler::new(pop, [1, 2]));
    let theirs = Arc::clone(&scheduler);
    let thief = thread::spawn(move || {
        let mut done = Vec::new();
        theirs.work(1, |task| done.push(task));
        done
    });
    let mut done = Vec::new();
    scheduler.work(0, |task| done.push(task));
    done.extend(thief.join().unwrap());
    done.sort_unstable();
    assert_eq!(done, [1, 2], "each task is run once");
}

#[raddle::test(expect = "panic")]
fn broken() {
    scenario(broken::pop);
}

#[raddle::test(model = "sc")]
fn broken_but_not_under_sc() {
    scenario(broken::pop);
}

#[raddle::test]
fn fixed() {
    scenario(fixed::pop);
}

#[test]
fn the_readme_shows_the_report() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.breaks("work_stealing::broken", Kind::Panic, || scenario(broken::pop));
}

/// Nothing is wrong with any interleaving.
#[test]
fn the_trap_is_one_of_weak_memory_alone() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    let scenario = || scenario(broken::pop);
    example.holds_under_sc("work_stealing::broken_but_not_under_sc", scenario);
}

#[test]
fn the_fix_is_verified() {
    let example = Example::of(env!("CARGO_MANIFEST_DIR"));
    example.holds("work_stealing::fixed", || scenario(fixed::pop));
}
