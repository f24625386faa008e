//! syncthing#5795: a connection that is closed from its own dispatcher waits for the dispatcher to stop.
//!
//! The dispatcher passes a message to the model, which closes the connection; `Close` tells all loops to stop
//! and then waits for the dispatcher, which is its caller. Repaired by closing in a goroutine of its own.
//!
//! Left out: the network. The reader's loop looks at it twice, not again and again, before it waits to be
//! closed.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Once, chan, select};
use std::sync::Arc;

struct Connection {
    inbox: Chan<u32>,
    dispatcher_stopped: Chan<()>,
    closed: Chan<()>,
    once: Once,
    on_config: fn(&Arc<Connection>),
}

impl Connection {
    fn start(self: &Arc<Self>) {
        let connection = Arc::clone(self);
        go!(connection => connection.reader_loop());
        go!(connection => {
            connection.dispatcher_loop();
            connection.dispatcher_stopped.close();
        });
    }

    fn reader_loop(&self) {
        for _ in 0..2 {
            select! {
                recv(self.closed) -> _ => return,
                default => {}
            }
        }
        self.closed.recv();
    }

    fn dispatcher_loop(self: &Arc<Self>) {
        loop {
            select! {
                recv(self.inbox) -> _config => (self.on_config)(self),
                recv(self.closed) -> _ => return,
            }
        }
    }

    fn close(&self) {
        self.once.do_once(|| {
            self.closed.close();
            self.dispatcher_stopped.recv();
        });
    }
}

fn program(fixed: bool) {
    let on_config: fn(&Arc<Connection>) = match fixed {
        true => |connection| go!(connection => connection.close()),
        false => |connection| connection.close(),
    };
    let (inbox, once) = (chan(0), Once::new());
    let (dispatcher_stopped, closed) = (chan(0), chan(0));
    let connection = Connection { inbox, dispatcher_stopped, closed, once, on_config };
    let connection = Arc::new(connection);
    connection.start();
    connection.inbox.send(0);
    connection.dispatcher_stopped.recv();
}

kernel!("syncthing#5795": "deadlock");
