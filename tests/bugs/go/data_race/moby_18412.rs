//! moby#18412: a command that takes too long is killed, and what it has said is read while it still speaks.
//!
//! A goroutine waits for the command, which writes its output meanwhile, and sets the exit code. On a timeout
//! the function kills the command and returns the output and the code without waiting. Repaired by waiting
//! until the killed command has ended.
//!
//! Left out: the command is a goroutine that writes once.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{chan, select};
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct Command {
    output: Var<String>,
    exit_code: Var<i32>,
}

fn run_for(duration: Duration, fixed: bool) -> (String, i32, bool) {
    let (command, done) = (Arc::new(Command::default()), chan(1));
    let exited = chan::<()>(0);
    go!(command, exited => {
        command.output.update(|output| output.push_str("file"));
        exited.close();
    });
    go!(command, done => {
        exited.recv();
        command.exit_code.set(1);
        done.send(());
    });
    let timed_out = select! {
        recv(done) -> _ => false,
        after(duration) => true,
    };
    if timed_out && fixed {
        done.recv();
    }
    (command.output.get(), command.exit_code.get(), timed_out)
}

fn program(fixed: bool) {
    let (output, ..) = run_for(Duration::from_millis(1), fixed);
    assert!(output.is_empty() || output == "file");
}

kernel!("moby#18412": "data-race");
