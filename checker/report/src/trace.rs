//! Placeholder of the trace.
