//! Goroutines that wait for messages that never come, or for room that nobody makes.

use crate::Kernel;

mod cockroach_10790;
mod cockroach_13197;
mod cockroach_13755;
mod cockroach_18101;
mod cockroach_2448;
mod cockroach_24808;
mod cockroach_25456;
mod cockroach_35073;
mod cockroach_35931;
mod grpc_1275;
mod grpc_1424;
mod grpc_660;
mod grpc_862;
mod istio_17860;
mod kubernetes_25331;
mod kubernetes_38669;
mod kubernetes_5316;
mod kubernetes_70277;
mod moby_21233;
mod moby_29733;
mod moby_30408;
mod moby_33293;
mod moby_33781;
mod moby_4395;
mod syncthing_5795;

/// The kernels of this class.
pub const ALL: &[&Kernel] = &[
    &cockroach_10790::KERNEL,
    &cockroach_13197::KERNEL,
    &cockroach_13755::KERNEL,
    &cockroach_18101::KERNEL,
    &cockroach_2448::KERNEL,
    &cockroach_24808::KERNEL,
    &cockroach_25456::KERNEL,
    &cockroach_35073::KERNEL,
    &cockroach_35931::KERNEL,
    &grpc_1275::KERNEL,
    &grpc_1424::KERNEL,
    &grpc_660::KERNEL,
    &grpc_862::KERNEL,
    &istio_17860::KERNEL,
    &kubernetes_25331::KERNEL,
    &kubernetes_38669::KERNEL,
    &kubernetes_5316::KERNEL,
    &kubernetes_70277::KERNEL,
    &moby_21233::KERNEL,
    &moby_29733::KERNEL,
    &moby_30408::KERNEL,
    &moby_33293::KERNEL,
    &moby_33781::KERNEL,
    &moby_4395::KERNEL,
    &syncthing_5795::KERNEL,
];
