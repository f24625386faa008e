//! What the face keeps of the running execution: random numbers, labels, and which threads are left.
//!
//! It is plain memory, so whatever a thread finds in it must be its own, or follow from what it has joined: then it is the
//! same whenever that part of an execution is run again.

use crate::current::{Labels, Tag, TaskId, TaskName};
use raddle_shims::kernel::ThreadId;
use raddle_shims::model::{Model, Stopped, inside, per_execution, trust_owners};
use raddle_shims::sync::atomic::{AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use raddle_shims::sync::lazy_static::drop_statics;
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

static KEY: u8 = 5;

/// Where random numbers come from.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Numbers {
    /// The check says that there are to be none.
    #[default]
    Refused,
    /// They are the same in every execution.
    Fixed,
    /// The checker chooses where the numbers of each thread begin.
    Chosen,
}

/// What an execution is made of beside the shims.
#[derive(Default)]
struct State {
    numbers: Cell<Numbers>,
    /// Whether a yield, and a sleep, is a place where another thread can go on.
    has_steps: Cell<bool>,
    tasks: RefCell<BTreeMap<u32, Own>>,
    /// Threads that have been started and not been joined, but for those of scopes.
    unjoined: Cell<usize>,
    moments: AtomicUsize,
}

/// What belongs to one thread.
#[derive(Default)]
struct Own {
    /// From which its random numbers, and those of the threads that it starts, follow.
    seed: u64,
    generator: Option<SmallRng>,
    children: u64,
    labels: Labels,
    tag: Option<Arc<dyn Tag>>,
    /// What no other thread uses.
    steps: Rc<AtomicUsize>,
}

fn state(model: &Model) -> &State {
    per_execution(model, &KEY)
}

/// The running execution, which there must be.
pub(crate) fn model() -> Model {
    inside().expect("this is only possible inside of a test that shuttle's checks run")
}

/// Runs what a thread is to run. If it panics, that is the end of the execution, as with shuttle.
pub(crate) fn guarded<T>(f: impl FnOnce() -> T) -> T {
    match (catch_unwind(AssertUnwindSafe(f)), inside()) {
        (Ok(value), _) => value,
        (Err(payload), Some(model)) if !payload.is::<Stopped>() && !model.is_draining() => {
            model.fail_by_panic(&*payload)
        }
        (Err(payload), _) => resume_unwind(payload),
    }
}

/// In a sample, another thread can go on here, and the order is part of the execution, so that it can be replayed. An
/// exhaustive search has no need of it: nothing can be told from the order of what nobody else sees.
#[track_caller]
pub(crate) fn step() {
    let Some(model) = inside() else { return };
    let state = state(&model);
    if state.has_steps.get() {
        let own = Rc::clone(&state.tasks.borrow_mut().entry(model.me().0).or_default().steps);
        own.store(0, Relaxed);
    }
}

/// Whether there are such places.
pub(crate) fn has_steps(model: &Model) -> bool {
    state(model).has_steps.get()
}

/// The main thread of an execution.
pub(crate) fn main(numbers: Numbers, has_steps: bool, program: &dyn Fn()) {
    state(&model()).numbers.set(numbers);
    state(&model()).has_steps.set(has_steps);
    trust_owners(&model());
    guarded(program);
    // With others left, statics may still be used. Whether there are some is known: the main thread has joined all of
    // them, or others that have.
    if state(&model()).unjoined.get() == 0 {
        drop_statics();
    }
}

/// What a thread hands to one that it starts.
pub(crate) struct Birth {
    seed: u64,
    inherited: Arc<std::sync::Mutex<Option<Inherited>>>,
}

struct Inherited {
    labels: Labels,
    tag: Option<Arc<dyn Tag>>,
}

// SAFETY: labels and tags may be of types that must stay on one thread. The threads of an execution are coroutines, or take
// turns, and who adds a label has them all in one execution.
unsafe impl Send for Inherited {}

