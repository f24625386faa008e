//! What is tried: one execution after another, as a strategy decides, within limits.

mod afterwards;
mod blocked;
mod classes;
mod divergence;
mod estimate;
mod explorer;
mod frontier;
mod live;
pub mod minimise;
mod names;
mod options;
mod outcome;
mod passing;
mod replayed;
mod run;
mod schedule;
mod settings;
mod strategy;
mod threads;
mod turn;

#[doc(hidden)]
pub use blocked::VerdictFault;
pub use classes::Sample;
pub use divergence::Divergence;
pub use estimate::Estimate;
pub use explorer::{Explorer, Observer};
pub use frontier::{Frontier, Part, PieceId};
pub use outcome::{Counterexample, Coverage, Ending, Limit, Limits, Outcome};
pub use run::Run;
pub use schedule::{Decision, Schedule, Step};
pub use settings::{Settings, Stopwatch, Time};
pub use strategy::deviations::{Deviation, Deviations, Performed, Recorder, Stale};
pub use strategy::exhaustive::{Exhaustive, Fault, Policy};
pub use strategy::probe::Probe;
pub use strategy::replay::Replay;
pub use strategy::round_robin::RoundRobin;
pub use strategy::sampling::{Dice, Learned, SampleId, Sampler, Sampling, Scene, Scheduler};
pub use strategy::{MakeScheduler, Next, STRATEGIES, Strategy, StrategyRow};
