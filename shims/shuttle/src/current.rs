//! `shuttle::current`: the running task, and what is known of the execution.

use crate::execution;
pub use crate::labels::Labels;
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::inside;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The number of a task, a thread or a future that has been spawned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(usize);

impl TaskId {
    pub(crate) fn of(thread: ThreadId) -> TaskId {
        TaskId(thread.index())
    }

    pub(crate) fn number(self) -> u32 {
        self.0.try_into().unwrap_or(u32::MAX)
    }
}

impl From<usize> for TaskId {
    fn from(number: usize) -> TaskId {
        TaskId(number)
    }
}

impl From<TaskId> for usize {
    fn from(task: TaskId) -> usize {
        task.0
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = inside().is_some();
        match get_name_for_task(*self).filter(|_| inside) {
            Some(name) => write!(f, "{name:?}({})", self.0),
            None => f.debug_tuple("TaskId").field(&self.0).finish(),
        }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A label that is the name of its task, for messages.
#[derive(Clone, PartialEq, Eq)]
pub struct TaskName(String);

impl From<&str> for TaskName {
    fn from(name: &str) -> TaskName {
        TaskName(name.to_string())
    }
}

impl From<String> for TaskName {
    fn from(name: String) -> TaskName {
        TaskName(name)
    }
}

impl From<TaskName> for String {
    fn from(name: TaskName) -> String {
        name.0
    }
}

impl<'a> From<&'a TaskName> for &'a String {
    fn from(name: &'a TaskName) -> &'a String {
        &name.0
    }
}

impl fmt::Debug for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label that changes the labels of tasks when its own task spawns them; else they inherit all of them.
#[derive(Clone)]
#[allow(clippy::type_complexity, reason = "shuttle's type")]
pub struct ChildLabelFn(pub Arc<dyn Fn(TaskId, &mut Labels) + 'static>);

impl fmt::Debug for ChildLabelFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChildLabelFn")
    }
}

/// What can be a [`Tag`].
pub trait Taggable: fmt::Debug {}

/// Something that is known of a task. Labels have taken its place.
pub trait Tag: Taggable + Any {
    /// As what it is.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Taggable + Any> Tag for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A moment of the execution: later ones are greater. shuttle counts possible switches of tasks; here it counts calls of this
/// function, each of which is an operation that depends on all others, so it costs executions.
///
/// # Panics
/// Outside of an execution.
#[track_caller]
pub fn context_switches() -> usize {
    execution::moment()
}

/// The running task.
pub fn get_current_task() -> Option<TaskId> {
    Some(TaskId::of(inside()?.me()))
}

/// The running task, or none outside of an execution.
pub fn try_get_current_task() -> Option<TaskId> {
    get_current_task()
}

/// The running task.
///
/// # Panics
/// Outside of an execution.
pub fn me() -> TaskId {
    TaskId::of(execution::model().me())
}

/// shuttle: begins to count steps anew, so that a bound holds between progress. raddle's limit holds for a thread's whole
/// execution: this does nothing, and a test that relies on it needs a higher bound.
pub fn reset_step_count() {}

/// Lends the labels of a task.
///
/// # Panics
/// Outside of an execution.
pub fn with_labels_for_task<F, T>(task_id: TaskId, f: F) -> T
where
    F: FnOnce(&mut Labels) -> T,
{
    execution::with_labels(task_id, f)
}

/// A label of a task.
pub fn get_label_for_task<T: Clone + fmt::Debug + 'static>(task_id: TaskId) -> Option<T> {
    with_labels_for_task(task_id, |labels| labels.get().cloned())
}

/// Sets a label of a task; the one before.
pub fn set_label_for_task<T: Clone + fmt::Debug + 'static>(task_id: TaskId, value: T) -> Option<T> {
    with_labels_for_task(task_id, |labels| labels.insert(value))
}

/// Removes a label of a task.
pub fn remove_label_for_task<T: Clone + fmt::Debug + 'static>(task_id: TaskId) -> Option<T> {
    with_labels_for_task(task_id, Labels::remove)
}

/// The name of a task, if it has a label that says so; none outside of an execution.
pub fn get_name_for_task(task_id: TaskId) -> Option<TaskName> {
    inside()?;
    get_label_for_task(task_id)
}

/// Names a task; what it was called before.
pub fn set_name_for_task(task_id: TaskId, task_name: impl Into<TaskName>) -> Option<TaskName> {
    set_label_for_task(task_id, task_name.into())
}

/// Sets the tag of the running task; the one before.
#[deprecated(note = "labels have taken its place")]
pub fn set_tag_for_current_task(tag: Arc<dyn Tag>) -> Option<Arc<dyn Tag>> {
    execution::set_tag(me(), tag)
}

/// The tag of the running task.
#[deprecated(note = "labels have taken its place")]
pub fn get_tag_for_current_task() -> Option<Arc<dyn Tag>> {
    execution::tag(me())
}

/// The tag of a task.
#[deprecated(note = "labels have taken its place")]
pub fn get_tag_for_task(task_id: TaskId) -> Option<Arc<dyn Tag>> {
    execution::tag(task_id)
}

/// Sets the tag of a task; the one before.
#[deprecated(note = "labels have taken its place")]
pub fn set_tag_for_task(task: TaskId, tag: Arc<dyn Tag>) -> Option<Arc<dyn Tag>> {
    execution::set_tag(task, tag)
}
