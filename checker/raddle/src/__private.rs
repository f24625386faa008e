//! What the macros expand to, and what tests of documentation compare it with.

use crate::explore::{Test, run};
use crate::search::Until;
use crate::settings::{Layer, Task};
pub use crate::told::CheckFailed;
use crate::{Builder, repeated, replay, told};
use std::fmt::Debug;
use std::sync::Arc;

/// What a test function returns.
pub trait Returned {
    /// Panics if it says that the test failed.
    fn finish(self);
}

impl Returned for () {
    fn finish(self) {}
}

impl<T: Returned, E: Debug> Returned for Result<T, E> {
    fn finish(self) {
        match self {
            Ok(value) => value.finish(),
            Err(error) => panic!("the test returned an error: {error:?}"),
        }
    }
}

/// A value of any return type after a check that has passed.
pub trait Passed {
    /// It.
    fn passed() -> Self;
}

impl Passed for () {
    fn passed() {}
}

impl<T: Passed, E> Passed for Result<T, E> {
    fn passed() -> Self {
        Ok(T::passed())
    }
}

/// Runs a test function as a model.
pub fn run_test<R: Returned + Passed + 'static>(builder: Builder, body: fn() -> R) -> R {
    builder.check(move || body().finish());
    R::passed()
}

/// [`Builder::check`] for packages that stand in for other tools: what fails is given back when it has been reported,
/// else how many executions were explored.
///
/// # Errors
/// What failed.
///
/// # Panics
/// If a setting is wrong, or what the environment asks for cannot be done.
pub fn checked(builder: Builder, f: impl Fn() + Send + Sync + 'static) -> Result<u64, CheckFailed> {
    told::checked(&builder.test(Arc::new(f)))
}

/// The same, but each execution of a sample is run twice, and it is a failure if the second time something else happens.
///
/// # Errors
/// What failed.
///
/// # Panics
/// As [`checked`].
pub fn checked_twice(
    builder: Builder,
    f: impl Fn() + Send + Sync + 'static,
) -> Result<u64, CheckFailed> {
    let search = |test: &Test| repeated::run(test, || run(test, Until::failure(test, None)));
    told::checked_by(&builder.test(Arc::new(f)), search)
}

/// The same for the one execution of a token, whichever check it is of.
///
/// # Errors
/// What failed.
///
/// # Panics
/// If there is something wrong with the token, or a setting is wrong.
pub fn replayed(
    builder: Builder,
    token: &str,
    f: impl Fn() + Send + Sync + 'static,
) -> Result<u64, CheckFailed> {
    let test = builder.test(Arc::new(f));
    replay::check_named(&test, ("the token", token), Task::Usual, None).map(|()| 1)
}

/// Whether such a check would try every execution, whatever the environment says.
///
/// # Panics
/// If a setting is wrong.
pub fn is_exhaustive(builder: &Builder) -> bool {
    builder.clone().test(Arc::new(|| ())).settings.strategy.exhaustive
}

/// The names of all settings.
pub const SETTINGS: &[&str] = &crate::settings::KEYS;

/// Whether a setting takes a value, else a sentence that says why not. For tests of documentation.
///
/// # Errors
/// The sentence.
pub fn is_setting(key: &str, value: &str) -> Result<(), String> {
    Layer::default().set(key, value)
}

/// Whether a check with this setting is the same as one without settings.
///
/// # Errors
/// If the setting does not take the value.
pub fn is_default(key: &str, value: &str) -> Result<bool, String> {
    let mut layer = Layer::default();
    layer.set(key, value)?;
    Ok(format!("{:?}", layer.settle()) == format!("{:?}", Layer::default().settle()))
}
