//! What a check can be told beside its scheduler.

use std::path::PathBuf;
use std::time::Duration;

/// The configuration of a check. `RADDLE_*` variables stand above it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The size of every thread's stack, in bytes, if it is more than raddle's own, 256 KiB.
    pub stack_size: usize,
    /// What is done with the schedule of a failing execution.
    pub failure_persistence: FailurePersistence,
    /// How long an execution may be.
    pub max_steps: MaxSteps,
    /// How long a check may take; looked at before every execution.
    pub max_time: Option<Duration>,
    /// shuttle warns of what it does not model. Nothing here.
    pub silence_warnings: bool,
    /// shuttle can write steps into spans of `tracing`. Nothing here: a failing execution is told step by step.
    pub record_steps_in_span: bool,
    /// shuttle: what becomes of the other threads when one panics. Here the execution ends as any other, and its report
    /// names the panic that was first.
    pub ungraceful_shutdown_config: UngracefulShutdownConfig,
}

impl Config {
    /// shuttle's defaults.
    pub fn new() -> Config {
        Config {
            stack_size: 0xf000,
            failure_persistence: FailurePersistence::Print,
            max_steps: MaxSteps::FailAfter(1_000_000),
            max_time: None,
            silence_warnings: false,
            record_steps_in_span: false,
            ungraceful_shutdown_config: UngracefulShutdownConfig::new(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

/// What is done with the schedule of a failing execution, which is a token of raddle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePersistence {
    /// It is not printed beside the report, which ends with it.
    None,
    /// It is printed, with how to replay it.
    Print,
    /// It is written into a new file in that directory, or in the current one.
    File(Option<PathBuf>),
}

/// How many steps an execution may have. A step is an operation that others could notice; shuttle counts those of an
/// execution, raddle those of each thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxSteps {
    /// There is no limit but raddle's memory.
    None,
    /// The check fails.
    FailAfter(usize),
    /// The execution is cut off there, and the next one begins.
    ContinueAfter(usize),
}

/// shuttle: what becomes of a task's closure when the task has panicked. Here it is dropped as in Rust.
#[derive(Copy, Clone, Debug, Default)]
#[non_exhaustive]
pub enum ContinuationFunctionBehavior {
    /// It is dropped.
    Drop,
    /// It is leaked.
    #[default]
    Leak,
}

impl ContinuationFunctionBehavior {
    /// shuttle's default.
    pub const fn new() -> ContinuationFunctionBehavior {
        ContinuationFunctionBehavior::Leak
    }
}

/// See [`Config::ungraceful_shutdown_config`].
#[derive(Copy, Clone, Debug, Default)]
#[non_exhaustive]
pub struct UngracefulShutdownConfig {
    /// shuttle: nothing else is scheduled when a task has panicked.
    pub immediately_return_on_panic: bool,
    /// What becomes of its closure.
    pub continuation_function_behavior: ContinuationFunctionBehavior,
}

impl UngracefulShutdownConfig {
    /// shuttle's default.
    pub const fn new() -> UngracefulShutdownConfig {
        UngracefulShutdownConfig {
            immediately_return_on_panic: false,
            continuation_function_behavior: ContinuationFunctionBehavior::new(),
        }
    }
}
