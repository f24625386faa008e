//! Statics that are as new in every execution.
//!
//! What a static holds inside a lock or a cell lives in the static itself and would survive from one
//! execution to the next. So an execution works on a copy of its own. The bytes to copy are those of the
//! initial value: a value made by a constant expression owns no heap memory and may be duplicated byte by
//! byte. They are saved before code outside of a model changes the static for the first time; code inside
//! only ever changes copies.

use super::{Found, Model, Object};
use std::alloc::Layout;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The bytes that statics held at first, by address.
static PRISTINE: Mutex<BTreeMap<usize, Box<[u8]>>> = Mutex::new(BTreeMap::new());

#[cfg(target_os = "linux")]
fn image() -> std::ops::Range<usize> {
    unsafe extern "C" {
        static __executable_start: u8;
        static _end: u8;
    }
    // Both are defined by the linker; only their addresses are used.
    (&raw const __executable_start) as usize..(&raw const _end) as usize
}

#[cfg(not(target_os = "linux"))]
fn image() -> std::ops::Range<usize> {
    0..0
}

/// Whether a value lies in a static of this program. Only known on Linux, and only for statics that are
/// linked into the executable; elsewhere nothing is said to be static.
#[inline]
pub fn is_static<T: ?Sized>(value: &T) -> bool {
    image().contains(&(std::ptr::from_ref(value).cast::<u8>() as usize))
}

fn bytes_of<T: ?Sized>(value: &T) -> Box<[u8]> {
    let mut bytes = vec![0u8; size_of_val(value)];
    // SAFETY: the source is a live value of that size, the target a buffer of that size. Padding is
    // copied as whatever bytes it holds; they are never read but as part of another such copy.
    unsafe {
        std::ptr::copy_nonoverlapping(
            std::ptr::from_ref(value).cast::<u8>(),
            bytes.as_mut_ptr(),
            bytes.len(),
        );
    }
    bytes.into()
}

/// To be called before code outside of a model uses `contents`, which belong to `object`.
#[inline]
pub fn touch_outside<T: ?Sized>(object: &Object, contents: &T) {
    if object.is_untouched() {
        save(object, contents);
    }
}

#[cold]
fn save<T: ?Sized>(object: &Object, contents: &T) {
    if is_static(contents) {
        let address = std::ptr::from_ref(contents).cast::<u8>() as usize;
        let mut pristine = PRISTINE.lock().unwrap_or_else(PoisonError::into_inner);
        pristine.entry(address).or_insert_with(|| bytes_of(contents));
    }
    object.mark_outside();
}

/// A copy of a static's contents, dropped at the end of its execution.
struct Copied {
    data: *mut u8,
    layout: Layout,
    drop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Some(drop) = self.drop.take() {
            drop();
        }
        if self.layout.size() > 0 {
            // SAFETY: `duplicate` allocated it with this layout.
            unsafe { std::alloc::dealloc(self.data, self.layout) };
        }
    }
}

/// The contents to use in this execution: `contents` itself, or a copy if that lies in a static.
#[inline]
pub fn fresh<'a, T: ?Sized>(model: &Model, contents: &'a T) -> &'a T {
    if is_static(contents) { copied(model, contents) } else { contents }
}

#[cold]
fn copied<'a, T: ?Sized>(model: &Model, contents: &'a T) -> &'a T {
    let key = std::ptr::from_ref(contents).cast::<u8>() as usize;
    let found = model.execution_slots().borrow().get::<Copied>(key);
    let copied = match found {
        Found::Value(address) => address.cast::<Copied>(),
        Found::Destroyed => return contents,
        Found::Nothing => {
            let copy = duplicate(contents);
            model.execution_slots().borrow_mut().put(key, copy).cast::<Copied>()
        }
    };
    // SAFETY: the slot keeps the `Copied` at one address until the execution ends, and all code of
    // the program that runs in this execution ends before.
    let data = unsafe { (*copied).data };
    // SAFETY: `duplicate` put a value of this type there, with the metadata of `contents`.
    unsafe { &*moved(contents, data) }
}

/// The pointer to `contents`, with its address replaced.
fn moved<T: ?Sized>(contents: &T, data: *mut u8) -> *mut T {
    let mut pointer = std::ptr::from_ref(contents).cast_mut();
    // SAFETY: a pointer, thin or wide, begins with its address; the metadata behind it stays.
    unsafe { *(&raw mut pointer).cast::<*mut u8>() = data };
    pointer
}

fn duplicate<T: ?Sized>(contents: &T) -> Copied {
    let address = std::ptr::from_ref(contents).cast::<u8>() as usize;
    let layout = Layout::for_value(contents);
    let pristine = PRISTINE.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes = pristine.get(&address).cloned().unwrap_or_else(|| bytes_of(contents));
    let data = match layout.size() {
        0 => std::ptr::without_provenance_mut(layout.align()),
        // SAFETY: the size is not 0.
        _ => unsafe { std::alloc::alloc(layout) },
    };
    assert!(!data.is_null(), "out of memory");
    assert_eq!(bytes.len(), layout.size(), "a static has one size");
    // SAFETY: both have that size. The bytes are those of the initial value of a static (see the
    // head of this file), so they are a valid value that owns nothing which another copy owns too.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
    let pointer = moved(contents, data);
    // SAFETY: the value was put there above and is dropped once, here.
    let drop: Box<dyn FnOnce() + '_> = Box::new(move || unsafe { pointer.drop_in_place() });
    // SAFETY: only the lifetime changes. The contents of a static live for ever, so their type holds
    // nothing that lives shorter.
    let drop = unsafe { std::mem::transmute::<Box<dyn FnOnce() + '_>, Box<dyn FnOnce()>>(drop) };
    Copied { data, layout, drop: Some(drop) }
}
