//! What threads and objects are called.

use super::channels::Selects;
use super::contents::{Contents, short};
use super::{actions, notified, source};
use raddle_report::trace::{self, Site, Trace};
use raddle_runtime::{Record, Recorded, ThreadRecord};
use raddle_shims::kernel::{Action, LocationId, Op, Reply, ThreadId};
use raddle_shims::model::{self, ObjectKind};
use std::collections::{BTreeMap, BTreeSet};

/// The names in one execution.
pub(super) struct Names {
    objects: Vec<String>,
    threads: Vec<String>,
    /// For each lock the threads that hold it at the end, and where they took it.
    holders: Vec<Vec<(ThreadId, model::Site)>>,
    /// Where it was decided whether a thread wakes up for no reason.
    wake_ups: BTreeSet<Site>,
    /// What the source calls what is chosen there.
    choices: BTreeMap<Site, String>,
    selects: Selects,
    contents: Contents,
    /// For steps that notify, by their place in the record, who is woken.
    woken: BTreeMap<usize, Vec<ThreadId>>,
}

/// What users call a kind of object.
pub(super) fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Atomic => "atomic",
        ObjectKind::Cell => "cell",
        ObjectKind::Mutex => "mutex",
        ObjectKind::RwLock => "rwlock",
        ObjectKind::Condvar => "condvar",
        ObjectKind::Barrier => "barrier",
        ObjectKind::Once => "once",
        ObjectKind::Channel => "channel",
        ObjectKind::WaitGroup => "wait group",
        ObjectKind::Parker => "park token",
        ObjectKind::Shares => "Arc",
        _ => "internal",
    }
}

/// What a thread is called.
pub(super) fn thread(number: usize, name: Option<&str>) -> String {
    match (number, name) {
        (0, _) => "main".to_string(),
        (number, None) => format!("t{number}"),
        (number, Some(name)) => format!("t{number} ({name})"),
    }
}

impl Names {
    pub fn of(record: &Record) -> Names {
        let mut files: BTreeMap<&str, Option<String>> = BTreeMap::new();
        let mut used: BTreeMap<String, u32> = BTreeMap::new();
        let uses = uses(record);
        let label = |(i, known): (usize, &ThreadRecord)| thread(i, known.name.as_deref());
        let threads: Vec<String> = record.threads.iter().enumerate().map(label).collect();
        let mut objects = Vec::new();
        for (number, object) in record.objects.iter().enumerate() {
            if let Some(thread) = object.thread {
                objects.push(threads.get(thread.index()).cloned().unwrap_or_default());
                continue;
            }
            let file = object.created.file();
            let text = files.entry(file).or_insert_with(|| source::read(file));
            let in_source = text.as_ref().and_then(|text| {
                let (line, column) = (object.created.line(), object.created.column());
                let of_kind = source::derived_fields(text, line, kind(object.kind));
                let derived = || used_as(record, number, text, of_kind);
                let name = source::name_at(text, line, column).or_else(derived);
                name.or_else(|| of_call(object.kind, text, line, column))
            });
            let in_source =
                in_source.or_else(|| called(object.kind, uses.get(&number)?, &mut files));
            let short = || kind(object.kind).to_string();
            let base = object.name.clone().or(in_source).unwrap_or_else(short);
            let count = used.entry(base.clone()).or_insert(0);
            *count += 1;
            objects.push(match *count {
                1 => base,
                count => format!("{base}#{count}"),
            });
        }
        let wake_ups = wake_ups(record, &mut files);
        let choices = choices(record, &mut files);
        let (holders, selects) = (holders(record), Selects::of(record));
        let (contents, woken) = (Contents::of(record), notified::woken(record));
        Names { objects, threads, holders, wake_ups, choices, selects, contents, woken }
    }

    /// What plain memory held.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The threads that a step wakes that notifies, as far as they went on.
    pub fn woken(&self, step: &Recorded) -> Vec<String> {
        let woken = step.place.and_then(|place| self.woken.get(&place));
        woken.into_iter().flatten().map(|&thread| self.thread(thread)).collect()
    }

    /// The arms of selects.
    pub fn selects(&self) -> &Selects {
        &self.selects
    }

    pub fn thread(&self, thread: ThreadId) -> String {
        self.threads.get(thread.index()).cloned().unwrap_or_else(|| thread.to_string())
    }

