//! `std::sync::mpsc`: std's own channels, and in a model channels that are blocking objects.
//!
//! Where a channel is made decides what it is. One that was made outside of every model is std's, and
//! works inside a model as long as it need not wait.

mod channel;
mod iter;

pub use iter::{IntoIter, Iter, TryIter};
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::model::{Model, Site, inside};
use channel::Channel;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::mpsc as real;
use std::time::Duration;

const WOULD_WAIT: &str = "a thread inside of a model would wait for a channel that was made outside of \
    it; make the channel inside of the model";

const ELSEWHERE: &str = "a channel that was made inside of a model is used outside of its execution; make it \
    where it is used";

/// As [`std::sync::mpsc::channel`].
///
/// In a model, sending a message happens before receiving it.
///
/// ```
/// use raddle_shims::sync::mpsc;
/// let (sender, receiver) = mpsc::channel();
/// sender.send(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.into_iter().collect::<Vec<i32>>(), [1]);
/// ```
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    match inside() {
        None => {
            let (sender, receiver) = real::channel();
            (Sender(Side::Real(sender)), Receiver(Side::Real(receiver)))
        }
        Some(model) => {
            let shared = Arc::new(Channel::new(&model, None));
            (Sender(Side::Model(Arc::clone(&shared))), Receiver(Side::Model(shared)))
        }
    }
}

/// As [`std::sync::mpsc::sync_channel`].
///
/// In a model, sending a message happens before receiving it, and receiving message i happens before the
/// return of sending message i + `bound`. With a bound of 0 a sender waits until its message is taken.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    match inside() {
        None => {
            let (sender, receiver) = real::sync_channel(bound);
            (SyncSender(Side::Real(sender)), Receiver(Side::Real(receiver)))
        }
        Some(model) => {
            let shared = Arc::new(Channel::new(&model, Some(bound)));
            (SyncSender(Side::Model(Arc::clone(&shared))), Receiver(Side::Model(shared)))
        }
    }
}

/// One side of a channel.
enum Side<R, T> {
    Real(R),
    Model(Arc<Channel<T>>),
}

/// As [`std::sync::mpsc::Sender`].
pub struct Sender<T>(Side<real::Sender<T>, T>);

/// As [`std::sync::mpsc::SyncSender`].
pub struct SyncSender<T>(Side<real::SyncSender<T>, T>);

/// As [`std::sync::mpsc::Receiver`].
pub struct Receiver<T>(Side<real::Receiver<T>, T>);

// As std's: a panic cannot leave a channel half changed.
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
impl<T> UnwindSafe for SyncSender<T> {}
impl<T> RefUnwindSafe for SyncSender<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// The execution in which a channel is used.
///
/// # Panics
/// If that is not the one in which it was made.
#[track_caller]
fn execution<T>(channel: &Channel<T>) -> Model {
    match inside() {
        Some(model) if channel.belongs_to(&model) => model,
        _ => panic!("{ELSEWHERE}"),
    }
}

/// The same for destructors: none if there is nothing to be done.
fn execution_of_dropped<T>(channel: &Channel<T>) -> Option<(Model, Site)> {
    let model = inside().filter(|model| channel.belongs_to(model))?;
    Some((model, channel.created()))
}

impl<T> Sender<T> {
    /// As [`std::sync::mpsc::Sender::send`].
    ///
    /// # Errors
    /// With the message, if the receiver has been dropped.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        match &self.0 {
            Side::Real(sender) => sender.send(t),
            Side::Model(channel) => {
                channel.send(&execution(channel), t, Location::caller()).map_err(SendError)
            }
        }
    }
}

