//! A failing execution, as it was recorded, as a trace for the report.

mod actions;
mod causes;
mod channels;
mod contents;
mod coverage;
mod deadlock;
mod hints;
mod leaks;
mod moments;
mod names;
mod nondeterminism;
mod notified;
mod panics;
mod protected;
mod source;
mod stale;
mod steps;
mod timed_waits;

pub(crate) use self::coverage::covered;
use self::deadlock::Told;
use self::moments::Moments;
use self::names::Names;
pub(crate) use self::nondeterminism::nondeterminism;
use crate::explore::{Repeated, Test};
use crate::insight::{Insight, Instead};
use crate::outcome::Kind;
use crate::settings;
use raddle_engine::explore::minimise::Interleaving;
use raddle_engine::explore::{Coverage, Deviation, Time};
use raddle_engine::graph::Kind as EventKind;
use raddle_engine::memory::Model;
use raddle_report::html;
use raddle_report::text::{self, Style};
use raddle_report::token::{self, Body, Token, test_hash};
use raddle_report::trace::{self, Part, Search, Site, ThreadState, Trace, Verdict};
use raddle_report::wording::parts as wording;
use raddle_runtime::{Record, Recorded};
use raddle_shims::kernel::{Access, AccessKind, EventId, Failure, Op, ThreadId};

/// The kind of a failure.
pub(crate) fn kind(kind: trace::Kind) -> Kind {
    match kind {
        trace::Kind::Deadlock => Kind::Deadlock,
        trace::Kind::PartialDeadlock => Kind::PartialDeadlock,
        trace::Kind::TaskLeak => Kind::TaskLeak,
        trace::Kind::Livelock => Kind::Livelock,
        trace::Kind::LiveLeak => Kind::LiveLeak,
        trace::Kind::DataRace => Kind::DataRace,
        trace::Kind::Misuse => Kind::Misuse,
        trace::Kind::Leak => Kind::Leak,
        trace::Kind::StepLimit => Kind::StepLimit,
        trace::Kind::Nondeterminism => Kind::Nondeterminism,
        _ => Kind::Panic,
    }
}

fn trace_kind(kind: Kind) -> trace::Kind {
    match kind {
        Kind::Panic => trace::Kind::Panic,
        Kind::Deadlock => trace::Kind::Deadlock,
        Kind::PartialDeadlock => trace::Kind::PartialDeadlock,
        Kind::TaskLeak => trace::Kind::TaskLeak,
        Kind::Livelock => trace::Kind::Livelock,
        Kind::LiveLeak => trace::Kind::LiveLeak,
        Kind::DataRace => trace::Kind::DataRace,
        Kind::Leak => trace::Kind::Leak,
        Kind::Misuse => trace::Kind::Misuse,
        Kind::StepLimit => trace::Kind::StepLimit,
        Kind::Nondeterminism => trace::Kind::Nondeterminism,
    }
}

/// What a token says of an execution with these deviations.
pub(crate) fn body(deviations: &[Deviation]) -> Body {
    let list = deviations.iter().map(|deviation| token::Deviation {
        step: deviation.step,
        thread: deviation.thread.map(|thread| thread.0),
        alternative: deviation.alternative,
    });
    Body::Deviations(list.collect())
}

/// The token with that body.
pub(crate) fn token(test: &Test, body: Body) -> String {
    let model = match test.settings.model {
        Model::Sc => 0,
        Model::Rc20 => 1,
    };
    let time = match test.settings.time {
        Time::Nondeterministic => 0,
        Time::Virtual => 2,
    };
    let model = model + time;
    Token { test: test_hash(&test.name), model, body }.encode()
}

/// The report.
pub(crate) fn render(trace: &Trace) -> String {
    let (width, color) = settings::style();
    render_in(trace, width, color)
}

/// The report with that width.
pub(crate) fn render_in(trace: &Trace, width: usize, color: bool) -> String {
    text::render(trace, Style { width, color, sources: &source::read, ..Style::plain(width) })
}

/// The page.
pub(crate) fn page(trace: &Trace) -> String {
    html::render(trace, Style { sources: &source::read, ..Style::plain(0) })
}

fn search(test: &Test, coverage: &Coverage) -> Search {
    let strategy = test.settings.strategy;
    let model = test.settings.model.name().to_string();
    if test.by_bytes {
        return Search { model, ..Search::default() };
    }
    Search {
        strategy: strategy.name.to_string(),
        seed: (!strategy.exhaustive).then_some(test.settings.sampling.seed),
        fails_one_of: coverage.fails_one_of().map(|of| of.round() as u64),
        execution: coverage.runs() + 1,
        complete: false,
        model,
    }
}

/// A trace of which only the verdict is known.
pub(crate) fn bare(test: &Test, kind: Kind, message: &str, coverage: &Coverage) -> Trace {
    let mut verdict = Verdict::new(trace_kind(kind), message);
    let (file, line, column) = &test.location;
    verdict.site = Some(Site::new(file, *line, *column));
    Trace::new(&test.name, verdict, search(test, coverage))
}

