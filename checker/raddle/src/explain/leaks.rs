//! What was never released: where it came from, and what its owners did with it last.

use super::names::Names;
use raddle_report::trace::{Kind, Part, Site, Verdict};
use raddle_report::wording::parts as wording;
use raddle_runtime::{Record, Resource};
use raddle_shims::kernel::ThreadId;
use raddle_shims::model;

/// So many things that were never released are shown, and so many shares of each.
const LEAKS_MAX: usize = 8;
const SHARES_MAX: usize = 4;

/// The verdict on an execution that ends with things that were not released.
pub(super) fn verdict(message: &str, record: &Record, names: &Names) -> Verdict {
    let mut verdict = Verdict::new(Kind::Leak, message);
    for resource in record.resources.iter().take(LEAKS_MAX) {
        verdict.parts.extend(parts(resource, names));
    }
    verdict.site = verdict.parts.first().and_then(|part| part.site.clone());
    let first = record.resources.first();
    verdict.help = first.and_then(help).map(str::to_string);
    verdict
}

/// What there is to do about it.
fn help(resource: &Resource) -> Option<&'static str> {
    match resource {
        Resource { dropped: Some(_), .. } => Some(wording::CLOSE),
        Resource { shares, .. } if !shares.is_empty() => Some(wording::FIND_OWNER),
        _ => None,
    }
}

fn parts(resource: &Resource, names: &Names) -> Vec<Part> {
    let part = |thread: ThreadId, text: String, site: Option<model::Site>| {
        let (thread, site) = (Some(thread.0), site.map(Site::from));
        Part { thread, text, site, object: None }
    };
    let name = |thread: ThreadId| names.thread(thread);
    let (what, of) = (resource.what, resource.thread);
    let all = resource.shares.len() + resource.given_up as usize;
    let created = wording::acquired(what, &name(of), resource.shares.len(), all);
    let mut parts = vec![part(of, created, Some(resource.created))];
    for share in resource.shares.iter().take(SHARES_MAX) {
        let is_first = std::ptr::eq(share.made, resource.created);
        let text = wording::share(&name(share.thread), is_first, share.is_raw);
        parts.push(part(share.thread, text, (!is_first).then_some(share.made)));
    }
    match (resource.dropped, resource.used) {
        (Some((thread, at)), used) => {
            if let Some((user, site)) = used {
                parts.push(part(user, wording::used(&name(user), what), Some(site)));
            }
            let at = at.filter(|_| used.is_none_or(|(user, _)| user != thread));
            parts.push(part(thread, wording::dropped(&name(thread), what, at.is_some()), at));
        }
        (None, Some((user, site))) => {
            parts.push(part(user, wording::used(&name(user), what), Some(site)));
        }
        (None, None) if all == 0 => parts.push(part(of, wording::unused(what), None)),
        (None, None) => {}
    }
    parts
}
