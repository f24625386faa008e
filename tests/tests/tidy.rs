//! Fails when the tree breaks one of its rules; each sentence names the file, the line and the reason.
//!
//! What is allowed stands in `tests/src/tidy/table.rs`.

use raddle_tests::tidy::manifest::{check_manifest, renames};
use raddle_tests::tidy::markdown::check_links;
use raddle_tests::tidy::source::{check_bans, check_forbids_unsafe, check_shape};
use raddle_tests::tidy::table::{FORBID_UNSAFE, PACKAGES};
use raddle_tests::tidy::{Fault, describe, files, root};

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file))
        .unwrap_or_else(|e| panic!("failed to read {file}: {e}"))
}

fn assert_tidy(faults: Vec<Fault>) {
    if let Some(message) = describe(faults) {
        panic!("{message}");
    }
}

#[test]
fn packages_depend_on_what_the_table_allows() {
    let renames = renames(&read("Cargo.toml"));
    let manifests = files("Cargo.toml");
    // A scan that finds nothing would pass: these are known to exist.
    for known in ["shims/Cargo.toml", "checker/engine/Cargo.toml", "tests/Cargo.toml"] {
        assert!(manifests.iter().any(|(file, _)| file == known), "failed to find {known}");
    }
    let check = |(file, text): &(String, String)| check_manifest(file, text, &renames, PACKAGES);
    assert_tidy(manifests.iter().flat_map(check).collect());
}

#[test]
fn the_table_of_packages_stands_in_the_architecture() {
    let page = read("ARCHITECTURE.md");
    let mut faults = Vec::new();
    for row in PACKAGES {
        let start = format!("| `{}` (`{}/`) |", row.name, row.folder);
        let found = page.lines().enumerate().find(|(_, line)| line.starts_with(&start));
        let (line, text) = found.map_or((1, ""), |(i, line)| (i + 1, line));
        let mut wanted = row.may.iter().chain(row.dev).map(|name| format!("`{name}`"));
        if found.is_none() {
            faults.push((1, format!("has no row that begins with {start}, as PACKAGES has")));
        } else if let Some(missing) = wanted.find(|name| !text.contains(name)) {
            faults.push((line, format!("does not say that `{}` may use {missing}", row.name)));
        }
    }
    let faults = faults.into_iter();
    let faults = faults.map(|(line, what)| Fault { file: "ARCHITECTURE.md".into(), line, what });
    assert_tidy(faults.collect());
}

#[test]
fn code_mentions_nothing_that_its_layer_bans() {
    assert_tidy(files(".rs").iter().flat_map(|(file, text)| check_bans(file, text)).collect());
}

#[test]
fn crates_outside_the_runtime_forbid_unsafe() {
    let check = |file: &&str| check_forbids_unsafe(file, &read(file));
    assert_tidy(FORBID_UNSAFE.iter().flat_map(check).collect());
}

#[test]
fn source_files_are_introduced_finished_and_short() {
    assert_tidy(files(".rs").iter().flat_map(|(file, text)| check_shape(file, text)).collect());
}

#[test]
fn links_lead_to_files() {
    let exists = |path: &str| root().join(path).exists() && !path.starts_with("..");
    let pages = files(".md");
    assert!(pages.iter().any(|(file, _)| file == "README.md"), "failed to find README.md");
    let check = |(file, text): &(String, String)| check_links(file, text, &exists);
    assert_tidy(pages.iter().flat_map(check).collect());
}
