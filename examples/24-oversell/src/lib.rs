//! An order service sells what an inventory service has; that looking and taking are two calls is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::{self, Chan, Sender, chan};

/// What the inventory is asked for, and where the reply goes.
#[derive(Clone, Debug)]
pub enum Request {
    /// How many pieces there are.
    Stock(Sender<i64>),
    /// Takes a piece away; how many are left.
    Take(Sender<i64>),
    /// Takes a piece away if there is one; how many are left, -1 if there was none.
    Reserve(Sender<i64>),
}

/// Starts an inventory with so many pieces, which works until the channel is closed.
pub fn inventory(mut stock: i64) -> Chan<Request> {
    let requests = chan::<Request>(0);
    let theirs = requests.receiver();
    go::go(move || {
        for request in &theirs {
            match request {
                Request::Stock(reply) => reply.send(stock),
                Request::Take(reply) => {
                    stock -= 1;
                    reply.send(stock);
                }
                Request::Reserve(reply) => {
                    reply.send(stock - 1);
                    stock = (stock - 1).max(0);
                }
            }
        }
    });
    requests
}

fn ask(inventory: &Chan<Request>, request: impl FnOnce(Sender<i64>) -> Request) -> i64 {
    let reply = chan(0);
    inventory.send(request(reply.sender()));
    reply.recv().unwrap_or(-1)
}

/// Asks whether there is a piece, and takes it.
pub mod broken {
    use super::{Chan, Request, ask};

    /// Whether the customer gets a piece.
    pub fn order(inventory: &Chan<Request>) -> bool {
        if ask(inventory, Request::Stock) < 1 {
            return false;
        }
        ask(inventory, Request::Take);
        true
    }
}

/// The inventory decides.
pub mod fixed {
    use super::{Chan, Request, ask};

    /// Whether the customer gets a piece.
    pub fn order(inventory: &Chan<Request>) -> bool {
        ask(inventory, Request::Reserve) >= 0
    }
}
