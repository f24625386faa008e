//! The output folder of a campaign: a summary, reports of the whole in several forms, and a folder for each failure.
//!
//! ```text
//! summary.json      everything, as data
//! junit.xml         report.sarif      github.md
//! failures/NAME-ID/ token  report.txt  report.html  issue.md  trace.json
//! corpus/           executions worth keeping
//! ```

mod github;
mod issue;
mod junit;
mod sarif;

use crate::exit::{Exit, Trouble};
use crate::fuzz::arguments::Form;
use crate::fuzz::summary::{FILE, Failure, Summary};
use raddle_report::text::Style;
use raddle_report::trace::Trace;
use raddle_report::{html, text};
use std::path::{Path, PathBuf};

/// The columns of reports in files.
const WIDTH: usize = 110;

/// What may be in an output folder.
const NAMES: [&str; 6] = [FILE, "junit.xml", "report.sarif", "github.md", "failures", "corpus"];

/// A folder that everything is written into.
pub struct Output {
    folder: PathBuf,
    forms: Vec<Form>,
}

/// Where the sources of a trace may be: in this folder or one above.
pub fn sources(folder: &Path) -> impl Fn(&str) -> Option<String> {
    move |file| {
        let mut places = folder.ancestors().map(|folder| folder.join(file));
        places.find_map(|path| std::fs::read_to_string(path).ok())
    }
}

impl Output {
    /// An empty folder. What an earlier campaign wrote there is removed, its corpus is not.
    ///
    /// # Errors
    /// If it holds something else, or cannot be written.
    pub fn create(folder: &Path, forms: &[Form]) -> Result<Output, Trouble> {
        let shown = folder.display();
        let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        // A campaign that was killed has not written all of them.
        if !entries.all(|entry| NAMES.iter().any(|name| entry.file_name() == *name)) {
            let message = format!(
                "{shown} holds more than the output of a campaign: choose another --output"
            );
            return Err(Trouble::new(Exit::Usage, message));
        }
        let failures = folder.join("failures");
        if failures.exists() {
            std::fs::remove_dir_all(&failures)
                .map_err(Trouble::outside(format!("empty {}", failures.display())))?;
        }
        for file in &NAMES[..4] {
            let _ = std::fs::remove_file(folder.join(file));
        }
        std::fs::create_dir_all(&failures).map_err(Trouble::outside(format!("create {shown}")))?;
        Ok(Output { folder: folder.to_path_buf(), forms: forms.to_vec() })
    }

    /// One that is there, to write more into it.
    pub fn open(folder: &Path, forms: &[Form]) -> Output {
        Output { folder: folder.to_path_buf(), forms: forms.to_vec() }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn has(&self, form: Form) -> bool {
        self.forms.contains(&form)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Trouble> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(Trouble::outside(format!("write {}", path.display())))
    }

    /// Writes the folder of a failure.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn failure(
        &self,
        failure: &Failure,
        trace: Option<&Trace>,
        sources: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Trouble> {
        let name = &failure.folder;
        std::fs::create_dir_all(self.folder.join(name))
            .map_err(Trouble::outside(format!("create {name}")))?;
        let report = match trace {
            Some(trace) => text::render(trace, Style { sources, ..Style::plain(WIDTH) }),
            None => format!("error[{}]: {}\n", failure.kind, failure.message),
        };
        if let Some(token) = &failure.token {
            self.write(&format!("{name}/token"), &format!("{token}\n"))?;
        }
        self.write(&format!("{name}/report.txt"), &report)?;
        self.write(&format!("{name}/issue.md"), &issue::text(failure, &report))?;
        if let Some(trace) = trace {
            self.write(&format!("{name}/trace.json"), &format!("{}\n", trace.to_json()))?;
            if self.has(Form::Html) {
                self.page(failure, trace, sources)?;
            }
        }
        Ok(())
    }

    /// Writes the page of a failure.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn page(
        &self,
        failure: &Failure,
        trace: &Trace,
        sources: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Trouble> {
        let page = html::render(trace, Style { sources, ..Style::plain(0) });
        self.write(&format!("{}/report.html", failure.folder), &page)
    }

    /// The trace of a failure, if its folder has one.
    pub fn trace(&self, failure: &Failure) -> Option<Trace> {
        let path = self.folder.join(&failure.folder).join("trace.json");
        Trace::from_json(std::fs::read_to_string(path).ok()?.trim()).ok()
    }

    fn report(&self, failure: &Failure) -> String {
        let path = self.folder.join(&failure.folder).join("report.txt");
        std::fs::read_to_string(path).unwrap_or_else(|_| failure.message.clone())
    }

    /// Writes the summary and the reports of the whole.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn whole(&self, summary: &Summary, new_only: bool) -> Result<(), Trouble> {
        summary.write(&self.folder)?;
        if self.has(Form::Junit) {
            let text = junit::text(summary, new_only, |failure| self.report(failure));
            self.write("junit.xml", &text)?;
        }
        if self.has(Form::Sarif) {
            self.write("report.sarif", &sarif::text(summary, |failure| self.trace(failure)))?;
        }
        if self.has(Form::Github) {
            self.github(summary, new_only)?;
        }
        Ok(())
    }

