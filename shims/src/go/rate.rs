//! Package `golang.org/x/time/rate`: a token bucket.

use super::context::{Context, Error};
use super::{lock, select};
use crate::sync::Mutex;
use crate::time::{Duration, Instant};
use std::fmt;

/// No limit, as `rate.Inf`: every event may happen at once, whatever the burst.
pub const INF: f64 = f64::INFINITY;

/// How many events happen each second if one comes in every interval, as `rate.Every`.
///
/// ```
/// use raddle_shims::go::rate::{INF, every};
/// use std::time::Duration;
/// assert_eq!(every(Duration::from_millis(250)), 4.0);
/// assert_eq!(every(Duration::ZERO), INF);
/// ```
pub fn every(interval: Duration) -> f64 {
    1.0 / interval.as_secs_f64()
}

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
    /// The time of the latest event that has been promised.
    latest: Option<Instant>,
}

/// What is promised to an event; as `rate.Reservation`.
#[derive(Clone, Copy, Debug)]
pub struct Reservation {
    ready: Option<Instant>,
    tokens: u32,
    /// How many events happened each second when it was made.
    per_second: f64,
}

/// Why an event did not get what it waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitError {
    /// It is more than can ever be in the bucket.
    ExceedsBurst {
        /// How many events were to happen.
        events: u32,
        /// How many can at once.
        burst: u32,
    },
    /// The context is over before.
    Context(Error),
    /// The context would be over before.
    WouldExceedDeadline {
        /// How many events were to happen.
        events: u32,
    },
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitError::ExceedsBurst { events, burst } => {
                write!(f, "rate: Wait(n={events}) exceeds limiter's burst {burst}")
            }
            WaitError::Context(error) => error.fmt(f),
            WaitError::WouldExceedDeadline { events } => {
                write!(f, "rate: Wait(n={events}) would exceed context deadline")
            }
        }
    }
}

impl std::error::Error for WaitError {}

impl Bucket {
    /// Lets tokens come until `now`, which does nothing if that has been already; the time until which they have come.
    fn fill(&mut self, now: Instant) -> Instant {
        let at = *self.at.get_or_insert(now);
        if now > at {
            let come = now.duration_since(at).as_secs_f64() * self.per_second;
            self.tokens = (self.tokens + come).min(f64::from(self.burst));
            self.at = Some(now);
        }
        now.max(at)
    }

    /// Promises so many events, if they may happen within that time.
    fn reserve(&mut self, now: Instant, events: u32, within: Option<Duration>) -> Reservation {
        let refused = Reservation { ready: None, tokens: 0, per_second: self.per_second };
        if self.per_second == INF {
            return Reservation { ready: Some(now), tokens: events, ..refused };
        }
        let now = self.fill(now);
        let left = self.tokens - f64::from(events);
        let wait = match left < 0.0 {
            true => Duration::try_from_secs_f64(-left / self.per_second).ok(),
            false => Some(Duration::ZERO),
        };
        let wait = wait.filter(|wait| within.is_none_or(|within| *wait <= within));
        match wait.and_then(|wait| now.checked_add(wait)).filter(|_| events <= self.burst) {
            None => refused,
            ready => {
                (self.tokens, self.latest) = (left, ready);
                Reservation { ready, tokens: events, ..refused }
            }
        }
    }

    /// Gives back what was promised, but for what has been promised to others on top of it: their times stay as they are.
    fn give_back(&mut self, now: Instant, given: Reservation) {
        let Some(ready) = given.ready.filter(|ready| *ready >= now) else { return };
        if self.per_second == INF {
            return;
        }
        let later = self.latest.map_or(Duration::ZERO, |it| it.saturating_duration_since(ready));
        let back = f64::from(given.tokens) - later.as_secs_f64() * given.per_second;
        if back <= 0.0 {
            return;
        }
        let now = self.fill(now);
        self.tokens = (self.tokens + back).min(f64::from(self.burst));
        if self.latest == Some(ready) {
            // What was promised before is the latest again, if that is still to come.
            let took = Duration::try_from_secs_f64(f64::from(given.tokens) / given.per_second);
            let before = took.ok().and_then(|took| ready.checked_sub(took));
            self.latest = before.filter(|before| *before >= now).or(self.latest);
        }
    }
}

impl Limiter {
    /// Lets `per_second` events happen each second, and at most `burst` at once.
    #[track_caller]
    pub fn new(per_second: f64, burst: u32) -> Limiter {
        let tokens = f64::from(burst);
        Limiter { bucket: Mutex::new(Bucket { per_second, burst, tokens, at: None, latest: None }) }
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
        let now = Instant::now();
        lock(&self.bucket).reserve(now, events, Some(Duration::ZERO)).ok()
    }

    /// Promises so many events, and says when they may happen, as `Limiter.ReserveN`; none if it is more than can happen at once.
    #[track_caller]
    pub fn reserve_n(&self, events: u32) -> Reservation {
        let now = Instant::now();
        lock(&self.bucket).reserve(now, events, None)
    }

    /// They will not happen, as `Reservation.Cancel`: takes back what was promised as far as possible, "considering that other
    /// reservations may have already been made". Those keep their times, so what they wait for on top of it is not given back; nor is
    /// anything if the time has come.
    ///
    /// ```
    /// use raddle_shims::go::rate::Limiter;
    /// let limiter = Limiter::new(0.001, 2);
    /// let (now, later) = (limiter.reserve_n(2), limiter.reserve_n(1));
    /// limiter.cancel(later);
    /// assert!(now.ok() && !limiter.allow());
    /// ```
    #[track_caller]
    pub fn cancel(&self, reservation: Reservation) {
        let now = Instant::now();
        lock(&self.bucket).give_back(now, reservation);
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
        let (burst, per_second) = {
            let bucket = lock(&self.bucket);
            (bucket.burst, bucket.per_second)
        };
        if events > burst && per_second != INF {
            return Err(WaitError::ExceedsBurst { events, burst });
        }
        if let Some(error) = ctx.err() {
            return Err(WaitError::Context(error));
        }
        let now = Instant::now();
        let within = ctx.deadline().map(|end| end.saturating_duration_since(now));
        let reservation = lock(&self.bucket).reserve(now, events, within);
        let Some(delay) = reservation.ready.map(|ready| ready.saturating_duration_since(now))
        else {
            return Err(WaitError::WouldExceedDeadline { events });
        };
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