impl Birth {
    /// A thread is about to be started; none outside of an execution. Its name is a label; if it `counts`, it must be known
    /// to have been joined.
    pub fn announce(counts: bool, name: Option<&str>) -> Option<Birth> {
        let model = inside()?;
        let state = state(&model);
        if counts {
            state.unjoined.set(state.unjoined.get() + 1);
        }
        let mut tasks = state.tasks.borrow_mut();
        let own = tasks.entry(model.me().0).or_default();
        own.children += 1;
        let seed = mixed(own.seed, own.children);
        let mut labels = own.labels.clone();
        if let Some(name) = name {
            labels.insert(TaskName::from(name));
        }
        let inherited = (!labels.is_empty() || own.tag.is_some())
            .then(|| Inherited { labels, tag: own.tag.clone() });
        Some(Birth { seed, inherited: Arc::new(std::sync::Mutex::new(inherited)) })
    }

    /// The same for the other side.
    pub fn share(&self) -> Birth {
        Birth { seed: self.seed, inherited: Arc::clone(&self.inherited) }
    }

    /// The thread is known to its parent, or has begun.
    pub fn settle(&self, thread: ThreadId) {
        let Some(model) = inside() else { return };
        let mut inherited = match self.inherited.lock() {
            Ok(mut inherited) => inherited.take(),
            Err(_) => None,
        };
        if let Some(Inherited { labels, .. }) = &mut inherited {
            labels.apply_to_child(TaskId::of(thread));
        }
        let mut tasks = state(&model).tasks.borrow_mut();
        let own = tasks.entry(thread.0).or_default();
        own.seed = self.seed;
        if let Some(Inherited { labels, tag }) = inherited {
            own.labels = labels;
            own.tag = tag;
        }
    }
}

/// A thread has been joined that counts.
pub(crate) fn joined() {
    if let Some(model) = inside() {
        let unjoined = &state(&model).unjoined;
        unjoined.set(unjoined.get().saturating_sub(1));
    }
}

/// A number that follows from two.
fn mixed(seed: u64, with: u64) -> u64 {
    SmallRng::seed_from_u64(seed ^ with.wrapping_mul(0x9e37_79b9_7f4a_7c15)).next_u64()
}

/// The next random number of the running thread.
pub(crate) fn next_u64() -> u64 {
    let model = model();
    let state = state(&model);
    let me = model.me().0;
    let known = state.tasks.borrow_mut().entry(me).or_default().generator.is_some();
    if !known {
        let chosen = match state.numbers.get() {
            Numbers::Refused => {
                panic!("requested random data from DFS scheduler with allow_random_data = false")
            }
            Numbers::Fixed => 0,
            // In small pieces, as whoever makes a failing execution smaller looks at all alternatives.
            Numbers::Chosen => (0..4).fold(0, |number, _| number << 8 | raddle::choose(256) as u64),
        };
        let mut tasks = state.tasks.borrow_mut();
        let own = tasks.entry(me).or_default();
        own.generator = Some(SmallRng::seed_from_u64(mixed(own.seed, chosen)));
    }
    let mut tasks = state.tasks.borrow_mut();
    let generator = tasks.entry(me).or_default().generator.as_mut();
    generator.expect("it has just been made").next_u64()
}

/// A moment that comes after all others that have been asked for. It is an operation that all who ask have in common.
#[track_caller]
pub(crate) fn moment() -> usize {
    let model = model();
    state(&model).moments.fetch_add(1, SeqCst) + 1
}

/// The labels of a task.
pub(crate) fn with_labels<R>(task: TaskId, f: impl FnOnce(&mut Labels) -> R) -> R {
    let model = model();
    let key = task.number();
    // What the closure does may come back here.
    let taken = state(&model).tasks.borrow_mut().entry(key).or_default().labels.take();
    let mut labels = taken;
    let result = f(&mut labels);
    state(&model).tasks.borrow_mut().entry(key).or_default().labels = labels;
    result
}

/// Replaces the tag of a task.
pub(crate) fn set_tag(task: TaskId, tag: Arc<dyn Tag>) -> Option<Arc<dyn Tag>> {
    let model = model();
    let mut tasks = state(&model).tasks.borrow_mut();
    tasks.entry(task.number()).or_default().tag.replace(tag)
}

/// The tag of a task.
pub(crate) fn tag(task: TaskId) -> Option<Arc<dyn Tag>> {
    let model = inside()?;
    let tasks = state(&model).tasks.borrow();
    tasks.get(&task.number())?.tag.clone()
}
