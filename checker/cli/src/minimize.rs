//! `cargo raddle minimize`: a failing execution again, with more time to make it smaller.

use crate::arguments::Minimize;
use crate::exit::{Exit, Trouble};
use crate::process::Runner;
use crate::replay::{of_token, run, tell};
use crate::token::{self, Given};
use crate::verdict::Verdict;

/// Minimises the execution of a token and prints its report.
pub fn minimize(arguments: &Minimize) -> Result<Exit, Trouble> {
    let token = Given::new(&token::resolve(&arguments.token)?)?;
    let found = of_token(&arguments.cargo, &token, arguments.test.as_deref())?;
    let more =
        [("RADDLE_TASK", "minimize".to_string()), ("RADDLE_MINIMIZE", arguments.max_time.clone())];
    let rows = run(&found, &token, &more, false, &Runner::new(&found.built)?)?;
    let fails = |verdict| matches!(verdict, Verdict::Violation | Verdict::ExpectedFailure);
    let smaller = rows.iter().find(|row| fails(row.verdict)).and_then(|row| row.tokens.first());
    match smaller {
        Some(smaller) if *smaller == token.text => {
            println!("{smaller} is as small as it gets");
            Ok(Exit::Failure)
        }
        Some(smaller) => {
            println!("{smaller}");
            Ok(Exit::Failure)
        }
        None => {
            let (exit, text) = tell(&token.text, &rows);
            print!("{text}");
            Ok(exit)
        }
    }
}
