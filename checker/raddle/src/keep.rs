//! Tokens that are too long for a line, in files.

use raddle_report::trace::Trace;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How many characters a token may have before a file stands for it.
pub(crate) const TOKEN_MAX: usize = 400;

/// How many traces are kept. One is a few kilobytes, of a long execution a megabyte; a replay whose trace is gone
/// only cannot tell what has changed.
const TRACES_MAX: usize = 500;

/// Where files go: `raddle` beside the build's profile folders, such as `target/raddle`.
pub(crate) fn folder() -> PathBuf {
    let binary = std::env::current_exe().unwrap_or_default();
    let target =
        binary.ancestors().find(|folder| folder.file_name().is_some_and(|n| n == "target"));
    target.map_or_else(std::env::temp_dir, Path::to_path_buf).join("raddle")
}

/// The token, or the path of a file that holds it if it is long. If that cannot be written the token stays.
pub(crate) fn short(test: &str, token: String) -> String {
    if token.len() <= TOKEN_MAX {
        return token;
    }
    let name: String = test.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    // The name of the file follows from what is in it, so an earlier token is never overwritten.
    let hash = raddle_report::token::test_hash(&token);
    let path = folder().join(format!("{name}-{hash:05x}.token"));
    let write = || {
        std::fs::create_dir_all(folder())?;
        std::fs::write(&path, format!("{token}\n"))
    };
    match write() {
        Ok(()) => path.display().to_string(),
        Err(error) => {
            eprintln!("warning: failed to write the token to {}: {error}", path.display());
            token
        }
    }
}

/// Where the trace of a token is kept.
fn path_of(token: &str) -> Option<PathBuf> {
    let is_token =
        token.starts_with("rd") && token.chars().all(|c| c.is_alphanumeric() || c == '-');
    is_token.then(|| folder().join("traces").join(format!("{token}.json")))
}

/// Keeps the trace of a failing execution that a search found, so that a replay after an edit can tell what is different. What was
/// kept for the same token gives way: it is of an earlier search, whose steps may have been told in other words. It does
/// without if that is not possible.
pub(crate) fn replace(trace: &Trace) {
    let Some(path) = trace.token.as_deref().and_then(path_of) else { return };
    let text = format!("{}\n", trace.to_json());
    if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return;
    }
    // Written elsewhere first: whoever reads it finds all of it or nothing.
    static PARTS: AtomicU32 = AtomicU32::new(0);
    let number = PARTS.fetch_add(1, Relaxed);
    let part = path.with_extension(format!("{}-{number}.part", std::process::id()));
    let write = || {
        std::fs::create_dir_all(folder().join("traces"))?;
        std::fs::write(&part, text)?;
        std::fs::rename(&part, &path)?;
        prune(&folder().join("traces"), TRACES_MAX)
    };
    let _ = write();
}

/// The same for an execution that was replayed: what was kept when its token was made stays.
pub(crate) fn save(trace: &Trace) {
    if trace.token.as_deref().and_then(path_of).is_some_and(|path| !path.exists()) {
        replace(trace);
    }
}

/// Removes the oldest files of a folder, so that so many are left. It may find that another process has done so.
fn prune(folder: &Path, most: usize) -> std::io::Result<()> {
    let entries = std::fs::read_dir(folder)?.filter_map(Result::ok);
    let dated = |entry: std::fs::DirEntry| {
        let written = entry.metadata().and_then(|data| data.modified()).ok()?;
        Some((written, entry.path()))
    };
    let mut files: Vec<_> = entries.filter_map(dated).collect();
    let spare = files.len().saturating_sub(most);
    if spare > 0 {
        files.sort();
        files.into_iter().take(spare).for_each(|(_, path)| _ = std::fs::remove_file(path));
    }
    Ok(())
}

/// The trace that was kept for a token; what is wrong with it if it cannot be read.
pub(crate) fn saved(token: &str) -> Option<Result<Trace, String>> {
    let text = std::fs::read_to_string(path_of(token)?).ok()?;
    Some(Trace::from_json(text.trim()).map_err(|error| error.to_string()))
}

/// Adds a trace to the file that `RADDLE_TRACE` names, if it names one.
pub(crate) fn trace(trace: &Trace) {
    let Some(path) = crate::settings::trace_file() else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let line = format!("{}\n", trace.to_json());
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        eprintln!("warning: failed to write the trace to {path}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_files_go_first() {
        let folder = folder().join(format!("pruned-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let start = std::time::SystemTime::UNIX_EPOCH;
        for (age, name) in ["new", "old", "older"].into_iter().enumerate() {
            let file = std::fs::File::create(folder.join(name)).unwrap();
            let written = start + std::time::Duration::from_secs(9 - age as u64);
            file.set_modified(written).unwrap();
        }
        let left = || {
            let entries =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
            names.sort();
            names
        };
        prune(&folder, 3).unwrap();
        assert_eq!(left(), ["new", "old", "older"]);
        prune(&folder, 1).unwrap();
        assert_eq!(left(), ["new"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn long_tokens_go_to_files_and_short_ones_stay() {
        assert_eq!(short("a::b", "rd1-x".to_string()), "rd1-x");
        let long = format!("rd1-{}", "x".repeat(TOKEN_MAX));
        let path = short("a::b", long.clone());
        assert!(path.ends_with(".token"), "{path}");
        assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), long);
        std::fs::remove_file(path).unwrap();
    }
}
