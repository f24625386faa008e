//! Where more is explored than need be, by how much: the figures in ARCHITECTURE.md.

mod support;

use raddle_engine::memory::Model;
use raddle_shims::go;
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::*, fence};
use raddle_shims::sync::{Barrier, Mutex, mpsc};
use raddle_shims::thread;
use support::{Seen, explore_under};

/// Executions, runs that repeat others, and runs that were given up.
fn counts<T>(seen: &Seen<T>) -> (u64, u64, u64) {
    (seen.complete + seen.deadlocks, seen.redundant, seen.set_aside)
}

/// Whether ARCHITECTURE.md has that as a row of the table.
#[track_caller]
fn stands_there(example: &str, explored: &str, enough: &str) {
    let text = include_str!("../../../ARCHITECTURE.md");
    let row = text.lines().find(|line| line.starts_with('|') && line.contains(example));
    let cells: Vec<_> = row.unwrap_or_else(|| panic!("no row for {example}")).split('|').collect();
    assert_eq!([cells[3].trim(), cells[4].trim()], [explored, enough], "{example}");
}

#[test]
fn turns_of_several_loads() {
    for model in [Model::Sc, Model::Rc20] {
        let seen = explore_under(model, || {
            let (sequence, data) = (AtomicUsize::new(0), [const { AtomicUsize::new(0) }; 2]);
            thread::scope(|s| {
                s.spawn(|| {
                    sequence.store(1, Relaxed);
                    fence(Release);
                    data[0].store(1, Relaxed);
                    data[1].store(1, Relaxed);
                    sequence.store(2, Release);
                });
                s.spawn(|| {
                    loop {
                        let before = sequence.load(Acquire);
                        if before % 2 == 1 {
                            continue;
                        }
                        let _seen = [data[0].load(Relaxed), data[1].load(Relaxed)];
                        fence(Acquire);
                        if sequence.load(Relaxed) == before {
                            break;
                        }
                    }
                });
            });
        });
        assert_eq!(counts(&seen), (2, 0, 8), "{model}");
    }
    stands_there("a sequence lock, 1 writer, 1 reader", "2 + 8", "2");
}

/// Threads that each put a node on a Treiber stack and take one off.
///
/// What each has taken off, and the nodes in the end. With `counts`, no two turns of a loop are the same.
fn treiber(threads: usize, counts: bool) -> impl Fn() -> Vec<usize> + 'static {
    move || {
        let next: Vec<_> = (0..=threads).map(|_| AtomicUsize::new(0)).collect();
        let top = AtomicUsize::new(0);
        let taken = thread::scope(|s| {
            let run = |me: usize| {
                let (next, top) = (&next, &top);
                s.spawn(move || {
                    let (node, mut turns) = (me + 1, 0_usize);
                    loop {
                        turns += usize::from(std::hint::black_box(counts));
                        let old = top.load(Acquire);
                        next[node].store(old, Relaxed);
                        if top.compare_exchange(old, node, Release, Relaxed).is_ok() {
                            break;
                        }
                    }
                    let taken = loop {
                        turns += usize::from(std::hint::black_box(counts));
                        let old = top.load(Acquire);
                        if old == 0 {
                            break 0;
                        }
                        let below = next[old].load(Relaxed);
                        if top.compare_exchange(old, below, Acquire, Relaxed).is_ok() {
                            break old;
                        }
                    };
                    std::hint::black_box(turns);
                    taken
                })
            };
            let threads: Vec<_> = (0..threads).map(run).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let left = next.iter().chain([&top]).map(|node| node.load(Relaxed));
        taken.into_iter().chain(left).collect()
    }
}

#[test]
fn retries_that_write() {
    let seen = explore_under(Model::Rc20, treiber(2, false));
    assert_eq!(counts(&seen), (22, 0, 12));
    stands_there("Treiber's stack, 2 threads", "22 + 12", "fewer");
    let seen = explore_under(Model::Rc20, treiber(3, false));
    assert_eq!(counts(&seen), (4_812, 0, 7_040));
    stands_there("Treiber's stack, 3 threads", "4,812 + 7,040", "fewer");
}

/// To leave out turns changes nothing that can be seen: where they are counted, and so none is left out, threads end with the same.
#[test]
fn retries_end_as_if_no_turn_was_left_out() {
    for model in [Model::Sc, Model::Rc20] {
        let [seen, all] = [false, true].map(|counts| explore_under(model, treiber(2, counts)));
        assert_eq!(seen.outcomes, all.outcomes, "{model}");
        assert_eq!((counts(&seen), counts(&all)), ((22, 0, 12), (46, 0, 0)), "{model}");
    }
}

#[test]
fn looking_too_early() {
    let seen = explore_under(Model::Rc20, || {
        let ready = Mutex::new(false);
        thread::scope(|s| {
            s.spawn(|| *ready.lock().unwrap() = true);
            s.spawn(|| while !*ready.lock().unwrap() {});
        });
    });
    assert_eq!(counts(&seen), (1, 0, 1));
    stands_there("a flag behind a mutex", "1 + 1", "1");
}

#[test]
fn selects_that_could_have_taken_another_arm() {
    let seen = explore_under(Model::Rc20, || {
        let (left, right) = (go::chan::<u32>(1), go::chan::<u32>(1));
        let (to_left, to_right) = (left.clone(), right.clone());
        thread::scope(|s| {
            s.spawn(move || to_left.send(1));
            s.spawn(move || to_right.send(2));
            s.spawn(move || {
                go::select! {
                    recv(left) -> _ => {}
                    recv(right) -> _ => {}
                }
            });
        });
    });
    assert_eq!(counts(&seen), (4, 0, 0));
    stands_there("one over two channels", "4", "2");
}

#[test]
fn messages_that_nobody_receives() {
    let seen = explore_under(Model::Rc20, || {
        let (sender, _receiver) = mpsc::channel();
        thread::scope(|s| {
            for message in 0..2 {
                let sender = sender.clone();
                s.spawn(move || sender.send(message).unwrap());
            }
        });
    });
    assert_eq!(counts(&seen), (2, 0, 0));
    stands_there("two senders, nobody receives", "2", "1");
}

#[test]
fn leaders_of_a_barrier() {
    let seen = explore_under(Model::Rc20, || {
        let barrier = Barrier::new(2);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| barrier.wait().is_leader());
            }
        });
    });
    assert_eq!(counts(&seen), (4, 0, 0));
    stands_there("two threads ask at the same time", "4", "2");
}
