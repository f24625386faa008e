//! What the page of a failure knows of each step.

use raddle::{Builder, Outcome};
use raddle_shims::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raddle_shims::sync::{Arc, Mutex, mpsc};
use raddle_shims::thread;
use serde_json::{Value, json};

/// The data of the page of a scenario that fails.
fn page(program: fn()) -> Value {
    let outcome = Builder::new().name("page").explore(program);
    let Outcome::Violation(violation) = outcome else { panic!("it did not fail: {outcome:?}") };
    let page = violation.page();
    let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next());
    serde_json::from_str(data.expect("the page holds its data")).expect("the data is JSON")
}

/// Text, thread, and what else is known of each step.
fn steps(data: &Value) -> Vec<(String, u64, Value)> {
    let texts = data["texts"].as_array().expect("there is a list of texts");
    let steps = data["steps"].as_array().expect("there is a list of steps").iter().map(|step| {
        let (fixed, more) = match step[0].is_array() {
            true => (&step[0], step[1].clone()),
            false => (step, json!({})),
        };
        let text = texts[fixed[1].as_u64().unwrap() as usize].as_str().unwrap();
        (text.to_owned(), fixed[0].as_u64().unwrap(), more)
    });
    steps.collect()
}

fn find<'a>(steps: &'a [(String, u64, Value)], text: &str, thread: u64) -> (usize, &'a Value) {
    let found = steps.iter().position(|step| step.0.starts_with(text) && step.1 == thread);
    let at = found.unwrap_or_else(|| panic!("there is no {text} by {thread} in {steps:?}"));
    (at, &steps[at].2)
}

fn crossed() {
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    let (first, second) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::spawn(move || {
        let _held = second.lock().unwrap();
        *first.lock().unwrap() += 1;
    });
    {
        let _held = a.lock().unwrap();
        *b.lock().unwrap() += 1;
    }
    other.join().unwrap();
}

/// Two threads that lock in different orders: who holds what, and since when each waits.
#[test]
fn holders_and_waits_are_told() {
    let steps = steps(&page(crossed));
    let (spawn, _) = find(&steps, "spawn", 0);
    let (first_a, lock_a) = find(&steps, "lock a", 0);
    let (first_b, lock_b) = find(&steps, "lock b", 1);
    assert_eq!((&lock_a["h"], &lock_b["h"]), (&json!([0]), &json!([1])));
    assert_eq!(lock_b["a"], json!([spawn]), "a thread comes after what spawned it");
    // Each waits from when the other has its lock and it has come there itself.
    let since = json!(first_a.max(first_b) + 1);
    let (_, b_waits) = find(&steps, "lock b -> waits", 0);
    let (_, a_waits) = find(&steps, "lock a -> waits", 1);
    assert_eq!((&b_waits["w"], &a_waits["w"]), (&since, &since));
}

fn passed_on() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let value = Arc::new(AtomicU32::new(7));
    let shared = Arc::clone(&value);
    let other = thread::spawn(move || {
        shared.store(8, Relaxed);
        sender.send(()).unwrap();
    });
    receiver.recv().unwrap();
    assert_eq!(value.load(Relaxed), 9);
    other.join().unwrap();
}

/// A receive reads from the send, comes after it and waited for it; so does what follows, in turn.
#[test]
fn values_and_their_sources_are_told() {
    let data = page(passed_on);
    let steps = steps(&data);
    let (store, stored) = find(&steps, "store value", 1);
    let (send, sent) = find(&steps, "send to", 1);
    let (_, received) = find(&steps, "receive from", 0);
    let (_, load) = find(&steps, "load value", 0);
    assert_eq!((&stored["v"], &sent["v"]), (&json!("8"), &json!("1 message")));
    assert_eq!(received["r"], json!(send));
    assert_eq!(received["a"], json!([send]), "the store comes before the send");
    assert!(received["v"].as_str().is_some_and(|value| value.starts_with("0 messages")));
    assert!(received["w"].as_u64().is_some_and(|since| since <= store as u64));
    assert_eq!((&load["r"], &load["a"]), (&json!(store), &Value::Null));
    let objects = data["objects"].as_array().unwrap();
    let value = objects.iter().find(|object| object["label"] == "atomic `value`").unwrap();
    assert_eq!(value["initial"], "7");
}
