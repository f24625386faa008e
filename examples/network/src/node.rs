//! One node: what it can do, and what may befall it.

use crate::{Faults, JUMP, LATE, Network, PAUSE};
use raddle_shims::go::{self, select};
use raddle_shims::time::{Duration, Instant};
use std::collections::VecDeque;
use std::fmt;

/// The node has crashed: whatever it was doing, it does not go on.
///
/// Programs pass it on with `?`, so that all that they had in memory is dropped, as in a crash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Crashed;

impl fmt::Display for Crashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the node has crashed")
    }
}

impl std::error::Error for Crashed {}

/// A message as it arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message<M> {
    /// Who sent it.
    pub from: usize,
    /// Of a question its number among those of the sender; of a reply that of the question.
    pub call: u64,
    /// What it says.
    pub body: M,
}

/// A node of a network. It is used by one goroutine.
pub struct Node<M> {
    network: Network<M>,
    number: usize,
    left: Faults,
    crashed: bool,
    /// By how much its clock is ahead.
    ahead: Duration,
    calls: u64,
    /// What arrived while it waited for something else.
    backlog: VecDeque<Message<M>>,
    stopped: bool,
}

/// Whether a fault happens, of which so many are left.
#[track_caller]
fn happens(left: &mut u32) -> bool {
    let happens = *left > 0 && raddle::choose(2) == 1;
    *left -= u32::from(happens);
    happens
}

impl<M: Send + 'static> Node<M> {
    pub(crate) fn new(network: Network<M>, number: usize, faults: Faults) -> Node<M> {
        Node {
            network,
            number,
            left: faults,
            crashed: false,
            ahead: Duration::ZERO,
            calls: 0,
            backlog: VecDeque::new(),
            stopped: false,
        }
    }

    /// Its number.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What may happen before each operation.
    #[track_caller]
    fn step(&mut self) -> Result<(), Crashed> {
        self.crashed |= happens(&mut self.left.crashes);
        if self.crashed {
            return Err(Crashed);
        }
        if happens(&mut self.left.pauses) {
            go::sleep(PAUSE);
        }
        Ok(())
    }

    /// Works for so long.
    ///
    /// # Errors
    /// If it crashes.
    #[track_caller]
    pub fn work(&mut self, duration: Duration) -> Result<(), Crashed> {
        self.step()?;
        if !duration.is_zero() {
            go::sleep(duration);
        }
        Ok(())
    }

    /// What its clock shows, which may have jumped.
    ///
    /// # Errors
    /// If it crashes.
    #[track_caller]
    pub fn now(&mut self) -> Result<Instant, Crashed> {
        self.step()?;
        if happens(&mut self.left.jumps) {
            self.ahead += JUMP;
        }
        Ok(Instant::now() + self.ahead)
    }

    /// Sends a message that is no reply; its number, by which a reply is known.
    ///
    /// # Errors
    /// If it crashes before. Whether the message arrives it is not told.
    #[track_caller]
    pub fn send(&mut self, to: usize, body: M) -> Result<u64, Crashed> {
        self.calls += 1;
        let call = self.calls;
        self.post(to, call, body).map(|()| call)
    }

    /// Replies to a message.
    ///
    /// # Errors
    /// If it crashes before.
    #[track_caller]
    pub fn reply(&mut self, to: &Message<M>, body: M) -> Result<(), Crashed> {
        self.post(to.from, to.call, body)
    }

    #[track_caller]
    fn post(&mut self, to: usize, call: u64, body: M) -> Result<(), Crashed> {
        self.step()?;
        let message = Message { from: self.number, call, body };
        if happens(&mut self.left.losses) {
            return Ok(());
        }
        let network = self.network.clone();
        if happens(&mut self.left.delays) {
            go::go(move || {
                go::sleep(LATE);
                network.deliver(to, message);
            });
        } else if happens(&mut self.left.reorders) {
            go::go(move || network.deliver(to, message));
        } else {
            network.deliver(to, message);
        }
        Ok(())
    }

    /// Waits for a message; none if the network has ended.
    ///
    /// # Errors
    /// If it crashes before.
    #[track_caller]
    pub fn recv(&mut self) -> Result<Option<Message<M>>, Crashed> {
        self.step()?;
        if let Some(message) = self.backlog.pop_front() {
            return Ok(Some(message));
        }
        Ok(self.take(None))
    }

    /// Waits for a message, but no longer than that; none also if the network has ended.
    ///
    /// # Errors
    /// If it crashes before.
    #[track_caller]
    pub fn recv_within(&mut self, limit: Duration) -> Result<Option<Message<M>>, Crashed> {
        self.step()?;
        if let Some(message) = self.backlog.pop_front() {
            return Ok(Some(message));
        }
        Ok(self.take(Some(limit)))
    }

    /// The next message of the inbox.
    #[track_caller]
    fn take(&mut self, limit: Option<Duration>) -> Option<Message<M>> {
        if self.stopped {
            return None;
        }
        let inbox = self.network.inbox(self.number);
        let arrived = match limit {
            None => inbox.recv(),
            Some(limit) => select! {
                recv(inbox) -> message => message,
                after(limit) => return None,
            },
        };
        let message = arrived.flatten();
        self.stopped = message.is_none();
        message
    }

    /// Asks another node and waits for its reply; none if that does not come in time. Other messages that arrive
    /// meanwhile are kept for [`recv`](Self::recv), and replies to earlier questions dropped.
    ///
    /// # Errors
    /// If it crashes. The question may have arrived.
    #[track_caller]
    pub fn call(&mut self, to: usize, body: M, patience: Duration) -> Result<Option<M>, Crashed> {
        let call = self.send(to, body)?;
        let end = Instant::now() + patience;
        self.step()?;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Some(message) = self.take(Some(left)) else { return Ok(None) };
            if message.from != to {
                self.backlog.push_back(message);
            } else if message.call == call {
                return Ok(Some(message.body));
            }
        }
    }

    /// Answers questions by what `handle` replies, if it does, until the network ends or the node crashes for good.
    /// After a crash from which it comes back (see [`run`](Self::run)) it goes on with what `handle` has kept, as on a disk.
    #[track_caller]
    pub fn serve(&mut self, mut handle: impl FnMut(&mut Node<M>, usize, &M) -> Option<M>) {
        self.run(|node| {
            while let Some(message) = node.recv()? {
                if let Some(reply) = handle(node, message.from, &message.body) {
                    node.reply(&message, reply)?;
                }
            }
            Ok(())
        });
    }

    /// Runs a program on the node, from its beginning again whenever the node comes back after a crash; none if it has
    /// crashed for good. What the program is to find again it keeps outside, as on a disk; what was in the inbox is lost.
    #[track_caller]
    pub fn run<T>(
        &mut self,
        mut program: impl FnMut(&mut Node<M>) -> Result<T, Crashed>,
    ) -> Option<T> {
        loop {
            if let Ok(value) = program(self) {
                return Some(value);
            }
            if !happens(&mut self.left.restarts) {
                return None;
            }
            self.crashed = false;
            self.backlog.clear();
            while let Ok(Some(arrived)) = self.network.inbox(self.number).try_recv() {
                self.stopped |= arrived.is_none();
            }
        }
    }
}
