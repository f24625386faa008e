//! SARIF 2.1.0 (OASIS), as code scanning reads it: a result for each failure, with the steps of each thread.

use crate::fuzz::summary::{Failure, Place, Status, Summary};
use raddle_report::trace::{Site, Trace};
use serde_json::{Value, json};

/// More steps of a failure are left out: GitHub shows no more of a thread.
const STEPS_MAX: usize = 1_000;

/// What the kinds of failures are, in one sentence.
const RULES: [(&str, &str); 12] = [
    ("panic", "A thread panics in some execution."),
    ("deadlock", "All threads wait for ever in some execution."),
    ("partial-deadlock", "Some threads wait for ever while others go on."),
    ("task-leak", "Threads are left waiting for ever when main has ended."),
    ("livelock", "No thread can go on, and some turn for ever in loops that only read."),
    (
        "data-race",
        "Two accesses of the same place, one of them a plain one and one a write, that nothing orders.",
    ),
    ("live-leak", "Main has ended, and other threads go on for ever."),
    ("leak", "Something is never released."),
    ("misuse", "Something is used in a way that is never right."),
    ("step-limit", "A thread came to the limit of operations: it may run for ever."),
    ("nondeterminism", "The test does something else when the same schedule is repeated."),
    ("crash", "The process ends in the middle of an execution."),
];

/// The file.
pub fn text(summary: &Summary, trace: impl Fn(&Failure) -> Option<Trace>) -> String {
    let listed = summary.failures.iter().filter(|failure| failure.status != Status::Expected);
    let results: Vec<Value> =
        listed.map(|failure| result(failure, trace(failure).as_ref())).collect();
    let rules = RULES.iter().map(|(id, text)| {
        json!({ "id": id, "name": id, "shortDescription": { "text": text }, "fullDescription": { "text": text } })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "raddle",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": summary.canary }],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(failure: &Failure, trace: Option<&Trace>) -> Value {
    let replay = match &failure.token {
        Some(token) => format!("\nreplay: cargo raddle replay {token}"),
        None => String::new(),
    };
    let mut result = json!({
        "ruleId": failure.kind,
        "level": "error",
        "message": { "text": format!("{}: {}{replay}", failure.test, failure.message) },
        "partialFingerprints": { "raddleFailure/v1": failure.id },
        "properties": { "test": failure.test, "token": failure.token },
    });
    if let Some(index) = RULES.iter().position(|(id, _)| *id == failure.kind) {
        result["ruleIndex"] = index.into();
    }
    let site = failure.site.as_ref().map(|place| {
        let Place { file, line, column } = place;
        Site::new(file.clone(), *line, *column)
    });
    if let Some(site) = site {
        result["locations"] = json!([location(&site, None)]);
    }
    if failure.status == Status::Known {
        result["suppressions"] =
            json!([{ "kind": "external", "justification": "a known failure" }]);
    }
    if let Some(trace) = trace {
        let related: Vec<Value> = trace
            .verdict
            .parts
            .iter()
            .filter_map(|part| Some(location(part.site.as_ref()?, Some(&part.text))))
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
        let flows = flows(trace);
        if !flows.is_empty() {
            result["codeFlows"] = json!([{ "threadFlows": flows }]);
        }
    }
    result
}

/// A flow for each thread; the order of all steps is in their numbers.
fn flows(trace: &Trace) -> Vec<Value> {
    let steps = trace.steps.iter().enumerate().filter(|(_, step)| step.causal);
    let steps: Vec<_> = steps.filter(|(_, step)| step.site.is_some()).take(STEPS_MAX).collect();
    let mut flows = Vec::new();
    for thread in &trace.threads {
        let of_thread = steps.iter().filter(|(_, step)| step.thread == thread.id);
        let locations: Vec<Value> = of_thread
            .filter_map(|(at, step)| {
                let location = location(step.site.as_ref()?, Some(&step.text));
                Some(json!({ "location": location, "executionOrder": at + 1 }))
            })
            .collect();
        if locations.is_empty() {
            continue;
        }
        let name = match (&thread.name, thread.id) {
            (Some(name), _) => name.clone(),
            (None, 0) => "main".to_string(),
            (None, id) => format!("t{id}"),
        };
        flows.push(json!({ "id": name, "message": { "text": name }, "locations": locations }));
    }
    flows
}

fn location(site: &Site, text: Option<&str>) -> Value {
    let is_absolute = site.file.starts_with('/') || site.file.get(1..3) == Some(":\\");
    let mut artifact = json!({ "uri": uri(&site.file, is_absolute) });
    if !is_absolute {
        artifact["uriBaseId"] = "%SRCROOT%".into();
    }
    let mut region = json!({ "startLine": site.line.max(1) });
    if site.column > 0 {
        region["startColumn"] = site.column.into();
    }
    let mut location =
        json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } });
    if let Some(text) = text {
        location["message"] = json!({ "text": text });
    }
    location
}

