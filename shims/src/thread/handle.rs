//! Handles to threads.

use super::parking;
use crate::kernel;
use crate::model::{Model, inside};
use std::panic::Location;
use std::sync::Arc;
use std::thread as real;

/// As [`std::thread::ThreadId`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(Id);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Id {
    Real(real::ThreadId),
    Model { stamp: u64, thread: kernel::ThreadId },
}

impl ThreadId {
    /// The number of a thread of a model; that of no thread outside.
    #[doc(hidden)]
    pub fn number(self) -> u32 {
        match self.0 {
            Id::Real(_) => u32::MAX,
            Id::Model { thread, .. } => thread.0,
        }
    }
}

/// As [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread(Handle);

#[derive(Clone)]
enum Handle {
    Real(real::Thread),
    Model { stamp: u64, thread: kernel::ThreadId, name: Option<Arc<str>> },
}

impl Thread {
    pub(super) fn real(thread: real::Thread) -> Thread {
        Thread(Handle::Real(thread))
    }

    pub(super) fn of(model: &Model, thread: kernel::ThreadId) -> Thread {
        Thread::named(model, thread, model.name(thread).map(Arc::from))
    }

    /// The handle of a thread whose name is known.
    pub(super) fn named(model: &Model, thread: kernel::ThreadId, name: Option<Arc<str>>) -> Thread {
        Thread(Handle::Model { stamp: model.stamp(), thread, name })
    }

    /// As std's.
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Handle::Real(thread) => Id::Real(thread.id()),
            Handle::Model { stamp, thread, .. } => Id::Model { stamp: *stamp, thread: *thread },
        })
    }

    /// As std's; the first thread of a model is called `main`.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Handle::Real(thread) => thread.name(),
            Handle::Model { name, .. } => name.as_deref(),
        }
    }

    /// As std's: makes the token of the thread available, whatever it waits for.
    #[track_caller]
    pub fn unpark(&self) {
        match (&self.0, inside()) {
            (Handle::Real(thread), _) => thread.unpark(),
            (Handle::Model { stamp, thread, .. }, Some(model)) if model.stamp() == *stamp => {
                parking::unpark(&model, *thread, Location::caller());
            }
            _ => panic!("a thread of a model was unparked outside of its execution"),
        }
    }
}

impl std::fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Id::Real(id) => id.fmt(f),
            // std counts from 1. The stamp is left out: it is not the same in every run.
            Id::Model { thread, .. } => {
                f.debug_tuple("ThreadId").field(&(u64::from(thread.0) + 1)).finish()
            }
        }
    }
}

impl std::fmt::Debug for Thread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// As [`std::thread::current`].
pub fn current() -> Thread {
    match inside() {
        None => Thread::real(real::current()),
        Some(model) => Thread::of(&model, model.me()),
    }
}
