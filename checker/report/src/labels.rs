//! What threads, objects and places are called, whatever the form of the report.

use crate::text::layout::{clean, clean_line, width, wrap};
use crate::trace::{Object, Site, ThreadState, Trace};
use crate::wording;

/// A longer name of a thread or an object is cut.
const NAME_MAX: usize = 40;

/// A place on one line.
pub(crate) fn place(site: &Site) -> String {
    clean_line(&site.to_string())
}

/// A name on one line, cut if it is very long.
fn short(name: &str) -> String {
    let name = clean_line(name);
    if width(&name) <= NAME_MAX {
        return name;
    }
    let mut cut = wrap(&name, NAME_MAX - 1).swap_remove(0);
    cut.push('…');
    cut
}

/// What a thread is called: `main`, `t1`, ``t1 `worker` ``.
pub(crate) fn thread_label(trace: &Trace, id: u32) -> String {
    let name = trace.thread(id).and_then(|thread| thread.name.as_deref()).map(short);
    match (id, name.as_deref()) {
        (0, None | Some("" | "main")) => wording::MAIN.to_owned(),
        (id, None | Some("")) => format!("t{id}"),
        (id, Some(name)) => format!("t{id} `{name}`"),
    }
}

/// What an object is called: ``mutex `a` ``, `mutex #3`.
pub(crate) fn object_label(trace: &Trace, id: u32) -> String {
    let object = trace.object(id);
    let kind = object.map_or(wording::OBJECT.to_owned(), |object| clean_line(&object.kind));
    match object.and_then(|object| object.name.as_deref()).map(short) {
        Some(name) if !name.is_empty() => format!("{kind} `{name}`"),
        _ => format!("{kind} #{id}"),
    }
}

/// What a thread is doing at the end of the execution, as it fits behind its name.
pub(crate) fn state(trace: &Trace, state: &ThreadState) -> String {
    match state {
        ThreadState::Ended => wording::ENDED.to_owned(),
        ThreadState::Runnable => wording::RUNNABLE.to_owned(),
        // The heading has said it already.
        ThreadState::Panicked(message) if *message == trace.verdict.message => {
            wording::PANICKED.to_owned()
        }
        ThreadState::Panicked(message) => wording::panicked(&clean_line(message)),
        ThreadState::Waiting { what, object, site, why } => {
            let mut text = wording::waits(&clean_line(what));
            if let Some(id) = object {
                text.push_str(&format!(" {}", object_label(trace, *id)));
                if let Some(held) = trace.object(*id).and_then(|object| held(trace, object)) {
                    text.push_str(&format!(", {held}"));
                }
            }
            if let Some(site) = site {
                text.push_str(&format!(", {}", wording::at(&place(site))));
            }
            for clause in why {
                text.push_str(&format!("; {}", clean_line(clause)));
            }
            text
        }
    }
}

/// Who holds an object at the end, if anybody does.
pub(crate) fn held(trace: &Trace, object: &Object) -> Option<String> {
    let holders = object.holders.iter().map(|&id| thread_label(trace, id));
    let holders: Vec<String> = holders.collect();
    (!holders.is_empty()).then(|| wording::held(&holders))
}

/// What there is to remark on the execution as a whole, each with the word that introduces it.
pub(crate) fn remarks(trace: &Trace) -> Vec<(&'static str, String)> {
    let mut remarks: Vec<(&str, String)> =
        trace.notes.iter().map(|note| (wording::NOTE, clean(note))).collect();
    if let Some(contrast) = &trace.contrast {
        let text = wording::contrast(contrast.step + 1, &clean_line(&contrast.instead));
        remarks.push((wording::NOTE, text));
    }
    // Memory orderings play no role without atomics.
    let has_atomics = trace.objects.iter().any(|object| object.kind == "atomic");
    let found = trace.interleaving.filter(|_| has_atomics);
    let text = found
        .and_then(|found| wording::interleaving(found, trace.verdict.kind, &trace.search.model));
    remarks.extend(text.map(|text| (wording::NOTE, text)));
    let general = || wording::help(trace.verdict.kind).map(str::to_owned);
    let help = trace.verdict.help.as_deref().map(clean).or_else(general);
    remarks.extend(help.map(|help| (wording::HELP, help)));
    let preemptions = trace.steps.iter().filter(|step| step.preemption).count();
    let stale = trace.steps.iter().filter(|step| step.stale.is_some()).count();
    if !trace.test.is_empty() || !trace.steps.is_empty() {
        let test = clean_line(&trace.test);
        remarks.push((wording::NOTE, wording::size(&test, trace.steps.len(), preemptions, stale)));
    }
    if !trace.search.strategy.is_empty() {
        remarks.push((wording::NOTE, clean_line(&wording::search(&trace.search))));
    }
    remarks
}

/// The command that runs the execution again, if there is one.
pub(crate) fn command(trace: &Trace) -> Option<String> {
    match &trace.token {
        _ if !trace.replay.trim().is_empty() => Some(clean_line(&trace.replay)),
        token => token.as_deref().map(|token| wording::replay_command(&clean_line(token))),
    }
}
