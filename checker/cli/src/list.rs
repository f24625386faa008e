//! `cargo raddle list`.

use crate::arguments::List;
use crate::cargo::{Tested, find};
use crate::exit::{Exit, Trouble};
use crate::table;
use serde::Serialize;

/// One line of `--json`.
#[derive(Serialize)]
struct Listed<'a> {
    package: &'a str,
    binary: &'a str,
    /// The path of the test, beginning with its crate.
    test: &'a str,
    /// Its name in reports and tokens.
    name: &'a str,
    /// The test binary.
    executable: String,
}

/// Lists the checked tests.
pub fn list(arguments: &List) -> Result<Exit, Trouble> {
    let (_, found) = find(&arguments.cargo, &arguments.choice)?;
    print!("{}", lines(&found, arguments.json)?);
    Ok(Exit::Clean)
}

fn lines(found: &[Tested], json: bool) -> Result<String, Trouble> {
    let mut text = String::new();
    for Tested { binary, marks } in found {
        for mark in marks {
            let line = if json {
                let listed = Listed {
                    package: &binary.package,
                    binary: &binary.target,
                    test: &mark.path,
                    name: mark.reported(),
                    executable: binary.path.display().to_string(),
                };
                table::json(&listed)?
            } else {
                format!("{} {} {}", binary.package, binary.target, mark.path)
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::Binary;
    use crate::marks::Mark;

    #[test]
    fn each_test_has_a_line() {
        let binary = Binary {
            package: "my-bank".into(),
            target: "it".into(),
            folder: "/w".into(),
            path: "/t/it-1".into(),
        };
        let marks = vec![
            Mark { path: "it::f".into(), given: None },
            Mark { path: "it::g".into(), given: Some("swift".into()) },
        ];
        let found = [Tested { binary, marks }];
        assert_eq!(lines(&found, false).as_deref(), Ok("my-bank it it::f\nmy-bank it it::g\n"));
        let json = lines(&found, true).expect("it is plain text");
        let last = "{\"package\":\"my-bank\",\"binary\":\"it\",\"test\":\"it::g\",\"name\":\"swift\",\
                    \"executable\":\"/t/it-1\"}";
        assert_eq!(json.lines().last(), Some(last));
    }
}
