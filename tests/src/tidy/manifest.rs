//! Checks the dependencies of one `Cargo.toml` against the table of packages.

use super::Fault;
use super::table::Package;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The sections that name dependencies; in the third, a package's own row and its `dev` list count.
const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// Which package a key of `[workspace.dependencies]` really names, where they differ.
pub type Renames = BTreeMap<String, String>;

/// Reads the renamings of the root's `[workspace.dependencies]`.
///
/// # Panics
/// If `text` is not TOML: then cargo has not come this far either.
pub fn renames(text: &str) -> Renames {
    let root = DeTable::parse(text).expect("the root's Cargo.toml is TOML").into_inner();
    let Some(dependencies) = table(&root, "workspace").and_then(|w| table(w, "dependencies"))
    else {
        return Renames::new();
    };
    dependencies
        .iter()
        .filter_map(|(key, value)| {
            let package = value.get_ref().as_table().and_then(|t| string(t, "package"))?;
            Some((key.get_ref().to_string(), package.to_owned()))
        })
        .collect()
}

/// Checks one manifest; a virtual one has nothing to check.
pub fn check_manifest(
    file: &str,
    text: &str,
    renames: &Renames,
    packages: &[Package],
) -> Vec<Fault> {
    let root = match DeTable::parse(text) {
        Ok(root) => root.into_inner(),
        Err(e) => {
            let line = line_of(text, e.span().unwrap_or(0..0));
            return vec![Fault::new(file, line, format!("is not TOML: {}", e.message()))];
        }
    };
    let Some(package) = table(&root, "package") else { return Vec::new() };
    let name = string(package, "name").unwrap_or("without a name");
    let name_line = package.get("name").map_or(1, |name| line_of(text, name.span()));
    let folder = file.strip_suffix("/Cargo.toml");
    // What stands in for two versions of another tool is two packages of one name.
    let mut rows = packages.iter().filter(|row| row.name == name).peekable();
    let first = rows.peek().copied();
    let Some(row) = rows.find(|row| Some(row.folder) == folder).or(first) else {
        let what = format!(
            "declares the package `{name}`, which has no row in PACKAGES (tests/src/tidy/table.rs), so \
             nothing says what it may depend on; add one there and one in ARCHITECTURE.md"
        );
        return vec![Fault::new(file, name_line, what)];
    };
    let mut faults = Vec::new();
    if folder != Some(row.folder) {
        let what =
            format!("declares the package `{name}`, which belongs in the folder {}", row.folder);
        faults.push(Fault::new(file, name_line, what));
    }
    let targets = table(&root, "target").into_iter().flat_map(|all| all.iter());
    let targets = targets.filter_map(|(_, target)| target.get_ref().as_table());
    for holder in std::iter::once(&root).chain(targets) {
        for section in SECTIONS {
            let Some(dependencies) = table(holder, section) else { continue };
            for (key, value) in dependencies {
                let real = real_name(key.get_ref(), value.get_ref(), renames);
                let is_dev = section == "dev-dependencies";
                let is_allowed = row.may.contains(&real) || (is_dev && row.dev.contains(&real));
                if !is_allowed {
                    faults.push(Fault::new(
                        file,
                        line_of(text, key.span()),
                        refusal(row, section, real),
                    ));
                }
            }
        }
    }
    faults
}

fn refusal(row: &Package, section: &str, dependency: &str) -> String {
    let list = |names: &[&str]| match names {
        [] => "nothing".to_owned(),
        _ => names.join(", "),
    };
    format!(
        "names `{dependency}` in [{section}], but the row of `{}` in PACKAGES \
         (tests/src/tidy/table.rs) allows {}, and in [dev-dependencies] also {}; do without it, or \
         change the row and ARCHITECTURE.md together",
        row.name,
        list(row.may),
        list(row.dev),
    )
}

