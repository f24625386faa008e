//! kubernetes#82550: a provider is made when it is first needed, by whoever finds that it is not there.
//!
//! Ten goroutines look, and those that find nil assign. Repaired by a once.
//!
//! Left out: credentials; three goroutines, not ten.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::Once;
use std::sync::Arc;

#[derive(Default)]
struct CachingProvider;

impl CachingProvider {
    fn provide(&self) -> Option<u32> {
        Some(0)
    }
}

#[derive(Default)]
struct LazyProvider {
    once: Once,
    actual: Var<Option<Arc<CachingProvider>>>,
}

impl LazyProvider {
    fn init(&self) {
        if self.actual.with(Option::is_none) {
            self.actual.set(Some(Arc::new(CachingProvider)));
        }
    }

    fn lazy_provide(&self, fixed: bool) -> Option<u32> {
        if fixed {
            self.once.do_once(|| self.init());
        } else {
            self.init();
        }
        self.actual.get()?.provide()
    }
}

fn program(fixed: bool) {
    let provider = Arc::new(LazyProvider::default());
    for _ in 0..3 {
        go!(provider => assert!(provider.lazy_provide(fixed).is_some()));
    }
}

kernel!("kubernetes#82550": "data-race");
