//! A folder for files that live as long as the command.

use crate::exit::{Exit, Trouble};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A folder of its own in the system's folder for temporary files; removed when dropped.
pub struct Scratch {
    folder: PathBuf,
    files: AtomicU32,
}

/// How many names are tried: those of processes that were killed may be left.
const TRIES: u32 = 1_000;

impl Scratch {
    /// A new, empty folder.
    pub fn new() -> Result<Scratch, Trouble> {
        let parent = std::env::temp_dir();
        for number in 0..TRIES {
            let folder = parent.join(format!("cargo-raddle-{}-{number}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Scratch { folder, files: AtomicU32::new(0) }),
                Err(reason) if reason.kind() == ErrorKind::AlreadyExists => {}
                Err(reason) => {
                    let message = format!("failed to create {}: {reason}", folder.display());
                    return Err(Trouble::new(Exit::Temporary, message));
                }
            }
        }
        let message =
            format!("{} is full of folders cargo-raddle-*: remove them", parent.display());
        Err(Trouble::new(Exit::Temporary, message))
    }

    fn path(&self, end: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Relaxed);
        self.folder.join(format!("{number}-{end}"))
    }

    /// A new, empty folder whose name ends so.
    pub fn folder(&self, end: &str) -> Result<PathBuf, Trouble> {
        let path = self.path(end);
        std::fs::create_dir(&path)
            .map_err(Trouble::outside(format!("create {}", path.display())))?;
        Ok(path)
    }

    /// A new, empty file whose name ends so.
    pub fn file(&self, end: &str) -> Result<PathBuf, Trouble> {
        let path = self.path(end);
        std::fs::write(&path, "")
            .map_err(Trouble::outside(format!("create {}", path.display())))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, which empties that folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_differ_and_go_with_the_folder() {
        let (one, two) = (Scratch::new().expect("a folder"), Scratch::new().expect("another"));
        assert_ne!(one.folder, two.folder);
        let (a, b) = (one.file("x").expect("a file"), one.file("x").expect("another"));
        assert_ne!(a, b);
        assert!(a.exists() && b.exists());
        drop(one);
        assert!(!a.exists() && two.folder.exists());
    }
}
