//! `shuttle::lazy_static`: what the macro [`lazy_static!`](crate::lazy_static!) is made of.

pub use crate::lazy_static;
pub use raddle_shims::sync::lazy_static::{
    Initialize as LazyStatic, LazyStatic as Lazy, initialize,
};
pub use std::ops::Deref as __Deref;
