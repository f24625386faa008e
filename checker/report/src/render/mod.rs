//! The forms in which a trace can be shown, each a file and a row of a table.

mod chrome;
mod dot;

use crate::text::{self, Style};
use crate::trace::Trace;
use crate::{html, svg};

/// A form in which a trace can be shown.
///
/// A renderer sees the trace and nothing else of ours, so it can be written without knowing how executions
/// are explored: who did what in which order, what happens before what ([`Step::after`]), what objects are like
/// after each step ([`Step::state`]).
///
/// [`Step::after`]: crate::trace::Step::after
/// [`Step::state`]: crate::trace::Step::state
#[derive(Clone, Copy)]
pub struct Renderer {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Shows a trace; what does not depend on the style ignores it. Equal arguments give equal texts.
    pub render: fn(&Trace, Style<'_>) -> String,
}

/// Every renderer there is.
///
/// ```
/// use raddle_report::render::RENDERERS;
/// use raddle_report::text::Style;
/// use raddle_report::trace::{Kind, Search, Trace, Verdict};
///
/// let verdict = Verdict::new(Kind::Panic, "assertion failed: paid");
/// let trace = Trace::new("bank::tests::transfer", verdict, Search::default());
/// for renderer in RENDERERS {
///     assert!(!(renderer.render)(&trace, Style::plain(80)).is_empty(), "{}", renderer.name);
/// }
/// ```
pub const RENDERERS: [Renderer; 6] = [
    Renderer { name: "text", about: "the report, as tests print it", render: text::render },
    Renderer { name: "json", about: "the trace itself, which can be stored", render: json },
    Renderer {
        name: "dot",
        about: "a graph of threads and their order, for Graphviz",
        render: dot::render,
    },
    Renderer { name: "html", about: "a page to explore, in one file", render: html::render },
    Renderer { name: "svg", about: "a picture", render: svg::render },
    Renderer {
        name: "chrome",
        about: "a trace for Perfetto and chrome://tracing",
        render: chrome::render,
    },
];

/// The renderer of that name.
pub fn find(name: &str) -> Option<&'static Renderer> {
    RENDERERS.iter().find(|renderer| renderer.name == name)
}

fn json(trace: &Trace, _: Style<'_>) -> String {
    format!("{}\n", trace.to_json())
}
