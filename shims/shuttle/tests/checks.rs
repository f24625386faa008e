//! The checks, their schedulers and configurations.

mod support;

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::*;
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Mutex, RwLock};
use shuttle::{
    Config, FailurePersistence, MaxSteps, PortfolioRunner, Runner, check_dfs, check_pct,
    check_random, check_random_with_seed, check_uncontrolled_nondeterminism, check_urw, replay,
    replay_from_file, thread,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize as Std;
use support::failure;

/// Two threads that increment, each with a load and a store: one increment can be lost.
fn loses_one() {
    let counter = Arc::new(AtomicUsize::new(0));
    let threads = [(); 2].map(|()| {
        let counter = Arc::clone(&counter);
        thread::spawn(move || counter.store(counter.load(SeqCst) + 1, SeqCst))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(counter.load(SeqCst), 2, "one was lost");
}

/// The same under a lock.
fn loses_none() {
    let counter = Arc::new(Mutex::new(0));
    let threads = [(); 2].map(|()| {
        let counter = Arc::clone(&counter);
        thread::spawn(move || *counter.lock().unwrap() += 1)
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*counter.lock().unwrap(), 2);
}

fn silent() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config
}

/// How often the closure of a check is called.
fn calls(check: impl FnOnce(Box<dyn Fn() + Send + Sync>)) -> usize {
    static CALLS: Std = Std::new(0);
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap();
    CALLS.store(0, SeqCst);
    check(Box::new(|| {
        CALLS.fetch_add(1, SeqCst);
        loses_none();
    }));
    CALLS.load(SeqCst)
}

#[test]
fn a_sample_has_as_many_executions_as_it_is_asked_for() {
    assert_eq!(calls(|f| check_random(f, 20)), 20);
    assert_eq!(calls(|f| check_random_with_seed(f, 5, 20)), 20);
    assert_eq!(calls(|f| check_random(f, 0)), 0);
    assert_eq!(Runner::new(RandomScheduler::new(12), Config::new()).run(loses_none), 12);
    assert_eq!(Runner::new(PctScheduler::new(2, 12), Config::new()).run(loses_none), 12);
    assert_eq!(Runner::new(UrwRandomScheduler::new(12), Config::new()).run(loses_none), 12);
}

#[test]
fn a_search_has_one_execution_for_each_order_of_the_threads() {
    assert_eq!(Runner::new(DfsScheduler::new(None, false), Config::new()).run(loses_none), 2);
    assert_eq!(Runner::new(DfsScheduler::new(Some(1), false), Config::new()).run(loses_none), 1);
    assert_eq!(Runner::new(RoundRobinScheduler::new(1), Config::new()).run(loses_none), 1);
}

#[test]
fn each_check_finds_the_race() {
    // A sample of 100 misses it with a probability below 1 in 10^9: each execution shows it with one of at least 1/5.
    let checks: [(&str, fn()); 5] = [
        ("random", || check_random(loses_one, 100)),
        ("pct", || check_pct(loses_one, 100, 2)),
        ("urw", || check_urw(loses_one, 100)),
        ("dfs", || check_dfs(loses_one, None)),
        ("nondeterminism", || check_uncontrolled_nondeterminism(loses_one, 100)),
    ];
    for (name, check) in checks {
        assert!(failure(check).contains("one was lost"), "{name}");
    }
}

#[test]
fn a_panic_of_any_thread_is_the_failure() {
    let message = failure(|| {
        check_dfs(|| drop(thread::spawn(|| panic!("a thread panicked")).join()), None);
    });
    assert_eq!(message, "a thread panicked");
    let message = failure(|| {
        check_dfs(
            || {
                thread::scope(|scope| {
                    scope.spawn(|| panic!("a scoped thread panicked"));
                });
            },
            None,
        );
    });
    assert_eq!(message, "a scoped thread panicked");
}

#[test]
fn failures_are_called_what_shuttle_calls_them() {
    let message = failure(|| {
        check_random(
            || {
                let lock = Mutex::new(());
                let _first = lock.lock().unwrap();
                drop(lock.lock().unwrap());
            },
            1,
        );
    });
    let words = "deadlock! tried to acquire a Mutex it already holds: main waits to lock";
    assert!(message.starts_with(words), "{message}");
    let upgrade = || {
        let lock = RwLock::new(());
        let _first = lock.read().unwrap();
        drop(lock.write().unwrap());
    };
    let message = failure(|| check_random(upgrade, 1));
    assert!(message.contains("tried to acquire a RwLock it already holds"), "{message}");
    let message = failure(|| {
        let mut config = Config::new();
        config.max_steps = MaxSteps::FailAfter(100);
        Runner::new(RandomScheduler::new(1), config).run(|| {
            let counter = AtomicUsize::new(0);
            loop {
                counter.fetch_add(1, SeqCst);
            }
        });
    });
    assert!(message.starts_with("exceeded max_steps bound 100"), "{message}");
    let spin = || {
        let flag = AtomicUsize::new(0);
        while flag.load(SeqCst) == 0 {}
    };
    let message = failure(|| check_dfs(spin, None));
    assert!(message.contains("exceeded max_steps bound"), "{message}");
}

#[test]
fn an_execution_can_be_cut_off() {
    let mut config = Config::new();
    config.max_steps = MaxSteps::ContinueAfter(50);
    let run = Runner::new(RandomScheduler::new(3), config).run(|| {
        let counter = AtomicUsize::new(0);
        loop {
            counter.fetch_add(1, SeqCst);
        }
    });
    assert!(run <= 3, "{run}");
}

#[test]
fn what_is_not_deterministic_is_found_when_it_is_run_again() {
    static RUNS: Std = Std::new(0);
    let message = failure(|| {
        check_uncontrolled_nondeterminism(
            || {
                if RUNS.fetch_add(1, SeqCst) % 2 == 1 {
                    thread::spawn(|| ());
                }
            },
            5,
        );
    });
    assert!(message.starts_with("possible nondeterminism: "), "{message}");
    assert_eq!(
        Runner::new(
            UncontrolledNondeterminismCheckScheduler::new(RandomScheduler::new(7)),
            Config::new()
        )
        .run(loses_none),
        7
    );
}

/// Writes the schedule of a failure into a file, and reads it.
fn schedule(
    name: &str,
    scheduler: impl Scheduler + 'static,
    f: fn(),
) -> (std::path::PathBuf, String) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::File(Some(folder.clone()));
    failure(|| {
        Runner::new(scheduler, config).run(f);
    });
    let file = folder.join("schedule000.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    (file, text)
}

#[test]
fn a_failure_can_be_replayed() {
    let (file, token) = schedule("replay", RandomScheduler::new(100), loses_one);
    assert!(token.starts_with("rd1-"), "{token}");
    assert!(failure(|| replay(loses_one, &token)).contains("one was lost"));
    assert!(failure(|| replay_from_file(loses_one, &file)).contains("one was lost"));
    // What has been mended passes, or is another program.
    let message = failure(|| replay(loses_none, &token));
    assert!(message.starts_with("possible nondeterminism: "), "{message}");
}

/// Which number it is depends on the checker; that it is below 250 does not hold for all.
fn draws() {
    assert!(thread_rng().gen_range(0..256) < 250, "too much");
}

#[test]
fn random_numbers_are_drawn_again() {
    // 1000 executions miss 6 of 256 with a probability of (250/256)^1000, less than 1 in 10^10.
    let (_, token) = schedule("numbers", RandomScheduler::new(1_000), draws);
    assert!(failure(|| replay(draws, &token)).contains("too much"));
    let seen = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let theirs = seen.clone();
    check_random(
        move || {
            let pair = [thread_rng().r#gen::<u64>(), thread_rng().r#gen::<u64>()];
            let other = thread::spawn(|| thread_rng().r#gen::<u64>()).join().unwrap();
            assert!(pair[0] != pair[1] && other != pair[0]);
            theirs.lock().unwrap().insert(pair);
        },
        50,
    );
    assert_eq!(seen.lock().unwrap().len(), 50);
}

#[test]
fn an_exhaustive_search_draws_the_same_numbers_or_none() {
    fn fails() {
        assert_eq!(thread_rng().gen_range(0..10), 10, "none is great enough");
    }
    let (_, token) = schedule("fixed", DfsScheduler::new(None, true), fails);
    assert!(token.ends_with("@fixed"), "{token}");
    assert!(failure(|| replay(fails, &token)).contains("none is great enough"));
    let draws = || assert_eq!(thread_rng().r#gen::<u8>() / 2 * 2, 1);
    let drawn = failure(|| check_dfs(draws, None));
    assert!(drawn.contains("allow_random_data = false"), "{drawn}");
}

#[test]
fn a_portfolio_runs_all_or_up_to_the_first_failure() {
    let mut both = PortfolioRunner::new(false, silent());
    both.add(RandomScheduler::new(3));
    both.add(DfsScheduler::new(None, false));
    assert_eq!(calls(|f| both.run(f)), 5);
    let mut first = PortfolioRunner::new(true, silent());
    first.add(DfsScheduler::new(None, false));
    first.add(RandomScheduler::new(3));
    assert!(failure(|| first.run(loses_one)).contains("one was lost"));
}

#[test]
fn what_raddle_cannot_follow_is_answered_with_a_sentence() {
    struct Mine;
    impl Scheduler for Mine {
        fn new_execution(&mut self) -> Option<Schedule> {
            Some(Schedule::new(0))
        }
        fn next_task(&mut self, tasks: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
            tasks.first().map(|task| task.id())
        }
        fn next_u64(&mut self) -> u64 {
            0
        }
    }
    let told = |result: Result<usize, Box<dyn std::any::Any + Send>>| {
        *result.expect_err("it is refused").downcast::<String>().expect("a sentence")
    };
    let run = || Runner::new(Mine, Config::new()).run(loses_none);
    let refused = told(catch_unwind(AssertUnwindSafe(run)));
    assert!(refused.contains("Mine cannot be used on raddle"), "{refused}");
    let old = || replay(loses_none, "910102ccdedf9592aba2afd70104");
    let refused = catch_unwind(AssertUnwindSafe(old)).expect_err("it is refused");
    let refused = *refused.downcast::<&str>().expect("a sentence");
    assert!(refused.contains("was printed by shuttle"), "{refused}");
    let run = || Runner::new(ReplayScheduler::new_from_schedule(Schedule::new(0)), Config::new());
    let refused = told(catch_unwind(AssertUnwindSafe(|| run().run(loses_none))));
    assert!(refused.contains("list of steps cannot be used on raddle"), "{refused}");
}

#[test]
fn a_thread_has_the_same_number_in_every_execution() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let theirs = Arc::clone(&seen);
    check_random(
        move || {
            let other = thread::spawn(|| thread::current().id()).join().unwrap();
            let mut seen = theirs.lock().unwrap();
            for id in [thread::current().id(), other] {
                if !seen.contains(&id) {
                    seen.push(id);
                }
            }
        },
        10,
    );
    let mut numbers: Vec<usize> = seen.lock().unwrap().iter().map(|&id| id.into()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1]);
}

#[test]
fn a_round_robin_of_one_execution_is_the_first_of_a_search() {
    let deadlock = || {
        let locks = Arc::new([(); 2].map(|()| RwLock::new(())));
        let theirs = Arc::clone(&locks);
        thread::spawn(move || {
            let _first = theirs[0].read().unwrap();
            let _second = theirs[1].read().unwrap();
        });
        let _second = locks[1].write().unwrap();
        let _first = locks[0].write().unwrap();
    };
    assert_eq!(Runner::new(RoundRobinScheduler::new(1), Config::new()).run(deadlock), 1);
    assert!(failure(|| check_dfs(deadlock, None)).starts_with("deadlock!"));
}
