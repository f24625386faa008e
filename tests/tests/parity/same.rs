//! Types that the shims re-export: the same type has the same interface.

/// The paths of types of the shims that are std's own.
macro_rules! same {
    ($($first:ident $(:: $then:ident)* $(<$($of:tt),*>)?;)*) => {
        /// Compiles only if each is the same type by both names.
        pub fn all() -> Vec<&'static str> {
            vec![$({
                let same: fn(std::$first$(::$then)*$(<$($of),*>)?) -> raddle_shims::$first$(::$then)*$(<$($of),*>)? =
                    |it| it;
                let _ = same;
                concat!(stringify!($first), $("::", stringify!($then)),*)
            }),*]
        }
    };
}

same! {
    cell::BorrowError;
    cell::BorrowMutError;
    cell::Cell<u8>;
    cell::LazyCell<u8>;
    cell::OnceCell<u8>;
    cell::Ref<'static, u8>;
    cell::RefCell<u8>;
    cell::RefMut<'static, u8>;
    sync::Arc<u8>;
    sync::LockResult<u8>;
    sync::PoisonError<u8>;
    sync::TryLockError<u8>;
    sync::TryLockResult<u8>;
    sync::Weak<u8>;
    sync::atomic::Ordering;
    sync::mpsc::RecvError;
    sync::mpsc::RecvTimeoutError;
    sync::mpsc::SendError<u8>;
    sync::mpsc::TryRecvError;
    sync::mpsc::TrySendError<u8>;
    thread::Result<u8>;
    time::Duration;
    time::SystemTime;
    time::SystemTimeError;
    time::TryFromFloatSecsError;
}