/// The trace of a failing execution.
pub(crate) fn trace(
    test: &Test,
    failure: &Failure,
    repeated: &Repeated,
    insight: &Insight,
    coverage: &Coverage,
) -> Trace {
    let record = &repeated.record;
    let names = Names::of(record);
    let mut trace =
        Trace::new(&test.name, verdict(failure, record, &names), search(test, coverage));
    let (steps, shown) = steps::of(repeated, Some(failure), &names);
    trace.steps = steps;
    trace.interleaving = insight.interleaving.as_ref().map(|found| match found {
        Interleaving::Fails(_) if repeated.told.stale.is_empty() => trace::Interleaving::This,
        Interleaving::Fails(_) => trace::Interleaving::Other,
        Interleaving::Never => trace::Interleaving::Never,
        Interleaving::Unknown => trace::Interleaving::Unknown,
    });
    trace.contrast = insight.contrast.as_ref().and_then(|contrast| {
        let step = *shown.get(contrast.event as usize)? as u32;
        let instead = match contrast.instead {
            Instead::Thread(thread) => format!("{} goes on", names.thread(thread)),
            // What is neither the newest value nor an old one is a failure for no reason.
            Instead::First(EventKind::Read | EventKind::Update)
                if trace.steps.get(step as usize).is_some_and(|step| step.stale.is_none()) =>
            {
                "the exchange does not fail for no reason".to_string()
            }
            Instead::First(EventKind::Read | EventKind::Update) => {
                "the newest value is read".to_string()
            }
            Instead::First(EventKind::Choice) => "the choice is 0".to_string(),
            Instead::First(_)
                if trace
                    .steps
                    .get(step as usize)
                    .is_some_and(|it| it.text.contains(" -> wakes ")) =>
            {
                "who has waited longest is woken".to_string()
            }
            Instead::First(_) => "the first alternative is taken".to_string(),
        };
        Some(trace::Contrast { step, instead })
    });
    let moments = Moments::of(repeated, &names);
    moments.tell(&mut trace.steps);
    trace.objects = names.objects(record, &trace);
    moments.tell_initial(&mut trace.objects);
    trace.threads =
        (0..record.threads.len()).map(|i| thread(Some(failure), record, &names, i)).collect();
    if let Failure::DataRace { first, second } = failure {
        trace.notes.extend(hints::ordering(first, second, record, &names));
    }
    trace.notes.extend(causes::of(failure, record, &repeated.told, &names));
    trace
}

/// The trace of an execution that passes.
pub(crate) fn passed(test: &Test, repeated: &Repeated) -> Trace {
    let names = Names::of(&repeated.record);
    let verdict = Verdict::new(trace::Kind::Passed, "this execution does not fail");
    let mut trace = without_failure(test, verdict, repeated, &names, &Coverage::default());
    trace.token = Some(token(test, body(&repeated.told.deviations)));
    trace
}

/// The trace of an execution in which threads came to a limit; none if no thread did.
pub(crate) fn cut(test: &Test, repeated: &Repeated, coverage: &Coverage) -> Option<Trace> {
    let names = Names::of(&repeated.record);
    let verdict = limit(test, repeated, &names)?;
    Some(without_failure(test, verdict, repeated, &names, coverage))
}

fn without_failure(
    test: &Test,
    verdict: Verdict,
    repeated: &Repeated,
    names: &Names,
    coverage: &Coverage,
) -> Trace {
    let record = &repeated.record;
    let mut trace = Trace::new(&test.name, verdict, search(test, coverage));
    trace.steps = steps::of(repeated, None, names).0;
    let moments = Moments::of(repeated, names);
    moments.tell(&mut trace.steps);
    trace.objects = names.objects(record, &trace);
    moments.tell_initial(&mut trace.objects);
    trace.threads = (0..record.threads.len()).map(|i| thread(None, record, names, i)).collect();
    trace
}

/// What is said of threads that came to a limit: the first in the headline, and where each turns.
fn limit(test: &Test, repeated: &Repeated, names: &Names) -> Option<Verdict> {
    let limits = &test.settings.limits;
    let text = |thread: ThreadId, silent: bool| match silent {
        true => format!(
            "{} performed {} operations in a row that only yield, sleep or access plain memory, and was stopped there",
            names.thread(thread),
            limits.silent_per_event()
        ),
        false => format!(
            "{} performed {} operations in one execution and was stopped there",
            names.thread(thread),
            limits.events_per_thread
        ),
    };
    let &(thread, silent) = repeated.cut.first()?;
    let message = format!(
        "{}; if it does not loop for ever, raise `max_events`; `allow_incomplete` accepts a search that is cut",
        text(thread, silent)
    );
    let site = |thread| stands_at(&repeated.record, thread).map(|(_, site)| site);
    let mut verdict = Verdict::new(trace::Kind::StepLimit, message);
    verdict.site = site(thread);
    verdict.help = timed_waits::help(&repeated.record, names, thread);
    verdict.parts.extend(repeated.cut.iter().map(|&(thread, silent)| Part {
        thread: Some(thread.0),
        text: text(thread, silent),
        site: site(thread),
        object: None,
    }));
    Some(verdict)
}