impl<T> SyncSender<T> {
    /// As [`std::sync::mpsc::SyncSender::send`].
    ///
    /// # Errors
    /// With the message, if the receiver has been dropped.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        match &self.0 {
            Side::Real(sender) => match inside() {
                None => sender.send(t),
                Some(model) => sender.try_send(t).map_err(|error| match error {
                    TrySendError::Disconnected(t) => SendError(t),
                    TrySendError::Full(_) => model.misuse(WOULD_WAIT.to_owned(), None),
                }),
            },
            Side::Model(channel) => {
                channel.send(&execution(channel), t, Location::caller()).map_err(SendError)
            }
        }
    }

    /// As [`std::sync::mpsc::SyncSender::try_send`].
    ///
    /// # Errors
    /// With the message, if the receiver has been dropped or there is no room; with a bound of 0, if the
    /// receiver does not wait.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        match &self.0 {
            Side::Real(sender) => sender.try_send(t),
            Side::Model(channel) => channel.try_send(&execution(channel), t, Location::caller()),
        }
    }
}

impl<T> Receiver<T> {
    /// As [`std::sync::mpsc::Receiver::recv`].
    ///
    /// # Errors
    /// If all senders have been dropped and no message is left.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        match &self.0 {
            Side::Real(receiver) => match inside() {
                None => receiver.recv(),
                Some(model) => receiver.try_recv().map_err(|error| match error {
                    TryRecvError::Disconnected => RecvError,
                    TryRecvError::Empty => model.misuse(WOULD_WAIT.to_owned(), None),
                }),
            },
            Side::Model(channel) => {
                channel.recv(&execution(channel), Location::caller()).ok_or(RecvError)
            }
        }
    }

    /// As [`std::sync::mpsc::Receiver::try_recv`].
    ///
    /// # Errors
    /// If there is no message; it says whether one may come.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.0 {
            Side::Real(receiver) => receiver.try_recv(),
            Side::Model(channel) => channel.try_recv(&execution(channel), Location::caller()),
        }
    }

    /// As [`std::sync::mpsc::Receiver::recv_timeout`]. In a model the timeout may run out at any moment.
    ///
    /// # Errors
    /// If no message came in time, or all senders have been dropped and no message is left.
    ///
    /// # Panics
    /// If the channel was made in another execution of a model.
    #[inline]
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.0 {
            Side::Real(receiver) => match inside() {
                None => receiver.recv_timeout(timeout),
                Some(model) => receiver.try_recv().map_err(|error| match error {
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                    TryRecvError::Empty => model.misuse(WOULD_WAIT.to_owned(), None),
                }),
            },
            Side::Model(channel) => {
                channel.recv_timeout(&execution(channel), timeout, Location::caller())
            }
        }
    }

    /// As [`std::sync::mpsc::Receiver::iter`].
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// As [`std::sync::mpsc::Receiver::try_iter`].
    #[inline]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }
}

/// One more sender of a channel of a model.
#[track_caller]
fn clone_side<R: Clone, T>(side: &Side<R, T>) -> Side<R, T> {
    match side {
        Side::Real(sender) => Side::Real(sender.clone()),
        Side::Model(channel) => {
            channel.add_sender(&execution(channel), Location::caller());
            Side::Model(Arc::clone(channel))
        }
    }
}

fn drop_sender<R, T>(side: &Side<R, T>) {
    if let Side::Model(channel) = side
        && let Some((model, site)) = execution_of_dropped(channel)
    {
        channel.drop_sender(&model, site);
    }
}

impl<T> Clone for Sender<T> {
    #[inline]
    #[track_caller]
    fn clone(&self) -> Sender<T> {
        Sender(clone_side(&self.0))
    }
}

impl<T> Clone for SyncSender<T> {
    #[inline]
    #[track_caller]
    fn clone(&self) -> SyncSender<T> {
        SyncSender(clone_side(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        drop_sender(&self.0);
    }
}

impl<T> Drop for SyncSender<T> {
    #[inline]
    fn drop(&mut self) {
        drop_sender(&self.0);
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        if let Side::Model(channel) = &self.0
            && let Some((model, site)) = execution_of_dropped(channel)
        {
            channel.drop_receiver(&model, site);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
