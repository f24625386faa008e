//! Renderers other than the text: what they write can be read by those it is for.

use raddle_report::render::{RENDERERS, find};
use raddle_report::text::Style;
use raddle_report::trace::{Kind, Search, Site, Step, Thread, ThreadState, Trace, Verdict};

/// Two threads, an arrow, and texts that try to break out.
fn trace() -> Trace {
    let verdict = Verdict::new(Kind::Panic, "it is \"wrong\"\n\\ and } -> more");
    let mut trace = Trace::new("a::test", verdict, Search::default());
    let thread = |id, name: Option<&str>| Thread {
        id,
        name: name.map(str::to_owned),
        spawned: None,
        state: ThreadState::Ended,
    };
    trace.threads = vec![thread(0, None), thread(3, Some("say \"hi\""))];
    trace.steps = vec![
        Step { site: Some(Site::new("a\\b.rs", 3, 1)), ..Step::new(0, "store x = 1; }") },
        Step { after: vec![0, 77], state: Some("1".into()), ..Step::new(3, "load x -> \"1\"") },
        Step { causal: false, preemption: true, ..Step::new(0, "unlock\tm") },
    ];
    trace
}

fn rendered(name: &str, full: bool) -> String {
    let renderer = find(name).expect("it is in the table");
    (renderer.render)(&trace(), Style { full, ..Style::plain(80) })
}

#[test]
fn every_renderer_has_its_own_name() {
    let mut names: Vec<&str> = RENDERERS.iter().map(|renderer| renderer.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RENDERERS.len());
    assert!(find("pdf").is_none());
}

#[test]
fn json_is_the_trace() {
    assert_eq!(Trace::from_json(&rendered("json", false)), Ok(trace()));
}

/// Reads the words of the language of Graphviz; panics at what is none.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let inside = rest[1..].char_indices().find(|&(_, c)| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                inside.expect("a quotation ends").0 + 2
            }
            '-' => {
                assert!(rest.starts_with("->"), "{rest}");
                2
            }
            '{' | '}' | '[' | ']' | ';' | '=' | ',' => 1,
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            other => panic!("{other:?} is no word of the language: {rest}"),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

#[test]
fn graphs_are_of_the_language_of_graphviz() {
    let words = words(&rendered("dot", false));
    let count = |word: &str| words.iter().filter(|other| *other == word).count();
    assert_eq!((count("{"), count("["), count("subgraph")), (count("}"), count("]"), 2));
    assert_eq!(words[..3], ["digraph", "execution", "{"]);
    assert!(
        words.contains(&r#""panic: it is \"wrong\"\n\\ and } -> more""#.to_owned()),
        "{words:?}"
    );
    let arrow = |from: &str, to: &str| words.windows(3).any(|w| w == [from, "->", to]);
    assert!(arrow("s0", "s1") && !arrow("s0", "s2"));
    let full = self::words(&rendered("dot", true));
    assert!(full.windows(3).any(|w| w == ["s0", "->", "s2"]), "steps beside the cause are there");
}
