//! What a panic says, kept instead of printed.
//!
//! A panic inside a model is not printed when it happens: it may be caught and looked at, and in most
//! executions nobody wants to see it. The hook below keeps its text and place for the report and passes
//! panics outside of models on to the hook that was there before.

use crate::shared::Shared;
use raddle_shims::model::inside;
use std::panic::PanicHookInfo;
use std::sync::Once;

scoped_tls::scoped_thread_local!(pub(crate) static RUNNING: Shared);

/// A panic of a thread of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Panic {
    /// Its text.
    pub message: String,
    /// File, line and column, if known.
    pub place: Option<(String, u32, u32)>,
}

/// Installs the hook, once in a process. Hooks that are installed later see the panics of models too,
/// and should pass them on.
pub fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if inside().is_some() && RUNNING.is_set() {
                RUNNING.with(|shared| on_panic(shared, info));
            } else {
                previous(info);
            }
        }));
    });
}

fn on_panic(shared: &Shared, info: &PanicHookInfo<'_>) {
    let message = text(info.payload());
    let place = info.location().map(|at| (at.file().to_string(), at.line(), at.column()));
    // With these std aborts the process as soon as this hook returns.
    let aborts = message.starts_with("panic in a destructor during cleanup")
        || message.starts_with("panic in a function that cannot unwind");
    match aborts {
        false => shared.panic_begins(Panic { message, place }),
        true => shared.panic_aborts(&message, info),
    }
}

/// The text of a panic.
pub(crate) fn text(payload: &(dyn std::any::Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_string(),
        (_, Some(text)) => text.clone(),
        _ => "a panic whose payload is not a text".to_string(),
    }
}
