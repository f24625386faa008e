//! Timers, tickers and sleeping, as in package `time` since Go 1.23.
//!
//! A timer is a goroutine that waits until its time has come or it is stopped. In a model with `time = "virtual"` the clock goes on
//! when nobody can do anything else, and what happens at the same time happens in any order. By default
//! nothing is known of time, and a timer may fire at any moment from when it is started.

use super::channel::{Chan, Receiver, chan, timers_chan};
use super::core::Arm;
use super::lock;
use super::select::{Mode, wait};
use crate::sync::Mutex;
use crate::time::{Duration, Instant};
use std::sync::Arc;

/// Waits for at least so long, as `time.Sleep`.
#[track_caller]
pub fn sleep(duration: Duration) {
    crate::thread::sleep(duration);
}

/// A channel that gets the time when so much has passed, as `time.After`.
///
/// ```
/// use raddle_shims::go::after;
/// use std::time::Duration;
/// assert!(after(Duration::from_millis(1)).recv().is_some());
/// ```
#[track_caller]
pub fn after(duration: Duration) -> Receiver<Instant> {
    Timer::new(duration).c().clone()
}

/// Calls `f` in a goroutine of its own when so much time has passed, as `time.AfterFunc`. The timer can be stopped; its channel is nil.
#[track_caller]
pub fn after_func(duration: Duration, f: impl FnMut() + Send + 'static) -> Timer {
    Timer::start(Does::Calls(Arc::new(Mutex::new(f))), duration)
}

/// What happens when its time has come.
#[derive(Clone)]
enum Does {
    Sends(Chan<Instant>),
    Calls(Arc<Mutex<dyn FnMut() + Send>>),
}

/// Whether it runs, and what stops the goroutine that waits.
struct State {
    stop: Option<Chan<()>>,
    /// How often it has been started.
    round: u64,
}

struct Shared {
    does: Does,
    c: Receiver<Instant>,
    state: Mutex<State>,
}

/// As `time.Timer`: one event in the future.
///
/// As since Go 1.23, no stale time is received after `stop` or `reset` have returned.
///
/// ```
/// use raddle_shims::go::Timer;
/// use std::time::Duration;
/// let timer = Timer::new(Duration::from_secs(60));
/// assert!(timer.stop());
/// assert!(!timer.stop());
/// ```
#[derive(Clone)]
pub struct Timer(Arc<Shared>);

impl Timer {
    /// A timer that sends the time on its channel when so much has passed, as `time.NewTimer`.
    #[track_caller]
    pub fn new(duration: Duration) -> Timer {
        Timer::start(Does::Sends(timers_chan()), duration)
    }

    #[track_caller]
    fn start(does: Does, duration: Duration) -> Timer {
        let c = match &does {
            Does::Sends(chan) => chan.receiver(),
            Does::Calls(_) => Receiver::nil(),
        };
        let state = Mutex::new(State { stop: None, round: 0 });
        let timer = Timer(Arc::new(Shared { does, c, state }));
        timer.begin(&mut lock(&timer.0.state), duration);
        timer
    }

    /// Its channel; nil for a timer that calls a function.
    pub fn c(&self) -> &Receiver<Instant> {
        &self.0.c
    }

    /// Keeps it from firing, as `Timer.Stop`: whether it was running, or what it had sent had not been received.
    #[track_caller]
    pub fn stop(&self) -> bool {
        self.end(&mut lock(&self.0.state))
    }

    /// Starts it anew, as `Timer.Reset`: the reply is that of [`stop`](Self::stop).
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        let mut state = lock(&self.0.state);
        let was_running = self.end(&mut state);
        self.begin(&mut state, duration);
        was_running
    }

    #[track_caller]
    fn end(&self, state: &mut State) -> bool {
        let running = state.stop.take();
        if let Some(stop) = &running {
            stop.close();
        }
        running.is_some() || matches!(&self.0.does, Does::Sends(c) if c.try_recv().is_ok())
    }

    #[track_caller]
    fn begin(&self, state: &mut State, duration: Duration) {
        let stop = chan(0);
        state.round += 1;
        let (round, shared, stopped) = (state.round, Arc::clone(&self.0), stop.receiver());
        state.stop = Some(stop);
        super::go(move || {
            if is_over(&stopped, duration) {
                shared.fire(round);
            }
        });
    }
}

impl Shared {
    fn fire(&self, round: u64) {
        let mut state = lock(&self.state);
        if state.round != round || state.stop.take().is_none() {
            return;
        }
        match &self.does {
            Does::Sends(c) => {
                let _full = c.try_send(Instant::now());
            }
            Does::Calls(f) => {
                drop(state);
                let mut f = lock(f);
                f();
            }
        }
    }
}

