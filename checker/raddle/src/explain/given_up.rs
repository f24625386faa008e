//! A thread that came to the limit of operations as it waits with a time limit again and again.

use super::names::Names;
use raddle_engine::explore::Time;
use raddle_report::wording::helps::gave_up_again;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{GAVE_UP, Op, Patience, Reply, ThreadId};

/// One in so many operations of the thread gives up, at least; a turn of a loop that waits has about six.
const IN_MAX: usize = 16;

/// What to do about it, if that is what the thread does.
pub(super) fn help(record: &Record, names: &Names, thread: ThreadId, time: Time) -> Option<String> {
    if time == Time::Virtual {
        return None;
    }
    let mine = || record.steps.iter().filter(|step| step.thread == thread);
    let limited = |step: &&Recorded| {
        let gives_up = step.reply == Reply::Value(GAVE_UP);
        gives_up
            && matches!(
                step.op,
                Op::Act { patience: Patience::Some, .. }
                    | Op::Select { patience: Patience::Some, .. }
            )
    };
    let last = mine().rfind(limited)?;
    let same = |step: &&Recorded| step.site == last.site;
    let times = mine().filter(limited).filter(same).count();
    if times * IN_MAX < mine().count() {
        return None;
    }
    let place = format!("{}:{}", last.site.file(), last.site.line());
    Some(gave_up_again(&names.thread(thread), times, &place))
}
