//! etcd#6708: a client syncs its endpoints with its lock held, and to find the leader it asks itself, which
//! takes the lock for reading.
//!
//! It happens only if the leader is to be preferred. Repaired by finding the leader before locking.
//!
//! Left out: requests.

use crate::harness::kernel;
use crate::var::Var;
use raddle_shims::go::RWMutex;

#[derive(Clone, Copy, PartialEq)]
enum Selection {
    PrioritizeLeader,
}

struct ClusterClient {
    lock: RWMutex,
    selection: Selection,
    leader: Var<Option<u32>>,
}

impl ClusterClient {
    fn request(&self) -> u32 {
        self.lock.rlock();
        self.lock.runlock();
        7
    }

    /// As the members' interface does.
    fn find_leader(&self) -> Option<u32> {
        (self.selection == Selection::PrioritizeLeader).then(|| self.request())
    }

    fn sync(&self, fixed: bool) {
        let found = if fixed { self.find_leader() } else { None };
        self.lock.lock();
        let leader = if fixed { found } else { self.find_leader() };
        self.leader.set(leader);
        self.lock.unlock();
    }
}

fn program(fixed: bool) {
    let (selection, leader) = (Selection::PrioritizeLeader, Var::new(None));
    ClusterClient { lock: RWMutex::new(), selection, leader }.sync(fixed);
}

kernel!("etcd#6708": "deadlock");
