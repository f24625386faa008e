//! Bugs that Go projects had (GoBench's kernels), re-created on the Go kit from their mechanism: each is found, as what
//! it is, and its repaired twin is verified under both memory models.

mod communication;
mod harness;
mod mixed;
mod page;
mod resource;
mod share;
mod var;

use harness::Kernel;

/// Every kernel, by class.
const KERNELS: &[&[&Kernel]] = &[communication::ALL, mixed::ALL, resource::ALL];