/// Waits; whether the time has come before it was stopped.
#[track_caller]
fn is_over(stopped: &Receiver<()>, duration: Duration) -> bool {
    let arm = Arm::receives(super::channel::Receives::receives(stopped));
    wait(&[&arm], Mode::For(duration)).is_none()
}

/// As `time.Ticker`: sends the time on its channel again and again; ticks that nobody has received yet are dropped.
///
/// As since Go 1.23, no stale tick is received after `stop` or `reset` have returned, and one that nobody has any more is gone,
/// stopped or not: here when the last clone of the ticker, and of the receiver of its channel, is dropped.
///
/// In a model with `time = "virtual"` ticks come at multiples of the period; time does not go on for ticks that nobody waits
/// for, so a ticker keeps no program alive that has come to a deadlock. Otherwise a tick may come at any moment.
///
/// ```
/// use raddle_shims::go::Ticker;
/// use std::time::Duration;
/// let ticker = Ticker::new(Duration::from_millis(1));
/// ticker.c().recv();
/// ticker.stop();
/// ```
#[derive(Clone)]
pub struct Ticker {
    ticking: Arc<Ticking>,
    /// It keeps what ticks.
    c: Receiver<Instant>,
}

/// Ticks on a channel, `time.Tick`: a ticker that cannot be stopped, and is gone when nobody has the channel any more, as since Go 1.23. Nil
/// if the period is 0.
///
/// ```
/// use raddle_shims::go::tick;
/// use std::time::Duration;
/// let ticks = tick(Duration::from_millis(1));
/// assert!(ticks.recv() < ticks.recv());
/// ```
#[track_caller]
pub fn tick(period: Duration) -> Receiver<Instant> {
    match period.is_zero() {
        true => Receiver::nil(),
        false => Ticker::new(period).c,
    }
}

struct Ticking {
    /// Without room: the goroutine that ticks stands there with a tick until somebody receives it.
    c: Chan<Instant>,
    stop: Mutex<Option<Chan<()>>>,
}

impl Drop for Ticking {
    fn drop(&mut self) {
        if let Some(stop) = lock(&self.stop).take() {
            stop.close();
        }
    }
}

impl Ticker {
    /// A ticker with that period, as `time.NewTicker`.
    ///
    /// # Panics
    /// If the period is 0: "non-positive interval for NewTicker".
    #[track_caller]
    pub fn new(period: Duration) -> Ticker {
        assert!(!period.is_zero(), "non-positive interval for NewTicker");
        let ticking = Arc::new(Ticking { c: chan(0), stop: Mutex::new(None) });
        ticking.begin(&mut lock(&ticking.stop), period);
        let c = ticking.c.receiver_that_keeps(Arc::clone(&ticking) as _);
        Ticker { ticking, c }
    }

    /// Its channel. It is not closed when the ticker is stopped.
    pub fn c(&self) -> &Receiver<Instant> {
        &self.c
    }

    /// No more ticks are received from now on, as `Ticker.Stop`.
    #[track_caller]
    pub fn stop(&self) {
        Ticking::end(&mut lock(&self.ticking.stop));
    }

    /// From now on it ticks with that period, as `Ticker.Reset`.
    ///
    /// # Panics
    /// If the period is 0: "non-positive interval for Ticker.Reset".
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        assert!(!period.is_zero(), "non-positive interval for Ticker.Reset");
        let mut stop = lock(&self.ticking.stop);
        Ticking::end(&mut stop);
        self.ticking.begin(&mut stop, period);
    }
}

impl Ticking {
    #[track_caller]
    fn end(stop: &mut Option<Chan<()>>) {
        if let Some(stop) = stop.take() {
            // They meet, so the goroutine no longer stands there with a tick.
            stop.send(());
        }
    }

    #[track_caller]
    fn begin(&self, slot: &mut Option<Chan<()>>, period: Duration) {
        let stop = chan(0);
        let (c, stopped) = (self.c.clone(), stop.receiver());
        *slot = Some(stop);
        let mut next = Instant::now() + period;
        super::go(move || {
            while is_over(&stopped, next.saturating_duration_since(Instant::now())) {
                let tick = Instant::now();
                super::select! {
                    send(c, tick) => {}
                    recv(stopped) -> _ => return,
                }
                // Those that would have come meanwhile are dropped.
                let late = Instant::now().saturating_duration_since(next);
                let missed = late.as_nanos() / period.as_nanos() + 1;
                next += period.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX));
            }
        });
    }
}