    pub fn object(&self, location: LocationId) -> String {
        let object = location.as_local().and_then(|object| self.objects.get(object as usize));
        object.cloned().unwrap_or_else(|| location.to_string())
    }

    /// Whether a choice at that place is whether a thread wakes up for no reason, rather than the program's own.
    pub fn wakes_up(&self, site: model::Site) -> bool {
        self.wake_ups.contains(&Site::from(site))
    }

    /// What the source calls what is chosen at that place, if it gives that a name.
    pub fn choice(&self, site: model::Site) -> Option<&str> {
        self.choices.get(&Site::from(site)).map(String::as_str)
    }

    /// The threads that hold a lock at the end.
    pub fn holders(&self, location: LocationId) -> Vec<ThreadId> {
        self.acquired(location).into_iter().map(|(thread, _)| thread).collect()
    }

    /// The same, with where they took it.
    pub fn acquired(&self, location: LocationId) -> Vec<(ThreadId, model::Site)> {
        let holders = location.as_local().and_then(|object| self.holders.get(object as usize));
        holders.cloned().unwrap_or_default()
    }

    /// The objects that the rest of the trace speaks of.
    pub fn objects(&self, record: &Record, trace: &Trace) -> Vec<trace::Object> {
        let mut spoken: Vec<u32> = trace.steps.iter().filter_map(|step| step.object).collect();
        spoken.extend(trace.verdict.parts.iter().filter_map(|part| part.object));
        spoken.sort_unstable();
        spoken.dedup();
        let described = spoken.into_iter().filter_map(|id| {
            let object = record.objects.get(id as usize)?;
            let what = match object.holds {
                Some(of) => format!("{} of {}", kind(object.kind), short(of)),
                None => kind(object.kind).to_string(),
            };
            Some(trace::Object {
                initial: self.contents.first(id).map(str::to_string),
                name: Some(self.objects[id as usize].clone()),
                created: Some(Site::from(object.created)),
                holders: self.holders[id as usize].iter().map(|(thread, _)| thread.0).collect(),
                ..trace::Object::new(id, what)
            })
        });
        described.collect()
    }
}

/// Which of these fields an object is: the one, or the one by which it is used in the same file.
fn used_as(record: &Record, object: usize, text: &str, fields: Vec<&str>) -> Option<String> {
    if let [field] = fields.as_slice() {
        return Some(field.to_string());
    }
    let location = Some(LocationId::local(object as u32));
    let created = record.objects[object].created;
    let uses = record.steps.iter().filter(|step| step.op.subject() == location);
    let uses = uses.map(|step| step.site).filter(|site| site.file() == created.file());
    let mut receivers =
        uses.filter_map(|site| source::receiver_at(text, site.line(), site.column()));
    receivers.find(|receiver| fields.contains(receiver)).map(str::to_string)
}

/// The name of an object that a call makes which returns something else: the channel of a context, which its user gets by
/// `done`; that on which a thread waits for permits; other channels by the name of what receives from them, as senders are cloned.
fn of_call(kind: ObjectKind, text: &str, line: u32, column: u32) -> Option<String> {
    let called = source::called_at(text, line, column)?;
    if kind == ObjectKind::Channel && called.starts_with("acquire") {
        // As its label is made of that of the semaphore.
        return source::used_as(text, line, column).map(|(name, _)| format!("{name}.turn"));
    }
    let [first, second] = source::pair_at(text, line, column)?;
    match kind {
        ObjectKind::Channel if called.starts_with("with_") => Some(format!("{first}.done()")),
        ObjectKind::Channel if called.ends_with("channel") => Some(second),
        _ => None,
    }
}

/// So many places at which an object is used are asked for its name.
const USES_MAX: usize = 8;

/// Where each object is used, by main first; not where a lock is given up, or a thread comes to a select, which says nothing of its name.
fn uses(record: &Record) -> BTreeMap<usize, Vec<model::Site>> {
    let mut uses: BTreeMap<usize, Vec<model::Site>> = BTreeMap::new();
    let threads = (0u32..).map(ThreadId);
    let at_the_end = threads.zip(&record.threads).filter_map(|(thread, it)| Some((thread, it.at?)));
    let at_the_end = at_the_end.map(|(thread, (op, site))| (thread, op, site));
    let steps = record.steps.iter().map(|step| (step.thread, step.op, step.site));
    let mut steps: Vec<(ThreadId, Op, model::Site)> = steps.chain(at_the_end).collect();
    // Whoever starts threads has its own names, and hands clones with others to them.
    steps.sort_by_key(|(thread, ..)| *thread);
    for (_, op, site) in steps {
        // The arms of a select are those of several.
        let is_none = matches!(
            op,
            Op::Act { action: Action::Unlock | Action::UnlockPoisoned | Action::Stand(_), .. }
        );
        let Some(object) = op.subject().and_then(LocationId::as_local).filter(|_| !is_none) else {
            continue;
        };
        let places = uses.entry(object as usize).or_default();
        if places.len() < USES_MAX && !places.iter().any(|known| std::ptr::eq(*known, site)) {
            places.push(site);
        }
    }
    uses
}