fn real_name<'a>(key: &'a str, value: &'a DeValue<'_>, renames: &'a Renames) -> &'a str {
    let detailed = value.as_table();
    if let Some(package) = detailed.and_then(|t| string(t, "package")) {
        return package;
    }
    let is_inherited = detailed.is_some_and(|t| t.contains_key("workspace"));
    match renames.get(key) {
        Some(package) if is_inherited => package,
        _ => key,
    }
}

fn table<'a, 'i>(holder: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    holder.get(key)?.get_ref().as_table()
}

fn string<'a>(holder: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
    holder.get(key)?.get_ref().as_str()
}

fn line_of(text: &str, span: Range<usize>) -> usize {
    text[..span.start].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::table::PACKAGES;

    fn check(row: &Package, body: &str) -> Vec<Fault> {
        let file = format!("{}/Cargo.toml", row.folder);
        let text = format!("[package]\nname = \"{}\"\n{body}", row.name);
        let renames = Renames::from([("short".to_owned(), "intruder".to_owned())]);
        check_manifest(&file, &text, &renames, PACKAGES)
    }

    #[test]
    fn an_intruder_is_caught_in_every_section_of_every_row() {
        let sections = SECTIONS.iter().map(|s| s.to_string());
        let of_target = SECTIONS.iter().map(|s| format!("target.'cfg(unix)'.{s}"));
        for section in sections.chain(of_target) {
            for row in PACKAGES {
                for dependency in [
                    "intruder = \"1\"",
                    "intruder.workspace = true",
                    "short.workspace = true",
                    "raddle-shims = { package = \"intruder\", version = \"1\" }",
                ] {
                    let faults = check(row, &format!("[{section}]\n{dependency}\n"));
                    assert_eq!(faults.len(), 1, "{} [{section}] {dependency}", row.name);
                    assert_eq!(faults[0].line, 4);
                    assert!(faults[0].what.contains("names `intruder`"), "{}", faults[0].what);
                }
            }
        }
    }

    #[test]
    fn rows_allow_what_they_list() {
        for row in PACKAGES {
            for (section, names) in [
                ("dependencies", row.may),
                ("build-dependencies", row.may),
                ("dev-dependencies", row.may),
                ("dev-dependencies", row.dev),
            ] {
                let lines: String = names.iter().map(|n| format!("{n} = \"1\"\n")).collect();
                assert_eq!(check(row, &format!("[{section}]\n{lines}")), []);
            }
            for name in row.dev {
                assert_eq!(check(row, &format!("[dependencies]\n{name} = \"1\"\n")).len(), 1);
            }
        }
    }

    #[test]
    fn a_dependency_in_its_own_section_is_read() {
        let faults = check(&PACKAGES[0], "[dependencies.intruder]\nversion = \"1\"\n");
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn packages_without_a_row_and_astray_are_caught() {
        let text = "# x\n[package]\nname = \"stranger\"\n";
        let faults = check_manifest("stranger/Cargo.toml", text, &Renames::new(), PACKAGES);
        assert_eq!((faults.len(), faults[0].line), (1, 3));
        assert!(faults[0].what.contains("has no row"));

        let text = "[package]\nname = \"raddle-engine\"\n";
        let faults = check_manifest("engine/Cargo.toml", text, &Renames::new(), PACKAGES);
        assert!(faults.len() == 1 && faults[0].what.contains("checker/engine"));
    }

    #[test]
    fn broken_toml_is_a_fault_and_a_virtual_manifest_none() {
        let check = |text| check_manifest("Cargo.toml", text, &Renames::new(), PACKAGES);
        assert_eq!(check("[package\n").len(), 1);
        assert_eq!(check("[workspace]\nmembers = []\n"), []);
    }

    #[test]
    fn renamings_of_the_workspace_are_read() {
        let text =
            "[workspace.dependencies]\na = \"1\"\nb = { package = \"c\", version = \"1\" }\n";
        assert_eq!(renames(text), Renames::from([("b".to_owned(), "c".to_owned())]));
    }
}
