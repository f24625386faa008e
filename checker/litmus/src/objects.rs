//! Blocking objects in the file format.

use raddle_shims::kernel::{Action, Patience, UNBOUNDED, Value};
use serde::{Deserialize, Serialize};

/// A blocking object of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// The permits of a semaphore, the count of a counter, the threads of a barrier, the capacity of a channel
    /// (none if it never fills up); 1 for an initialisation that is done, or a token that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
}

/// What a blocking object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ObjectKind {
    Mutex,
    Rwlock,
    Condvar,
    Semaphore,
    Counter,
    Barrier,
    Once,
    Token,
    Channel,
    Rendezvous,
}

/// What a thread asks of an object; those with a number take it from the operand `arg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are those of the kernel")]
pub enum Deed {
    Lock,
    Unlock,
    ReadLock,
    ReadUnlock,
    IntendWrite,
    WriteLock,
    WriteUnlock,
    Downgrade,
    Enqueue,
    Wake,
    NotifyOne,
    NotifyOldest,
    NotifyAll,
    Acquire,
    Release,
    Add,
    AwaitZero,
    Arrive,
    Depart,
    /// With a number that is not 0, also if it was poisoned.
    Begin,
    Complete,
    Reset,
    Poison,
    /// As for [`Deed::Begin`].
    AwaitComplete,
    Park,
    Unpark,
    Send,
    Receive,
    Length,
    AddSender,
    DropSender,
    Close,
    Offer,
    AwaitTaken,
    Want,
    Take,
}

impl Object {
    /// As the kernel wants it.
    pub fn initial(&self) -> Value {
        match (self.kind, self.value) {
            (ObjectKind::Channel, None) => UNBOUNDED,
            (ObjectKind::Channel, Some(capacity)) => Value(capacity.max(1)),
            (ObjectKind::Rendezvous, _) => Value(0),
            (_, value) => Value(value.unwrap_or(0)),
        }
    }
}

impl Deed {
    /// Whether it can be asked of such an object.
    pub fn fits(self, kind: ObjectKind) -> bool {
        use Deed as D;
        use ObjectKind as K;
        match self {
            D::Lock | D::Unlock => kind == K::Mutex,
            D::ReadLock
            | D::ReadUnlock
            | D::IntendWrite
            | D::WriteLock
            | D::WriteUnlock
            | D::Downgrade => kind == K::Rwlock,
            D::Enqueue | D::Wake | D::NotifyOne | D::NotifyOldest | D::NotifyAll => {
                kind == K::Condvar
            }
            D::Acquire | D::Release => kind == K::Semaphore,
            D::Add | D::AwaitZero => kind == K::Counter,
            D::Arrive | D::Depart => kind == K::Barrier,
            D::Begin | D::Complete | D::Reset | D::Poison | D::AwaitComplete => kind == K::Once,
            D::Park | D::Unpark => kind == K::Token,
            D::Send | D::Receive | D::Length => kind == K::Channel,
            D::AddSender | D::DropSender | D::Close => kind == K::Channel || kind == K::Rendezvous,
            D::Offer | D::AwaitTaken | D::Want | D::Take => kind == K::Rendezvous,
        }
    }

    /// As the kernel has it, with the number `arg`.
    pub fn action(self, arg: u64) -> Action {
        let (number, force) = (arg as u32, arg != 0);
        match self {
            Deed::Lock => Action::Lock,
            Deed::Unlock => Action::Unlock,
            Deed::ReadLock => Action::ReadLock,
            Deed::ReadUnlock => Action::ReadUnlock,
            Deed::IntendWrite => Action::IntendWrite,
            Deed::WriteLock => Action::WriteLock,
            Deed::WriteUnlock => Action::WriteUnlock,
            Deed::Downgrade => Action::Downgrade,
            Deed::Enqueue => Action::Enqueue,
            Deed::Wake => Action::Wake,
            Deed::NotifyOne => Action::NotifyOne,
            Deed::NotifyOldest => Action::NotifyOldest,
            Deed::NotifyAll => Action::NotifyAll,
            Deed::Acquire => Action::Acquire(number),
            Deed::Release => Action::Release(number),
            Deed::Add => Action::Add(arg as i32),
            Deed::AwaitZero => Action::AwaitZero,
            Deed::Arrive => Action::Arrive,
            Deed::Depart => Action::Depart(number),
            Deed::Begin => Action::Begin { force },
            Deed::Complete => Action::Complete,
            Deed::Reset => Action::Reset,
            Deed::Poison => Action::Poison,
            Deed::AwaitComplete => Action::AwaitComplete { force },
            Deed::Park => Action::Park,
            Deed::Unpark => Action::Unpark,
            Deed::Send => Action::Send,
            Deed::Receive => Action::Receive,
            Deed::Length => Action::Length,
            Deed::AddSender => Action::AddSender,
            Deed::DropSender => Action::DropSender,
            Deed::Close => Action::Close,
            Deed::Offer => Action::Offer,
            Deed::AwaitTaken => Action::AwaitTaken(number),
            Deed::Want => Action::Want,
            Deed::Take => Action::Take(number),
        }
    }
}

/// How long a deed waits.
pub fn patience(limited: bool) -> Patience {
    if limited { Patience::None } else { Patience::Forever }
}