/// What an object is called where it is used: a field if it is one somewhere, else the first variable.
fn called(
    kind: ObjectKind,
    places: &[model::Site],
    files: &mut BTreeMap<&str, Option<String>>,
) -> Option<String> {
    let mut names = places.iter().filter(|site| !is_within(site)).filter_map(|site| {
        let text = files.entry(site.file()).or_insert_with(|| source::read(site.file()));
        let (text, line, column) = (text.as_ref()?, site.line(), site.column());
        // There a condition variable takes the lock again.
        let is_lock = matches!(kind, ObjectKind::Mutex | ObjectKind::RwLock);
        let waits = source::called_at(text, line, column)?.starts_with("wait");
        source::used_as(text, line, column).filter(|_| !(is_lock && waits))
    });
    let first = names.next()?;
    let field = if first.1 { None } else { names.find(|(_, is_field)| *is_field) };
    Some(field.unwrap_or(first).0)
}

/// Whether a place is within std or the shims, where names are theirs.
fn is_within(site: model::Site) -> bool {
    site.file().starts_with("/rustc/") || model::is_own(site)
}

/// A place, unless it is one within std or the shims: what iterates for the program is called from there, and what a
/// primitive does at last.
pub(super) fn place(site: model::Site) -> Option<Site> {
    (!is_within(site)).then(|| Site::from(site))
}

/// The places of choices at which the source calls something that waits: std allows that to return for no reason.
fn wake_ups<'a>(
    record: &'a Record,
    files: &mut BTreeMap<&'a str, Option<String>>,
) -> BTreeSet<Site> {
    let chosen = record.steps.iter().filter(|step| matches!(step.op, Op::Choose { .. }));
    let waits = chosen.map(|step| step.site).filter(|site| {
        let text = files.entry(site.file()).or_insert_with(|| source::read(site.file()));
        let called = text.as_ref().and_then(|t| source::called_at(t, site.line(), site.column()));
        called.is_some_and(|called| called.starts_with("wait") || called.starts_with("park"))
    });
    waits.map(Site::from).collect()
}

/// The names of variables and fields that a call of `choose` initialises. What calls it for somebody else, and is told by the place
/// of its own call, chooses something else than that is called.
fn choices<'a>(
    record: &'a Record,
    files: &mut BTreeMap<&'a str, Option<String>>,
) -> BTreeMap<Site, String> {
    let chosen = record.steps.iter().filter(|step| matches!(step.op, Op::Choose { .. }));
    let named = chosen.filter_map(|step| {
        let site = step.site;
        let text = files.entry(site.file()).or_insert_with(|| source::read(site.file()));
        let (text, line, column) = (text.as_ref()?, site.line(), site.column());
        let chooses = source::called_at(text, line, column).is_some_and(|name| name == "choose");
        let name = source::name_at(text, line, column).filter(|_| chooses)?;
        Some((Site::from(site), name))
    });
    named.collect()
}

/// Who holds which lock at the end, from the operations that locks are made of.
fn holders(record: &Record) -> Vec<Vec<(ThreadId, model::Site)>> {
    let mut holders: Vec<Vec<(ThreadId, model::Site)>> = vec![Vec::new(); record.objects.len()];
    for step in &record.steps {
        let Some(location) = step.op.location() else { continue };
        let Some(object) = location.as_local().map(|object| object as usize) else { continue };
        let Reply::Value(reply) = step.reply else { continue };
        if object >= holders.len() {
            continue;
        }
        let Op::Act { action, .. } = step.op else { continue };
        match actions::holds(action, reply) {
            Some(true) => holders[object].push((step.thread, step.site)),
            Some(false) => {
                if let Some(at) = holders[object].iter().position(|at| at.0 == step.thread) {
                    holders[object].remove(at);
                }
            }
            None => {}
        }
    }
    holders
}
