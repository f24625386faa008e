//! Which package is linked: patched on the command line, and looked up.

use super::Face;
use super::rest::Rest;
use crate::cargo::program;
use crate::exit::{Exit, Trouble};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The arguments with which cargo takes one of our packages, and no other of its name: the first one of which that can be
/// made sure.
///
/// # Errors
/// If there is none.
pub fn configuration(
    face: &Face,
    folders: &[PathBuf],
    rest: &Rest,
) -> Result<Vec<OsString>, Trouble> {
    let mut trouble = None;
    // A package for another version than theirs does not change more of the lock file than it must.
    for with_needed in [false, true] {
        for folder in folders {
            let configuration = patch(face, folder)?;
            match make_sure(face, folder, &configuration, rest, with_needed) {
                Ok(()) => return Ok(configuration),
                Err(another) => trouble = trouble.or(Some(another)),
            }
        }
    }
    Err(trouble.expect("a tool has a package that stands in for it"))
}

/// The arguments with which cargo takes our package.
fn patch(face: &Face, folder: &Path) -> Result<Vec<OsString>, Trouble> {
    let Some(folder) = folder.to_str() else {
        let message = format!("{} is no path that cargo can be told", folder.display());
        return Err(Trouble::new(Exit::Usage, message));
    };
    // As a string of TOML.
    let folder = folder.replace('\\', "\\\\").replace('"', "\\\"");
    let setting = format!("patch.crates-io.{}.path=\"{folder}\"", face.name);
    Ok(vec!["--config".into(), setting.into()])
}

/// What cargo says of the packages of that name.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Linked {
    Ours,
    /// Another one, or several, as cargo writes them.
    Other(String),
    /// Cargo cannot say, in its words.
    Unknown(String),
}

/// Makes sure that our package is linked and no other of its name. A lock file may hold versions of what ours needs that are
/// too old for it, and then cargo keeps the other tool; they are updated as well if that is asked for.
///
/// # Errors
/// If it is not, and cannot be made so.
fn make_sure(
    face: &Face,
    folder: &Path,
    configuration: &[OsString],
    rest: &Rest,
    with_needed: bool,
) -> Result<(), Trouble> {
    if look(face, folder, configuration, rest)? == Linked::Ours {
        return Ok(());
    }
    // A lock file may hold versions of the other tool; of several, cargo has to be told which.
    let lock = lock_file(rest)?;
    let theirs = held(face.name, &lock);
    let mut said = String::new();
    if with_needed && !theirs.is_empty() {
        let needed = needed(folder)?;
        let needed = needed.iter().flat_map(|name| held(name, &lock));
        said = update(&[theirs, needed.collect()].concat(), configuration, rest)?;
    } else {
        for package in &theirs {
            said.push_str(&update(std::slice::from_ref(package), configuration, rest)?);
        }
    }
    let name = face.name;
    let found = match look(face, folder, configuration, rest)? {
        Linked::Ours => {
            eprintln!("note: Cargo.lock held another version of {name}; it was updated");
            return Ok(());
        }
        Linked::Other(found) => {
            format!("{found} is linked, not the package in {}", folder.display())
        }
        Linked::Unknown(reason) => format!("cargo does not say which {name} is linked: {reason}"),
    };
    let versions: Vec<_> = face.packages.iter().map(|package| package.versions).collect();
    let versions = versions.join(" and ");
    let mut message = format!(
        "nothing is run on raddle: {found}. It stands in for {name} {versions} from crates.io, where that is a \
         dependency under the given features and RUSTFLAGS"
    );
    if !said.is_empty() {
        message.push_str(&format!("\ncargo update said: {}", said.trim()));
    }
    Err(Trouble::new(Exit::Usage, message))
}

