//! Bugs that Rust projects had, re-created from their mechanism: each is found, as what it is, in few steps
//! and with a short token, its report says where to look, and its repaired twin is verified.

pub mod bug;
#[cfg(test)]
mod checked;

mod arc_get_mut;
mod cancelled_lock;
mod channel_destroy;
mod channel_disconnect;
mod closed_sender;
mod drop_under_lock;
mod event_early_out;
mod guard_in_condition;
mod idle_worker;
mod interned;
mod is_unique;
mod last_message;
mod local_pool;
mod lock_latch;
mod notified_task;
mod once_cell_weak;
mod once_recursion;
mod once_retry;
mod oneshot_closed;
mod pool_shutdown;
mod recv_timeout;
mod reentrant_mutex;
mod rwlock_unlock;
mod scheduler_idle;
mod scope_end;
mod spurious_signal;
mod stale_compute;
mod swallowed_token;
mod task_free;
mod timed_out_parker;
mod two_rwlocks;
mod undrained_queue;
mod upgrade_lock;
mod weak_upgrade;

use bug::Bug;

/// All of them.
pub const BUGS: [&Bug; 34] = [
    &arc_get_mut::BUG,
    &cancelled_lock::BUG,
    &channel_destroy::BUG,
    &channel_disconnect::BUG,
    &closed_sender::BUG,
    &drop_under_lock::BUG,
    &event_early_out::BUG,
    &guard_in_condition::BUG,
    &idle_worker::BUG,
    &interned::BUG,
    &is_unique::BUG,
    &last_message::BUG,
    &local_pool::BUG,
    &lock_latch::BUG,
    &notified_task::BUG,
    &once_cell_weak::BUG,
    &once_recursion::BUG,
    &once_retry::BUG,
    &oneshot_closed::BUG,
    &pool_shutdown::BUG,
    &recv_timeout::BUG,
    &reentrant_mutex::BUG,
    &rwlock_unlock::BUG,
    &scheduler_idle::BUG,
    &scope_end::BUG,
    &spurious_signal::BUG,
    &stale_compute::BUG,
    &swallowed_token::BUG,
    &task_free::BUG,
    &timed_out_parker::BUG,
    &two_rwlocks::BUG,
    &undrained_queue::BUG,
    &upgrade_lock::BUG,
    &weak_upgrade::BUG,
];
