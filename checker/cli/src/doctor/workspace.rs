//! Whether the workspace depends on raddle as it should.

use super::Finding;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What matters of `cargo metadata --no-deps`.
#[derive(Deserialize)]
pub struct Workspace {
    /// The folder of the workspace.
    #[serde(rename = "workspace_root")]
    pub root: String,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or nothing for an ordinary one.
    kind: Option<String>,
}

/// A version of raddle-shims with the features that are switched on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Shims {
    version: String,
    model: bool,
}

impl Workspace {
    /// Reads the answer of cargo.
    pub fn parse(text: &str) -> Result<Workspace, String> {
        serde_json::from_str(text)
            .map_err(|fault| format!("cargo metadata cannot be read: {fault}"))
    }

    /// The members that depend on a package; only those that do so outside of tests, if asked.
    fn dependents(&self, name: &str, outside_of_tests: bool) -> Vec<&str> {
        let is_meant = |dependency: &Dependency| {
            let dev = dependency.kind.as_deref() == Some("dev");
            dependency.name == name && !(dev && outside_of_tests)
        };
        let depends = |package: &&Package| package.dependencies.iter().any(is_meant);
        self.packages.iter().filter(depends).map(|package| package.name.as_str()).collect()
    }

    /// Whether any member can have checked tests.
    pub fn depends_on_raddle(&self) -> Finding {
        let members = self.dependents("raddle", false);
        if members.is_empty() {
            return Finding::error(
                "no package of the workspace depends on raddle: cargo add --dev raddle, and cargo add \
                 raddle-shims for the code that is checked",
            );
        }
        Finding::ok(format!("depending on raddle: {}", members.join(", ")))
    }

    /// Whether builds for production would be checked builds; `found` is what they are made of.
    pub fn model_in_production(&self, found: &BTreeSet<Shims>) -> Finding {
        if found.iter().all(|shims| !shims.model) {
            return Finding::ok("builds without tests do not have raddle-shims' feature `model`");
        }
        let members = self.dependents("raddle", true);
        let what =
            "builds of the whole workspace have raddle-shims' feature `model`, which is for tests";
        if members.is_empty() {
            return Finding::warning(format!(
                "{what}: see who switches it on with cargo tree -e normal,features -i raddle-shims"
            ));
        }
        Finding::warning(format!(
            "{what}: in {}, move raddle to [dev-dependencies]",
            members.join(", ")
        ))
    }
}

/// The versions of raddle-shims in what `cargo tree --prefix=none --format='{p}|{f}'` answers.
pub fn shims(tree: &str) -> BTreeSet<Shims> {
    let read = |line: &str| {
        let (package, features) = line.trim_end_matches(" (*)").split_once('|')?;
        let version = package.strip_prefix("raddle-shims v")?;
        let version = version.split_whitespace().next()?.to_string();
        Some(Shims { version, model: features.split(',').any(|feature| feature == "model") })
    };
    tree.lines().filter_map(read).collect()
}

/// Whether all crates use one raddle-shims; objects of another one would not be checked.
pub fn versions(found: &BTreeSet<Shims>) -> Finding {
    let versions: BTreeSet<&str> = found.iter().map(|shims| shims.version.as_str()).collect();
    let list = versions.iter().copied().collect::<Vec<_>>().join(", ");
    match versions.len() {
        0 => Finding::warning(
            "nothing depends on raddle-shims: code that uses std's own primitives is not checked",
        ),
        1 => Finding::ok(format!("one version of raddle-shims: {list}")),
        _ => Finding::error(format!(
            "several versions of raddle-shims ({list}): what uses another one than raddle is not checked; \
             see cargo tree -d, and cargo update"
        )),
    }
}

/// Whether tests notice overflow and failing debug assertions, by the manifest of the workspace.
pub fn checks_in_tests(manifest: &str) -> Finding {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let of = |profile: &str, key: &str| table.get("profile")?.get(profile)?.get(key)?.as_bool();
    // The profile of tests inherits from that of development.
    let both = |profiles: [&str; 2], default: bool| {
        let setting = |key| profiles.iter().find_map(|profile| of(profile, key));
        let assertions = setting("debug-assertions").unwrap_or(default);
        [assertions, setting("overflow-checks").unwrap_or(default)]
    };
    let names = ["debug-assertions", "overflow-checks"];
    let missing = |on: [bool; 2]| -> Vec<&str> {
        names.into_iter().zip(on).filter(|(_, on)| !on).map(|(name, _)| name).collect()
    };
    let (tests, release) =
        (missing(both(["test", "dev"], true)), missing(both(["release", "release"], false)));
    if !tests.is_empty() {
        return Finding::warning(format!(
            "tests are built without {}: faults that they would show are not found; remove that from \
             [profile.dev] or [profile.test]",
            tests.join(" and ")
        ));
    }
    if release.is_empty() {
        return Finding::ok("tests have debug assertions and overflow checks, also with --release");
    }
    Finding::ok(format!(
        "tests have debug assertions and overflow checks; with --release they lack {}",
        release.join(" and ")
    ))
}

