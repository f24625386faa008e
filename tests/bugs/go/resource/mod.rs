//! Locks that are taken in different orders, again, or for reading while a writer waits.

use crate::Kernel;

mod cockroach_16167;
mod cockroach_3710;
mod cockroach_584;
mod cockroach_6181;
mod cockroach_7504;
mod cockroach_9935;
mod etcd_10492;
mod etcd_5509;
mod etcd_6708;
mod grpc_795;
mod hugo_3251;
mod hugo_5379;
mod kubernetes_13135;
mod kubernetes_30872;
mod kubernetes_58107;
mod moby_17176;
mod moby_36114;
mod moby_4951;
mod moby_7559;
mod syncthing_4829;

/// The kernels of this class.
pub const ALL: &[&Kernel] = &[
    &cockroach_16167::KERNEL,
    &cockroach_3710::KERNEL,
    &cockroach_584::KERNEL,
    &cockroach_6181::KERNEL,
    &cockroach_7504::KERNEL,
    &cockroach_9935::KERNEL,
    &etcd_10492::KERNEL,
    &etcd_5509::KERNEL,
    &etcd_6708::KERNEL,
    &grpc_795::KERNEL,
    &hugo_3251::KERNEL,
    &hugo_5379::KERNEL,
    &kubernetes_13135::KERNEL,
    &kubernetes_30872::KERNEL,
    &kubernetes_58107::KERNEL,
    &moby_17176::KERNEL,
    &moby_36114::KERNEL,
    &moby_4951::KERNEL,
    &moby_7559::KERNEL,
    &syncthing_4829::KERNEL,
];
