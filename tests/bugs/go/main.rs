//! Bugs that Go projects had (GoBench's kernels), re-created on the Go kit from their mechanism: each is
//! found, as what it is, and its repaired twin is verified under both memory models.

mod communication;
mod data_race;
mod go_specific;
mod harness;
mod mixed;
mod page;
mod resource;
mod sampled;
mod share;
mod var;

use harness::Kernel;

/// Every kernel, by class.
const KERNELS: &[&[&Kernel]] =
    &[communication::ALL, mixed::ALL, resource::ALL, go_specific::ALL, data_race::ALL];
