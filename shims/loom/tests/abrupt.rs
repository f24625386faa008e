//! A process that ends in the middle of an execution: the next one says how to run that again, with this face.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::env;
use std::process::{Command, Output, abort};

/// Set, it is a process that ends, or the one after it.
const CHILD: &str = "LOOM_FACE_CHILD";
const ENDS: &str = "abort";

/// Ends the process in one of its executions, if told to.
#[test]
fn ends_in_an_execution() {
    let Ok(how) = env::var(CHILD) else { return };
    loom::model(move || {
        let place = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&place);
        let other = loom::thread::spawn(move || theirs.store(1, Relaxed));
        if place.load(Relaxed) == 1 && how == ENDS {
            abort();
        }
        other.join().unwrap();
    });
}

fn run(how: &str) -> Output {
    let mut command = Command::new(env::current_exe().expect("a test knows its own file"));
    let test = ["--exact", "ends_in_an_execution", "--nocapture", "--test-threads=1"];
    command.args(test).env(CHILD, how).output().expect("it runs")
}

#[test]
fn the_next_process_says_how_to_run_it_again() {
    assert!(run(ENDS).status.code().is_none(), "it ends by a signal");
    let next = run("passes");
    let text = String::from_utf8_lossy(&next.stderr);
    assert!(next.status.success(), "{text}");
    let told =
        text.lines().find(|line| line.contains("an earlier process ended inside of execution"));
    let told = told.unwrap_or_else(|| panic!("nothing is named in\n{text}"));
    let (_, command) = told.rsplit_once("to run it again: ").expect("it says how");
    let words: Vec<_> = command.split(' ').collect();
    assert!(
        matches!(words[..], ["cargo", "raddle", "loom", "--replay", token, "test"] if token.starts_with("rd1-")),
        "{command}"
    );
}
