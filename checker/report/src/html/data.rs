//! What the script of the page knows of an execution: lanes, steps, objects, excerpts, as compact JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::sources::{self, File};
use crate::labels::{self, object_label, thread_label};
use crate::text::layout::{clean, clean_line};
use crate::trace::{Site, Step, ThreadState, Trace};

/// The data of a page. Threads, objects, sites and texts are referred to by their place in its lists.
#[derive(Serialize)]
pub(super) struct Data {
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) test: String,
    pub(super) token: Option<String>,
    pub(super) command: Option<String>,
    threads: Vec<Lane>,
    objects: Vec<Thing>,
    parts: Vec<Part>,
    /// File, line and column.
    sites: Vec<(u32, u32, u32)>,
    files: Vec<File>,
    texts: Vec<String>,
    steps: Vec<Row>,
    /// Whether happens-before is known.
    ordered: bool,
}

/// A thread.
#[derive(Serialize)]
struct Lane {
    label: String,
    state: String,
    mood: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    spawned: Option<u32>,
    /// The object that it waits at in the end, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u32>,
}

/// An object.
#[derive(Serialize)]
struct Thing {
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial: Option<String>,
    /// What is known of the end if no step says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Last>,
}

/// The state of an object at the end: who holds it, and its value.
#[derive(Serialize)]
struct Last(Vec<u32>, Option<String>);

/// A participant.
#[derive(Serialize)]
struct Part {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<u32>,
}

/// A step: thread, text, object, site (-1 for none), and what only some have.
#[derive(Serialize)]
#[serde(untagged)]
enum Row {
    Plain((u32, u32, i64, i64)),
    Rich((u32, u32, i64, i64), More),
}

/// Names of one letter, because there are many.
#[derive(Serialize, Default, PartialEq)]
struct More {
    /// It is a preemption.
    #[serde(skip_serializing_if = "is_false")]
    p: bool,
    /// It does not matter.
    #[serde(skip_serializing_if = "is_false")]
    n: bool,
    /// It read an old value.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<String>,
    /// The steps that happen directly before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    a: Vec<u32>,
    /// The step whose value it read.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<u32>,
    /// Since which step it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<u32>,
    /// The value of its object then.
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<String>,
    /// Who holds its object then.
    #[serde(skip_serializing_if = "Option::is_none")]
    h: Option<Vec<u32>>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Collects what is referred to by number.
struct Collector<'a> {
    trace: &'a Trace,
    /// By number in the trace, the place in the list.
    threads: BTreeMap<u32, u32>,
    objects: BTreeMap<u32, u32>,
    sites: Vec<Site>,
    known_sites: BTreeMap<Site, u32>,
    texts: Vec<String>,
    known_texts: BTreeMap<String, u32>,
}

/// The data of the page of a trace.
pub(super) fn of(trace: &Trace, source: &dyn Fn(&str) -> Option<String>) -> Data {
    let mut collector = Collector {
        trace,
        threads: BTreeMap::new(),
        objects: BTreeMap::new(),
        sites: Vec::new(),
        known_sites: BTreeMap::new(),
        texts: Vec::new(),
        known_texts: BTreeMap::new(),
    };
    let (lanes, things) = (collector.lanes(), collector.things());
    let parts = trace.verdict.parts.iter().map(|part| Part {
        text: clean_line(&part.text),
        thread: part.thread.and_then(|thread| collector.threads.get(&thread).copied()),
        site: part.site.as_ref().map(|site| collector.site(site)),
        object: part.object.and_then(|object| collector.objects.get(&object).copied()),
    });
    let parts = parts.collect();
    let steps = trace.steps.iter().enumerate();
    let steps = steps.map(|(i, step)| collector.row(i as u32, step)).collect();
    let (files, sites) = sources::excerpts(&collector.sites, source);
    Data {
        kind: trace.verdict.kind.name(),
        message: clean(&trace.verdict.message).trim_end().to_owned(),
        test: clean_line(&trace.test),
        token: trace.token.as_deref().map(clean_line),
        command: labels::command(trace),
        threads: lanes,
        objects: things,
        parts,
        sites,
        files,
        texts: collector.texts,
        steps,
        ordered: trace.steps.iter().any(|step| !step.after.is_empty()),
    }
}

