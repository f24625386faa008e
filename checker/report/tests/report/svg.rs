//! Pictures of traces, compared with files that people have looked at.

use std::path::Path;

use crate::{cases, golden};
use raddle_report::svg::render;
use raddle_report::trace::Step;

fn compare(name: &str, text: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-svg");
    golden::compare_file(&folder.join(format!("{name}.svg")), text)
}

/// Whether a text is XML as far as it matters here: every element is closed in its order, attributes are
/// quoted, every `&` begins an entity, and there is no character that XML has not.
pub fn check_xml(text: &str) -> Result<(), String> {
    if let Some(c) = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{ffff}') {
        return Err(format!("the character {c:?}"));
    }
    let mut open: Vec<&str> = Vec::new();
    for (i, piece) in text.split('<').enumerate() {
        let content =
            if i == 0 { piece } else { piece.split_once('>').ok_or("no end of a tag")?.1 };
        let entities = ["amp;", "lt;", "gt;"];
        let mut rest = content.split('&').skip(1);
        if content.contains('>') || rest.any(|rest| !entities.iter().any(|e| rest.starts_with(e))) {
            return Err(format!("in {content:?}"));
        }
        if i == 0 {
            continue;
        }
        let tag = &piece[..piece.len() - content.len() - 1];
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(name), _) if open.pop() != Some(name) => return Err(format!("</{name}>")),
            (None, false) => open.push(tag.split(' ').next().unwrap_or_default()),
            _ => {}
        }
        if tag.matches('"').count() % 2 == 1 {
            return Err(format!("the quotes of {tag:?}"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are not closed")) }
}

#[test]
fn pictures_are_as_they_were_looked_at() {
    let traces = [("deadlock", cases::deadlock()), ("hostile", cases::hostile())];
    let different = traces.iter().filter_map(|(name, trace)| {
        let picture = render(trace);
        assert_eq!(check_xml(&picture), Ok(()), "{name}");
        compare(name, &picture).err()
    });
    let different: Vec<String> = different.collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_long_execution_loses_its_middle() {
    let mut trace = cases::deadlock();
    trace.steps =
        (0..5_000).map(|i| Step::new(i % 3, format!("store x = {i} (release)"))).collect();
    let picture = render(&trace);
    assert!(
        picture.contains("… 4,400 steps left out") || picture.contains("… 4400 steps left out")
    );
    assert!(picture.contains("store x = 299 ") && !picture.contains("store x = 300 "));
    assert!(picture.contains("store x = 4700 ") && picture.contains("store x = 4999 "));
    assert!(picture.len() < 250_000, "{}", picture.len());
}

/// The check itself notices what is not XML.
#[test]
fn what_is_not_xml_is_noticed() {
    for bad in ["<a><b></a></b>", "<a>&</a>", "<a", "<a x=\"1></a>", "<a>\u{1}</a>", "<a>"] {
        assert!(check_xml(bad).is_err(), "{bad}");
    }
    assert_eq!(check_xml("<a x=\"1\"><b/>&lt;</a>\n"), Ok(()));
}
