//! Whether there are settings that nothing reads: a slip in a name would go unnoticed.

use super::Finding;
use crate::suggest::closest;

/// Where a workspace keeps its settings, from its root.
pub const CONFIG: &str = ".config/raddle.toml";

/// Settings of a check in [`CONFIG`]; with `RADDLE_` in front and in capitals they are variables.
const SETTINGS: &[&str] = &[
    "strategy",
    "seed",
    "depth",
    "max_preemptions",
    "iterations",
    "max_time",
    "model",
    "time",
    "max_events",
    "expect",
    "stack_size",
    "backend",
    "check_leaks",
    "check_task_leaks",
    "allow_incomplete",
    "patience",
    "minimize",
    "jobs",
];

/// Variables that are no settings of a check.
const VARIABLES: &[&str] = &[
    "RADDLE_REPLAY",
    "RADDLE_REPORT",
    "RADDLE_PROFILE",
    "RADDLE_COLOR",
    "RADDLE_WIDTH",
    "RADDLE_BLESS",
    "RADDLE_TASK",
    "RADDLE_TRACE",
    "RADDLE_ON_DIVERGENCE",
    "RADDLE_IN_FLIGHT",
    "RADDLE_KNOWN",
    "RADDLE_CORPUS",
    "RADDLE_SHARD_INDEX",
    "RADDLE_SHARD_TOTAL",
];

const PREFIX: &str = "RADDLE_";

/// What there is to say about the names of these variables.
pub fn variables(names: impl Iterator<Item = String>) -> Finding {
    let mut known: Vec<String> = VARIABLES.iter().map(|name| name.to_string()).collect();
    known.extend(SETTINGS.iter().map(|key| format!("{PREFIX}{}", key.to_uppercase())));
    let mut ours: Vec<String> =
        names.filter(|name| name.to_uppercase().starts_with(PREFIX)).collect();
    ours.sort();
    let (good, bad): (Vec<String>, Vec<String>) =
        ours.into_iter().partition(|name| known.contains(name));
    if !bad.is_empty() {
        let all: Vec<String> = bad.iter().map(|name| meant_variable(name, &known)).collect();
        return Finding::warning(format!("variables that nothing reads: {}", all.join("; ")));
    }
    match &good[..] {
        [] => Finding::ok("no RADDLE_ variables are set"),
        _ => Finding::ok(format!("set, and above what tests ask for: {}", good.join(", "))),
    }
}

/// What there is to say about a settings file.
pub fn config(text: &str) -> Vec<Finding> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(fault) => {
            let message = fault.message();
            let line = fault.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            return vec![Finding::error(format!("{CONFIG}:{line} is not valid TOML: {message}"))];
        }
    };
    let mut findings = Vec::new();
    for (key, value) in &table {
        match (key.as_str(), value) {
            ("default", value) => findings.extend(settings("default", value)),
            ("profile", toml::Value::Table(profiles)) => {
                for (name, value) in profiles {
                    findings.extend(settings(&format!("profile.{name}"), value));
                }
            }
            ("profile", _) => {
                findings.push(Finding::error(format!(
                    "{CONFIG}: `profile` is not a table: write [profile.NAME]"
                )));
            }
            (key, _) if SETTINGS.contains(&key) => findings.push(Finding::error(format!(
                "{CONFIG}: `{key}` stands outside of a table: put it under [default]"
            ))),
            (key, _) => findings.push(Finding::error(format!(
                "{CONFIG}: no table is called {}",
                meant(key, ["default", "profile"].into_iter())
            ))),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(format!("{CONFIG} has no unknown settings")));
    }
    findings
}

/// What there is to say about one table of settings. Tests refuse a file with an unknown one.
fn settings(name: &str, value: &toml::Value) -> Vec<Finding> {
    let toml::Value::Table(settings) = value else {
        let text = format!("{CONFIG}: `{name}` is not a table: write [{name}]");
        return vec![Finding::error(text)];
    };
    let unknown = settings.keys().filter(|key| !SETTINGS.contains(&key.as_str()));
    let say = |key: &String| {
        let key = meant(key, SETTINGS.iter().copied());
        Finding::error(format!("{CONFIG}: no setting, under [{name}], is called {key}"))
    };
    unknown.map(say).collect()
}

/// The prefix, which all have, would make all of them look alike.
fn meant_variable(name: &str, known: &[String]) -> String {
    let rest = name.to_uppercase().split_off(PREFIX.len());
    match closest(&rest, known.iter().filter_map(|known| known.strip_prefix(PREFIX))) {
        Some(other) => format!("`{name}` (did you mean `{PREFIX}{other}`?)"),
        None => format!("`{name}`: remove it"),
    }
}

fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match closest(name, known) {
        Some(other) => format!("`{name}` (did you mean `{other}`?)"),
        None => format!("`{name}`: remove it"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn of_names(names: &[&str]) -> Finding {
        variables(names.iter().map(|name| name.to_string()))
    }

    #[test]
    fn unknown_variables_are_told() {
        let finding =
            of_names(&["PATH", "RADDLE_SEDE", "RADDLE_MODEL", "RADDLE_BANANAS", "raddle_seed"]);
        assert_eq!(finding.level, Level::Warning);
        let expected = "variables that nothing reads: `RADDLE_BANANAS`: remove it; `RADDLE_SEDE` (did you \
                        mean `RADDLE_SEED`?); `raddle_seed` (did you mean `RADDLE_SEED`?)";
        assert_eq!(finding.text, expected);
    }

    #[test]
    fn known_variables_are_named() {
        assert_eq!(of_names(&["PATH"]), Finding::ok("no RADDLE_ variables are set"));
        let finding = of_names(&["RADDLE_MAX_TIME", "RADDLE_REPLAY"]);
        assert_eq!(finding.level, Level::Ok);
        assert!(finding.text.ends_with("RADDLE_MAX_TIME, RADDLE_REPLAY"));
    }

    #[test]
    fn settings_files_are_read() {
        let good = "[default]\nseed = 7\nmax_time = \"5s\"\n[profile.ci]\niterations = 2\n";
        assert_eq!(config(good), [Finding::ok(".config/raddle.toml has no unknown settings")]);
        assert_eq!(config("").len(), 1);
        let cases = [
            ("profil = 2", "no table is called `profil` (did you mean `profile`?)"),
            ("seed = 1", "`seed` stands outside of a table: put it under [default]"),
            ("default = 1", "`default` is not a table: write [default]"),
            ("profile = 1", "`profile` is not a table: write [profile.NAME]"),
            ("[profile]\nfast = 3", "`profile.fast` is not a table: write [profile.fast]"),
            (
                "[profile.ci]\nmaxtime = \"5s\"",
                "no setting, under [profile.ci], is called `maxtime` (did you mean `max_time`?)",
            ),
            (
                "[default]\nbananas = 3",
                "no setting, under [default], is called `bananas`: remove it",
            ),
        ];
        for (text, end) in cases {
            assert_eq!(config(text), [Finding::error(format!("{CONFIG}: {end}"))], "{text}");
        }
        let broken = config("[default]\nseed = \n");
        assert_eq!(broken[0].level, Level::Error);
        assert!(
            broken[0].text.starts_with(".config/raddle.toml:2 is not valid TOML"),
            "{broken:?}"
        );
    }
}
