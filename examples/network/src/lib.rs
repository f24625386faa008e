//! A small network of nodes that send each other messages; what goes wrong in it is chosen by the checker.
//!
//! It is for checks of distributed protocols: nodes are goroutines, a message is a value in a channel, and time is the
//! model's, so a check needs `time = "virtual"`. Whether a message is lost, late or overtaken, whether a node crashes, stands
//! still, or finds that its clock has jumped is a [`raddle::choose`] at the place where it happens, not a sleep and not
//! a random number: every combination is explored. [`Faults`] says how many of each may befall a node in one execution; with
//! none, messages arrive at once and in the order in which they were sent.
//!
//! Faults are counted by node, not by network, because a common count would be one more thing that nodes share, and
//! order what is independent.
//!
//! ```
//! use example_network::{Faults, Network};
//! use raddle_shims::go;
//! use std::time::Duration;
//!
//! raddle::Builder::new().time("virtual").check(|| {
//!     let network = Network::new(2);
//!     let mut server = network.node(0, Faults::NONE);
//!     go::go(move || server.serve(|_, _, number: &u32| Some(number + 1)));
//!     let mut client = network.node(1, Faults { losses: 1, ..Faults::NONE });
//!     let reply = client.call(0, 41, Duration::from_secs(1)).expect("it does not crash");
//!     assert!(reply == Some(42) || reply.is_none(), "the question may be lost");
//!     network.stop();
//! });
//! ```

#![forbid(unsafe_code)]

mod node;

pub use node::{Crashed, Message, Node};

use raddle_shims::go::{Chan, chan};
use raddle_shims::time::Duration;

/// How long a late message takes. Others take no time.
pub const LATE: Duration = Duration::from_secs(20);

/// How long a node stands still when it pauses: for a collection of garbage, or while its machine is moved.
pub const PAUSE: Duration = Duration::from_secs(20);

/// By how much a clock jumps ahead.
pub const JUMP: Duration = Duration::from_secs(20);

/// How many messages fit into an inbox.
const ROOM: usize = 64;

/// How many faults of each kind may befall a node in one execution, at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Faults {
    /// Messages of it that do not arrive.
    pub losses: u32,
    /// Messages of it that arrive [`LATE`].
    pub delays: u32,
    /// Messages of it that later ones may overtake.
    pub reorders: u32,
    /// Crashes, each before one of its operations.
    pub crashes: u32,
    /// Of those crashes, after how many it may come back: see [`Node::run`].
    pub restarts: u32,
    /// Operations before which it stands still for a [`PAUSE`].
    pub pauses: u32,
    /// Times that it looks at its clock, which has jumped ahead by [`JUMP`].
    pub jumps: u32,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Faults =
        Faults { losses: 0, delays: 0, reorders: 0, crashes: 0, restarts: 0, pauses: 0, jumps: 0 };
}

/// What nodes are connected by. Messages are of the type `M`, questions and replies alike.
pub struct Network<M> {
    inboxes: Vec<Chan<Option<Message<M>>>>,
}

impl<M> Clone for Network<M> {
    fn clone(&self) -> Network<M> {
        Network { inboxes: self.inboxes.clone() }
    }
}

impl<M: Send + 'static> Network<M> {
    /// A network of so many nodes, which are known by their numbers from 0.
    #[track_caller]
    pub fn new(nodes: usize) -> Network<M> {
        Network { inboxes: (0..nodes).map(|_| chan(ROOM)).collect() }
    }

    /// The node with that number, for the one goroutine that is it.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn node(&self, number: usize, faults: Faults) -> Node<M> {
        assert!(number < self.inboxes.len(), "node {number} of {} nodes", self.inboxes.len());
        Node::new(self.clone(), number, faults)
    }

    /// Ends it: whoever receives gets nothing any more, after what has arrived.
    #[track_caller]
    pub fn stop(&self) {
        self.inboxes.iter().for_each(|inbox| inbox.send(None));
    }

    /// Puts a message, or the end, into an inbox.
    #[track_caller]
    fn deliver(&self, to: usize, message: Message<M>) {
        let put = self.inboxes[to].try_send(Some(message));
        assert!(put.is_ok(), "the inbox of node {to} is full: nobody reads its {ROOM} messages");
    }

    fn inbox(&self, number: usize) -> &Chan<Option<Message<M>>> {
        &self.inboxes[number]
    }
}
