//! Package `golang.org/x/time/rate`: a token bucket.

use super::context::{Context, Error};
use super::{lock, select};
use crate::sync::Mutex;
use crate::time::{Duration, Instant};
use std::fmt;

/// As `rate.Limiter`: lets so many events a second happen, and so many at once.
///
/// The bucket is full at first. In a model it needs `time = "virtual"`: otherwise no time passes but that of one's own sleeps.
///
/// ```
/// use raddle_shims::go::rate::Limiter;
/// let limiter = Limiter::new(1.0, 2);
/// assert!(limiter.allow() && limiter.allow() && !limiter.allow());
/// ```
pub struct Limiter {
    bucket: Mutex<Bucket>,
}

/// What was in the bucket at that time; negative if more has been promised.
struct Bucket {
    per_second: f64,
    burst: u32,
    tokens: f64,
    at: Option<Instant>,
}

/// What is promised to an event; as `rate.Reservation`.
#[derive(Debug)]
pub struct Reservation {
    ready: Option<Instant>,
    tokens: u32,
}

/// Why an event did not get what it waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitError {
    /// It is more than can ever be in the bucket.
    ExceedsBurst,
    /// The context is over before.
    Context(Error),
    /// The context would be over before.
    WouldExceedDeadline,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitError::ExceedsBurst => f.write_str("rate: Wait(n) exceeds limiter's burst"),
            WaitError::Context(error) => error.fmt(f),
            WaitError::WouldExceedDeadline => {
                f.write_str("rate: Wait(n) would exceed context deadline")
            }
        }
    }
}

impl std::error::Error for WaitError {}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let passed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.tokens = (self.tokens + passed * self.per_second).min(f64::from(self.burst));
        self.at = Some(now);
    }
}

impl Limiter {
    /// Lets `per_second` events happen each second, and at most `burst` at once.
    #[track_caller]
    pub fn new(per_second: f64, burst: u32) -> Limiter {
        let tokens = f64::from(burst);
        Limiter { bucket: Mutex::new(Bucket { per_second, burst, tokens, at: None }) }
    }

    /// How many events happen each second, as `Limiter.Limit`.
    #[track_caller]
    pub fn limit(&self) -> f64 {
        lock(&self.bucket).per_second
    }

    /// How many happen at once at most, as `Limiter.Burst`.
    #[track_caller]
    pub fn burst(&self) -> u32 {
        lock(&self.bucket).burst
    }

    /// From now on so many happen each second, as `Limiter.SetLimit`: what has been promised before stays so.
    ///
    /// ```
    /// use raddle_shims::go::rate::Limiter;
    /// let limiter = Limiter::new(1.0, 2);
    /// limiter.set_limit(5.0);
    /// limiter.set_burst(1);
    /// assert_eq!((limiter.limit(), limiter.burst()), (5.0, 1));
    /// assert!(limiter.allow() && !limiter.allow());
    /// ```
    #[track_caller]
    pub fn set_limit(&self, per_second: f64) {
        self.set_limit_at(Instant::now(), per_second);
    }

    /// The same from that time on, as `Limiter.SetLimitAt`: until then tokens come at the old rate.
    #[track_caller]
    pub fn set_limit_at(&self, at: Instant, per_second: f64) {
        let mut bucket = lock(&self.bucket);
        bucket.fill(at);
        bucket.per_second = per_second;
    }

    /// From now on so many happen at once at most, as `Limiter.SetBurst`.
    #[track_caller]
    pub fn set_burst(&self, burst: u32) {
        self.set_burst_at(Instant::now(), burst);
    }

    /// The same from that time on, as `Limiter.SetBurstAt`.
    #[track_caller]
    pub fn set_burst_at(&self, at: Instant, burst: u32) {
        let mut bucket = lock(&self.bucket);
        bucket.fill(at);
        bucket.burst = burst;
    }

    /// Whether an event may happen now; if so it has.
    #[track_caller]
    pub fn allow(&self) -> bool {
        self.allow_n(1)
    }

    /// The same for so many events.
    #[track_caller]
    pub fn allow_n(&self, events: u32) -> bool {
        let mut bucket = lock(&self.bucket);
        bucket.fill(Instant::now());
        let enough = bucket.tokens >= f64::from(events);
        if enough {
            bucket.tokens -= f64::from(events);
        }
        enough
    }

    /// Promises so many events, and says when they may happen.
    #[track_caller]
    pub fn reserve_n(&self, events: u32) -> Reservation {
        let now = Instant::now();
        let mut bucket = lock(&self.bucket);
        bucket.fill(now);
        if events > bucket.burst {
            return Reservation { ready: None, tokens: 0 };
        }
        bucket.tokens -= f64::from(events);
        let missing = (-bucket.tokens).max(0.0);
        let wait = Duration::try_from_secs_f64(missing / bucket.per_second);
        let ready = wait.ok().and_then(|wait| now.checked_add(wait));
        if ready.is_none() {
            bucket.tokens += f64::from(events);
        }
        Reservation { ready, tokens: if ready.is_some() { events } else { 0 } }
    }

    /// Gives back what was promised.
    #[track_caller]
    pub fn cancel(&self, reservation: Reservation) {
        let now = Instant::now();
        if reservation.ready.is_some_and(|ready| ready > now) {
            let mut bucket = lock(&self.bucket);
            bucket.fill(now);
            let most = f64::from(bucket.burst);
            bucket.tokens = (bucket.tokens + f64::from(reservation.tokens)).min(most);
        }
    }

    /// Waits until an event may happen.
    ///
    /// # Errors
    /// If it can never happen, or not before the context is over; then nothing is taken.
    #[track_caller]
    pub fn wait(&self, ctx: &Context) -> Result<(), WaitError> {
        self.wait_n(ctx, 1)
    }

    /// The same for so many events.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_n(&self, ctx: &Context, events: u32) -> Result<(), WaitError> {
        if let Some(error) = ctx.err() {
            return Err(WaitError::Context(error));
        }
        let reservation = self.reserve_n(events);
        let Some(delay) = reservation.delay() else { return Err(WaitError::ExceedsBurst) };
        if ctx.deadline().is_some_and(|end| reservation.ready.is_some_and(|ready| ready > end)) {
            self.cancel(reservation);
            return Err(WaitError::WouldExceedDeadline);
        }
        if delay.is_zero() {
            return Ok(());
        }
        select! {
            recv(ctx.done()) -> _ => {
                self.cancel(reservation);
                Err(WaitError::Context(ctx.err().unwrap_or(Error::Canceled)))
            }
            after(delay) => Ok(())
        }
    }
}

impl Reservation {
    /// How long to wait from now; none if it can never happen.
    pub fn delay(&self) -> Option<Duration> {
        self.ready.map(|ready| ready.saturating_duration_since(Instant::now()))
    }

    /// Whether it can happen at all.
    pub fn ok(&self) -> bool {
        self.ready.is_some()
    }
}
