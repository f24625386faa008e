//! Hints: a thread would rather let others run.
//!
//! Loops that back off give hundreds of them in a turn. Of a row of hints with nothing in between the shims tell one in
//! [`HINTS`](raddle_shims::model::HINTS), with the number of those before it: what a hint does is done by the first, that others go
//! first at the next operation, and that what has been written through a pointer is looked at.

use crate::shared::Shared;
use raddle_shims::kernel::Op;
use raddle_shims::model::Site;

/// A mistake planted in what is done at a hint, to show that the tests notice.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HintFault {
    /// The controller is told of none.
    Unheard,
    /// Those that were not told are not counted.
    Uncounted,
}

impl Shared {
    /// Performs a hint, before which others were `repeated` that have not been told; whether the next need not be.
    pub fn perform_hint(&self, repeated: u32, site: Site) -> bool {
        let fault = self.hint_fault.get();
        if fault == Some(HintFault::Unheard) {
            return true;
        }
        let counts = repeated > 0 && fault != Some(HintFault::Uncounted);
        if counts && !self.draining.get() && !self.mine().spin.borrow().is_tried() {
            self.with_controller(|controller| controller.on_hints(repeated));
        }
        self.perform_from(None, &Op::Yield, site);
        // After the end of the execution each counts by itself.
        !self.draining.get()
    }
}
