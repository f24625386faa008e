//! moby#7559: a proxy that cannot dial goes on to the next packet with its lock held.
//!
//! `continue` in the loop leaves out the unlock. Repaired by unlocking before.
//!
//! Left out: the network; whether dialling fails is anybody's choice, and there are two packets.

use crate::harness::kernel;
use raddle_shims::go::Mutex;

#[derive(Default)]
struct UdpProxy {
    connections: Mutex,
}

impl UdpProxy {
    fn run(&self, fixed: bool) {
        for _ in 0..2 {
            self.connections.lock();
            if raddle::choose(2) == 1 {
                if fixed {
                    self.connections.unlock();
                }
                continue;
            }
            self.connections.unlock();
        }
    }
}

fn program(fixed: bool) {
    let proxy = UdpProxy::default();
    raddle_shims::go::go(move || proxy.run(fixed));
}

kernel!("moby#7559": "task-leak");
