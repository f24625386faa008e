//! What the harness makes of a check: expected failures, expected panics, nondeterminism, many at once.

use crate::{fails, is_child, one_report, run, text};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;

mod programs {
    use super::*;
    use std::sync::atomic as real;

    static TURNS: real::AtomicU32 = real::AtomicU32::new(0);

    #[raddle::test]
    fn a_counter_that_outlives_executions() {
        if is_child() {
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            let other = thread::spawn(move || theirs.store(1, Relaxed));
            for _ in 0..TURNS.fetch_add(1, real::Ordering::Relaxed) % 3 {
                x.fetch_add(1, Relaxed);
            }
            x.load(Relaxed);
            other.join().unwrap();
        }
    }

    static SPAWNS: real::AtomicU32 = real::AtomicU32::new(0);

    #[raddle::test]
    fn an_access_in_place_of_a_spawn() {
        if is_child() {
            let x = Arc::new(AtomicU32::new(0));
            if SPAWNS.fetch_add(1, real::Ordering::Relaxed) == 0 {
                let theirs = Arc::clone(&x);
                thread::spawn(move || theirs.store(1, Relaxed));
            }
            x.load(Relaxed);
        }
    }

    static FAILURES: real::AtomicU32 = real::AtomicU32::new(0);

    #[raddle::test]
    fn a_failure_that_does_not_come_again() {
        if is_child() {
            assert_ne!(FAILURES.fetch_add(1, real::Ordering::Relaxed), 0, "the first time");
        }
    }

    #[test]
    fn a_setting_that_is_refused() {
        if is_child() {
            raddle::Builder::new().strategy("pcr").check(|| {});
        }
    }

    fn lock_twice() {
        let lock = Mutex::new(0);
        let _first = lock.lock().unwrap();
        let _second = lock.lock().unwrap();
    }

    #[raddle::test(iterations = 5)]
    fn a_loop_that_waits_in_a_search_that_is_cut_short() {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || {
            while theirs.load(Acquire) != 3 {
                thread::yield_now();
            }
        });
        let adders = [(); 2].map(|()| {
            let x = Arc::clone(&x);
            thread::spawn(move || x.fetch_add(1, Release))
        });
        x.fetch_add(1, Release);
        adders.into_iter().for_each(|adder| _ = adder.join().unwrap());
        other.join().unwrap();
    }

    #[raddle::test(expect = "deadlock")]
    fn expected_and_found() {
        lock_twice();
    }

    #[raddle::test(expect = "deadlock")]
    fn expected_and_not_found() {
        if !is_child() {
            lock_twice();
        }
    }

    #[raddle::test(expect = "deadlock")]
    fn expected_and_something_else_found() {
        if !is_child() {
            lock_twice();
        }
        panic!("something else");
    }

    #[raddle::test]
    #[should_panic(expected = "2 of 2 threads wait")]
    fn a_panic_expected() {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let guard = lock.lock().unwrap();
        thread::spawn(move || *theirs.lock().unwrap() += 1).join().unwrap();
        drop(guard);
    }

    #[raddle::test]
    #[should_panic(expected = "another text")]
    fn another_panic_expected() {
        match is_child() {
            true => panic!("this text"),
            false => panic!("another text"),
        }
    }

    #[raddle::test]
    fn a_result() -> Result<(), std::num::ParseIntError> {
        let x = AtomicU32::new("7".parse()?);
        assert_eq!(x.load(Relaxed), 7);
        Ok(())
    }

    /// Locks in two orders, which a message keeps apart.
    #[raddle::test]
    fn passes_with_a_warning() {
        let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let (done, wait) = mpsc::channel();
        let other = thread::spawn(move || {
            let _first = a2.lock().unwrap();
            drop(b2.lock().unwrap());
            done.send(()).unwrap();
        });
        wait.recv().unwrap();
        let second = b.lock().unwrap();
        drop(a.lock().unwrap());
        drop(second);
        other.join().unwrap();
    }

    mod many {
        use super::*;

        fn fail(text: &str) {
            if is_child() {
                let x = Arc::new(AtomicU32::new(0));
                let theirs = Arc::clone(&x);
                thread::spawn(move || (0..5).for_each(|_| _ = theirs.fetch_add(1, Relaxed)));
                (0..5).for_each(|_| _ = x.fetch_add(1, Relaxed));
                assert_ne!(x.load(Relaxed), 10, "{text}");
            }
        }

        #[raddle::test]
        fn one() {
            fail("failure one");
        }

        #[raddle::test]
        fn two() {
            fail("failure two");
        }

        #[raddle::test]
        fn three() {
            fail("failure three");
        }

        #[raddle::test]
        fn four() {
            fail("failure four");
        }
    }
}

