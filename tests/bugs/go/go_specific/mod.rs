//! What Go makes easy to get wrong: closures over a loop's variable, and channels that are made or closed too late or too early.

use crate::Kernel;

mod cockroach_35501;
mod etcd_3077;
mod grpc_1687;
mod grpc_2371;
mod kubernetes_70892;
mod moby_22941;
mod moby_27037;
mod serving_3068;
mod serving_5865;

/// The kernels of this class.
pub const ALL: &[&Kernel] = &[
    &cockroach_35501::KERNEL,
    &etcd_3077::KERNEL,
    &grpc_1687::KERNEL,
    &grpc_2371::KERNEL,
    &kubernetes_70892::KERNEL,
    &moby_22941::KERNEL,
    &moby_27037::KERNEL,
    &serving_3068::KERNEL,
    &serving_5865::KERNEL,
];
