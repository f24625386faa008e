//! A package that is tested with the real raddle.

/// Its manifest, with a version of its own for each workspace. The profile is what `cargo raddle loom` asks for, so that
/// the same dependencies serve all tests.
pub fn manifest(version: &str) -> String {
    PLAIN.replace("0.1.0", version) + PROFILE
}

/// The manifest of somebody who has not thought of a profile.
pub const PLAIN: &str = r#"
[package]
name = "bank"
version = "0.1.0"
edition = "2024"

[dependencies]
raddle-shims = { path = "ROOT/shims" }

[dev-dependencies]
raddle = { path = "ROOT/checker/raddle" }

[workspace]
"#;

const PROFILE: &str = r#"
[profile.dev.package]
generator.opt-level = 3
raddle.opt-level = 3
raddle-engine.opt-level = 3
raddle-runtime.opt-level = 3
raddle-shims.opt-level = 3
"#;
