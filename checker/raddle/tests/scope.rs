//! What is said of a scope whose threads panic.

use raddle::Outcome;
use raddle_shims::thread;

/// A scope that panics because of its threads has told whoever catches that.
#[test]
fn a_caught_panic_of_a_scope_is_no_failure() {
    let outcome = raddle::explore(|| {
        let caught = std::panic::catch_unwind(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("within"));
            });
        });
        let payload = caught.expect_err("the thread panics");
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"a scoped thread panicked"));
    });
    assert!(matches!(&outcome, Outcome::Verified(_)), "{outcome:?}");
}
