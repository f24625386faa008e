//! Blocking objects in the file format.

use crate::program::Operand;
use raddle_shims::kernel::{Action, Arm, Ask, LocationId, Patience, UNBOUNDED, Value};
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
    /// Up to four channels, whose capacities are the four lowest digits of the value as a hexadecimal number.
    Exchange,
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
    /// The number is a list of arms: of each, a digit in base 256, from the lowest on, that is 1 + twice the channel, and
    /// 1 more if it receives.
    Stand,
    Meet,
    /// The number is four times the channel, and 0 to send, 1 to receive, 2 for the length, 3 to close.
    Pass,
}

/// The most channels of one exchange.
pub const CHANNELS: usize = 4;

/// The arms in a list: channels, and what is asked of them.
pub fn arms_of(list: u64) -> Vec<(u64, Ask)> {
    let digits = list.to_le_bytes().into_iter().take_while(|digit| *digit != 0);
    digits
        .map(|digit| {
            let ask = if digit % 2 == 0 { Ask::Receive } else { Ask::Send };
            (u64::from(digit - 1) / 2, ask)
        })
        .collect()
}

/// What is asked of which channel.
pub fn asked(number: u64) -> (u64, Ask) {
    let ask = [Ask::Send, Ask::Receive, Ask::Length, Ask::Close][number as usize % 4];
    (number / 4, ask)
}

/// The channels of an exchange as the kernel knows them.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The exchange.
    pub object: LocationId,
    /// Its first channel.
    pub first: u32,
    /// Its value.
    pub capacities: u64,
}

impl Places {
    /// What is asked of a channel.
    pub fn action(&self, (channel, ask): (u64, Ask)) -> Action {
        let capacity = (self.capacities >> (4 * channel) & 15) as u32;
        Action::Channel { channel: LocationId(self.first + channel as u32), capacity, ask }
    }

    /// A list of arms.
    pub fn arms(&self, list: u64) -> Vec<Arm> {
        let arm = |asked| Arm { object: self.object, action: self.action(asked) };
        arms_of(list).into_iter().map(arm).collect()
    }
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

impl Object {
    /// Whether a deed on an exchange names channels that there are, and passes messages only where there is room.
    pub fn check_arg(&self, deed: Deed, arg: Operand) -> Result<(), String> {
        if !matches!(deed, Deed::Stand | Deed::Pass) {
            return Ok(());
        }
        let Operand::Constant(arg) = arg else {
            return Err(format!("{deed:?} needs a constant"));
        };
        let channels = match deed {
            Deed::Stand => arms_of(arg),
            _ => vec![asked(arg)],
        };
        if channels.iter().any(|(channel, _)| *channel >= CHANNELS as u64) {
            return Err(format!("{deed:?} {arg} names a channel beyond {CHANNELS}"));
        }
        let room = |channel: u64| self.value.unwrap_or(0) >> (4 * channel) & 15 > 0;
        let passes = |ask| matches!(ask, Ask::Send | Ask::Receive);
        match channels.as_slice() {
            [(channel, ask)] if deed == Deed::Pass && passes(*ask) && !room(*channel) => {
                Err(format!("channel {channel} has no room: come with a stand"))
            }
            _ => Ok(()),
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
            D::Stand | D::Meet | D::Pass => kind == K::Exchange,
        }
    }

    /// Whether it can have a time limit. A writer of a lock cannot: it would have to take back that it comes.
    pub fn waits(self) -> bool {
        match self {
            Deed::Meet | Deed::Pass => true,
            Deed::Stand | Deed::WriteLock => false,
            deed => deed.action(0).may_wait(),
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
            Deed::Stand | Deed::Meet | Deed::Pass => {
                unreachable!("those need to know the channels")
            }
        }
    }
}

/// How long a deed waits that comes when the clock shows `now`.
pub fn patience(limited: bool, within: Option<u64>, now: u64) -> Patience {
    match within {
        Some(nanos) => Patience::Until(now.saturating_add(nanos)),
        None if limited => Patience::None,
        None => Patience::Forever,
    }
}
