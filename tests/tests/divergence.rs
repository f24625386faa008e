//! A program that does something else when it is run again is refused, and told where.

use raddle_engine::explore::{Divergence, Exhaustive, Explorer, Settings};
use raddle_litmus::report::{explore_with, settings};
use raddle_litmus::scripted::Scripted;
use raddle_shims::kernel::{
    Answer, Controller, EventId, LoadOrdering, LocationId, Op, Reply, Stop, StoreOrdering,
    ThreadId, Value, World,
};
use raddle_tests::support::{MODELS, program};

#[test]
fn a_store_that_goes_elsewhere() {
    // The load makes a second execution, which replays the store of thread 0.
    let store_and_load = program(
        3,
        0,
        r#"[[{"op":"store","loc":0,"ord":"release","val":1}],
            [{"op":"store","loc":2,"ord":"release","val":1}],
            [{"op":"load","loc":2,"ord":"acquire","reg":0}]]"#,
    );
    for model in MODELS {
        let world = Scripted::fickle(&store_and_load, 2, 0);
        let divergence =
            explore_with(&store_and_load, world, Exhaustive::new(), settings(model)).unwrap_err();
        assert_eq!(divergence.event, EventId { thread: ThreadId(1), index: 0 });
        assert_eq!(divergence.expected, "t1.0 write x0.r := 1");
        assert!(divergence.found.contains("x1"), "{}", divergence.found);
        let text = divergence.to_string();
        assert!(text.contains("not deterministic") && text.contains("t1.0"), "{text}");
    }
}

/// One thread that stores twice, or from the second run on once; one that stores and one that loads
/// something else, which makes a second execution.
struct Forgetful {
    runs: u32,
    at: [u32; 4],
}

impl Forgetful {
    fn op(&self, thread: usize) -> Option<Op> {
        let store =
            |location| Op::Store { location, ordering: StoreOrdering::Relaxed, value: Value(1) };
        let load = |location| Op::Load { location, ordering: LoadOrdering::Relaxed, until: None };
        match (thread, self.at[thread]) {
            (0, 0..=2) => Some(Op::Spawn),
            (1, 0) => Some(store(LocationId(0))),
            (1, 1) if self.runs < 2 => Some(store(LocationId(0))),
            (2, 0) => Some(store(LocationId(1))),
            (3, 0) => Some(load(LocationId(1))),
            _ => None,
        }
    }
}

impl World for Forgetful {
    fn reset(&mut self) {
        self.runs += 1;
        self.at = [u32::MAX; 4];
    }

    fn run(&mut self, thread: ThreadId, _: Reply, controller: &mut dyn Controller) -> Stop {
        let thread = thread.index();
        self.at[thread] = self.at[thread].wrapping_add(1);
        while let Some(op) = self.op(thread) {
            if controller.perform(&op) == Answer::Suspend {
                return Stop::Suspended;
            }
            self.at[thread] += 1;
        }
        Stop::Exited
    }
}

#[test]
fn a_thread_that_ends_early() {
    for model in MODELS {
        let mut world = Forgetful { runs: 0, at: [0; 4] };
        let settings = Settings { model, ..Settings::default() };
        let mut explorer = Explorer::new(Exhaustive::new(), settings);
        let divergence: Divergence = explorer.explore(&mut world, &mut ()).unwrap_err();
        assert_eq!(divergence.event, EventId { thread: ThreadId(1), index: 1 });
        assert_eq!(divergence.found, "the end of the thread");
        assert_eq!(divergence.expected, "t1.1 write x0 := 1");
    }
}
