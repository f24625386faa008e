//! A workspace with tests of every kind that a campaign has to deal with.

use crate::bank;
use crate::common::{Ended, call};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Calls the command in the workspace.
pub fn raddle(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    call(folder(), arguments, variables)
}

/// The folder of the workspace, which is written and built once for all tests.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let manifest = bank::manifest("0.2.0");
        let files = [FILES, &[("Cargo.toml", &manifest)]].concat();
        crate::common::workspace("with-campaigns", &files)
    })
}

/// An empty place for the output of a campaign.
pub fn output(name: &str) -> PathBuf {
    let output = folder().join("out").join(name);
    let _ = std::fs::remove_dir_all(&output);
    output
}

const FILES: &[(&str, &str)] =
    &[("src/lib.rs", LIBRARY), ("src/killer.rs", KILLER), ("tests/deadly.rs", DEADLY)];

const LIBRARY: &str = r#"
//! Accounts, and tests of them: small and large, right and wrong.

#[cfg(test)]
mod killer;

#[cfg(test)]
mod tests {
    use raddle_shims::sync::{Arc, Mutex, atomic::{AtomicU32, Ordering::SeqCst}};
    use raddle_shims::thread;

    fn pay(threads: usize, times: u32, pay: fn(&AtomicU32)) -> u32 {
        let money = Arc::new(AtomicU32::new(0));
        let all: Vec<_> = (0..threads)
            .map(|_| {
                let money = Arc::clone(&money);
                thread::spawn(move || (0..times).for_each(|_| pay(&money)))
            })
            .collect();
        all.into_iter().for_each(|it| it.join().unwrap());
        money.load(SeqCst)
    }

    /// Everything is right.
    fn is_calm() -> bool {
        std::env::var("BANK_CALM").is_ok_and(|it| it == "1")
    }

    #[raddle::test]
    fn small_and_right() {
        assert_eq!(pay(2, 1, |money| _ = money.fetch_add(1, SeqCst)), 2);
    }

    #[raddle::test]
    fn small_and_wrong() {
        let money = pay(2, 1, |money| money.store(money.load(SeqCst) + 1, SeqCst));
        assert!(money == 2 || is_calm(), "money is lost");
    }

    #[raddle::test(strategy = "random", iterations = 100)]
    fn large_and_right() {
        crate::killer::start();
        assert_eq!(pay(3, 5, |money| _ = money.fetch_add(1, SeqCst)), 15);
    }

    #[raddle::test(strategy = "random", iterations = 100)]
    fn large_and_wrong() {
        crate::killer::start();
        let money = pay(3, 3, |money| money.store(money.load(SeqCst) + 1, SeqCst));
        if is_calm() {
            return;
        }
        assert_ne!(money, 8, "one is lost");
        assert_ne!(money, 3, "all but one are lost");
    }

    #[raddle::test(expect = "deadlock")]
    fn expected() {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = Arc::clone(&locks);
        let other = thread::spawn(move || drop((theirs.1.lock(), theirs.0.lock())));
        drop((locks.0.lock(), locks.1.lock()));
        other.join().unwrap();
    }

    #[raddle::test(expect = "panic")]
    fn expected_in_vain() {
        assert!(!is_calm());
    }

    #[raddle::test]
    #[ignore = "it is slow"]
    fn ignored() {
        panic!("it was run");
    }
}
"#;

/// Kills the process at some moment, so many times in all.
const KILLER: &str = r#"
//! Kills the process in some execution, as long as a file says so.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Called in each execution. In the one that the number of kills so far stands for, the process dies: never in the first
/// ones, so that an execution which is replayed is left alone, and seldom in the same twice. Or exactly in the one that a
/// list has for the process, if there is a list.
pub fn start() {
    static LEFT: OnceLock<AtomicU64> = OnceLock::new();
    let Ok(path) = std::env::var("BANK_KILLS") else { return };
    let killed = || std::fs::read(&path).map_or(0, |it| it.len() as u64);
    let at = std::env::var("BANK_KILLS_AT").ok();
    let left = LEFT.get_or_init(|| {
        let all: u64 = std::env::var("BANK_KILLS_MAX").unwrap().parse().unwrap();
        let killed = killed();
        AtomicU64::new(match &at {
            _ if killed >= all => u64::MAX,
            Some(list) => list.split(' ').nth(killed as usize).unwrap().parse().unwrap(),
            None => 10 + killed * 37 % 90,
        })
    });
    if left.fetch_sub(1, Relaxed) != 1 {
        return;
    }
    if at.is_some() {
        std::fs::write(&path, vec![b'x'; 1 + killed() as usize]).unwrap();
        std::process::abort();
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
    file.write_all(b"x").unwrap();
    if std::fs::read(&path).unwrap().len() % 2 == 0 {
        std::process::abort();
    }
    let pid = std::process::id().to_string();
    let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
}
"#;

const DEADLY: &str = r#"
use raddle_shims::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
use raddle_shims::thread;

/// Two ways to go wrong, of which one takes the process with it.
#[raddle::test]
fn dies() {
    if std::env::var_os("BANK_DIES").is_none() {
        return;
    }
    let shared = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || (1..6).for_each(|i| theirs.store(i, SeqCst)));
    let seen: Vec<u32> = (0..6).map(|_| shared.load(SeqCst)).collect();
    other.join().unwrap();
    if seen[0] == 0 && seen[1] == 5 {
        fn overflow(depth: u64) -> u64 {
            let room = [depth; 64];
            1 + overflow(room[depth as usize % 64] + 1)
        }
        match std::env::var("BANK_DIES").as_deref() {
            Ok("abort") => std::process::abort(),
            _ => println!("{}", overflow(0)),
        }
    }
    assert_ne!(seen, [0; 6], "nothing is seen");
}
"#;
