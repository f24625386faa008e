//! What plain memory held, as accesses found and left it.

use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{LocationId, Op};
use std::collections::BTreeMap;

/// The values of plain memory in one execution, by the place of the step in it. Only numbers and the like have some.
#[derive(Default)]
pub(super) struct Contents {
    found: BTreeMap<usize, String>,
    left: BTreeMap<usize, String>,
    first: BTreeMap<u32, String>,
}

fn accesses(step: &Recorded, object: u32) -> bool {
    let location = LocationId::local(object);
    step.op == Op::PlainRead(location) || step.op == Op::PlainWrite(location)
}

impl Contents {
    pub fn of(record: &Record) -> Contents {
        let mut contents = Contents::default();
        for found in &record.found {
            let own = |step: &Recorded| step.thread == found.thread && accesses(step, found.object);
            contents.first.entry(found.object).or_insert_with(|| found.value.clone());
            let before = record.steps.get(..found.step).unwrap_or(&record.steps);
            let write = Op::PlainWrite(LocationId::local(found.object));
            if let Some(at) = before.iter().rposition(|step| step.op == write) {
                contents.left.entry(at).or_insert_with(|| found.value.clone());
            }
            let at = record.steps.iter().skip(found.step).position(own);
            if let Some(at) = at.map(|at| at + found.step) {
                contents.found.entry(at).or_insert_with(|| found.value.clone());
            }
        }
        contents
    }

    /// What a step found.
    pub fn found(&self, at: usize) -> Option<&str> {
        self.found.get(&at).map(String::as_str)
    }

    /// What a write left, if somebody came to see it.
    pub fn left(&self, at: usize) -> Option<&str> {
        self.left.get(&at).map(String::as_str)
    }

    /// What an object held when it was first accessed.
    pub fn first(&self, object: u32) -> Option<&str> {
        self.first.get(&object).map(String::as_str)
    }
}

/// The name of a type without the paths of its parts: `Option<String>`.
pub(super) fn short(name: &str) -> String {
    let mut text = String::new();
    let mut word = 0;
    for c in name.chars() {
        text.push(c);
        if !c.is_alphanumeric() && !"_:".contains(c) {
            word = text.len();
        } else if text[word..].ends_with("::") {
            text.truncate(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_of_types_have_no_paths() {
        assert_eq!(short("u32"), "u32");
        assert_eq!(short("core::option::Option<alloc::string::String>"), "Option<String>");
        assert_eq!(short("(&my::Node<u8>, [a::B; 4])"), "(&Node<u8>, [B; 4])");
    }
}
