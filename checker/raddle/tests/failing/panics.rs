//! Panics, wherever they come from and whatever runs because of them.

use crate::{fails, is_child};
use raddle_shims::sync::atomic::AtomicU32;
use raddle_shims::sync::atomic::Ordering::*;
use raddle_shims::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use raddle_shims::thread;

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

mod programs {
    use super::*;

    #[raddle::test]
    fn in_main() {
        if is_child() {
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            thread::spawn(move || theirs.store(1, Relaxed));
            assert_eq!(x.load(Relaxed), 0, "the store was seen");
        }
    }

    #[raddle::test]
    fn in_a_thread_that_nobody_joins() {
        if is_child() {
            thread::spawn(|| panic!("alone"));
        }
    }

    #[raddle::test]
    fn in_a_thread_that_is_joined() {
        if is_child() {
            thread::spawn(|| panic!("below")).join().expect("it went well");
        }
    }

    #[raddle::test]
    fn in_a_destructor() {
        if is_child() {
            let _value = OnDrop(|| panic!("dropped"));
        }
    }

    #[raddle::test]
    fn in_a_destructor_while_unwinding() {
        if is_child() {
            let x = Arc::new(AtomicU32::new(0));
            let _value = OnDrop(|| {
                x.store(1, Relaxed);
                panic!("second");
            });
            panic!("first");
        }
    }

    #[raddle::test]
    fn in_a_destructor_of_a_thread_while_unwinding() {
        if is_child() {
            thread::spawn(|| {
                let _value = OnDrop(|| panic!("second"));
                panic!("first");
            });
        }
    }

    extern "C" fn not_to_be_unwound() {
        panic!("through C");
    }

    #[raddle::test]
    fn in_a_function_that_cannot_unwind() {
        if is_child() {
            thread::spawn(|| not_to_be_unwound());
        }
    }

    #[raddle::test]
    fn in_two_destructors_while_unwinding_in_two_threads() {
        if is_child() {
            let lock = Arc::new(Mutex::new(0));
            for _ in 0..2 {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    let _value = OnDrop(|| {
                        thread::yield_now();
                        panic!("second");
                    });
                    let _guard = lock.lock();
                    panic!("first");
                });
            }
        }
    }

    #[raddle::test]
    fn with_a_payload_that_is_not_a_text() {
        if is_child() {
            std::panic::panic_any(7_u32);
        }
    }

    #[raddle::test]
    fn while_others_wait() {
        if is_child() {
            let lock = Arc::new(Mutex::new(0));
            let (sender, receiver) = mpsc::channel::<u32>();
            let guard = lock.lock().unwrap();
            let theirs = Arc::clone(&lock);
            thread::spawn(move || *theirs.lock().unwrap() += 1);
            thread::spawn(move || receiver.recv());
            thread::spawn(thread::park);
            thread::spawn(|| thread::scope(|s| s.spawn(thread::park).join()));
            thread::spawn(|| {
                let pair = (Mutex::new(()), Condvar::new());
                let guard = pair.0.lock().unwrap();
                drop(pair.1.wait_while(guard, |()| true));
            });
            thread::yield_now();
            let _kept = (guard, sender);
            panic!("in the middle");
        }
    }

    #[raddle::test]
    fn while_guards_are_held() {
        if is_child() {
            let lock = Arc::new(Mutex::new(AtomicU32::new(0)));
            let table = Arc::new(RwLock::new(0));
            let theirs = (Arc::clone(&lock), Arc::clone(&table));
            let other = thread::spawn(move || {
                let (lock, table) = theirs;
                let _read = table.read();
                drop(lock.lock());
            });
            let _joined = OnDrop(move || other.thread().unpark());
            let _more = OnDrop(|| {
                let (sender, receiver) = mpsc::channel();
                sender.send(1).unwrap();
                assert_eq!(receiver.recv(), Ok(1));
                drop(lock.lock());
                drop(table.write());
            });
            let guard = lock.lock().unwrap();
            guard.store(1, Relaxed);
            panic!("with a guard");
        }
    }

    #[raddle::test]
    fn in_a_scope() {
        if is_child() {
            let x = AtomicU32::new(0);
            thread::scope(|s| {
                s.spawn(|| x.store(1, Relaxed));
                s.spawn(|| assert_eq!(x.load(Relaxed), 0, "in the scope"));
            });
        }
    }

    #[raddle::test]
    fn in_a_scope_whose_threads_wait() {
        if is_child() {
            let lock = Mutex::new(0);
            let guard = lock.lock().unwrap();
            thread::scope(|s| {
                let _guard = guard;
                s.spawn(|| *lock.lock().unwrap() += 1);
                s.spawn(thread::park);
                panic!("beside the scope");
            });
        }
    }

    raddle_shims::thread_local! {
        static LOCAL: OnDrop<Box<dyn FnMut()>> = {
            let x = AtomicU32::new(0);
            OnDrop(Box::new(move || {
                x.fetch_add(1, SeqCst);
                let lock = Mutex::new(x.load(SeqCst));
                assert_eq!(*lock.lock().unwrap(), 1);
            }))
        };
    }

    #[raddle::test]
    fn with_thread_locals() {
        if is_child() {
            LOCAL.with(|_| {});
            let parked = thread::spawn(|| {
                LOCAL.with(|_| {});
                thread::park();
            });
            thread::spawn(|| LOCAL.with(|_| panic!("with a thread-local")));
            parked.thread().unpark();
        }
    }

    raddle_shims::thread_local! {
        static PANICS: OnDrop<fn()> = OnDrop(|| panic!("at the end"));
    }

    #[raddle::test]
    fn in_the_destructor_of_a_thread_local() {
        if is_child() {
            thread::spawn(|| PANICS.with(|_| {})).join().unwrap();
        }
    }

    fn descend(n: u64) -> u64 {
        match n {
            0 => 0,
            _ => std::hint::black_box(descend(std::hint::black_box(n + 1))) + 1,
        }
    }

    #[raddle::test]
    fn overflow_in_main() {
        if is_child() {
            let other = thread::spawn(thread::park);
            descend(1);
            drop(other);
        }
    }

    #[raddle::test]
    fn overflow_in_a_thread() {
        if is_child() {
            let lock = Mutex::new(0);
            thread::scope(|s| {
                s.spawn(|| {
                    let _guard = lock.lock().unwrap();
                    descend(1)
                });
            });
        }
    }

    fn result() -> Result<(), String> {
        match is_child() {
            true => Err("no money".to_string()),
            false => Ok(()),
        }
    }

    #[raddle::test]
    fn an_error_returned() -> Result<(), String> {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        thread::spawn(move || theirs.store(1, Relaxed));
        match x.load(Relaxed) {
            0 => Ok(()),
            _ => result(),
        }
    }

    #[raddle::test(backend = "threads")]
    fn in_a_destructor_while_unwinding_on_threads() {
        if is_child() {
            thread::spawn(|| {
                let _value = OnDrop(|| panic!("second"));
                panic!("first");
            });
            thread::park();
        }
    }
}