/// Has cargo choose these packages anew. What it said if it did not.
fn update(packages: &[String], configuration: &[OsString], rest: &Rest) -> Result<String, Trouble> {
    let mut update = cargo(["update"], configuration);
    update.args(packages.iter().flat_map(|package| ["-p", package]));
    let only = ["--manifest-path", "--offline", "--config", "-Z", "--color"];
    update.args(of_these(&rest.selection, &only));
    let output = update.output().map_err(Trouble::outside("start cargo"))?;
    match output.status.success() {
        true => Ok(String::new()),
        false => Ok(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The names of the packages that ours depends on; none if cargo cannot say.
fn needed(folder: &Path) -> Result<Vec<String>, Trouble> {
    let mut tree = cargo(["tree", "--prefix", "none", "--edges", "normal,build"], &[]);
    tree.arg("--manifest-path").arg(folder.join("Cargo.toml"));
    let output = tree.output().map_err(Trouble::outside("start cargo"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<String> =
        text.lines().filter_map(|line| line.split(' ').next()).map(str::to_string).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// What the lock file of the workspace says; nothing if there is none yet, or cargo does not find the workspace.
fn lock_file(rest: &Rest) -> Result<String, Trouble> {
    let mut locate = cargo(["locate-project", "--workspace", "--message-format", "plain"], &[]);
    locate.args(of_these(&rest.selection, &["--manifest-path"]));
    let output = locate.output().map_err(Trouble::outside("start cargo"))?;
    let manifest = String::from_utf8_lossy(&output.stdout).trim().to_string();
    Ok(std::fs::read_to_string(Path::new(&manifest).with_file_name("Cargo.lock"))
        .unwrap_or_default())
}

/// The versions of a package that a lock file holds from elsewhere than a folder, as cargo is told of them.
fn held(name: &str, lock: &str) -> Vec<String> {
    let lock: toml::Table = lock.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let text = |package: &toml::Value, key: &str| {
        package.get(key).and_then(toml::Value::as_str).map(str::to_string)
    };
    packages
        .filter(|package| text(package, "name").as_deref() == Some(name))
        .filter(|package| package.get("source").is_some())
        .filter_map(|package| text(package, "version"))
        .map(|version| format!("{name}@{version}"))
        .collect()
}

fn cargo<const N: usize>(arguments: [&str; N], configuration: &[OsString]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).args(configuration).stdin(Stdio::null());
    command
}

/// Those options, with their values.
fn of_these(selection: &[OsString], options: &[&str]) -> Vec<OsString> {
    let mut taken = Vec::new();
    let mut takes = false;
    for argument in selection {
        let text = argument.to_string_lossy();
        if text.starts_with('-') {
            takes = options.contains(&text.split('=').next().unwrap_or_default());
        }
        if takes {
            taken.push(argument.clone());
        }
    }
    taken
}

fn look(
    face: &Face,
    folder: &Path,
    configuration: &[OsString],
    rest: &Rest,
) -> Result<Linked, Trouble> {
    // Not inverted: a lock file may hold several versions, one of which a switch leaves out, and cargo would ask which is meant.
    let mut tree = cargo(["tree", "--prefix", "none", "--edges", "all"], configuration);
    tree.args(&rest.selection);
    let output = tree.output().map_err(Trouble::outside("start cargo"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if !output.status.success() {
        return Ok(Linked::Unknown(said(&output.stderr)));
    }
    Ok(linked(&said(&output.stdout), face.name, folder))
}

/// Reads what `cargo tree` writes, one package a line: `loom v0.7.99 (/path)`, or without a path for one from crates.io.
fn linked(text: &str, name: &str, folder: &Path) -> Linked {
    let prefix = format!("{name} v");
    let mut found: Vec<&str> = text.lines().filter(|line| line.starts_with(&prefix)).collect();
    found.sort_unstable();
    found.dedup();
    let ours = format!("({})", folder.display());
    let is_ours = |line: &&str| line.contains(&ours);
    match found.is_empty() {
        true => Linked::Unknown(format!("there is no {name} among the dependencies")),
        false if found.iter().all(is_ours) => Linked::Ours,
        false => Linked::Other(found.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ours_will_do() {
        let folder = Path::new("/r/shims/loom");
        let of = |text: &str| linked(text, "loom", folder);
        assert_eq!(of("loom v0.7.99 (/r/shims/loom)\n"), Linked::Ours);
        assert_eq!(of("loom v0.7.2"), Linked::Other("loom v0.7.2".into()));
        let two = "loom v0.5.6\n\nloom v0.7.99 (/r/shims/loom)";
        assert!(matches!(of(two), Linked::Other(text) if text.contains(" and ")));
        assert!(matches!(of("loom v0.7.99 (/r/shims/loom-old)"), Linked::Other(_)));
        assert!(matches!(of(""), Linked::Unknown(_)));
        // Others are there as well, and the same may come again.
        let tree = "a v0.1.0 (/a)\nloom v0.7.99 (/r/shims/loom)\nraddle v0.1.0 (/r/checker/raddle)\n\
                    loom v0.7.99 (/r/shims/loom) (*)\nbloom v1.0.0";
        assert_eq!(of(tree), Linked::Ours);
    }

    #[test]
    fn versions_from_elsewhere_are_held() {
        let lock = "version = 4\n[[package]]\nname = \"loom\"\nversion = \"0.5.6\"\nsource = \"r\"\n\
                    [[package]]\nname = \"loom\"\nversion = \"0.7.2\"\nsource = \"r\"\n\
                    [[package]]\nname = \"loom\"\nversion = \"0.7.99\"\n\
                    [[package]]\nname = \"loomx\"\nversion = \"1.0.0\"\nsource = \"r\"\n";
        assert_eq!(held("loom", lock), ["loom@0.5.6", "loom@0.7.2"]);
        assert!(held("loom", "").is_empty() && held("loom", "no TOML").is_empty());
    }

    #[test]
    fn paths_are_quoted_for_cargo() {
        let face = super::super::LOOM;
        let told = patch(&face, Path::new("/a b\\c\"d")).unwrap();
        assert_eq!(told[1], "patch.crates-io.loom.path=\"/a b\\\\c\\\"d\"");
    }

    #[test]
    fn options_keep_their_values() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let selection = words("-p a --manifest-path x -F b --offline");
        let taken = of_these(&selection, &["--manifest-path", "--offline"]);
        assert_eq!(taken, words("--manifest-path x --offline"));
    }
}
