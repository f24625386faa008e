//! What the book shows is real: its code is in `listings` and runs, its reports come from runs of that code.
//!
//! `RADDLE_BLESS=1 cargo test -p raddle-book` writes the code and the reports into the pages anew; read what
//! changed.

mod listings;
mod pages;
mod tables;

use pages::{Block, Page, pages};
use raddle::{Builder, Kind, Outcome};

/// A report of the book: the page, the name of the test that fails, in what way, and what it runs.
pub(crate) type Shown = (&'static str, &'static str, Kind, fn());

/// The report of a program that must fail in this way.
fn report((_, name, kind, program): Shown) -> String {
    match Builder::new().name(name).explore(program) {
        Outcome::Violation(violation) if violation.kind == kind => violation.report,
        outcome => panic!("{name}: a {kind} was expected, but came {outcome:?}"),
    }
}

/// What a block of the book has to show.
fn wanted(block: &Block) -> String {
    match block.mark.split_once(": ") {
        Some(("code", place)) => listings::region(place),
        Some(("report", name)) => {
            let shown = listings::REPORTS.iter().copied().flatten().find(|shown| shown.1 == name);
            report(*shown.unwrap_or_else(|| panic!("no listing is called {name}")))
        }
        Some(("file", name)) => std::fs::read_to_string(pages::folder().join(name))
            .unwrap_or_else(|e| panic!("failed to read {name}: {e}")),
        _ => panic!("{:?} says neither code, nor report, nor file", block.mark),
    }
}

#[test]
fn pages_show_what_runs() {
    let bless = std::env::var_os("RADDLE_BLESS").is_some_and(|value| value == "1");
    let mut different = Vec::new();
    for Page { name, text } in pages() {
        let mut new = text.clone();
        for block in pages::marked(&text).iter().rev() {
            let (shown, wanted) = (&text[block.range.clone()], wanted(block));
            let wanted = wanted.trim_matches('\n');
            if shown.trim_matches('\n') != wanted {
                different.push(format!("{name}: {}\n{wanted}", block.mark));
                new.replace_range(block.range.clone(), &format!("{wanted}\n"));
            }
        }
        if bless && new != text {
            std::fs::write(pages::folder().join(&name), new)
                .unwrap_or_else(|e| panic!("failed to write {name}: {e}"));
        }
    }
    let all = different.join("\n\n");
    assert!(bless || different.is_empty(), "RADDLE_BLESS=1 writes the pages anew:\n{all}");
}

/// Every block of Rust and every report comes from a run; only commands and files of other formats do not.
#[test]
fn no_block_is_made_up() {
    let mut marked = 0;
    for Page { name, text } in pages() {
        marked += pages::marked(&text).len();
        for (line, language) in pages::unmarked(&text) {
            let is_other = ["sh", "toml"].contains(&language.as_str());
            assert!(is_other, "{name}:{line}: a block of {language:?} without a mark");
        }
    }
    assert!(marked > 15, "the scan of the pages finds blocks");
    let reports = listings::REPORTS.iter().copied().flatten();
    for (page, name, ..) in reports {
        let page = pages().into_iter().find(|other| other.name == *page);
        let text = page.unwrap_or_else(|| panic!("{name} has no page")).text;
        assert!(text.contains(&format!("<!-- report: {name} -->")), "nothing shows {name}");
    }
}

#[test]
fn the_summary_lists_every_page_once() {
    let all = pages();
    let summary = all.iter().find(|page| page.name == "SUMMARY.md").expect("there is a summary");
    for page in all.iter().filter(|page| page.name != "SUMMARY.md") {
        let links = summary.text.matches(&format!("({})", page.name)).count();
        assert_eq!(links, 1, "{} in SUMMARY.md", page.name);
        assert!(page.text.starts_with("# "), "{} begins with its title", page.name);
    }
}
