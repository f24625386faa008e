//! `cargo raddle loom test …`, `cargo raddle shuttle test …`: the suite of a project that uses another tool, run on raddle.
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
use std::path::{Path, PathBuf};

/// Another tool, and what stands in for it.
pub struct Face {
    /// What it is called, and so are our packages.
    pub name: &'static str,
    packages: &'static [Package],
}

/// A package that stands in for some versions of a tool.
struct Package {
    /// Which.
    versions: &'static str,
    /// Where it is in our repository.
    folder: &'static str,
}

/// loom.
pub const LOOM: Face = Face {
    name: "loom",
    packages: &[
        Package { versions: "0.7", folder: "shims/loom" },
        Package { versions: "0.5", folder: "shims/loom/0.5" },
    ],
};

/// shuttle.
pub const SHUTTLE: Face = Face {
    name: "shuttle",
    packages: &[
        Package { versions: "0.9", folder: "shims/shuttle" },
        Package { versions: "0.8", folder: "shims/shuttle/0.8" },
    ],
};

/// These are most of what runs, and slow without optimisation.
const OPTIMISED: [&str; 5] =
    ["generator", "raddle", "raddle-engine", "raddle-runtime", "raddle-shims"];

/// Runs the suite.
pub fn run(face: &Face, arguments: &Arguments) -> Result<Exit, Trouble> {
    let rest = Rest::new(face.name, &arguments.rest)?;
    let folders = folders(face, arguments.face.as_deref())?;
    let mut configuration = linked::configuration(face, &folders, &rest)?;
    for package in OPTIMISED {
        configuration.push("--config".into());
        configuration.push(format!("profile.dev.package.{package}.opt-level=3").into());
    }
    let built = build_with(&[configuration, rest.cargo.clone()].concat())?;
    if rest.no_run {
        for binary in &built.binaries {
            println!("{}", binary.path.display());
        }
        return Ok(Exit::Clean);
    }
    suite::run(face, arguments, &rest, &built)
}

/// The folders of the packages that stand in, the newest first; or the one that is given.
fn folders(face: &Face, given: Option<&Path>) -> Result<Vec<PathBuf>, Trouble> {
    let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = match given {
        Some(folder) => vec![folder.to_path_buf()],
        None => face.packages.iter().map(|package| ours().join(package.folder)).collect(),
    };
    folders.iter().map(|folder| found(face, folder)).collect()
}

fn found(face: &Face, folder: &Path) -> Result<PathBuf, Trouble> {
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
