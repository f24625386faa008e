//! kubernetes#82239: a volume's annotations are copied by the controller while a test writes to them.
//!
//! `DeepCopy` goes through the map; the test that owns the volume adds to it. Repaired by giving the
//! controller a copy made before.
//!
//! Left out: the controller's worker copies once, not until it is stopped.

use crate::harness::{go, kernel};
use crate::var::Var;
use raddle_shims::go::{Chan, chan, sleep};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct Volume {
    annotations: Var<BTreeMap<&'static str, u32>>,
}

impl Volume {
    fn deep_copy(&self) -> Volume {
        Volume { annotations: Var::new(self.annotations.get()) }
    }
}

struct Controller {
    volume: Arc<Volume>,
}

impl Controller {
    fn run(self: &Arc<Self>, stop: &Chan<()>) {
        let controller = Arc::clone(self);
        go!(controller, stop => {
            if stop.try_recv().is_err() {
                controller.volume.deep_copy();
            }
        });
    }
}

fn program(fixed: bool) {
    let volume = Arc::new(Volume::default());
    volume.annotations.update(|annotations| annotations.extend([("0", 0), ("1", 0)]));
    let watched = if fixed { Arc::new(volume.deep_copy()) } else { Arc::clone(&volume) };
    let (controller, stop) = (Arc::new(Controller { volume: watched }), chan(0));
    go!(controller, stop => controller.run(&stop));
    sleep(Duration::from_millis(1));
    volume.annotations.update(|annotations| annotations.insert("0", 1));
    stop.close();
}

kernel!("kubernetes#82239": "data-race");
