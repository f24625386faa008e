//! Variables that goroutines access without anything that orders them.

use crate::Kernel;

mod etcd_4876;
mod etcd_8194;
mod etcd_9446;
mod grpc_1748;
mod grpc_3090;
mod istio_16742;
mod istio_8144;
mod istio_8214;
mod kubernetes_49404;
mod kubernetes_77796;
mod kubernetes_79631;
mod kubernetes_80284;
mod kubernetes_81091;
mod kubernetes_81148;
mod kubernetes_82239;
mod kubernetes_82550;
mod kubernetes_88331;
mod kubernetes_89164;
mod moby_18412;
mod serving_3148;
mod serving_6472;

/// The kernels of this class.
pub const ALL: &[&Kernel] = &[
    &etcd_4876::KERNEL,
    &etcd_8194::KERNEL,
    &etcd_9446::KERNEL,
    &grpc_1748::KERNEL,
    &grpc_3090::KERNEL,
    &istio_16742::KERNEL,
    &istio_8144::KERNEL,
    &istio_8214::KERNEL,
    &kubernetes_49404::KERNEL,
    &kubernetes_77796::KERNEL,
    &kubernetes_79631::KERNEL,
    &kubernetes_80284::KERNEL,
    &kubernetes_81091::KERNEL,
    &kubernetes_81148::KERNEL,
    &kubernetes_82239::KERNEL,
    &kubernetes_82550::KERNEL,
    &kubernetes_88331::KERNEL,
    &kubernetes_89164::KERNEL,
    &moby_18412::KERNEL,
    &serving_3148::KERNEL,
    &serving_6472::KERNEL,
];
