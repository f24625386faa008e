//! A package that is tested with the real raddle.

/// Its manifest.
pub const MANIFEST: &str = r#"
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
