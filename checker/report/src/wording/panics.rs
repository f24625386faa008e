//! Every fixed sentence about panics that is part of a trace.

/// That a thread panicked.
pub fn panicked(thread: &str) -> String {
    format!("{thread} panicked")
}

/// That a thread panicked, with the first line of its message.
pub fn with(thread: &str, message: &str) -> String {
    format!("{thread} panicked: {}", message.lines().next().unwrap_or_default())
}

/// Who wrote what a thread read last before it panicked; the value if it is known.
pub fn read_before(thread: &str, writer: &str, object: &str, value: Option<&str>) -> String {
    let value = value.map(|value| format!(" = {value}")).unwrap_or_default();
    format!(
        "{writer} had written `{object}`{value} here, which {thread} read last before it panicked"
    )
}

/// That a thread had closed a channel.
pub fn closed(thread: &str, channel: &str) -> String {
    format!("{thread} had closed `{channel}` here")
}

/// That a thread panicked because another one had.
pub fn passed_on(thread: &str, other: &str) -> String {
    format!("{thread} panicked in turn, as it unwrapped what joining {other} gave")
}

/// The message of a panic that another thread passed on, and its own: a test may expect either.
pub fn both(cause: &str, thread: &str, own: &str) -> String {
    format!("{cause}\n{thread} panicked in turn: {own}")
}
