//! `cargo raddle loom test …`: the suite of a project that uses another tool, run on raddle.
//!
//! Cargo is told on its command line to take our package instead of the other tool; nothing of the project is
//! changed but, where its lock file holds the other tool's version, that. Cargo only warns if it does not use a
//! patch, so what is linked is looked up before anything is run.

mod linked;
mod rest;
mod suite;

use crate::arguments::Face as Arguments;
use crate::cargo::build_with;
use crate::exit::{Exit, Trouble};
use rest::Rest;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A package that stands in for another tool.
pub struct Face {
    /// What both are called.
    pub name: &'static str,
    /// Where it is in our repository.
    folder: &'static str,
    /// What it stands in for.
    versions: &'static str,
}

/// loom.
pub const LOOM: Face = Face { name: "loom", folder: "shims/loom", versions: "0.7" };

/// These are most of what runs, and slow without optimisation.
const OPTIMISED: [&str; 3] = ["raddle-engine", "raddle-runtime", "raddle-shims"];

/// Runs the suite.
pub fn run(face: &Face, arguments: &Arguments) -> Result<Exit, Trouble> {
    let rest = Rest::new(face.name, &arguments.rest)?;
    let folder = folder(face, arguments.face.as_deref())?;
    let mut configuration: Vec<OsString> = linked::patch(face, &folder)?;
    linked::make_sure(face, &folder, &configuration, &rest)?;
    for package in OPTIMISED {
        configuration.push("--config".into());
        configuration.push(format!("profile.dev.package.{package}.opt-level=3").into());
    }
    let built = build_with(&[configuration, rest.cargo.clone()].concat())?;
    suite::run(face, arguments, &rest, &built)
}

/// The folder of the package that stands in.
fn folder(face: &Face, given: Option<&Path>) -> Result<PathBuf, Trouble> {
    let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(face.folder);
    let folder = given.map_or_else(ours, Path::to_path_buf);
    folder.join("Cargo.toml").canonicalize().map_or_else(
        |_| {
            let message = format!(
                "there is no package that stands in for {} in {}; say where it is with --face PATH",
                face.name,
                folder.display()
            );
            Err(Trouble::new(Exit::Usage, message))
        },
        |manifest| Ok(manifest.parent().unwrap_or(Path::new("/")).to_path_buf()),
    )
}
