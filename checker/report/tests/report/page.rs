//! Pages and pictures of executions.

use crate::cases;
use crate::golden::compare;
use raddle_report::text::Style;
use raddle_report::trace::{Kind, Site, Step, Trace};
use raddle_report::{html, svg};

fn style() -> Style<'static> {
    Style { sources: &cases::source, ..Style::plain(80) }
}

/// The data race, with all that a checker can know of it.
fn told() -> Trace {
    let mut trace = cases::data_race();
    trace.objects[0].initial = Some("0".to_owned());
    trace.steps[1] = Step { after: vec![0], object: Some(0), ..trace.steps[1].clone() };
    let held = Some(vec![1]);
    trace.steps[2] = Step { state: Some("1".to_owned()), held, ..trace.steps[2].clone() };
    trace.steps[3] = Step { reads: Some(2), waited: Some(1), ..trace.steps[3].clone() };
    trace
}

/// The data that the script of the page gets, one list a line, as people read it.
#[test]
fn the_data_is_as_it_was_read() {
    let mut different = Vec::new();
    for (name, trace) in [("told", told()), ("hostile", cases::hostile()), ("bare", cases::bare())]
    {
        let data = html::data(&trace, style()).replace("],\"", "],\n\"");
        different.extend(compare(&format!("golden-page/{name}.json"), &format!("{data}\n")).err());
        let picture = svg::render(&trace, style());
        different.extend(compare(&format!("golden-page/{name}.svg"), &picture).err());
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// What would end the element or begin a comment, and the line breaks of JavaScript, are escaped.
#[test]
fn data_cannot_leave_its_element() {
    let mut trace = cases::bare();
    let nasty = "</script><!-- ]]> <script>alert(1)</script> \u{2028}\u{2029} & \" ' \\";
    trace.test = nasty.to_owned();
    trace.verdict.message = nasty.to_owned();
    trace.steps = vec![Step { state: Some(nasty.to_owned()), ..Step::new(7, nasty) }];
    trace.steps[0].site = Some(Site::new(nasty, 1, 1));
    let style = Style { sources: &|_| Some("</script>".to_owned()), ..Style::plain(80) };
    let data = html::data(&trace, style);
    assert!(!data.contains(['<', '\u{2028}', '\u{2029}']), "{data}");
    let read: serde_json::Value = serde_json::from_str(&data).expect("it is JSON");
    assert_eq!(read["texts"][0].as_str(), Some(nasty));
    assert_eq!(read["files"][0]["pieces"][0][1][0].as_str(), Some("</script>"));
    let page = html::render(&trace, style);
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("alert(1)</script>") && !page.contains("<!--"));
}

#[test]
fn pages_load_nothing() {
    for trace in cases::kinds() {
        let page = html::render(&trace, style());
        assert!(page.contains("default-src 'none'"), "the page forbids it");
        // The name of SVG is the only address.
        for (at, _) in page.match_indices("http") {
            let rest = &page[at..];
            assert!(
                rest.starts_with("http-equiv") || rest.starts_with("http://www.w3.org/2000/svg")
            );
        }
        for word in ["src=", "@import", "url(", "<link", "fetch(", "XMLHttp", "import("] {
            let found =
                page.match_indices(word).filter(|(at, _)| !page[*at..].starts_with("url(#"));
            assert_eq!(found.count(), 0, "{word}");
        }
    }
}

#[test]
fn steps_have_their_rows_and_large_tables_lose_their_middle() {
    let mut trace = cases::step_limit();
    let rows =
        |page: &str| page.split("<table id=\"steps\">").nth(1).unwrap().matches("<tr><td>").count();
    assert_eq!(trace.steps.len(), 5_000);
    let page = html::render(&trace, style());
    assert!(page.len() < 1_000_000 && rows(&page) == 5_000);
    // Every step differs, in another place, and has all there is to say.
    for (i, step) in trace.steps.iter_mut().enumerate() {
        step.text = format!("compare_exchange state: {i} -> {} (acq_rel)", i + 1);
        step.thread = i as u32 % 8;
        step.object = Some(i as u32 % 40);
        (step.state, step.held) = (Some((i + 1).to_string()), Some(vec![i as u32 % 8]));
        step.after = vec![(i as u32).saturating_sub(1)];
        (step.reads, step.waited) = (Some((i as u32).saturating_sub(1)), Some(i as u32));
    }
    let page = html::render(&trace, style());
    assert!(page.len() < 1_000_000, "{}", page.len());
    trace.steps.extend(trace.steps.clone());
    let page = html::render(&trace, style());
    let shown = rows(&page);
    assert!((1_000..10_000).contains(&shown), "{shown}");
    assert!(page.contains("left out here; with JavaScript the page shows all"));
    assert!(page.contains("<tr><td>1<td>") && page.contains("<tr><td>10000<td>"));
}

/// Every kind of failure has a page and a picture with its message and all its steps.
#[test]
fn every_kind_is_shown() {
    for trace in cases::kinds() {
        let (page, picture) = (html::render(&trace, style()), svg::render(&trace, style()));
        let kind = trace.verdict.kind;
        assert!(page.contains(&format!("<span class=\"kind {}\">", kind.name())));
        assert!(picture.contains(&format!(">{}: ", kind.name())));
        for step in trace.steps.iter().take(20) {
            let text = step.text.replace('&', "&amp;").replace('<', "&lt;");
            assert!(page.contains(&text) && picture.contains(&text), "{text} is missing");
        }
        if kind == Kind::Deadlock {
            assert!(page.contains("waits to lock mutex `b`, held by t1"));
        }
    }
}
