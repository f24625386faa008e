//! Iterators over the messages of a receiver.

use super::Receiver;

/// As [`std::sync::mpsc::Iter`]: waits for each message, ends when all senders are gone.
#[derive(Debug)]
pub struct Iter<'a, T: 'a> {
    // Its name is what std prints.
    rx: &'a Receiver<T>,
}

/// As [`std::sync::mpsc::TryIter`]: ends as soon as there is no message.
#[derive(Debug)]
pub struct TryIter<'a, T: 'a> {
    // Its name is what std prints.
    rx: &'a Receiver<T>,
}

/// As [`std::sync::mpsc::IntoIter`]: as [`Iter`], and drops the receiver in the end.
#[derive(Debug)]
pub struct IntoIter<T> {
    rx: Receiver<T>,
}

impl<'a, T> Iter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> Iter<'a, T> {
        Iter { rx: receiver }
    }
}

impl<'a, T> TryIter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> TryIter<'a, T> {
        TryIter { rx: receiver }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { rx: self }
    }
}
