//! What is said of channels: who was at the other side, and what became of it.

use super::{found, helps, says};
use raddle::Kind;
use raddle_shims::go::{self, Chan, chan, context, select};
use raddle_shims::sync::Arc;
use raddle_shims::sync::mpsc;
use raddle_shims::thread;

#[test]
fn a_receiver_that_took_enough_and_ended() {
    let violation = found(Kind::TaskLeak, || {
        let results = chan(0);
        let sender = results.clone();
        go::go(move || (0..3).for_each(|number| sender.send(number)));
        results.recv();
        results.recv();
    });
    says(
        &violation,
        &[
            "t1 waits to send to `results`, and nobody is left who could receive (main did, and has ended)",
            "main received from `results` twice, last here, and has ended",
        ],
        &[],
    );
    helps(&violation, "whoever receives must go on until nothing more is sent");
    helps(&violation, "`check_task_leaks = false` allows");
}

#[test]
fn a_receiver_that_was_cancelled() {
    let violation = found(Kind::TaskLeak, || {
        let results = chan(0);
        let sender = results.clone();
        let (ctx, cancel) = context::with_cancel(&context::background());
        go::go(move || sender.send(1));
        let receiver = results.clone();
        go::go(move || {
            select! {
                recv(receiver) -> _ => {}
                recv(ctx.done()) -> _ => {}
            }
        });
        cancel.cancel();
    });
    says(
        &violation,
        &[
            "t1 waits to send to `results`, and nobody is left who could receive (t2 took another arm, and has ended)",
            "t2 took the arm that receives from `ctx.done()` here, not that of `results`, and has ended",
            "select: receive from ctx.done() -> closed",
        ],
        &["arm 1", "arm 2"],
    );
}

/// What it did last tells why it left.
#[test]
fn a_sender_that_ended_elsewhere() {
    let violation = found(Kind::Deadlock, || {
        let (lines, stop) = (chan(0), chan::<()>(0));
        let (theirs, stopped) = (lines.clone(), stop.clone());
        go::go(move || {
            theirs.send(1);
            stopped.recv();
        });
        lines.recv();
        stop.close();
        lines.recv();
    });
    says(
        &violation,
        &[
            "main waits to receive from `lines`, and nobody is left who could send or close it (t1 did, and has ended)",
            "t1 sent to `lines` here, and ended after `receive from stop -> closed` at line",
        ],
        &[],
    );
    helps(&violation, "whoever is to send or close must do so on every path");
}

#[test]
fn a_receiver_that_waits_elsewhere_for_who_sends() {
    let violation = found(Kind::Deadlock, || {
        let (lock, updates) = (Arc::new(go::Mutex::new()), chan(0));
        let (theirs, sender) = (lock.clone(), updates.clone());
        go::go(move || {
            theirs.lock();
            sender.send(1);
            sender.send(2);
            theirs.unlock();
        });
        updates.recv();
        lock.lock();
        updates.recv();
        lock.unlock();
    });
    says(
        &violation,
        &[
            "main waits to lock `lock`, held by t1, which waits to send to `updates`, and nobody is left who could \
             receive (main did, and waits as well)",
            "main received from `updates` here, and waits as well",
        ],
        &["lock in the same order"],
    );
    helps(&violation, "t1 holds `lock` while it waits to send to `updates`");
    helps(&violation, "give a lock up");
}

#[test]
fn a_channel_of_std_of_which_a_sender_is_left() {
    let violation = found(Kind::Deadlock, || {
        let (jobs, received) = mpsc::channel();
        let theirs = jobs.clone();
        let worker = thread::spawn(move || theirs.send(1).unwrap());
        while received.recv().is_ok() {}
        drop(jobs);
        worker.join().unwrap();
    });
    says(
        &violation,
        &[
            "main waits to receive from `received`, and nobody is left who could send (t1 did, and has ended)",
            "t1 sent to `received` here",
            "1 sender not dropped",
        ],
        &[],
    );
    helps(&violation, "when all senders are dropped, clones and the original");
}

#[test]
fn nobody_else_was_started() {
    let violation = found(Kind::Deadlock, || {
        let quiesced = chan::<()>(0);
        quiesced.recv();
        quiesced.close();
    });
    assert_eq!(
        violation.message,
        "main waits to receive from `quiesced`, and nobody is left who could send or close it (no other thread was started)"
    );
    helps(&violation, "has to be done before the wait (look at what comes after it)");
}

#[test]
fn nobody_was_ever_there() {
    let violation = found(Kind::TaskLeak, || {
        let done = chan::<()>(0);
        let theirs = done.clone();
        go::go(move || theirs.recv());
        let _ = (done, Chan::<()>::nil());
    });
    says(
        &violation,
        &[
            "who could send or close it (nobody else has so far)",
            "no other thread has sent to `done` or closed it",
        ],
        &[],
    );
}

#[test]
fn each_arm_of_a_select_is_told() {
    let violation = found(Kind::Deadlock, || {
        let (orders, stop) = (chan::<u8>(0), chan::<()>(0));
        let theirs = orders.clone();
        go::go(move || theirs.send(1));
        orders.recv();
        select! {
            recv(orders) -> _ => {}
            recv(stop) -> _ => {}
        }
    });
    says(
        &violation,
        &[
            "main waits in a select to receive from `stop` or to receive from `orders`",
            "t1 sent to `orders` at",
            "no other thread has sent to `stop` or closed it",
        ],
        &[],
    );
    helps(&violation, "no arm of the select can go on");
}

/// Who closed a channel is as much a part of it as who sends on it then.
#[test]
fn a_channel_that_was_closed_before() {
    let sends = || {
        let lines = chan(1);
        let theirs = lines.clone();
        thread::spawn(move || theirs.close()).join().unwrap();
        lines.send(1);
    };
    let closes = || {
        let lines = chan::<u8>(0);
        lines.close();
        lines.close();
    };
    for (program, closer) in [(sends as fn(), "t1"), (closes as fn(), "main")] {
        let violation = found(Kind::Panic, program);
        says(&violation, &[&format!("{closer} had closed `lines` here")], &[]);
    }
}

#[test]
fn a_nil_channel_is_told_as_one() {
    let violation = found(Kind::Deadlock, || _ = Chan::<u32>::nil().recv());
    says(
        &violation,
        &[
            "main waits at nil channels alone, which are never ready",
            "wait at nil channels -> waits",
        ],
        &["internal", "first of all"],
    );
}
