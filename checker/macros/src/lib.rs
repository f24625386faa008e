//! The attribute `#[raddle::test]`. Name it through the crate `raddle`, never through this one.

#![forbid(unsafe_code)]

mod expand;
mod settings;
mod suggest;

use proc_macro::TokenStream;

/// Makes a function a test whose body is run once for each execution that the checker explores.
///
/// ```text
/// #[raddle::test]
/// fn transfer() { … }
///
/// #[raddle::test(strategy = "random", iterations = 10_000, max_time = "5s", seed = 7)]
/// fn sampled() -> Result<(), Error> { … }
/// ```
///
/// The result is an ordinary `#[test]` of the same name, so filters, `#[should_panic(expected = "…")]`,
/// `#[cfg]`, doc comments and other attributes work as they do there. The function has no parameters,
/// is not generic and not `async`; what it returns is handed to `raddle::__private::run_test`.
///
/// Every setting is `key = literal` and goes to the setter of that name of `raddle::Builder`, which says
/// what it means and what its values are:
///
/// | key | value |
/// |---|---|
/// | `strategy`, `model`, `time`, `max_time`, `expect`, `backend`, `patience`, `minimize` | a string |
/// | `iterations`, `seed` | an integer of 64 bits |
/// | `max_events`, `max_preemptions` | an integer of 32 bits |
/// | `depth`, `jobs` | an integer from 1 to 1,000 or 1,024 |
/// | `stack_size` | an integer, in bytes |
/// | `check_leaks`, `check_task_leaks`, `allow_incomplete` | `true` or `false` |
/// | `name` | a string: the name in reports and tokens, instead of the function's path |
///
/// # Errors
/// The compiler refuses, at the place of the fault, an unknown key (with the key that was probably
/// meant), a key given twice, a literal of the wrong kind or too large, and a function that a test
/// cannot be made of.
///
/// # How tests are found
/// The test binary holds, for each such test, a byte string of the form
/// `\x01raddle-test\x02crate::module::function\x03`, with `\x02` and the name before the end if the
/// test has a `name`. `cargo raddle` looks for these; no test needs to be run to be listed.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(arguments.into(), item.into()).into()
}
