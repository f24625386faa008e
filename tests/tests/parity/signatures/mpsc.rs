//! `sync::mpsc`.

use super::check;
use super::root::sync::mpsc::*;
use std::time::Duration;

/// The paths of all items.
pub fn all() -> Vec<&'static str> {
    [ends::<u8>(), iterators::<u8>()].concat()
}

fn ends<T>() -> Vec<&'static str> {
    check! {
        "sync::mpsc::channel" => fn() -> (Sender<T>, Receiver<T>) = channel::<T>;
        "sync::mpsc::sync_channel" => fn(usize) -> (SyncSender<T>, Receiver<T>) = sync_channel::<T>;
        "sync::mpsc::Sender::send" => fn(&Sender<T>, T) -> Result<(), SendError<T>> = Sender::send;
        "sync::mpsc::SyncSender::send" =>
            fn(&SyncSender<T>, T) -> Result<(), SendError<T>> = SyncSender::send;
        "sync::mpsc::SyncSender::try_send" =>
            fn(&SyncSender<T>, T) -> Result<(), TrySendError<T>> = SyncSender::try_send;
        "sync::mpsc::Receiver::recv" => fn(&Receiver<T>) -> Result<T, RecvError> = Receiver::recv;
        "sync::mpsc::Receiver::try_recv" =>
            fn(&Receiver<T>) -> Result<T, TryRecvError> = Receiver::try_recv;
        "sync::mpsc::Receiver::recv_timeout" =>
            fn(&Receiver<T>, Duration) -> Result<T, RecvTimeoutError> = Receiver::recv_timeout;
        "sync::mpsc::Receiver::iter" => fn(&Receiver<T>) -> Iter<'_, T> = Receiver::iter;
        "sync::mpsc::Receiver::try_iter" => fn(&Receiver<T>) -> TryIter<'_, T> = Receiver::try_iter;
    }
}

/// What iterators lead to.
fn iterators<'a, T: 'a>() -> Vec<&'static str> {
    check! {
        "sync::mpsc::Iter" => fn(&mut Iter<'a, T>) -> Option<T> = Iterator::next;
        "sync::mpsc::TryIter" => fn(&mut TryIter<'a, T>) -> Option<T> = Iterator::next;
        "sync::mpsc::IntoIter" => fn(&mut IntoIter<T>) -> Option<T> = Iterator::next;
        "sync::mpsc::Receiver" => fn(Receiver<T>) -> IntoIter<T> = IntoIterator::into_iter;
        "sync::mpsc::Receiver" => fn(&'a Receiver<T>) -> Iter<'a, T> = IntoIterator::into_iter;
    }
}