    /// Writes the job summary, also to where GitHub wants it, and prints annotations, which GitHub reads there.
    fn github(&self, summary: &Summary, new_only: bool) -> Result<(), Trouble> {
        let text = github::summary(summary, new_only, |failure| self.report(failure));
        self.write("github.md", &text)?;
        if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|it| !it.is_empty()) {
            use std::io::Write;
            let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
            file.and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(Trouble::outside("write the job summary"))?;
        }
        print!("{}", github::annotations(summary, new_only));
        Ok(())
    }
}

/// The forms that are asked for, and what the system that runs this reads.
pub fn forms(asked: &[Form]) -> Vec<Form> {
    let mut forms = asked.to_vec();
    let in_github = std::env::var("GITHUB_ACTIONS").is_ok_and(|it| it == "true");
    if in_github && !forms.contains(&Form::Github) {
        forms.push(Form::Github);
    }
    forms
}

/// The text, shortened to so many bytes.
fn shortened(text: &str, most: usize, end: &str) -> String {
    if text.len() <= most {
        return text.to_string();
    }
    let mut at = most.saturating_sub(end.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    format!("{}{end}", &text[..at])
}

#[cfg(test)]
pub use tests::campaign;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::shard::Shard;
    use crate::fuzz::summary::{Place, Status, TestSummary};

    /// A campaign with a failure of each status.
    pub fn campaign() -> Summary {
        let failure = |id: &str, status| Failure {
            id: id.into(),
            test: "bank::f".into(),
            package: "bank".into(),
            kind: "data-race".into(),
            message: "a < b & \"c\": 50%\nsecond\u{1} line".into(),
            signature: "data-race | src/lib.rs: x".into(),
            status,
            token: Some("rd1-x".into()),
            replayed: (3, 3),
            times: 5,
            of: 100,
            strategy: "pos".into(),
            seed: 1,
            shards: vec![Shard::ALL],
            site: Some(Place { file: "src/a b.rs".into(), line: 3, column: 5 }),
            folder: format!("failures/bank-f-{id}"),
        };
        let test = |test: &str| TestSummary {
            test: test.into(),
            package: "bank".into(),
            binary: "bank".into(),
            executions: 100,
            sampled: 50,
            classes: 7,
            once: 1,
            ..TestSummary::default()
        };
        Summary {
            version: 1,
            canary: true,
            executions: 200,
            millis: 1_500,
            shards: vec![Shard::ALL],
            tests: vec![test("bank::f"), test("bank::g")],
            failures: vec![
                failure("01", Status::New),
                failure("02", Status::Known),
                failure("03", Status::Expected),
            ],
            ..Summary::default()
        }
    }

    #[test]
    fn texts_are_shortened_between_characters() {
        assert_eq!(shortened("abc", 3, "…"), "abc");
        assert_eq!(shortened("äöüß", 7, "…"), "äö…");
    }

    #[test]
    fn only_the_output_of_campaigns_is_emptied() {
        let scratch = crate::scratch::Scratch::new().expect("a folder");
        let folder = scratch.folder("out").expect("a folder");
        let mine = folder.join("mine.txt");
        std::fs::write(&mine, "x").expect("it can be written");
        let refused = Output::create(&folder, &[]).err().expect("it holds something else");
        assert!(refused.message.contains("choose another --output"), "{}", refused.message);
        std::fs::remove_file(&mine).expect("it can be removed");
        let output =
            Output::create(&folder, &[Form::Junit, Form::Sarif, Form::Html]).expect("it is empty");
        let summary = campaign();
        output.failure(&summary.failures[0], None, &|_| None).expect("it can be written");
        output.whole(&summary, false).expect("it can be written");
        assert_eq!(Summary::read(&folder).ok(), Some(summary.clone()));
        for file in ["token", "report.txt", "issue.md"] {
            assert!(folder.join(&summary.failures[0].folder).join(file).is_file(), "{file}");
        }
        Output::create(&folder, &[]).expect("it is a campaign's");
        assert!(!folder.join(&summary.failures[0].folder).exists());
        assert!(!folder.join("junit.xml").exists());
    }

    #[test]
    fn summaries_of_other_versions_are_refused() {
        let scratch = crate::scratch::Scratch::new().expect("a folder");
        let folder = scratch.folder("out").expect("a folder");
        for (text, expected) in
            [("{\"version\":99}", "of version 99"), ("{}", "no version"), ("x", "expected value")]
        {
            std::fs::write(folder.join(FILE), text).expect("it can be written");
            let refused = Summary::read(&folder).expect_err(text);
            assert!(refused.message.contains(expected), "{}", refused.message);
        }
    }
}
