//! `cargo raddle explain`: one execution, shown in one of several forms.

use crate::arguments::{Choice, Explain};
use crate::cargo::{Tested, find};
use crate::exit::{Exit, Trouble};
use crate::process::{Runner, Settings};
use crate::replay::{narrow, of_token, run, tell};
use crate::rows;
use crate::table::details;
use crate::token::{self, Given};
use raddle_report::render;
use raddle_report::text::Style;
use raddle_report::trace::Trace;
use std::path::{Path, PathBuf};

/// The execution of a token, of a stored trace, or one that passes.
pub fn explain(arguments: &Explain) -> Result<Exit, Trouble> {
    let what = match (&arguments.token, &arguments.passing) {
        (_, Some(test)) => passing(arguments, test)?,
        (Some(token), None) => match stored(token)? {
            Some(trace) => Ok((trace, std::env::current_dir().unwrap_or_default())),
            None => of(arguments, token)?,
        },
        (None, None) => {
            let message = "give a token, a file with a trace, or --passing TEST".to_string();
            return Err(Trouble::new(Exit::Usage, message));
        }
    };
    match what {
        Ok((trace, folder)) => show(arguments, &trace, &folder).map(|()| Exit::Clean),
        Err((exit, text)) => {
            print!("{text}");
            Ok(exit)
        }
    }
}

/// A trace and where its sources are, or what there is to say instead.
type Explained = Result<(Trace, PathBuf), (Exit, String)>;

/// The trace in a file; none if it is no file, or one that holds something else.
fn stored(argument: &str) -> Result<Option<Trace>, Trouble> {
    let path = Path::new(argument);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|reason| {
        Trouble::new(Exit::Usage, format!("failed to read {argument}: {reason}"))
    })?;
    let text = String::from_utf8_lossy(&bytes);
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let first = text.lines().next().unwrap_or_default();
    let trace = Trace::from_json(first).map_err(|fault| {
        Trouble::new(Exit::Usage, format!("failed to read the trace {argument}: {fault}"))
    })?;
    Ok(Some(trace))
}

fn of(arguments: &Explain, token: &str) -> Result<Explained, Trouble> {
    let token = Given::new(&token::resolve(token)?)?;
    let found = of_token(&arguments.cargo, &token, arguments.test.as_deref())?;
    let runner = Runner::new(&found.built)?;
    let file = runner.file("trace")?;
    let more = [("RADDLE_TRACE", file.display().to_string())];
    let rows = run(&found, &token, &more, true, &runner)?;
    match first(&file)? {
        Some(trace) => Ok(Ok((trace, found.folder()))),
        None => Ok(Err(tell(&token.text, &rows))),
    }
}

fn passing(arguments: &Explain, test: &str) -> Result<Explained, Trouble> {
    let choice = Choice { filters: vec![test.to_string()], ..Choice::default() };
    let (built, mut found) = find(&arguments.cargo, &choice)?;
    narrow(&mut found, test);
    let tests = found.iter().map(|tested| tested.marks.len()).sum::<usize>();
    let [Tested { binary, marks }] = found.as_slice() else {
        let message = format!("{test:?} is the name of {tests} tests: give the whole name of one");
        return Err(Trouble::new(Exit::Usage, message));
    };
    let [mark] = marks.as_slice() else {
        let message = format!("{test:?} is in the names of {tests} tests: give more of one");
        return Err(Trouble::new(Exit::Usage, message));
    };
    let runner = Runner::new(&built)?;
    let file = runner.file("trace")?;
    let variables =
        [("RADDLE_TASK", "pass".to_string()), ("RADDLE_TRACE", file.display().to_string())];
    let settings =
        Settings { variables: &variables, threads: None, is_silent: true, show_output: false };
    let rows = rows::run(&runner, binary, &[mark], &settings)?;
    match first(&file)? {
        Some(trace) => Ok(Ok((trace, binary.folder.clone()))),
        None => Ok(Err((Exit::Failure, details(&rows)))),
    }
}

/// The first trace in a file that a test wrote.
fn first(file: &Path) -> Result<Option<Trace>, Trouble> {
    let text = std::fs::read(file).map_err(Trouble::outside("read the trace"))?;
    let text = String::from_utf8_lossy(&text);
    let Some(line) = text.lines().next() else { return Ok(None) };
    let trace = Trace::from_json(line);
    trace.map(Some).map_err(|fault| Trouble::new(Exit::Internal, fault.to_string()))
}

fn show(arguments: &Explain, trace: &Trace, folder: &Path) -> Result<(), Trouble> {
    let renderer = render::find(&arguments.format).ok_or_else(|| {
        Trouble::new(Exit::Usage, format!("unknown format {:?}", arguments.format))
    })?;
    let sources = |file: &str| {
        let places = folder.ancestors().map(|folder| folder.join(file));
        places.into_iter().find_map(|path| std::fs::read_to_string(path).ok())
    };
    let width = std::env::var("RADDLE_WIDTH").ok().and_then(|width| width.parse().ok());
    let color = std::env::var("RADDLE_COLOR").is_ok_and(|color| color == "always");
    let width = width.unwrap_or(100);
    let style = Style { color, full: arguments.full, sources: &sources, ..Style::plain(width) };
    let text = (renderer.render)(trace, style);
    match &arguments.output {
        None => print!("{text}"),
        Some(path) => std::fs::write(path, text).map_err(|reason| {
            Trouble::new(Exit::Usage, format!("failed to write {}: {reason}", path.display()))
        })?,
    }
    Ok(())
}
