//! What the macros expand to, and what tests of documentation compare it with.

use crate::Builder;
use crate::settings::Layer;
use std::fmt::Debug;

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
