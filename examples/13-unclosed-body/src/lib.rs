//! A client has a pool of two connections and reads the body of a response; what happens on the error path is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::{Semaphore, context};
use raddle_shims::track::Open;
use std::sync::Arc;

/// Two connections to a server.
pub struct Pool(Arc<Semaphore>);

/// What a server answers. Its connection is in use until the body has been closed.
pub struct Response {
    /// 200 if all is well.
    pub status: u32,
    /// To be closed.
    pub body: Open<Body>,
}

/// What a response holds, and the connection over which it comes.
pub struct Body {
    text: &'static str,
    pool: Arc<Semaphore>,
}

/// Closes a body, and gives its connection back.
pub fn close(body: Open<Body>) {
    body.close().pool.release(1);
}

impl Pool {
    /// A pool of two.
    #[track_caller]
    pub fn new() -> Pool {
        Pool(Arc::new(Semaphore::new(2)))
    }

    /// Waits for a connection and asks for a page; there is only one.
    pub fn get(&self, page: &str) -> Response {
        let background = context::background();
        self.0.acquire(&background, 1).expect("the background is never over");
        let (status, text) = if page == "index" { (200, "hello") } else { (404, "") };
        Response { status, body: Open::new("body", Body { text, pool: Arc::clone(&self.0) }) }
    }
}

impl Default for Pool {
    #[track_caller]
    fn default() -> Pool {
        Pool::new()
    }
}

/// Closes the body when it has been read.
pub mod broken {
    use super::{Pool, close};

    /// The length of a page.
    ///
    /// # Errors
    /// The status, if it is not 200.
    pub fn length(pool: &Pool, page: &str) -> Result<usize, u32> {
        let response = pool.get(page);
        if response.status != 200 {
            return Err(response.status);
        }
        let length = response.body.text.len();
        close(response.body);
        Ok(length)
    }
}

/// Closes the body, whatever comes.
pub mod fixed {
    use super::{Pool, close};

    /// The length of a page.
    ///
    /// # Errors
    /// The status, if it is not 200.
    pub fn length(pool: &Pool, page: &str) -> Result<usize, u32> {
        let response = pool.get(page);
        let length = match response.status {
            200 => Ok(response.body.text.len()),
            status => Err(status),
        };
        close(response.body);
        length
    }
}