/// The lock that an event took: by which thread, what it is called, and where it was taken.
pub(crate) fn lock_taken(record: &Record, event: EventId) -> Option<(String, (String, Site))> {
    let names = Names::of(record);
    let step = steps::of_event(record, event)?;
    let lock = names.object(step.op.location()?);
    Some((names.thread(event.thread), (lock, Site::from(step.site))))
}

fn verdict(failure: &Failure, record: &Record, names: &Names) -> Verdict {
    match failure {
        Failure::DataRace { first, second } => race(first, second, record, names),
        Failure::Deadlock { extent, waiting } => Told { waiting, record, names }.verdict(*extent),
        Failure::Assertion { thread, message } => panics::verdict(*thread, message, record, names),
        Failure::Leak { message } => leaks::verdict(message, record, names),
        Failure::Misuse { thread, message } => {
            let mut verdict = Verdict::new(trace::Kind::Misuse, message);
            let misused = record.threads.get(thread.index()).and_then(|thread| thread.misused);
            verdict.site = match misused {
                Some(site) => Some(Site::from(site)),
                None => stands_at(record, *thread).map(|(_, site)| site),
            };
            let text = wording::misused(&names.thread(*thread));
            let site = verdict.site.clone();
            verdict.parts.push(Part { thread: Some(thread.0), text, site, object: None });
            verdict
        }
    }
}

/// The operation at which a thread stands, or its latest one.
fn stands_at(record: &Record, thread: ThreadId) -> Option<(Op, Site)> {
    let (op, site) = record.threads.get(thread.index())?.at?;
    Some((op, Site::from(site)))
}

fn race(first: &Access, second: &Access, record: &Record, names: &Names) -> Verdict {
    let what = |kind: AccessKind| match kind {
        AccessKind::PlainRead => "plain read",
        AccessKind::PlainWrite => "plain write",
        AccessKind::AtomicRead => "atomic read",
        AccessKind::AtomicWrite => "atomic write",
    };
    let object = first.location.as_local();
    let on = names.object(first.location);
    let (one, other) = (names.thread(first.thread), names.thread(second.thread));
    let message = format!(
        "data race on `{on}`: {} by {one} and {} by {other} are not ordered",
        what(first.kind),
        what(second.kind)
    );
    let mut verdict = Verdict::new(trace::Kind::DataRace, message);
    let part = |access: &Access, site: Option<Site>| {
        let place = accessed(record, access).and_then(|step| step.place);
        let left = place.and_then(|place| names.contents().left(place));
        let value = left.map(|left| format!(", which leaves {left}")).unwrap_or_default();
        let text =
            format!("{} of `{on}` by {}{value}", what(access.kind), names.thread(access.thread));
        Part { thread: Some(access.thread.0), text, site, object }
    };
    verdict.site = stands_at(record, second.thread).map(|(_, site)| site);
    verdict.parts.push(part(first, access_site(record, first)));
    verdict.parts.push(part(second, verdict.site.clone()));
    verdict
}

/// Where the first access of a race stands.
pub(crate) fn access_site(record: &Record, access: &Access) -> Option<Site> {
    accessed(record, access).map(|step| Site::from(step.site))
}

/// The first access of a race.
fn accessed<'a>(record: &'a Record, access: &Access) -> Option<&'a Recorded> {
    let matches = |step: &&Recorded| {
        let kind = match step.op {
            Op::PlainRead(_) => AccessKind::PlainRead,
            Op::PlainWrite(_) => AccessKind::PlainWrite,
            Op::Load { .. } => AccessKind::AtomicRead,
            _ => AccessKind::AtomicWrite,
        };
        step.thread == access.thread
            && step.index == access.at.index
            && step.op.location() == Some(access.location)
            && kind.is_atomic() == access.kind.is_atomic()
            && (kind.is_atomic() || kind == access.kind)
    };
    record.steps.iter().rfind(matches)
}

fn thread(
    failure: Option<&Failure>,
    record: &Record,
    names: &Names,
    index: usize,
) -> trace::Thread {
    let id = ThreadId(index as u32);
    let known = &record.threads[index];
    let waiting = match failure {
        Some(Failure::Deadlock { waiting, .. }) => waiting.as_slice(),
        _ => &[],
    };
    let why = waiting.iter().find(|waiting| waiting.thread == id);
    let why = why.map(|it| Told { waiting, record, names }.why(it));
    let waits = why.is_some();
    let state = match (known.panics.last(), known.at) {
        (Some(panic), _) if known.ended || !waits => ThreadState::Panicked(panic.message.clone()),
        _ if known.ended => ThreadState::Ended,
        (_, Some((op, site))) if waits => ThreadState::Waiting {
            what: steps::waits(id, &op, names),
            object: steps::waits_at(&op).and_then(|location| location.as_local()),
            site: Some(Site::from(site)),
            why: why.unwrap_or_default(),
        },
        _ => ThreadState::Runnable,
    };
    let name = known.name.clone().filter(|_| index > 0);
    trace::Thread { id: id.0, name, spawned: known.spawned.map(Site::from), state }
}
