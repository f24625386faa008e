//! Goroutines that hold a lock, or are waited for, while they wait for those who need it.

use crate::Kernel;

mod cockroach_1055;
mod cockroach_1462;
mod etcd_6873;
mod etcd_7492;
mod etcd_7902;
mod grpc_1353;
mod grpc_1460;
mod istio_16224;
mod kubernetes_10182;
mod kubernetes_1321;
mod kubernetes_26980;
mod kubernetes_6632;
mod moby_25384;
mod moby_28462;

/// The kernels of this class.
pub const ALL: &[&Kernel] = &[
    &cockroach_1055::KERNEL,
    &cockroach_1462::KERNEL,
    &etcd_6873::KERNEL,
    &etcd_7492::KERNEL,
    &etcd_7902::KERNEL,
    &grpc_1353::KERNEL,
    &grpc_1460::KERNEL,
    &istio_16224::KERNEL,
    &kubernetes_10182::KERNEL,
    &kubernetes_1321::KERNEL,
    &kubernetes_26980::KERNEL,
    &kubernetes_6632::KERNEL,
    &moby_25384::KERNEL,
    &moby_28462::KERNEL,
];
