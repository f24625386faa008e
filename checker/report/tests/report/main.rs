//! Traces and the reports made of them.

mod arbitrary;
mod cases;
mod chrome;
mod golden;
mod page;
mod unusual;
