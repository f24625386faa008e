//! What the engine is told of threads that turn in loops, and what follows from trying them.

use crate::sections::{BYTES_MAX, SectionFault};
use crate::shared::{LOOPS, Shared};
use crate::spin::Left;
use raddle_shims::kernel::{Answer, Op, Readable, Reply};
use raddle_shims::model::{Execution, Site, off_the_heap};

impl Shared {
    /// The running thread has made a turn of a loop that only reads, and stands at `op` again. None if the
    /// execution has ended since.
    #[cold]
    pub(crate) fn turned(
        &self,
        op: &Op,
        (events, tries): (u32, bool),
        site: Site,
    ) -> Option<Reply> {
        if self.records.get() {
            self.mine().at.set(Some((*op, site)));
        }
        let turn = Op::Turn { events, tries };
        let reply = match self.with_controller(|controller| controller.perform(&turn)) {
            Some(Answer::Reply(reply)) => reply,
            _ => {
                self.suspend();
                self.reply.get()
            }
        };
        (!self.draining.get()).then_some(reply)
    }

    /// Which small values a read could get.
    pub(crate) fn readable(&self, op: &Op) -> Option<Readable> {
        self.with_controller(|controller| controller.readable(op)).flatten()
    }

    /// The running thread has left a loop with a value that it was given to try it: the execution starts
    /// again and comes back to before that.
    #[cold]
    pub(crate) fn redo(&self, op: &Op) -> Reply {
        self.with_controller(|controller| controller.again());
        self.suspend();
        self.stay();
        self.drained_in_turn(op)
    }

    /// The running thread believes what is not so, and the execution is over. Were it to go on to its end as others do, it would break what the
    /// program relies on, such as that one thread at a time holds a lock, with whatever its code does then. So it is forgotten where it
    /// stands, unless it unwinds already.
    fn stay(&self) {
        while !self.panicking() && self.mine().door.get().is_some() {
            self.suspend();
        }
    }

    /// Something that no operation shows has interrupted what a thread did in a loop.
    fn interrupt(&self, left: Left) {
        match left {
            Left::Nothing => {}
            Left::Trial => {
                self.note_void(LOOPS);
                self.suspend();
            }
            Left::Probe => {
                self.with_controller(|controller| controller.again());
                self.suspend();
                self.stay();
            }
        }
    }

    /// The running thread's next turn of a loop is different from this one, for a reason that no operation
    /// shows.
    pub fn turn_differs(&self) {
        let left = self.mine().spin.borrow_mut().leave(&self.loops);
        if !self.draining.get() {
            self.interrupt(left);
        }
    }

    /// The running thread is about to use a thread-local. What a loop counts there makes its turns different, so while one is tried all
    /// that is in them is compared from one use to the next. What they point at is memory like any other.
    pub fn look_at_locals(&self) {
        let mine = self.mine();
        if !mine.spin.borrow().is_tried() || self.has(SectionFault::IgnoresLocals) {
            return;
        }
        let is_same = {
            let _heap = off_the_heap();
            let mut spin = mine.spin.borrow_mut();
            match mine.slots.try_borrow() {
                Ok(slots) if slots.size() <= BYTES_MAX => {
                    let bytes = slots.values().flat_map(|(value, size)| {
                        // SAFETY: the slot keeps a live value of that size there. It is read as the watches of cells
                        // are: volatile, so that nothing is concluded from what is found.
                        (0..size).map(move |at| unsafe { value.add(at).read_volatile() })
                    });
                    spin.note_locals(bytes)
                }
                _ => false,
            }
        };
        if !is_same {
            self.turn_differs();
        }
    }
}
