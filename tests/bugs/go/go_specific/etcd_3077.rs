//! etcd#3077: a goroutine makes the channels by which others talk to it.
//!
//! `raftNode.run` makes `stopped` and `done` when it starts; the server, whose goroutine started it, sends to
//! `stopped` when it is stopped, having slept for a while instead of waiting. Repaired by making them before
//! the goroutine starts.
//!
//! Left out: Raft.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, chan, select, sleep};
use std::sync::Arc;
use std::time::Duration;

struct RaftNode {
    stopped: Var<Chan<()>>,
    done: Var<Chan<()>>,
}

impl RaftNode {
    fn make_channels(&self) {
        self.stopped.set(chan(0));
        self.done.set(chan(0));
    }

    fn run(&self, fixed: bool) {
        if !fixed {
            self.make_channels();
        }
        self.stopped.get().recv();
        self.done.get().close();
    }
}

struct Server {
    raft: Arc<RaftNode>,
    done: Chan<()>,
    stop: Chan<()>,
}

impl Server {
    fn run(&self, fixed: bool) {
        let raft = Arc::clone(&self.raft);
        if fixed {
            raft.make_channels();
        }
        go!(raft => raft.run(fixed));
        sleep(Duration::from_millis(10));
        self.stop.recv();
        raft.stopped.get().send(());
        raft.done.get().recv();
        self.done.close();
    }

    fn stop(&self) {
        select! {
            send(self.stop, ()) => {}
            recv(self.done) -> _ => return,
        }
        self.done.recv();
    }
}

fn program(fixed: bool) {
    let raft = RaftNode { stopped: Var::default(), done: Var::default() };
    let server = Arc::new(Server { raft: Arc::new(raft), done: chan(0), stop: chan(0) });
    go!(server => server.run(fixed));
    server.stop();
}

kernel!("etcd#3077": "data-race");
