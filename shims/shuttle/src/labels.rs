//! Labels of tasks: one value of each type.

use crate::current::{ChildLabelFn, TaskId};
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;

/// Values by type, at most one of each.
#[derive(Clone, Default)]
pub struct Labels(BTreeMap<TypeId, Box<dyn Label>>);

trait Label: Any {
    fn copy(&self) -> Box<dyn Label>;
}

impl<T: Clone + 'static> Label for T {
    fn copy(&self) -> Box<dyn Label> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Label> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

fn taken<T: 'static>(label: Box<dyn Label>) -> Option<T> {
    let label: Box<dyn Any> = label;
    label.downcast().ok().map(|label| *label)
}

impl Labels {
    /// None.
    pub fn new() -> Labels {
        Labels::default()
    }

    /// Sets the value of a type; the one before.
    pub fn insert<T: Clone + 'static>(&mut self, val: T) -> Option<T> {
        self.0.insert(TypeId::of::<T>(), Box::new(val)).and_then(taken)
    }

    /// The value of a type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        let label: &dyn Any = &**self.0.get(&TypeId::of::<T>())?;
        label.downcast_ref()
    }

    /// The value of a type.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        let label: &mut dyn Any = &mut **self.0.get_mut(&TypeId::of::<T>())?;
        label.downcast_mut()
    }

    /// The value of its type, which is this one if there was none.
    pub fn get_or_insert<T: Clone + 'static>(&mut self, value: T) -> &mut T {
        self.get_or_insert_with(|| value)
    }

    /// The same with one that is made if it is needed.
    pub fn get_or_insert_with<T: Clone + 'static, F: FnOnce() -> T>(&mut self, f: F) -> &mut T {
        let label = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(f()));
        let label: &mut dyn Any = &mut **label;
        label.downcast_mut().expect("a label is of the type that is its key")
    }

    /// The same with the default of its type.
    pub fn get_or_insert_default<T: Default + Clone + 'static>(&mut self) -> &mut T {
        self.get_or_insert_with(T::default)
    }

    /// Removes the value of a type.
    pub fn remove<T: 'static>(&mut self) -> Option<T> {
        self.0.remove(&TypeId::of::<T>()).and_then(taken)
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets all of these.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All of them; there are none then.
    pub(crate) fn take(&mut self) -> Labels {
        std::mem::take(self)
    }

    /// Changes what a task has inherited, as its parent wishes.
    pub(crate) fn apply_to_child(&mut self, child: TaskId) {
        if let Some(ChildLabelFn(change)) = self.get::<ChildLabelFn>().cloned() {
            change(child, self);
        }
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labels").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_of_each_type() {
        let mut labels = Labels::new();
        assert_eq!(labels.insert(5_i32), None);
        assert_eq!(labels.insert(6_i32), Some(5));
        assert_eq!(*labels.get_or_insert("name".to_string()), "name");
        *labels.get_mut::<i32>().unwrap() += 1;
        let copy = labels.clone();
        assert_eq!((labels.remove::<i32>(), labels.get::<i32>(), labels.len()), (Some(7), None, 1));
        labels.extend(copy);
        assert_eq!(labels.get::<i32>(), Some(&7));
    }
}
