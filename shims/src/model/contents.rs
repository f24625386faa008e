//! What plain memory holds, for reports: the name of its type, and its value if that is a number.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;

/// How the contents of a cell are told.
#[derive(Clone, Copy, Debug)]
pub struct Contents {
    name: fn() -> &'static str,
    value: unsafe fn(*const u8) -> Option<String>,
}

/// Contents of that type.
struct Of<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Of<T> {
    const CONTENTS: Contents = Contents { name: type_name::<T>, value: value_of::<T> };
}

impl Contents {
    /// How those of that type are told.
    ///
    /// ```
    /// use raddle_shims::model::Contents;
    /// let seven = 7_u32;
    /// // SAFETY: the pointer is that of a live value of this type.
    /// let value = unsafe { Contents::of::<u32>().value((&raw const seven).cast()) };
    /// assert_eq!((Contents::of::<u32>().name(), value.as_deref()), ("u32", Some("7")));
    /// ```
    pub const fn of<T: ?Sized>() -> &'static Contents {
        &Of::<T>::CONTENTS
    }

    /// The name of the type, as [`type_name`] gives it.
    pub fn name(&self) -> &'static str {
        (self.name)()
    }

    /// The value there; none if it is not a number, a character or a truth value.
    ///
    /// # Safety
    /// There must be a live value of the type, which nobody changes meanwhile.
    pub unsafe fn value(&self, at: *const u8) -> Option<String> {
        // SAFETY: the caller's duty is the same.
        unsafe { (self.value)(at) }
    }
}

/// The identity of a type, of which what it borrows takes no part: it is only compared with those of types that borrow
/// nothing.
fn id_of<T: ?Sized>() -> TypeId {
    trait Identified {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> Identified for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let phantom = PhantomData::<T>;
    let it: &dyn Identified = &phantom;
    // SAFETY: only the lifetime bound of the trait object changes. Its one method is called at once; it looks at no value and
    // gives out nothing that borrows.
    let it: &(dyn Identified + 'static) = unsafe { std::mem::transmute(it) };
    it.id()
}

/// The value of that type at a place, if it is a plain number.
///
/// # Safety
/// There must be a live value of the type, which nobody changes meanwhile.
unsafe fn value_of<T: ?Sized>(at: *const u8) -> Option<String> {
    let id = id_of::<T>();
    macro_rules! numbers {
        ($($number:ty)*) => {
            $(
                if id == TypeId::of::<$number>() {
                    // SAFETY: what is there is of this very type, by the caller's duty and the comparison.
                    return Some(unsafe { at.cast::<$number>().read() }.to_string());
                }
            )*
        };
    }
    numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn told<T>(value: T) -> (&'static str, Option<String>) {
        let contents = Contents::of::<T>();
        // SAFETY: the pointer is that of the value.
        (contents.name(), unsafe { contents.value((&raw const value).cast()) })
    }

    #[test]
    fn numbers_have_values_and_all_types_names() {
        let some = |text: &str| Some(text.to_string());
        assert_eq!(told(-7_i16), ("i16", some("-7")));
        assert_eq!(told(u128::MAX), ("u128", some("340282366920938463463374607431768211455")));
        assert_eq!(told(true), ("bool", some("true")));
        assert_eq!(told('é'), ("char", some("é")));
        assert_eq!(told(0.5_f64), ("f64", some("0.5")));
        assert_eq!(told([1_u8, 2]).1, None);
        assert_eq!(told(String::from("x")), ("alloc::string::String", None));
        let local = 3;
        // A type that borrows for less than 'static is none of them.
        assert_eq!(told(&local).1, None);
        assert_eq!(Contents::of::<[u32]>().name(), "[u32]");
    }
}
