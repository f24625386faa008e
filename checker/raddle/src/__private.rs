//! What the macros expand to.

use crate::Builder;
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
