//! Executions that are chosen by bytes, for fuzzers.

use crate::explore::{Ran, Test, cut_violation, lost_violation, repeat_bytes, violation};
use crate::outcome::Outcome;
use crate::search::Cut;
use crate::settings::Task;
use crate::told::tell;
use crate::{replay, settings};
use std::time::Duration;

/// Makes a function of bytes of a model: each call checks the one execution that the bytes choose, and panics if it fails.
///
/// It is what libFuzzer, AFL or honggfuzz want to call, and needs none of them: with `libfuzzer-sys` a target is
/// `libfuzzer_sys::fuzz_target!(|bytes: &[u8]| transfer(bytes));`.
///
/// Each byte decides who goes next, or whether an old value is read; behind the last one, the last thread that can go on
/// goes on, and reads are of what is newest. So a byte that is changed late changes little of an execution, and the
/// fuzzer's own coverage says which changes are worth keeping. `choose` takes a byte as well. Settings come from the
/// environment and the profile. A failure prints the token of a smaller execution, and `RADDLE_REPLAY=TOKEN` replays it
/// whatever the bytes are.
///
/// ```
/// use raddle_shims::{sync::Mutex, thread};
/// use std::sync::Arc;
///
/// raddle::fuzz_target! {
///     /// Two threads count.
///     fn count() {
///         let count = Arc::new(Mutex::new(0));
///         let theirs = Arc::clone(&count);
///         let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
///         *count.lock().unwrap() += 1;
///         other.join().unwrap();
///         assert_eq!(*count.lock().unwrap(), 2);
///     }
/// }
///
/// count(b"any bytes");
/// ```
#[macro_export]
macro_rules! fuzz_target {
    ($(#[$attribute:meta])* $visible:vis fn $name:ident() $body:block) => {
        $(#[$attribute])*
        $visible fn $name(bytes: &[u8]) {
            let name = concat!(module_path!(), "::", stringify!($name));
            $crate::Builder::new().name(name).check_bytes(bytes, || $body);
        }
    };
}

/// Checks the execution that the bytes choose.
pub(crate) fn check(test: &Test, bytes: &[u8]) {
    if let Some(token) = settings::replay() {
        return replay::check(test, &token, Task::Usual).unwrap_or_else(|failed| failed.panic());
    }
    let violation = match repeat_bytes(test, bytes.to_vec()) {
        Err(lost) => lost_violation(test, lost),
        Ok(repeated) if repeated.failure.is_some() => {
            violation(test, (repeated.schedule, None), repeated.coverage)
        }
        Ok(repeated) if !repeated.cut.is_empty() && !test.settings.allow_incomplete => {
            cut_violation(test, Cut::again(repeated.schedule, repeated.coverage))
        }
        Ok(_) => return,
    };
    let outcome = Outcome::Violation(Box::new(violation));
    let (notes, warnings, cut, elapsed) = (Vec::new(), Vec::new(), None, Duration::ZERO);
    tell(test, &Ran { outcome, notes, warnings, cut, elapsed }, "");
}
