//! Whatever is in a trace, it is rendered, and comes back from JSON.

use crate::cases;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use raddle_report::html;
use raddle_report::text::{Style, render};
use raddle_report::trace::{
    Kind, Object, Part, Search, Site, Step, Thread, ThreadState, Trace, Verdict,
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z ]{0,30}",
        1 => "[a-z]{60,90}",
        1 => "(日本| |\\t|\\n|ü|\u{301}|\u{1b}){0,20}",
        1 => ".{0,20}",
    ]
}

fn site() -> impl Strategy<Value = Site> {
    let file =
        prop_oneof![Just(cases::BANK), Just(cases::FLAG), Just("src/long.rs"), Just("a/b.rs")];
    let column = prop_oneof![4 => 0_u32..60, 1 => 100_u32..400, 1 => Just(u32::MAX)];
    let line = prop_oneof![6 => 1_u32..20, 1 => any::<u32>()];
    (file, line, column).prop_map(|(file, line, column)| Site::new(file, line, column))
}

fn state() -> impl Strategy<Value = ThreadState> {
    prop_oneof![
        Just(ThreadState::Ended),
        Just(ThreadState::Runnable),
        text().prop_map(ThreadState::Panicked),
        (text(), option::of(0_u32..5), option::of(site()), vec(text(), 0..3))
            .prop_map(|(what, object, site, why)| ThreadState::Waiting { what, object, site, why }),
    ]
}

fn thread() -> impl Strategy<Value = Thread> {
    (0_u32..12, option::of(text()), option::of(site()), state())
        .prop_map(|(id, name, spawned, state)| Thread { id, name, spawned, state })
}

fn object() -> impl Strategy<Value = Object> {
    (
        0_u32..5,
        text(),
        option::of(text()),
        option::of(site()),
        vec(0_u32..9, 0..3),
        (option::of(text()), option::of(text())),
    )
        .prop_map(|(id, kind, name, created, holders, (value, initial))| Object {
            id,
            kind,
            name,
            created,
            holders,
            value,
            initial,
        })
}

fn step(threads: u32) -> impl Strategy<Value = Step> {
    let few = prop_oneof![3 => Just("load x".to_owned()), 1 => text()];
    let rare = || proptest::bool::weighted(0.1);
    let number = || option::weighted(0.2, prop_oneof![9 => 0_u32..130, 1 => any::<u32>()]);
    let then = (option::weighted(0.2, text()), option::weighted(0.2, vec(0_u32..9, 0..3)));
    let more = (option::of(0_u32..6), vec(0_u32..130, 0..3), number(), number(), then);
    let about = (option::of(site()), rare(), option::weighted(0.05, text()), rare());
    (0..threads, few, about, more).prop_map(|(thread, text, about, more)| {
        let (site, preemption, stale, aside) = about;
        let (object, after, reads, waited, (state, held)) = more;
        let (step, causal) = (Step::new(thread, text), !aside);
        Step { object, site, preemption, stale, causal, after, reads, waited, state, held, ..step }
    })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let part = (option::of(0_u32..9), text(), option::of(site()), option::of(0_u32..6))
        .prop_map(|(thread, text, site, object)| Part { thread, text, site, object });
    (0..Kind::ALL.len(), text(), option::of(site()), vec(part, 0..5)).prop_map(
        |(kind, message, site, parts)| Verdict {
            site,
            parts,
            ..Verdict::new(Kind::ALL[kind], message)
        },
    )
}

pub fn traces() -> impl Strategy<Value = Trace> {
    let numbers = (option::of(any::<u64>()), any::<u64>(), any::<bool>(), option::of(any::<u64>()));
    let search = (text(), numbers, text()).prop_map(
        |(strategy, (seed, execution, complete, fails_one_of), model)| Search {
            strategy,
            seed,
            execution,
            complete,
            model,
            fails_one_of,
        },
    );
    let steps = (1_u32..12).prop_flat_map(|threads| vec(step(threads), 0..120));
    let rest = (search, option::of(text()), vec(text(), 0..3), text());
    (text(), verdict(), vec(thread(), 0..12), vec(object(), 0..5), steps, rest).prop_map(
        |(test, verdict, threads, objects, steps, (search, token, notes, replay))| {
            let trace = Trace::new(test, verdict, search);
            Trace { threads, objects, steps, token, notes, replay, ..trace }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_trace_is_rendered(trace in traces(), width in 0_usize..200, full in any::<bool>()) {
        let style = Style { full, sources: &cases::source, ..Style::plain(width) };
        let report = render(&trace, style);
        prop_assert!(report.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(report.lines().last().is_some_and(|line| line.starts_with("replay:")));
        let passed = trace.verdict.kind == Kind::Passed;
        let beginning = if passed { "passed:" } else { "error[" };
        prop_assert!(report.starts_with(beginning));
        prop_assert_eq!(report, render(&trace, style));
    }

    #[test]
    fn every_page_is_safe(trace in traces()) {
        let style = Style { sources: &cases::source, ..Style::plain(80) };
        let page = html::render(&trace, style);
        prop_assert!(page.chars().all(|c| c == '\n' || !c.is_control()));
        // What is of the trace opens no element and closes none.
        let own = html::render(&cases::bare(), style);
        for tag in ["<script", "</script", "<!--", "<style", "<img", "</table"] {
            prop_assert_eq!(page.matches(tag).count(), own.matches(tag).count(), "{}", tag);
        }
        prop_assert_eq!(page, html::render(&trace, style));
    }

    #[test]
    fn every_trace_comes_back(trace in traces()) {
        prop_assert_eq!(Trace::from_json(&trace.to_json()), Ok(trace));
    }
}
