//! What a user is told: the token that repeats an execution, and the report of what went wrong in it.
//!
//! [`token`] is one line that finds an execution again. [`trace`] is the plain description of one
//! execution, and the only form in which one is stored. [`text`] turns a trace into what is printed, [`html`]
//! into a page to explore, [`svg`] into a picture, with the sentences of `wording.rs`. Nothing here prints,
//! reads a file, or knows how executions are explored.

#![forbid(unsafe_code)]

pub mod html;
mod labels;
mod markup;
pub mod svg;
pub mod text;
pub mod token;
pub mod trace;
pub mod wording;
