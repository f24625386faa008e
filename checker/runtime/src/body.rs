//! A thread of the program from its beginning to its end.

use crate::fiber::Body;
use crate::local::Local;
use crate::panics::text;
use crate::shared::{LOOPS, Shared};
use crate::spin::Left;
use raddle_shims::kernel::{Failure, ThreadId};
use raddle_shims::model::{Execution, Stopped, scrub};
use std::panic::{AssertUnwindSafe, catch_unwind};

impl Shared {
    /// Runs a thread from its beginning to its end, on its fiber.
    pub fn run_thread(&self, thread: ThreadId, body: Body) {
        let base = 0_usize;
        let local = self.mine();
        local.base.set(std::ptr::from_ref(&base) as usize);
        scrub();
        let result = catch_unwind(AssertUnwindSafe(|| body.run()));
        self.settle_turn();
        let left = local.spin.borrow_mut().leave(&self.loops);
        match left {
            Left::Trial if !self.draining.get() => self.note_void(LOOPS),
            Left::Probe => drop(self.with_controller(|controller| controller.again())),
            _ => {}
        }
        if let Err(payload) = result
            && !payload.is::<Stopped>()
        {
            self.on_panic(&*payload);
            self.fail(Failure::Assertion { thread, message: text(&*payload) });
        }
        if !self.draining.get() && !self.watches.borrow().is_empty() {
            self.check_watches();
        }
        self.drop_locals(thread, local);
        local.gone.set(true);
        local.record.borrow_mut().ended |= !self.draining.get();
    }

    fn drop_locals(&self, thread: ThreadId, local: &Local) {
        if local.slots.borrow().is_empty() {
            return;
        }
        let was_direct = self.afterlife.borrow_mut().set_direct(self.draining.get());
        loop {
            let next = local.slots.borrow_mut().take_next();
            let Some(value) = next else { break };
            match catch_unwind(AssertUnwindSafe(|| drop(value))) {
                Err(payload) if !payload.is::<Stopped>() => {
                    let message = format!("thread local panicked on drop: {}", text(&*payload));
                    self.fail(Failure::Assertion { thread, message });
                }
                _ => {}
            }
        }
        self.afterlife.borrow_mut().set_direct(was_direct);
    }
}
