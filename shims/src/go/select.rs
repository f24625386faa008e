//! Selects: the macro, and waiting for one of several arms.

use super::channel::{Receives, Sends};
use super::core::{Arm, Port};
use super::real;
#[cfg(feature = "model")]
use crate::kernel::{Action, Ask, GAVE_UP, LocationId, Patience, Selected, Stance, Value};
#[cfg(feature = "model")]
use crate::model::{Model, ObjectKind, Site, ops};
use std::time::Duration;

/// How long a select waits.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Until an arm is ready.
    Block,
    /// Not at all: it has a default.
    Poll,
    /// So long.
    For(Duration),
}

/// The arm that was taken, asked for one after the other.
#[doc(hidden)]
pub struct Taken(std::cell::Cell<usize>);

impl Taken {
    /// None if none was.
    pub fn new(taken: Option<usize>) -> Taken {
        Taken(std::cell::Cell::new(taken.unwrap_or(usize::MAX)))
    }

    /// Whether it is the next one.
    pub fn is_next(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.wrapping_sub(1));
        left == 0
    }
}

/// An arm that receives.
#[doc(hidden)]
pub fn receiving<T, C: Receives<T> + ?Sized>(channel: &C) -> Arm<'_, T> {
    Arm::receives(channel.receives())
}

/// An arm that sends.
#[doc(hidden)]
pub fn sending<T, C: Sends<T> + ?Sized>(channel: &C, message: T) -> Arm<'_, T> {
    Arm::sends(channel.sends(), message)
}

/// Performs one of the arms and says which; none if none was ready in time.
#[doc(hidden)]
#[track_caller]
pub fn wait(ports: &[&dyn Port], mode: Mode) -> Option<usize> {
    let taken = choose(ports, mode);
    if let Some(taken) = taken {
        assert!(!ports[taken].is_refused(), "send on closed channel");
    }
    taken
}

#[track_caller]
fn choose(ports: &[&dyn Port], mode: Mode) -> Option<usize> {
    in_model!(model => inside(&model, ports, mode, std::panic::Location::caller()));
    let limit = match mode {
        Mode::Block => None,
        Mode::Poll => Some(Duration::ZERO),
        // A time limit that has been asked for is not a default, however short.
        Mode::For(limit) => Some(limit.max(Duration::from_nanos(1))),
    };
    real::wait(ports, limit)
}

/// The one object to which all channels of an execution belong.
#[cfg(feature = "model")]
pub(super) fn exchange(model: &Model, site: Site) -> LocationId {
    static KEY: u8 = 0;
    let key = std::ptr::from_ref(&KEY) as usize;
    LocationId::local(model.shared(key, ObjectKind::Internal, Value(0), site))
}

#[cfg(feature = "model")]
fn inside(model: &Model, ports: &[&dyn Port], mode: Mode, site: Site) -> Option<usize> {
    let live: Vec<usize> = (0..ports.len()).filter(|i| !ports[*i].is_nil()).collect();
    let patience = match mode {
        Mode::Block => Patience::Forever,
        Mode::Poll => Patience::None,
        Mode::For(limit) => model.patience(limit),
    };
    let object = exchange(model, site);
    if model.is_draining() {
        // Whoever waits is stopped here; nobody else is there any more.
        let (first, stance) = (object, Stance::Select);
        ops::act(model, object, Action::Meet { first, stance }, patience, site);
        return (mode == Mode::Block).then(|| live.first().copied()).flatten();
    }
    let actions: Vec<Action> = live.iter().map(|i| ports[*i].action(model)).collect();
    let reply = match actions.as_slice() {
        [action @ Action::Channel { capacity: 1.., .. }] => {
            match ops::act(model, object, *action, patience, site) {
                GAVE_UP => None,
                reply => Some(Selected { arm: 0, reply }),
            }
        }
        actions => stand(model, (object, actions), (ports, &live), (mode, patience), site),
    };
    for (number, at) in live.iter().enumerate() {
        let mine = reply.filter(|reply| reply.arm == number as u32).map(|reply| reply.reply);
        ports[*at].settle(super::core::offered(model, number), mine);
    }
    if reply.is_none()
        && let Mode::For(limit) = mode
    {
        model.sleep(limit);
    }
    reply.map(|reply| live[reply.arm as usize])
}

/// Comes to a select and leaves it.
#[cfg(feature = "model")]
fn stand(
    model: &Model,
    (object, actions): (LocationId, &[Action]),
    (ports, live): (&[&dyn Port], &[usize]),
    (mode, patience): (Mode, Patience),
    site: Site,
) -> Option<Selected> {
    let arms: Vec<_> =
        actions.iter().map(|&action| crate::kernel::Arm { object, action }).collect();
    let comes = if mode == Mode::Poll { Patience::None } else { Patience::Forever };
    if mode != Mode::Poll {
        for (number, at) in live.iter().enumerate() {
            ports[*at].offer(super::core::offered(model, number));
        }
    }
    let stance = match actions {
        [Action::Channel { ask: Ask::Send, .. }] => Stance::Send,
        [Action::Channel { .. }] => Stance::Receive,
        _ => Stance::Select,
    };
    let first = actions.first().and_then(|action| action.channel()).unwrap_or(object);
    ops::act(model, object, Action::Stand(model.arms(&arms)), comes, site);
    Selected::from_value(ops::act(model, object, Action::Meet { first, stance }, patience, site))
}