/// A path as a URI reference (RFC 3986): what may not stand in one is written in hexadecimal.
fn uri(path: &str, is_absolute: bool) -> String {
    let mut uri = String::from(match (is_absolute, path.starts_with('/')) {
        (true, true) => "file://",
        (true, false) => "file:///",
        _ => "",
    });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into());
            }
            b'\\' => uri.push('/'),
            b':' if is_absolute => uri.push(':'),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::output::campaign;
    use raddle_report::trace::{Kind, Part, Search, Step, Thread, ThreadState, Verdict};

    fn trace() -> Trace {
        let site = |line| Some(Site::new("src/a b.rs", line, 5));
        let mut trace =
            Trace::new("bank::f", Verdict::new(Kind::DataRace, "a race"), Search::default());
        trace.verdict.parts = vec![Part {
            thread: Some(0),
            text: "write by main".into(),
            site: site(3),
            object: None,
        }];
        for id in 0..2 {
            trace.threads.push(Thread { id, name: None, spawned: None, state: ThreadState::Ended });
        }
        for (i, thread) in [0, 1, 0, 1].into_iter().enumerate() {
            let mut step = Step::new(thread, "store x");
            step.site = if i == 2 { None } else { site(i as u32 + 1) };
            trace.steps.push(step);
        }
        trace
    }

    #[test]
    fn results_have_what_the_standard_demands() {
        let log: Value = serde_json::from_str(&text(&campaign(), |_| Some(trace()))).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "raddle");
        let results = run["results"].as_array().expect("a list");
        assert_eq!(results.len(), 2, "what is expected is no result");
        assert!(results[0].get("suppressions").is_none());
        assert_eq!(results[1]["suppressions"][0]["kind"], "external");
        let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("a number") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"], "3.27.6: both name the same rule");
            assert!(result["message"]["text"].as_str().is_some_and(|it| !it.is_empty()));
        }
    }

    #[test]
    fn steps_are_told_for_each_thread_in_one_order() {
        let log: Value = serde_json::from_str(&text(&campaign(), |_| Some(trace()))).expect("JSON");
        let flows = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"];
        let orders = |flow: usize| -> Vec<u64> {
            let steps = flows[flow]["locations"].as_array().expect("a list");
            steps.iter().filter_map(|step| step["executionOrder"].as_u64()).collect()
        };
        assert_eq!((orders(0), orders(1)), (vec![1], vec![2, 4]));
        assert_eq!((&flows[0]["id"], &flows[1]["id"]), (&"main".into(), &"t1".into()));
        let place = &flows[1]["locations"][0]["location"]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "src/a%20b.rs");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 5 }));
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("/a/b c.rs", true), "file:///a/b%20c.rs");
        assert_eq!(uri("C:\\a\\b.rs", true), "file:///C:/a/b.rs");
        assert_eq!(uri("ä/100%.rs", false), "%C3%A4/100%25.rs");
    }

    #[test]
    fn every_kind_has_a_rule() {
        for kind in Kind::ALL {
            let is_one = RULES.iter().any(|(id, _)| *id == kind.name());
            assert!(is_one || matches!(kind, Kind::Aborted | Kind::Passed), "{}", kind.name());
        }
    }
}
