//! Channels and their handles.

use super::core::{Arm, Core, Port};
use super::select::{Mode, wait};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Makes a channel with room for `capacity` messages, as `make(chan T, capacity)`.
///
/// With a capacity of 0 a send and a receive meet: each waits for the other. See [`Chan`].
#[track_caller]
pub fn chan<T>(capacity: usize) -> Chan<T> {
    Chan(Some(Arc::new(Core::new(capacity))), None)
}

/// The channel of a timer: one message fits into it, although it tells of no room.
#[track_caller]
pub(super) fn timers_chan<T>() -> Chan<T> {
    let mut core = Core::new(1);
    core.is_timers = true;
    Chan(Some(Arc::new(core)), None)
}

/// A channel (specification, "Channel types"): first in, first out, for any number of senders and receivers.
///
/// Clones are the same channel. Unlike Go's there is no garbage collector: a channel lives as long as a handle, and
/// dropping handles does not close it.
///
/// A send is synchronised before the completion of the corresponding receive, a receive from a channel with a
/// capacity of `c` before the completion of the `c`-th send after it, and closing before a receive that finds
/// it closed (Go memory model, "Channel communication").
///
/// ```
/// use raddle_shims::go::chan;
/// let numbers = chan(2);
/// numbers.send(1);
/// numbers.send(2);
/// numbers.close();
/// assert_eq!(numbers.iter().collect::<Vec<_>>(), [1, 2]);
/// assert_eq!(numbers.recv(), None);
/// ```
pub struct Chan<T>(Option<Arc<Core<T>>>, Keeps);

/// A receive-only channel, `<-chan T`.
pub struct Receiver<T>(Option<Arc<Core<T>>>, Keeps);

/// A send-only channel, `chan<- T`.
pub struct Sender<T>(Option<Arc<Core<T>>>, Keeps);

/// What exists as long as a handle does: what serves the channel.
type Keeps = Option<Arc<dyn Any + Send + Sync>>;

/// Nothing was ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WouldBlock;

/// What can be received from.
pub trait Receives<T> {
    #[doc(hidden)]
    fn receives(&self) -> Option<&Arc<Core<T>>>;
}

/// What can be sent to.
pub trait Sends<T> {
    #[doc(hidden)]
    fn sends(&self) -> Option<&Arc<Core<T>>>;
}

macro_rules! handle {
    ($name:ident) => {
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                $name(self.0.clone(), self.1.clone())
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.0 {
                    None => f.write_str(concat!(stringify!($name), "(nil)")),
                    Some(core) => write!(f, concat!(stringify!($name), "({})"), core.capacity),
                }
            }
        }

        /// Nil.
        impl<T> Default for $name<T> {
            fn default() -> Self {
                $name(None, None)
            }
        }

        impl<T> $name<T> {
            /// A nil channel: sending and receiving wait for ever, and closing panics.
            pub const fn nil() -> $name<T> {
                $name(None, None)
            }

            /// Gives the channel a name for reports, which `raddle::label!` calls. Nothing happens outside of a model, or if
            /// it is nil.
            pub fn label(&self, name: impl Into<String>) {
                if let Some(core) = &self.0 {
                    core.label(name.into());
                }
            }

            /// Whether it is nil.
            pub const fn is_nil(&self) -> bool {
                self.0.is_none()
            }

            /// How many messages are in it; 0 if it has no room, is a timer's, or is nil.
            #[allow(clippy::len_without_is_empty, reason = "Go has no such question")]
            #[track_caller]
            pub fn len(&self) -> usize {
                self.0.as_ref().filter(|core| !core.is_timers).map_or(0, |core| core.len())
            }

            /// How many it has room for; 0 if it is a timer's or nil.
            pub fn cap(&self) -> usize {
                self.0.as_ref().filter(|core| !core.is_timers).map_or(0, |core| core.capacity)
            }
        }
    };
}

handle!(Chan);
handle!(Receiver);
handle!(Sender);