/// Whether the engine is optimised in tests: what a check takes, and nothing of what it finds, depends on it.
pub fn engine_in_tests(manifest: &str) -> Finding {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let profile = |name: &str| table.get("profile")?.get(name).cloned();
    // The profile of tests inherits from that of development.
    let profiles: Vec<toml::Value> = ["test", "dev"].into_iter().filter_map(profile).collect();
    let level = |profile: &toml::Value| profile.get("opt-level").cloned();
    let of_package = |package: &str| {
        let package = |profile: &toml::Value| level(profile.get("package")?.get(package)?);
        profiles.iter().find_map(package)
    };
    // Most of a search is compiled where the engine is put together.
    let found = of_package("raddle").or_else(|| of_package("*"));
    let found = found.or_else(|| profiles.iter().find_map(level));
    match found {
        Some(toml::Value::Integer(0)) | None => Finding::warning(
            "raddle is built without optimisation, so checks take some ten times as long, unless they run with \
             --release; add to Cargo.toml: [profile.dev.package.\"*\"] opt-level = 3",
        ),
        Some(_) => Finding::ok("raddle is built with optimisation in tests"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn workspace(kind: &str, name: &str) -> Workspace {
        let text = format!(
            "{{\"workspace_root\":\"/w\",\"packages\":[{{\"name\":\"bank\",\"dependencies\":[{{\"name\":\
             \"{name}\",\"kind\":{kind}}}]}}]}}"
        );
        Workspace::parse(&text).unwrap_or_else(|fault| panic!("{fault}"))
    }

    #[test]
    fn raddle_is_looked_for() {
        assert_eq!(workspace("\"dev\"", "raddle").depends_on_raddle().level, Level::Ok);
        assert_eq!(workspace("\"dev\"", "loom").depends_on_raddle().level, Level::Error);
        assert!(Workspace::parse("{}").is_err());
    }

    #[test]
    fn shims_are_found_in_trees() {
        let tree = "bank v0.1.0 (/w)|\nraddle-shims v0.1.0|default,model (*)\n\
                    raddle-shims v0.2.0 (/s)|\nmy-raddle-shims v9.0.0|model\n";
        let shims = |version: &str, model| Shims { version: version.into(), model };
        let found: Vec<Shims> = super::shims(tree).into_iter().collect();
        assert_eq!(found, [shims("0.1.0", true), shims("0.2.0", false)]);
    }

    #[test]
    fn a_checked_build_for_production_is_told() {
        let with = shims("raddle-shims v0.1.0|model\n");
        let without = shims("raddle-shims v0.1.0|default\n");
        let (dev, normal) = (workspace("\"dev\"", "raddle"), workspace("null", "raddle"));
        assert_eq!(dev.model_in_production(&without).level, Level::Ok);
        assert_eq!(dev.model_in_production(&BTreeSet::new()).level, Level::Ok);
        let finding = normal.model_in_production(&with);
        assert_eq!(finding.level, Level::Warning);
        assert!(finding.text.ends_with("in bank, move raddle to [dev-dependencies]"));
        let finding = dev.model_in_production(&with);
        assert_eq!(finding.level, Level::Warning);
        assert!(finding.text.ends_with("-i raddle-shims"), "{}", finding.text);
    }

    #[test]
    fn versions_are_counted() {
        assert_eq!(versions(&shims("")).level, Level::Warning);
        let one = "raddle-shims v0.1.0|\nraddle-shims v0.1.0|model\n";
        assert_eq!(versions(&shims(one)), Finding::ok("one version of raddle-shims: 0.1.0"));
        let two = versions(&shims("raddle-shims v0.1.0|\nraddle-shims v0.2.0|\n"));
        assert_eq!(two.level, Level::Error);
        assert!(two.text.contains("(0.1.0, 0.2.0)"));
    }

    #[test]
    fn profiles_decide_what_tests_notice() {
        let cases = [
            ("", Level::Ok, "with --release they lack debug-assertions and overflow-checks"),
            ("[profile.release]\noverflow-checks = true", Level::Ok, "they lack debug-assertions"),
            (
                "[profile.release]\noverflow-checks = true\ndebug-assertions = true",
                Level::Ok,
                "also with --release",
            ),
            ("[profile.dev]\noverflow-checks = false", Level::Warning, "[profile.test]"),
            (
                "[profile.dev]\noverflow-checks = false\n[profile.test]\noverflow-checks = true",
                Level::Ok,
                "they lack debug-assertions and overflow-checks",
            ),
        ];
        for (manifest, level, end) in cases {
            let finding = checks_in_tests(manifest);
            assert_eq!(finding.level, level, "{manifest}");
            assert!(finding.text.ends_with(end), "{manifest}: {}", finding.text);
        }
    }

    #[test]
    fn an_engine_without_optimisation_is_noticed() {
        let cases = [
            ("", Level::Warning),
            ("[profile.dev]\nopt-level = 1", Level::Ok),
            ("[profile.dev]\nopt-level = 0", Level::Warning),
            ("[profile.test]\nopt-level = \"s\"", Level::Ok),
            ("[profile.dev.package.\"*\"]\nopt-level = 3", Level::Ok),
            ("[profile.dev.package.serde]\nopt-level = 3", Level::Warning),
            ("[profile.dev.package.raddle-engine]\nopt-level = 3", Level::Warning),
            ("[profile.dev.package.raddle]\nopt-level = 3", Level::Ok),
            (
                "[profile.dev]\nopt-level = 2\n[profile.dev.package.raddle]\nopt-level = 0",
                Level::Warning,
            ),
        ];
        for (manifest, level) in cases {
            assert_eq!(engine_in_tests(manifest).level, level, "{manifest}");
        }
    }
}
