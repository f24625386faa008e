//! A graph as text, one event a line, the same in every run.

use super::event::{Event, Flags, Kind, Position};
use super::execution_graph::Graph;
use raddle_shims::kernel::{LocationId, Op, ThreadId};
use std::fmt;

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in self.events() {
            writeln!(f, "{}", self.describe(event))?;
        }
        for location in 0..self.locations() {
            let location = LocationId(location as u32);
            let order = self.coherence(location);
            if order.len() > 1 {
                let order: Vec<_> = order.iter().map(|w| self.event(*w).id().to_string()).collect();
                writeln!(f, "coherence {location}: {}", order.join(" "))?;
            }
        }
        Ok(())
    }
}

impl Graph {
    /// One event in words: who, what, values, and the source of what it read.
    pub fn describe(&self, event: &Event) -> String {
        let id = event.id();
        let location = event.location().map(|l| l.to_string()).unwrap_or_default();
        let ordering = ordering_word(event);
        let from = |source: Position| match source.is_some() {
            true => self.event(source).id().to_string(),
            false => "init".to_string(),
        };
        match event.kind {
            Kind::Read => {
                format!(
                    "{id} read {location}{ordering} = {} from {}",
                    event.read,
                    from(event.source)
                )
            }
            Kind::Write => format!("{id} write {location}{ordering} := {}", event.written),
            Kind::Update => format!(
                "{id} update {location}{ordering} = {} := {} from {}",
                event.read,
                event.written,
                from(event.source)
            ),
            Kind::Fence => format!("{id} fence{ordering}"),
            Kind::Spawn => format!("{id} spawn {}", ThreadId(event.chosen)),
            Kind::Join => match event.op {
                Op::Join(thread) => format!("{id} join {thread}"),
                _ => format!("{id} join"),
            },
            Kind::Sleep => format!("{id} slept until {}", event.written),
            Kind::Advance => format!("{id} the clock shows {}", event.written),
            Kind::Choice => format!("{id} choose {}", event.chosen),
            Kind::Act => match event.op {
                Op::Act { action, .. } => format!("{id} {action:?} {location} = {}", event.read),
                _ => format!("{id} select = {}", event.read),
            },
        }
    }
}

fn ordering_word(event: &Event) -> &'static str {
    match (event.is(Flags::SEQ_CST), event.is(Flags::ACQUIRES), event.is(Flags::RELEASES)) {
        (true, _, _) => ".sc",
        (_, true, true) => ".ar",
        (_, true, _) => ".a",
        (_, _, true) => ".r",
        _ => "",
    }
}
