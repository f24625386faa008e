//! What `Pointer` and `Value` are made of: a shared value, or none, that is changed in one step.

use crate::go::lock_real;
#[cfg(feature = "model")]
use crate::kernel::RmwKind;
#[cfg(feature = "model")]
use crate::model::{Model, Object, fresh, touch_outside};
#[cfg(feature = "model")]
use crate::sync::atomic::AtomicU64;
#[cfg(feature = "model")]
use std::collections::BTreeMap;
#[cfg(feature = "model")]
use std::sync::Weak;
use std::sync::{Arc, Mutex};

/// A shared value, or none.
///
/// Inside a model an atomic number says which value it is, and its operations are what the checker sees. The value itself is kept
/// beside it: whoever has performed an operation runs on until the next one, so it is changed, or looked at, in the same step.
pub(super) struct Held<T: ?Sized> {
    values: Mutex<Values<T>>,
    #[cfg(feature = "model")]
    number: AtomicU64,
    /// Whether code outside of a model has used it.
    #[cfg(feature = "model")]
    object: Object,
}

struct Values<T: ?Sized> {
    /// What it holds outside of a model, and when one begins.
    outside: Option<Arc<T>>,
    #[cfg(feature = "model")]
    inside: Inside<T>,
}

/// What it holds inside of a model, once it has been set there.
#[cfg(feature = "model")]
struct Inside<T: ?Sized> {
    value: Option<Arc<T>>,
    /// The numbers of what it has been set to, by address, which weak references keep from being used again.
    known: BTreeMap<usize, (u64, Weak<T>)>,
    /// How many numbers have been given.
    given: u64,
    /// When there are more, those are forgotten that nobody has any more.
    most: usize,
}

/// The number of what it holds when a model begins; that of none is 0. It is too large for what the checker tries in loops.
#[cfg(feature = "model")]
const FIRST: u64 = 64;

/// It is not set, as what it holds forbids it.
#[derive(Debug)]
pub(super) struct Unfit;

#[cfg(feature = "model")]
impl<T: ?Sized> Values<T> {
    fn number_of(&mut self, value: Option<&Arc<T>>) -> u64 {
        let Some(value) = value else { return 0 };
        if self.outside.as_ref().is_some_and(|first| Arc::ptr_eq(first, value)) {
            return FIRST;
        }
        let Inside { known, given, most, .. } = &mut self.inside;
        let address = Arc::as_ptr(value).cast::<u8>() as usize;
        if let Some((number, _)) = known.get(&address) {
            return *number;
        }
        if known.len() > *most {
            known.retain(|_, (_, value)| value.strong_count() > 0);
            *most = 2 * known.len() + 64;
        }
        *given += 1;
        known.insert(address, (FIRST + *given, Arc::downgrade(value)));
        FIRST + *given
    }

    /// The value of a number that has just been read.
    fn numbered(&self, number: u64) -> Option<&Arc<T>> {
        match number {
            0 => None,
            FIRST => self.outside.as_ref(),
            _ => self.inside.value.as_ref(),
        }
    }
}

/// Puts `new` there if it may follow what is there, which comes back.
fn replace<T: ?Sized>(
    place: &mut Option<Arc<T>>,
    new: Option<Arc<T>>,
    fits: impl FnOnce(&T) -> bool,
) -> Result<Option<Arc<T>>, Unfit> {
    match place.as_deref().is_none_or(fits) {
        true => Ok(std::mem::replace(place, new)),
        false => Err(Unfit),
    }
}

impl<T: ?Sized> Held<T> {
    #[track_caller]
    pub const fn none() -> Held<T> {
        Held {
            values: Mutex::new(Values {
                outside: None,
                #[cfg(feature = "model")]
                inside: Inside { value: None, known: BTreeMap::new(), given: 0, most: 64 },
            }),
            #[cfg(feature = "model")]
            number: AtomicU64::new(0),
            #[cfg(feature = "model")]
            object: Object::new(),
        }
    }

    #[track_caller]
    pub fn load(&self) -> Option<Arc<T>> {
        in_model!(model => {
            let number = self.number.interleaved(&model).load();
            lock_real(self.values(&model)).numbered(number).cloned()
        });
        self.outside(|value| value.clone())
    }

    /// Sets it, if `fits` is true of what it holds or it holds nothing.
    ///
    /// # Errors
    /// If it does not fit.
    #[track_caller]
    pub fn store(&self, new: Option<Arc<T>>, fits: impl FnOnce(&T) -> bool) -> Result<(), Unfit> {
        in_model!(model => {
            let number = lock_real(self.values(&model)).number_of(new.as_ref());
            self.number.interleaved(&model).store(number);
            let replaced = {
                let mut values = lock_real(self.values(&model));
                let old = values.inside.value.take().or_else(|| values.outside.clone());
                values.inside.value = old;
                replace(&mut values.inside.value, new, fits)
            };
            // What its destructor does is outside of the lock.
            replaced.map(drop)
        });
        self.outside(|value| replace(value, new, fits)).map(drop)
    }

    /// The same; what it held.
    ///
    /// # Errors
    /// If it does not fit.
    #[track_caller]
    pub fn swap(
        &self,
        new: Option<Arc<T>>,
        fits: impl FnOnce(&T) -> bool,
    ) -> Result<Option<Arc<T>>, Unfit> {
        in_model!(model => {
            let number = lock_real(self.values(&model)).number_of(new.as_ref());
            let old = self.number.interleaved(&model).rmw(RmwKind::Swap, number);
            let mut values = lock_real(self.values(&model));
            values.inside.value = values.numbered(old).cloned();
            replace(&mut values.inside.value, new, fits)
        });
        self.outside(|value| replace(value, new, fits))
    }

    /// Sets it to `new` if it holds the very value `old`, or both are none; whether it did.
    #[track_caller]
    pub fn compare_and_swap(&self, old: Option<&Arc<T>>, new: Option<Arc<T>>) -> bool {
        in_model!(model => {
            let (expected, number) = {
                let mut values = lock_real(self.values(&model));
                (values.number_of(old), values.number_of(new.as_ref()))
            };
            let done = self.number.interleaved(&model).compare_exchange(expected, number);
            if done {
                let replaced = {
                    let mut values = lock_real(self.values(&model));
                    std::mem::replace(&mut values.inside.value, new)
                };
                drop(replaced);
            }
            done
        });
        self.outside(|value| {
            let same = match (value.as_ref(), old) {
                (Some(is), Some(old)) => Arc::ptr_eq(is, old),
                (None, None) => true,
                _ => false,
            };
            same.then(|| std::mem::replace(value, new))
        })
        .is_some()
    }

    /// Gives it a name for reports. Nothing happens outside of a model.
    pub fn label(&self, name: impl Into<String>) {
        #[cfg(feature = "model")]
        return self.number.label(name);
        #[cfg(not(feature = "model"))]
        let _: String = name.into();
    }

    #[cfg(feature = "model")]
    fn values<'a>(&'a self, model: &Model) -> &'a Mutex<Values<T>> {
        fresh(model, &self.values)
    }

    /// Outside of a model, where the lock makes it one step.
    fn outside<R>(&self, act: impl FnOnce(&mut Option<Arc<T>>) -> R) -> R {
        #[cfg(feature = "model")]
        touch_outside(&self.object, &self.values);
        let mut values = lock_real(&self.values);
        let result = act(&mut values.outside);
        #[cfg(feature = "model")]
        {
            let number = if values.outside.is_some() { FIRST } else { 0 };
            self.number.store(number, std::sync::atomic::Ordering::SeqCst);
        }
        result
    }
}
