//! A client falls back to a cached price if a call takes too long; that the call may succeed all the same is the trap.

#![forbid(unsafe_code)]

use raddle_shims::go::atomic::Int64;
use raddle_shims::time::Duration;

/// How long a client waits.
const PATIENCE: Duration = Duration::from_millis(10);

/// What is served if the call takes too long.
pub const CACHED: i64 = 90;

/// What calls came to.
#[derive(Default)]
pub struct Metrics {
    /// Calls that were answered in time.
    pub succeeded: Int64,
    /// Calls that were given up.
    pub fell_back: Int64,
}

/// Whoever comes first, the call or the client that gives up, counts; so can both.
pub mod broken {
    use super::{Arc, CACHED, Metrics, PATIENCE};
    use raddle_shims::go::{self, atomic::Int64, chan, select};

    /// The price of today, or the cached one.
    pub fn price(metrics: &Arc<Metrics>) -> i64 {
        let (price, done) = (Arc::new(Int64::new(CACHED)), chan(1));
        let (theirs, counts, tell) = (Arc::clone(&price), Arc::clone(metrics), done.sender());
        go::go(move || {
            theirs.store(100);
            counts.succeeded.add(1);
            tell.send(());
        });
        select! {
            recv(done) -> _ => {}
            after(PATIENCE) => {
                metrics.fell_back.add(1);
                price.store(CACHED);
            }
        }
        price.load()
    }
}

/// The client decides, once, by what it received.
pub mod fixed {
    use super::{Arc, CACHED, Metrics, PATIENCE};
    use raddle_shims::go::{self, chan, select};

    /// The price of today, or the cached one.
    pub fn price(metrics: &Arc<Metrics>) -> i64 {
        let prices = chan(1);
        let theirs = prices.sender();
        go::go(move || theirs.send(100));
        select! {
            recv(prices) -> price => {
                metrics.succeeded.add(1);
                price.unwrap_or(CACHED)
            }
            after(PATIENCE) => {
                metrics.fell_back.add(1);
                CACHED
            }
        }
    }
}

use std::sync::Arc;