#[test]
fn a_panic_in_main() {
    fails("panics::programs::in_main", "panic", "assertion `left == right` failed: the store");
}

#[test]
fn a_panic_that_nobody_is_told_of() {
    fails("panics::programs::in_a_thread_that_nobody_joins", "panic", "alone");
}

#[test]
fn a_panic_that_is_passed_on() {
    let text = fails("panics::programs::in_a_thread_that_is_joined", "panic", "below");
    assert!(text.contains("main panicked in turn: it went well: Any"), "{text}");
}

#[test]
fn a_panic_in_a_destructor() {
    fails("panics::programs::in_a_destructor", "panic", "dropped");
}

#[test]
fn a_panic_while_unwinding() {
    for name in [
        "in_a_destructor_while_unwinding",
        "in_a_destructor_of_a_thread_while_unwinding",
        "in_a_destructor_while_unwinding_on_threads",
    ] {
        let message = "second: panic in a destructor during cleanup, which aborts the process; the \
                       first panic was: first";
        fails(&format!("panics::programs::{name}"), "panic", message);
    }
}

#[test]
fn a_panic_that_cannot_unwind() {
    let message = "through C: panic in a function that cannot unwind, which aborts the process";
    fails("panics::programs::in_a_function_that_cannot_unwind", "panic", message);
}

#[test]
fn panics_while_unwinding_in_two_threads() {
    let name = "panics::programs::in_two_destructors_while_unwinding_in_two_threads";
    fails(name, "panic", "");
}

#[test]
fn a_panic_without_text() {
    let message = "a panic whose payload is not a text";
    fails("panics::programs::with_a_payload_that_is_not_a_text", "panic", message);
}

#[test]
fn a_panic_while_others_wait() {
    fails("panics::programs::while_others_wait", "panic", "in the middle");
}

#[test]
fn a_panic_while_guards_are_held() {
    fails("panics::programs::while_guards_are_held", "panic", "with a guard");
}

#[test]
fn a_panic_in_a_scope() {
    fails("panics::programs::in_a_scope", "panic", "a scoped thread panicked");
    fails("panics::programs::in_a_scope_whose_threads_wait", "deadlock", "");
}

#[test]
fn thread_locals_are_dropped() {
    fails("panics::programs::with_thread_locals", "panic", "with a thread-local");
}

#[test]
fn a_panic_in_a_thread_local() {
    let message = "thread local panicked on drop: at the end";
    fails("panics::programs::in_the_destructor_of_a_thread_local", "panic", message);
}

#[test]
fn stack_overflows() {
    for name in ["overflow_in_main", "overflow_in_a_thread"] {
        fails(&format!("panics::programs::{name}"), "misuse", "stack overflow: the thread used up");
    }
}

#[test]
fn an_error() {
    let message = "the test returned an error: \"no money\"";
    fails("panics::programs::an_error_returned", "panic", message);
}
