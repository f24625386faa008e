//! A small workspace that the command is tried on, and how it is called there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Where and how everything is built that these tests need: in one folder, so that what several workspaces depend on is
/// built once. To cargo, packages of one name and version at the roots of two workspaces are the same there, so no two may
/// be called alike. Nobody looks at them in a debugger.
pub fn set_building(command: &mut Command) {
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("built"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_NET_OFFLINE", "true");
}

/// Calls the command in a folder, with these variables and no other `RADDLE_` ones.
pub fn call(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-raddle"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RADDLE_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(folder);
    set_building(&mut command);
    command.envs(variables.iter().copied());
    let output = command.output().expect("the command was built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Fails with everything that was written, unless the command ended so and wrote this.
#[track_caller]
pub fn expect(ended: &Ended, code: i32, texts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    for text in texts {
        assert!(ended.stdout.contains(text), "no `{text}` in {ended:?}");
    }
}

/// The verdict in the row of a test.
#[track_caller]
pub fn verdict(ended: &Ended, test: &str) -> String {
    let row = ended.stdout.lines().find(|line| line.split("  ").next() == Some(test));
    let row = row.unwrap_or_else(|| panic!("no row of {test} in {ended:?}"));
    row[test.len()..].trim_start().split("  ").next().unwrap_or("").to_string()
}

/// The folder of a workspace with these files, in which `ROOT` stands for the root of this repository.
/// What was built in it is kept from one call of `cargo test` to the next.
pub fn workspace(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the package is in its workspace");
    for (file, text) in files {
        write(&folder.join(file), &text.replace("ROOT", root.to_str().expect("a name")));
    }
    // The same versions as here, so that nothing has to be fetched.
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("there is a lock file");
    write(&folder.join("Cargo.lock"), &lock);
    folder
}

fn write(file: &Path, text: &str) {
    let parent = file.parent().expect("files are in folders");
    std::fs::create_dir_all(parent).unwrap_or_else(|e| panic!("{}: {e}", parent.display()));
    // What is the same is not written, so that it is not built again.
    if std::fs::read_to_string(file).ok().as_deref() != Some(text) {
        std::fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}