macro_rules! receives {
    ($name:ident) => {
        impl<T> Receives<T> for $name<T> {
            fn receives(&self) -> Option<&Arc<Core<T>>> {
                self.0.as_ref()
            }
        }

        impl<T> $name<T> {
            /// Receives, `v, ok := <-c` (specification, "Receive operator"): waits for a message; none if the channel is
            /// closed and empty. For ever, if it is nil.
            #[track_caller]
            pub fn recv(&self) -> Option<T> {
                let arm = Arm::receives(self.0.as_ref());
                wait(&[&arm], Mode::Block);
                arm.message()
            }

            /// As [`recv`](Self::recv), if that is possible at once: `select` with this arm and a default.
            ///
            /// # Errors
            /// If it would have to wait.
            #[track_caller]
            pub fn try_recv(&self) -> Result<Option<T>, WouldBlock> {
                let arm = Arm::receives(self.0.as_ref());
                wait(&[&arm], Mode::Poll).map(|_| arm.message()).ok_or(WouldBlock)
            }

            /// Every message until the channel is closed and empty: `for v := range c`.
            pub fn iter(&self) -> Iter<'_, T> {
                Iter(self)
            }
        }

        impl<'a, T> IntoIterator for &'a $name<T> {
            type Item = T;
            type IntoIter = Iter<'a, T>;
            fn into_iter(self) -> Iter<'a, T> {
                self.iter()
            }
        }
    };
}

receives!(Chan);
receives!(Receiver);

macro_rules! sends {
    ($name:ident) => {
        impl<T> Sends<T> for $name<T> {
            fn sends(&self) -> Option<&Arc<Core<T>>> {
                self.0.as_ref()
            }
        }

        impl<T> $name<T> {
            /// Sends, `c <- message` (specification, "Send statements"): waits for room, or, if it has none, for a
            /// receiver. For ever, if it is nil.
            ///
            /// # Panics
            /// If it is closed, or is closed while the thread waits: "send on closed channel".
            #[track_caller]
            pub fn send(&self, message: T) {
                let arm = Arm::sends(self.0.as_ref(), message);
                wait(&[&arm], Mode::Block);
            }

            /// As [`send`](Self::send), if that is possible at once: `select` with this arm and a default.
            ///
            /// # Errors
            /// With the message, if it would have to wait.
            ///
            /// # Panics
            /// If it is closed: "send on closed channel".
            #[track_caller]
            pub fn try_send(&self, message: T) -> Result<(), T> {
                let arm = Arm::sends(self.0.as_ref(), message);
                match wait(&[&arm], Mode::Poll) {
                    Some(_) => Ok(()),
                    None => arm.message().map_or(Ok(()), Err),
                }
            }

            /// Closes it, `close(c)` (specification, "Close"): no more will be sent.
            ///
            /// # Panics
            /// If it is closed: "close of closed channel"; if it is nil: "close of nil channel".
            #[track_caller]
            pub fn close(&self) {
                let Some(core) = &self.0 else { panic!("close of nil channel") };
                assert!(!core.close(), "close of closed channel");
            }
        }
    };
}

sends!(Chan);
sends!(Sender);

impl<T, C: Receives<T> + ?Sized> Receives<T> for &C {
    fn receives(&self) -> Option<&Arc<Core<T>>> {
        (**self).receives()
    }
}

impl<T, C: Sends<T> + ?Sized> Sends<T> for &C {
    fn sends(&self) -> Option<&Arc<Core<T>>> {
        (**self).sends()
    }
}

impl<T> Chan<T> {
    /// Whether the other is the same channel: `==` of channels.
    pub fn is(&self, other: &Chan<T>) -> bool {
        match (&self.0, &other.0) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            _ => false,
        }
    }

    /// The same channel, to receive only.
    pub fn receiver(&self) -> Receiver<T> {
        Receiver(self.0.clone(), self.1.clone())
    }

    /// The same channel, to receive only, by handles that keep what serves it.
    pub(super) fn receiver_that_keeps(&self, served_by: Arc<dyn Any + Send + Sync>) -> Receiver<T> {
        Receiver(self.0.clone(), Some(served_by))
    }

    /// The same channel, to send only.
    pub fn sender(&self) -> Sender<T> {
        Sender(self.0.clone(), self.1.clone())
    }
}

impl<T> From<Chan<T>> for Receiver<T> {
    fn from(chan: Chan<T>) -> Receiver<T> {
        Receiver(chan.0, chan.1)
    }
}

impl<T> From<Chan<T>> for Sender<T> {
    fn from(chan: Chan<T>) -> Sender<T> {
        Sender(chan.0, chan.1)
    }
}

/// Messages of a channel, until it is closed.
pub struct Iter<'a, T>(&'a dyn Receives<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let arm = Arm::receives(self.0.receives());
        wait(&[&arm as &dyn Port], Mode::Block);
        arm.message()
    }
}