#[test]
fn nondeterminism_is_told() {
    let text =
        fails("verdicts::programs::a_counter_that_outlives_executions", "nondeterminism", "");
    assert!(text.contains("given the same schedule, a test must do the same"), "{text}");
    fails("verdicts::programs::an_access_in_place_of_a_spawn", "nondeterminism", "");
    let message = "a failing execution did not fail when it was run again";
    fails("verdicts::programs::a_failure_that_does_not_come_again", "nondeterminism", message);
}

#[test]
fn a_search_says_that_it_began_again() {
    let test = "verdicts::programs::a_loop_that_waits_in_a_search_that_is_cut_short";
    let text = text(&run(&["--exact", test]));
    assert!(text.contains("explored 5 executions (not complete: limit of 5 executions)"), "{text}");
    assert!(text.contains("the search began again "), "{text}");
    assert!(text.contains("as it learned of loops that only read; "), "{text}");
}

#[test]
fn an_expected_failure_passes() {
    for name in ["expected_and_found", "a_panic_expected", "a_result"] {
        let output = run(&["--exact", &format!("verdicts::programs::{name}")]);
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("1 passed"), "{}", text(&output));
    }
}

#[test]
fn an_expected_failure_that_does_not_come_fails() {
    let output = run(&["--exact", "verdicts::programs::expected_and_not_found"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    assert!(text.contains("a deadlock was expected, and none was found"), "{text}");
    assert_eq!(text.matches("panicked at").count(), 1, "{text}");
}

#[test]
fn another_failure_than_the_expected_one_fails() {
    let name = "verdicts::programs::expected_and_something_else_found";
    let text = fails(name, "panic", "something else");
    assert!(text.contains("a deadlock was expected, but this was found:"), "{text}");
}

#[test]
fn another_panic_than_the_expected_one_fails() {
    let output = run(&["--exact", "verdicts::programs::another_panic_expected"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    one_report(&text, "thread 'verdicts::programs::another_panic_expected'");
    assert!(text.contains("panic did not contain expected string"), "{text}");
}

#[test]
fn tests_that_fail_side_by_side_have_a_report_each() {
    let output = run(&["verdicts::programs::many::", "--test-threads=4"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    assert!(text.contains("0 passed; 4 failed"), "{text}");
    for name in ["one", "two", "three", "four"] {
        let thread = format!("thread 'verdicts::programs::many::{name}' panicked at");
        assert_eq!(text.matches(&thread).count(), 1, "{name}\n{text}");
        let message = format!("failed: failure {name}\n");
        assert!(text.contains(&message), "{name}\n{text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("replay:")).count(), 4, "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("error[panic]")).count(), 4, "{text}");
}

#[test]
fn a_warning_of_a_test_that_passes_is_printed_with_both_orders() {
    let output = run(&["--exact", "verdicts::programs::passes_with_a_warning"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let start = text.find("\nwarning: ").unwrap_or_else(|| panic!("there is no warning in {text}"));
    let lines: Vec<&str> = text[start + 1..].lines().take(4).collect();
    let starts = [
        "warning: failing::verdicts::programs::passes_with_a_warning: `a` and `b` are locked in different \
         orders, which deadlocks if the threads meet:",
        "  t1 locks `a` at checker/raddle/tests/failing/verdicts.rs:",
        "  main locks `b` at checker/raddle/tests/failing/verdicts.rs:",
        "  note: no execution deadlocks, so something else keeps these threads apart;",
    ];
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "expected {start}\n{text}");
    }
}

#[test]
fn a_wrong_setting_is_told_at_the_test() {
    let name = "verdicts::programs::a_setting_that_is_refused";
    let output = run(&["--exact", name]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let told = format!("thread '{name}' panicked at checker/raddle/tests/failing/verdicts.rs:");
    assert!(text.contains(&told), "{text}");
    assert!(text.contains("error: strategy: unknown strategy \"pcr\"; did you mean"), "{text}");
    assert!(!text.contains("src/builder.rs"), "{text}");
}
