//! Buffers whose users see them in a state that they do not expect.

use super::Var;
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// A string of JDK 1.4: what is appended to another is measured, and then copied, under its lock each time; in
/// between it may shrink.
pub fn string_buffer() {
    #[derive(Clone)]
    struct Text(Arc<(Mutex<()>, Var)>);
    impl Text {
        fn new(length: i64) -> Text {
            Text(Arc::new((Mutex::new(()), Var::new(length))))
        }

        fn length(&self) -> i64 {
            let _guard = self.0.0.lock().unwrap();
            self.0.1.get()
        }

        fn copy(&self, end: i64) {
            let _guard = self.0.0.lock().unwrap();
            assert!(end <= self.0.1.get(), "copied beyond its end");
        }

        fn append(&self, other: &Text) {
            let _guard = self.0.0.lock().unwrap();
            let length = other.length();
            let sum = self.0.1.get() + length;
            other.copy(length);
            self.0.1.set(sum);
        }

        fn append_length(&self, length: i64) {
            let _guard = self.0.0.lock().unwrap();
            self.0.1.add(length);
        }

        fn erase(&self, start: i64, end: i64) {
            let _guard = self.0.0.lock().unwrap();
            let end = end.min(self.0.1.get());
            assert!(start <= end, "erased backwards");
            self.0.1.add(start - end);
        }
    }
    let text = Text::new(3);
    let theirs = text.clone();
    thread::spawn(move || {
        theirs.erase(0, 3);
        theirs.append_length(3);
    });
    Text::new(0).append(&text);
}

/// A producer fills slots and a consumer takes them, by two flags under a lock; each tries seven times, and the
/// consumer expects in its i-th turn what was sent in the producer's i-th.
pub fn circular() {
    const TURNS: i64 = 7;
    struct Log {
        lock: Mutex<()>,
        slots: [Var; 10],
        first: Var,
        next: Var,
        send: Var,
        receive: Var,
    }
    let log = Arc::new(Log {
        lock: Mutex::new(()),
        slots: [const { Var::new(0) }; 10],
        first: Var::new(0),
        next: Var::new(0),
        send: Var::new(1),
        receive: Var::new(0),
    });
    let theirs = Arc::clone(&log);
    let producer = thread::spawn(move || {
        for turn in 0..TURNS {
            let _guard = theirs.lock.lock().unwrap();
            if theirs.send.get() == 1 {
                theirs.slots[theirs.next.get() as usize].set(turn);
                theirs.next.add(1);
                theirs.send.set(0);
                theirs.receive.set(1);
            }
        }
    });
    let theirs = Arc::clone(&log);
    let consumer = thread::spawn(move || {
        for turn in 0..TURNS {
            let _guard = theirs.lock.lock().unwrap();
            if theirs.receive.get() == 1 {
                assert!(theirs.next.get() > 0);
                let slot = theirs.first.get();
                theirs.first.add(1);
                assert_eq!(theirs.slots[slot as usize].get(), turn, "out of step");
                theirs.receive.set(0);
                theirs.send.set(1);
            }
        }
    });
    producer.join().unwrap();
    consumer.join().unwrap();
}

/// A stack that is popped as soon as something was ever pushed, which may be more often than it was pushed.
pub fn stack() {
    const TURNS: i64 = 10;
    struct Stack {
        lock: Mutex<()>,
        slots: [Var; 10],
        top: Var,
        used: Var,
    }
    let slots = [const { Var::new(0) }; 10];
    let (top, used) = (Var::new(0), Var::new(0));
    let stack = Arc::new(Stack { lock: Mutex::new(()), slots, top, used });
    let theirs = Arc::clone(&stack);
    let pusher = thread::spawn(move || {
        for turn in 0..TURNS {
            let _guard = theirs.lock.lock().unwrap();
            assert!(theirs.top.get() < TURNS, "full");
            theirs.slots[theirs.top.get() as usize].set(turn);
            theirs.top.add(1);
            theirs.used.set(1);
        }
    });
    let theirs = Arc::clone(&stack);
    let popper = thread::spawn(move || {
        for _ in 0..TURNS {
            let _guard = theirs.lock.lock().unwrap();
            if theirs.used.get() == 1 {
                assert!(theirs.top.get() > 0, "empty");
                theirs.top.add(-1);
                theirs.slots[theirs.top.get() as usize].get();
            }
        }
    });
    pusher.join().unwrap();
    popper.join().unwrap();
}
