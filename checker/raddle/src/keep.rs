//! Tokens that are too long for a line, in files.

use raddle_report::trace::Trace;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many characters a token may have before a file stands for it.
pub(crate) const TOKEN_MAX: usize = 400;

/// Where files go: `raddle` beside the build's profile folders, such as `target/raddle`.
fn folder() -> PathBuf {
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
    fn long_tokens_go_to_files_and_short_ones_stay() {
        assert_eq!(short("a::b", "rd1-x".to_string()), "rd1-x");
        let long = format!("rd1-{}", "x".repeat(TOKEN_MAX));
        let path = short("a::b", long.clone());
        assert!(path.ends_with(".token"), "{path}");
        assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), long);
        std::fs::remove_file(path).unwrap();
    }
}
