//! A failing execution as a value.

// region: token
use raddle::{Builder, Kind, Outcome};
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

fn two_orders() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let other = thread::spawn({
        let (a, b) = (Arc::clone(&a), Arc::clone(&b));
        move || {
            let _first = b.lock();
            let _second = a.lock();
        }
    });
    {
        let _first = a.lock();
        let _second = b.lock();
    }
    other.join().unwrap();
}

#[test]
fn equal_searches_give_equal_tokens() {
    let tokens = [(); 2].map(|()| {
        let outcome = Builder::new().name("bank::two_orders").explore(two_orders);
        let Outcome::Violation(violation) = outcome else { panic!("{outcome:?}") };
        assert_eq!(violation.kind, Kind::Deadlock);
        violation.token.unwrap()
    });
    assert!(tokens[0].starts_with("rd1-") && tokens[0].len() < 30);
    assert_eq!(tokens[0], tokens[1]);
}
// end: token
