//! grpc-go#1275: closing a stream does not wake whoever reads from it.
//!
//! A goroutine reads from the stream, which waits at the receive buffer's channel. `CloseStream` should put
//! something there and does not; the test gives up after a while, and the reader stays. Repaired by putting
//! it there.
//!
//! Left out: what is read.

use crate::harness::{go, kernel};
use raddle_shims::go::{Chan, Timer, chan, select};
use std::time::Duration;

#[derive(Clone)]
struct Stream {
    buffer: Chan<Result<u8, &'static str>>,
}

impl Stream {
    fn read(&self) -> Result<u8, &'static str> {
        self.buffer.recv().expect("nobody closes it")
    }
}

fn close_stream(stream: &Stream, fixed: bool) {
    if fixed {
        let _closed_before = stream.buffer.try_send(Err("the stream is closed"));
    }
}

fn program(fixed: bool) {
    let (stream, done) = (Stream { buffer: chan(1) }, chan::<()>(0));
    go!(stream, done => {
        assert!(stream.read().is_err());
        done.close();
    });
    close_stream(&stream, fixed);
    let timeout = Timer::new(Duration::from_nanos(300));
    select! {
        recv(done) -> _ => assert!(timeout.stop(), "no time has passed"),
        recv(timeout.c()) -> _ => {}
    }
}

kernel!("grpc#1275": "task-leak", time = "virtual");
