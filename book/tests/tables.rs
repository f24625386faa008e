//! The tables of the book say what the code says.

use crate::pages::pages;
use raddle::__private::{SETTINGS, is_default, is_setting};
use std::collections::BTreeMap;
use std::path::Path;

fn page(name: &str) -> String {
    let page = pages().into_iter().find(|page| page.name == name);
    page.unwrap_or_else(|| panic!("there is no {name}")).text
}

/// The rows of all tables of a page, without their heads: the texts of the cells.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut body = false;
    for line in text.lines() {
        let Some(inner) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            body &= line.starts_with('|');
            body |= line.starts_with("|---");
            continue;
        };
        if body {
            rows.push(inner.split(" | ").map(|cell| cell.trim().to_string()).collect());
        }
    }
    rows
}

/// The pieces of code in a cell.
fn codes(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_setting_has_its_row() {
    let text = page("settings.md");
    let rows = rows(&text);
    let names: Vec<&str> = rows.iter().filter_map(|row| codes(&row[0]).first().copied()).collect();
    let settings: Vec<&str> = names[..SETTINGS.len().min(names.len())].to_vec();
    assert_eq!(settings, SETTINGS);
    for row in &rows[..SETTINGS.len()] {
        let key = codes(&row[0])[0];
        for value in codes(&row[1]) {
            let value = value.trim_matches('"');
            assert_eq!(is_setting(key, value), Ok(()), "{key} = {value}");
        }
        match codes(&row[2]).first() {
            Some(default) => {
                let default = default.trim_matches('"');
                assert_eq!(is_default(key, default), Ok(true), "{key} = {default}");
            }
            None => assert!(row[2].starts_with("none"), "{key}: {}", row[2]),
        }
    }
}

#[test]
fn the_file_of_settings_is_one() {
    let text = page("settings.md");
    let start = text.find("```toml\n").expect("it is shown") + 8;
    let file = &text[start..start + text[start..].find("```").expect("it ends")];
    let file: toml::Table = file.parse().expect("it is TOML");
    let tables = [file["default"].as_table(), file["profile"]["ci"].as_table()];
    let mut seen = 0;
    for (key, value) in tables.into_iter().flatten().flatten() {
        let value = match value {
            toml::Value::String(text) => text.clone(),
            other => format!("{}", other.as_integer().expect("a text or a number")),
        };
        assert_eq!(is_setting(key, &value), Ok(()), "{key} = {value}");
        seen += 1;
    }
    assert!(seen > 2);
}

#[test]
fn exit_codes_are_those_of_the_command() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../checker/cli/src/exit.rs");
    let source = std::fs::read_to_string(file).expect("the command has exit codes");
    let declared = source.lines().filter_map(|line| {
        let (name, code) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        Some((code.parse::<u8>().ok()?, name.to_string()))
    });
    let declared: BTreeMap<u8, String> = declared.collect();
    assert!(declared.len() >= 9, "{declared:?}");
    let rows = rows(&page("command.md"));
    let told = rows.iter().filter_map(|row| codes(&row[0]).first()?.parse::<u8>().ok());
    let told: Vec<u8> = told.collect();
    assert_eq!(told, declared.keys().copied().collect::<Vec<_>>());
}

#[test]
fn every_command_is_told() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../checker/cli/src/arguments.rs");
    let source = std::fs::read_to_string(file).expect("the command has arguments");
    let start = source.find("pub enum Command {").expect("it has commands");
    let body = &source[start..start + source[start..].find("\n}").expect("they end")];
    let names = body.lines().filter_map(|line| line.trim().split_once('(').map(|(name, _)| name));
    let text = page("command.md");
    let mut seen = 0;
    for name in names.filter(|name| name.chars().all(char::is_alphabetic)) {
        let name = name.to_lowercase();
        assert!(text.contains(&format!("## `cargo raddle {name}")), "{name} has no section");
        seen += 1;
    }
    assert!(seen >= 4);
}

/// The tests of the examples compare each row; what they do not see is a row that is missing, or of a test that is gone.
#[test]
fn every_test_of_an_example_has_its_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let examples = std::fs::read_dir(folder).expect("there are examples");
    let mut tests = Vec::new();
    for example in examples.map(|entry| entry.expect("it can be listed")) {
        let name = example.file_name().to_string_lossy().into_owned();
        if !name.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let files = std::fs::read_dir(example.path().join("tests")).expect("an example has tests");
        for file in files.map(|entry| entry.expect("it can be listed").path()) {
            let module = file.file_stem().expect("a test has a name").to_string_lossy();
            let source = std::fs::read_to_string(&file).expect("it can be read");
            let after = source.split("\n#[raddle::test").skip(1);
            let names =
                after.filter_map(|rest| Some(rest.split_once("\nfn ")?.1.split_once('(')?.0));
            tests.extend(names.map(|test| vec![name.clone(), format!("{module}::{test}")]));
        }
    }
    tests.sort();
    let rows = rows(&page("examples.md"));
    let told =
        rows.iter().map(|row| vec![codes(&row[0])[0].to_string(), codes(&row[1])[0].to_string()]);
    assert_eq!(told.collect::<Vec<_>>(), tests);
    assert!(tests.len() > 20, "the scan of the examples finds tests");
}
