//! What is remembered of an execution: its events, reads-from, coherence, and clocks.

mod acts;
mod clock;
mod event;
mod execution_graph;
mod forget;
mod handover;
mod passing;
mod past;
mod push;
mod restrict;
mod room;
mod text;
mod usage;
mod validate;

pub use clock::{ClockId, Clocks};
pub use event::{Event, Flags, Kind, Notes, Position};
pub use execution_graph::{Fix, Graph, Hold, Sources};
pub use forget::{ForgetFault, Forgetting};
pub use passing::{PassFault, Passed, event_mark};
pub use past::Settled;
pub use push::{Causality, Draft, effect, may_be_seq_cst};
pub use restrict::Restriction;
