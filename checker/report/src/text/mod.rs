//! Placeholder of the text.