/// Waits for one of several communications, as the `select` statement (specification, "Select statements").
///
/// ```
/// use raddle_shims::go::{chan, select};
/// use std::time::Duration;
/// let (full, empty) = (chan(1), chan::<u32>(1));
/// full.send(7);
/// let got = select! {
///     recv(full) -> message => message,
///     recv(empty) -> _ => unreachable!("nothing was sent there"),
///     send(full, 8) => unreachable!("it has no room"),
/// };
/// assert_eq!(got, Some(7));
/// select! {
///     recv(empty) -> _ => unreachable!(),
///     default => {}
/// }
/// select! {
///     recv(empty) -> _ => unreachable!(),
///     after(Duration::from_millis(1)) => {}
/// }
/// ```
///
/// Arms, separated by commas:
/// * `recv(channel) -> pattern => body`: the pattern gets `Some(message)`, or `None` if the channel is closed
///   and empty.
/// * `send(channel, message) => body`. All messages are evaluated on entering, in order, as in Go; those that are not
///   sent are dropped.
/// * `default => body`, last: taken if no other arm is ready.
/// * `after(duration) => body`, last: taken if no other arm is ready in that time, for `case <-time.After(…)`.
///
/// Of several arms that are ready any may be taken; inside a model each is explored. Arms on nil channels are
/// never ready. Two selects that wait for each other meet.
///
/// # Panics
/// If a `send` is taken whose channel is closed: "send on closed channel".
#[macro_export]
#[doc(hidden)]
macro_rules! __go_select {
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr;) => {
        $crate::__go_select!(@finish [$($done)*] $mode, $otherwise)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; recv($channel:expr) -> $pattern:pat => $body:block, $($rest:tt)*) => {
        $crate::__go_select!(@recv [$($done)*] $mode, $otherwise; ($channel) ($pattern) ($body); $($rest)*)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; recv($channel:expr) -> $pattern:pat => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@recv [$($done)*] $mode, $otherwise; ($channel) ($pattern) ($body); $($rest)*)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; recv($channel:expr) -> $pattern:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@recv [$($done)*] $mode, $otherwise; ($channel) ($pattern) ($body); $($($rest)*)?)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; send($channel:expr, $message:expr) => $body:block, $($rest:tt)*) => {
        $crate::__go_select!(@send [$($done)*] $mode, $otherwise; ($channel) ($message) ($body); $($rest)*)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; send($channel:expr, $message:expr) => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@send [$($done)*] $mode, $otherwise; ($channel) ($message) ($body); $($rest)*)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; send($channel:expr, $message:expr) => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@send [$($done)*] $mode, $otherwise; ($channel) ($message) ($body); $($($rest)*)?)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; default => $body:expr $(,)?) => {
        $crate::__go_select!(@finish [$($done)*] $crate::go::__private::Mode::Poll, $body)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; after($limit:expr) => $body:expr $(,)?) => {
        $crate::__go_select!(@finish [$($done)*] $crate::go::__private::Mode::For($limit), $body)
    };
    (@arms [$($done:tt)*] $mode:expr, $otherwise:expr; $($arms:tt)*) => {
        ::core::compile_error!(
            "an arm of a select is `recv(channel) -> pattern => body`, `send(channel, message) => body`, \
             or, at the end, `default => body` or `after(duration) => body`"
        )
    };
    (@recv [$($done:tt)*] $mode:expr, $otherwise:expr; ($channel:expr) ($pattern:pat) ($body:expr); $($rest:tt)*) => {{
        let channel = &$channel;
        let arm = $crate::go::__private::receiving(channel);
        $crate::__go_select!(@arms [$($done)* (arm, $pattern, $body)] $mode, $otherwise; $($rest)*)
    }};
    (@send [$($done:tt)*] $mode:expr, $otherwise:expr; ($channel:expr) ($message:expr) ($body:expr); $($rest:tt)*) => {{
        let channel = &$channel;
        let arm = $crate::go::__private::sending(channel, $message);
        $crate::__go_select!(@arms [$($done)* (arm, _, $body)] $mode, $otherwise; $($rest)*)
    }};
    (@finish [$(($arm:ident, $pattern:pat, $body:expr))*] $mode:expr, $otherwise:expr) => {{
        let ports: &[&dyn $crate::go::__private::Port] = &[$(&$arm),*];
        let taken = $crate::go::__private::wait(ports, $mode);
        let taken = $crate::go::__private::Taken::new(taken);
        $(
            if taken.is_next() {
                let $pattern = $arm.message();
                $body
            } else
        )*
        {
            $otherwise
        }
    }};
    ($($arms:tt)*) => {
        $crate::__go_select!(@arms [] $crate::go::__private::Mode::Block, ::core::unreachable!("a select without a default ends by an arm"); $($arms)*)
    };
}