impl Collector<'_> {
    /// The threads, those that only steps speak of included.
    fn lanes(&mut self) -> Vec<Lane> {
        let trace = self.trace;
        let listed = trace.threads.iter().map(|thread| thread.id);
        let mut ids: Vec<u32> = listed.chain(trace.steps.iter().map(|step| step.thread)).collect();
        ids.sort_unstable();
        ids.dedup();
        self.threads = ids.iter().enumerate().map(|(i, &id)| (id, i as u32)).collect();
        // Objects have their places when the first thread asks for one.
        self.objects = places(trace);
        let lanes = ids.into_iter().map(|id| {
            let thread = trace.thread(id);
            let state = thread.map(|thread| &thread.state);
            let (waits, at) = match state {
                Some(ThreadState::Waiting { object, site, .. }) => (*object, site.as_ref()),
                _ => (None, None),
            };
            Lane {
                label: thread_label(trace, id),
                state: state.map_or(String::new(), |state| labels::state(trace, state)),
                mood: state.map_or("unknown", mood),
                spawned: thread.and_then(|t| t.spawned.as_ref()).map(|site| self.site(site)),
                waits: waits.and_then(|object| self.objects.get(&object).copied()),
                at: at.map(|site| self.site(site)),
            }
        });
        lanes.collect()
    }

    /// The objects, those that only steps speak of included.
    fn things(&mut self) -> Vec<Thing> {
        let trace = self.trace;
        let mut told = vec![false; self.objects.len()];
        let says = |step: &&Step| step.state.is_some() || step.held.is_some();
        for step in trace.steps.iter().filter(says) {
            if let Some(&place) = step.object.as_ref().and_then(|id| self.objects.get(id)) {
                told[place as usize] = true;
            }
        }
        let ids: Vec<u32> = self.objects.keys().copied().collect();
        let things = ids.into_iter().zip(told).map(|(id, told)| {
            let object = trace.object(id);
            let says = object.filter(|o| !o.holders.is_empty() || o.value.is_some());
            Thing {
                label: object_label(trace, id),
                created: object.and_then(|o| o.created.as_ref()).map(|site| self.site(site)),
                initial: object.and_then(|o| o.initial.as_deref()).map(clean_line),
                last: says.filter(|_| !told).map(|object| {
                    let value = object.value.as_deref().map(clean_line);
                    Last(self.lanes_of(&object.holders), value)
                }),
            }
        });
        things.collect()
    }

    /// The step at a place in the list.
    fn row(&mut self, at: u32, step: &Step) -> Row {
        let optional = |place: Option<u32>| place.map_or(-1, i64::from);
        let object = optional(step.object.and_then(|object| self.objects.get(&object).copied()));
        let site = optional(step.site.as_ref().map(|site| self.site(site)));
        let plain = (self.threads[&step.thread], self.text(&step.text), object, site);
        let more = More {
            p: step.preemption,
            n: !step.causal,
            s: step.stale.as_deref().map(clean_line),
            a: step.after.iter().copied().filter(|&other| other < at).collect(),
            r: step.reads.filter(|&other| other < at),
            w: step.waited.filter(|&steps| steps <= at),
            v: step.state.as_deref().map(clean_line),
            h: step.held.as_deref().map(|threads| self.lanes_of(threads)),
        };
        if more == More::default() { Row::Plain(plain) } else { Row::Rich(plain, more) }
    }

    /// The places of threads in the list.
    fn lanes_of(&self, threads: &[u32]) -> Vec<u32> {
        threads.iter().filter_map(|thread| self.threads.get(thread).copied()).collect()
    }

    fn site(&mut self, site: &Site) -> u32 {
        if let Some(&known) = self.known_sites.get(site) {
            return known;
        }
        let place = self.sites.len() as u32;
        self.sites.push(site.clone());
        self.known_sites.insert(site.clone(), place);
        place
    }

    fn text(&mut self, text: &str) -> u32 {
        let text = clean_line(text);
        if let Some(&known) = self.known_texts.get(&text) {
            return known;
        }
        let place = self.texts.len() as u32;
        self.texts.push(text.clone());
        self.known_texts.insert(text, place);
        place
    }
}

/// The place in the list of each object that the trace speaks of.
fn places(trace: &Trace) -> BTreeMap<u32, u32> {
    let steps = trace.steps.iter().filter_map(|step| step.object);
    let waits = trace.threads.iter().filter_map(|thread| match thread.state {
        ThreadState::Waiting { object, .. } => object,
        _ => None,
    });
    let parts = trace.verdict.parts.iter().filter_map(|part| part.object);
    let listed = trace.objects.iter().map(|object| object.id);
    let ids: BTreeMap<u32, ()> =
        listed.chain(steps).chain(waits).chain(parts).map(|id| (id, ())).collect();
    ids.into_keys().enumerate().map(|(i, id)| (id, i as u32)).collect()
}

fn mood(state: &ThreadState) -> &'static str {
    match state {
        ThreadState::Ended => "ended",
        ThreadState::Panicked(_) => "panicked",
        ThreadState::Waiting { .. } => "waiting",
        ThreadState::Runnable => "runnable",
    }
}
