//! What is tried: one execution after another, as a strategy decides, within limits.

mod blocked;
mod divergence;
mod estimate;
mod explorer;
mod names;
mod options;
mod outcome;
mod replayed;
mod run;
mod schedule;
mod strategy;
mod threads;

#[doc(hidden)]
pub use blocked::VerdictFault;
pub use divergence::Divergence;
pub use estimate::Estimate;
pub use explorer::{Explorer, Observer, Settings, Stopwatch, Time};
pub use outcome::{Counterexample, Coverage, Ending, Limit, Limits, Outcome};
pub use run::Run;
pub use schedule::{Decision, Schedule, Step};
pub use strategy::deviations::{Deviation, Deviations, Recorder};
pub use strategy::exhaustive::{Exhaustive, Fault, Policy};
pub use strategy::probe::Probe;
pub use strategy::random::Random;
pub use strategy::replay::Replay;
pub use strategy::round_robin::RoundRobin;
pub use strategy::{Next, STRATEGIES, Strategy, StrategyRow};
