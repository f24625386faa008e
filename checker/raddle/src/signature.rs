//! By what failures are told apart, so that a minimised execution fails as the found one did.

use crate::explain::access_site;
use raddle_runtime::Record;
use raddle_shims::kernel::{Extent, Failure, LocationId, Op, ThreadId};
use std::collections::BTreeSet;
use std::fmt;

/// What is the same about two executions that fail for the same reason: the kind of failure and the places
/// in the source that take part in it. Not which threads they were, as threads may run the same code, and
/// not the values in messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Signature {
    kind: &'static str,
    places: BTreeSet<String>,
}

impl Signature {
    /// The signature of a failure of the execution that was recorded.
    pub fn of(failure: &Failure, record: &Record) -> Signature {
        let (kind, places) = match failure {
            Failure::Assertion { thread, message } => {
                let panics = record.threads.get(thread.index()).map(|thread| &thread.panics);
                let place = panics.and_then(|panics| panics.last()?.place.as_ref());
                let text = match place {
                    Some((file, line, column)) => format!("{file}:{line}:{column}"),
                    None => message.clone(),
                };
                ("panic", BTreeSet::from([text]))
            }
            Failure::DataRace { first, second } => {
                let object = created(record, first.location);
                let one = access_site(record, first).map(|site| site.to_string());
                let other = stands_at(record, second.thread);
                ("data-race", [object, one, other].into_iter().flatten().collect())
            }
            // Where those stand that go on depends on the limit; so it is where they were started.
            Failure::Deadlock { extent: Extent::LiveLeak, waiting } => {
                let waits = |thread: usize| waiting.iter().any(|it| it.thread.index() == thread);
                let threads = record.threads.iter().enumerate();
                let live = threads.filter(|(thread, known)| !known.ended && !waits(*thread));
                let spawned = live.filter_map(|(_, known)| Some(known.spawned?.to_string()));
                ("live-leak", spawned.collect())
            }
            Failure::Deadlock { extent, waiting } => {
                let joins = |thread: ThreadId| {
                    let at = record.threads.get(thread.index()).and_then(|thread| thread.at);
                    at.is_some_and(|(op, _)| matches!(op, Op::Join(_)))
                };
                // Who waits for the end of a thread that waits is not part of the cause.
                let causes = waiting.iter().filter(|it| it.is_dead && !joins(it.thread));
                let places = causes.filter_map(|waiting| stands_at(record, waiting.thread));
                let kind = match extent {
                    Extent::Global => "deadlock",
                    Extent::Partial => "partial-deadlock",
                    Extent::TaskLeak => "task-leak",
                    Extent::Livelock => "livelock",
                    Extent::LiveLeak => "live-leak",
                };
                (kind, places.collect())
            }
            Failure::Leak { message } => {
                let what = message.split(" is never").next().unwrap_or(message);
                ("leak", BTreeSet::from([what.to_string()]))
            }
            Failure::Misuse { thread, message } => {
                let place = stands_at(record, *thread);
                let text: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
                ("misuse", place.into_iter().chain([text]).collect())
            }
        };
        Signature { kind, places }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        // One line, whatever a message looks like.
        self.places.iter().try_for_each(|place| write!(f, " | {}", place.replace('\n', " ")))
    }
}

fn created(record: &Record, location: LocationId) -> Option<String> {
    let object = record.objects.get(location.as_local()? as usize)?;
    Some(format!("{} {:?}", object.created, object.name))
}

fn stands_at(record: &Record, thread: ThreadId) -> Option<String> {
    let (_, site) = record.threads.get(thread.index())?.at?;
    Some(site.to_string())
}
