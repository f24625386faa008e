//! Programs that lock, but not enough, or too much.

use super::Var;
use raddle_shims::sync::{Arc, Mutex};
use raddle_shims::thread;

/// Writers set one variable under one lock and a second, from the first, under another; a reader in between sees
/// only the first.
pub fn two_stages(writers: usize, readers: usize) {
    #[derive(Default)]
    struct Stages(Mutex<()>, Mutex<()>);
    let shared = Arc::new((Stages::default(), Var::new(0), Var::new(0)));
    let mut threads = Vec::new();
    for _ in 0..writers {
        let shared = Arc::clone(&shared);
        threads.push(thread::spawn(move || {
            let (locks, first, second) = &*shared;
            {
                let _guard = locks.0.lock().unwrap();
                first.set(1);
            }
            let _guard = locks.1.lock().unwrap();
            second.set(first.get() + 1);
        }));
    }
    for _ in 0..readers {
        let shared = Arc::clone(&shared);
        threads.push(thread::spawn(move || {
            let (locks, first, second) = &*shared;
            let seen = {
                let _guard = locks.0.lock().unwrap();
                if first.get() == 0 {
                    return;
                }
                first.get()
            };
            let next = {
                let _guard = locks.1.lock().unwrap();
                second.get()
            };
            assert_eq!(next, seen + 1, "one stage only");
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A deposit and a withdrawal, each under the lock; who looks when both are done expects another sum.
pub fn account() {
    struct Account {
        lock: Mutex<()>,
        balance: Var,
        deposited: Var,
        withdrawn: Var,
    }
    let account = Arc::new(Account {
        lock: Mutex::new(()),
        balance: Var::new(1),
        deposited: Var::new(0),
        withdrawn: Var::new(0),
    });
    let tasks: [fn(&Account); 3] = [
        |account| {
            if account.deposited.get() == 1 && account.withdrawn.get() == 1 {
                assert_eq!(account.balance.get(), (1 - 2) - 4, "a wrong sum");
            }
        },
        |account| {
            account.balance.add(2);
            account.deposited.set(1);
        },
        |account| {
            account.balance.add(-4);
            account.withdrawn.set(1);
        },
    ];
    for task in tasks {
        let account = Arc::clone(&account);
        thread::spawn(move || {
            let _guard = account.lock.lock().unwrap();
            task(&account);
        });
    }
}

/// One thread adds 1, one adds 2, and a third does not expect both to have been there.
pub fn lazy() {
    let shared = Arc::new((Mutex::new(()), Var::new(0)));
    let tasks: [fn(&Var); 3] =
        [|data| data.add(1), |data| data.add(2), |data| assert!(data.get() < 3, "both were here")];
    let threads = tasks.map(|task| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let _guard = shared.0.lock().unwrap();
            task(&shared.1);
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Two locks, in this order and in that.
pub fn deadlock() {
    let shared = Arc::new(([Mutex::new(()), Mutex::new(())], Var::new(1)));
    let threads = [(0, 1), (1, 0)].map(|(first, second)| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let _outer = shared.0[first].lock().unwrap();
            let _inner = shared.0[second].lock().unwrap();
            shared.1.add(1);
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Two groups, of which the first to come takes a lock for all of its members while it holds the one that
/// members of the other need in order to give it back. Two more threads do nothing.
pub fn carter() {
    struct Groups {
        members: Mutex<()>,
        counts: [Var; 2],
        owner: Mutex<()>,
    }
    fn member(groups: &Groups, group: usize) {
        let mut held = None;
        {
            let _guard = groups.members.lock().unwrap();
            groups.counts[group].add(1);
            if groups.counts[group].get() == 1 {
                held = Some(groups.owner.lock().unwrap());
            }
        }
        let _guard = groups.members.lock().unwrap();
        groups.counts[group].add(-1);
        if groups.counts[group].get() == 0 {
            drop(held);
        }
    }
    let (members, owner) = (Mutex::new(()), Mutex::new(()));
    let groups = Arc::new(Groups { members, counts: [Var::new(0), Var::new(0)], owner });
    let mut threads = Vec::new();
    for group in 0..2 {
        let groups = Arc::clone(&groups);
        threads.push(thread::spawn(move || member(&groups, group)));
    }
    threads.extend([thread::spawn(|| {}), thread::spawn(|| {})]);
    for thread in threads {
        thread.join().unwrap();
    }
}

/// One thread reads and adds under one lock, three add under another.
pub fn wrong_lock() {
    let shared = Arc::new((Mutex::new(()), Mutex::new(()), Var::new(0)));
    let mut threads = Vec::new();
    let theirs = Arc::clone(&shared);
    threads.push(thread::spawn(move || {
        let _guard = theirs.0.lock().unwrap();
        let before = theirs.2.get();
        theirs.2.add(1);
        assert_eq!(theirs.2.get(), before + 1, "somebody else was here");
    }));
    for _ in 0..3 {
        let shared = Arc::clone(&shared);
        threads.push(thread::spawn(move || {
            let _guard = shared.1.lock().unwrap();
            shared.2.add(1);
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
