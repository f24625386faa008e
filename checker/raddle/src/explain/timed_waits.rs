//! A thread that came to the limit of operations as it waits with a time limit again and again.

use super::names::Names;
use raddle_report::wording::helps::gave_up_again;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{GAVE_UP, Op, Patience, Reply, ThreadId};

/// One in so many operations of the thread gives up, at least; a turn of a loop that waits has about six.
const IN_MAX: usize = 16;

/// What to do about it, if that is what the thread does. In virtual time no wait gives up at any moment.
pub(super) fn help(record: &Record, names: &Names, thread: ThreadId) -> Option<String> {
    let mine = || record.steps.iter().filter(|step| step.thread == thread);
    let last = mine().rfind(gives_up)?;
    let same = mine().filter(gives_up).filter(|step| step.site == last.site);
    let times = same.count();
    if times * IN_MAX < mine().count() {
        return None;
    }
    let place = format!("{}:{}", last.site.file(), last.site.line());
    Some(gave_up_again(&names.thread(thread), times, &place))
}

/// Whether a wait with a time limit was over, as it may be at any moment.
fn gives_up(step: &&Recorded) -> bool {
    let (Op::Act { patience, .. } | Op::Select { patience, .. }) = step.op else { return false };
    patience == Patience::Some && step.reply == Reply::Value(GAVE_UP)
}
