//! What code inside a model can ask the checker for.

use raddle_shims::kernel::Op;
use raddle_shims::model::{inside, ops};
use std::panic::Location;

/// Any of `0..alternatives`: the checker tries each. For nondeterminism of the program's environment: which
/// request comes, whether a device fails.
///
/// ```
/// raddle::check(|| assert!(raddle::choose(3) < 3));
/// ```
///
/// # Panics
/// Outside of a model, if `alternatives` is 0, or if it is more than `u32::MAX`.
#[track_caller]
pub fn choose(alternatives: usize) -> usize {
    let Some(model) = inside() else { panic!("raddle::choose was called outside of a model") };
    let alternatives = u32::try_from(alternatives).ok().filter(|&count| count > 0);
    let alternatives = alternatives.expect("raddle::choose needs at least one alternative");
    ops::choose(&model, alternatives, Location::caller()) as usize
}

/// Goes on only if the condition is true: other executions are set aside, neither failing nor counted.
///
/// ```
/// raddle::check(|| {
///     let (a, b) = (raddle::choose(3), raddle::choose(3));
///     raddle::assume(a < b);
///     assert!(b > 0);
/// });
/// ```
///
/// # Panics
/// Outside of a model.
#[track_caller]
pub fn assume(condition: bool) {
    let Some(model) = inside() else { panic!("raddle::assume was called outside of a model") };
    model.perform(&Op::Assume(condition), Location::caller());
}

/// Names objects for reports: `label!(queue, head)` calls both what the variables are called,
/// `label!(self.head => "head")` gives a name. The objects are those with a method `label`.
///
/// ```
/// use raddle_shims::sync::atomic::AtomicU32;
/// raddle::check(|| {
///     let head = AtomicU32::new(0);
///     raddle::label!(head);
///     raddle::label!(head => "the head of the queue");
/// });
/// ```
#[macro_export]
macro_rules! label {
    ($($object:ident),+ $(,)?) => { $( $object.label(::core::stringify!($object)); )+ };
    ($object:expr => $name:expr) => { $object.label($name) };
}
