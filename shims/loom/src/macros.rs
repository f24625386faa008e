//! The macro `lazy_static!`.

/// As `lazy_static::lazy_static!`: statics that are made when they are first used, in each execution anew, and
/// dropped when its main thread ends.
///
/// ```
/// use loom::sync::Mutex;
/// loom::lazy_static! {
///     static ref TOTAL: Mutex<u32> = Mutex::new(0);
/// }
/// loom::model(|| {
///     *TOTAL.lock().unwrap() += 1;
///     assert_eq!(*TOTAL.lock().unwrap(), 1);
/// });
/// ```
#[macro_export]
macro_rules! lazy_static {
    () => {};
    ($(#[$attribute:meta])* $vis:vis static ref $name:ident : $t:ty = $init:expr; $($rest:tt)*) => {
        #[allow(missing_copy_implementations, non_camel_case_types, dead_code)]
        $(#[$attribute])*
        $vis struct $name {
            __private: (),
        }

        #[doc(hidden)]
        $vis static $name: $name = $name { __private: () };

        impl ::core::ops::Deref for $name {
            type Target = $t;

            fn deref(&self) -> &$t {
                fn init() -> $t {
                    $init
                }
                static LAZY: $crate::__private::LazyStatic<$t> =
                    $crate::__private::LazyStatic::new(init);
                LAZY.get()
            }
        }

        $crate::lazy_static!($($rest)*);
    };
}
