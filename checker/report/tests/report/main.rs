//! Traces and the reports made of them.

mod arbitrary;
mod cases;
mod golden;
mod page;
mod unusual;
