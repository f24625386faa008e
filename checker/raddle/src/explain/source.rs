//! The text of source files, which the compiler names relative to where it was started.

use std::path::{Path, PathBuf};

fn find(file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    if path.is_absolute() {
        return Some(path.to_path_buf());
    }
    let start = crate::settings::start_of_search()?;
    start.ancestors().map(|folder| folder.join(path)).find(|path| path.is_file())
}

/// The text of a file, if it can be found where this test was built.
pub(crate) fn read(file: &str) -> Option<String> {
    std::fs::read_to_string(find(file)?).ok()
}

/// What the expression at that place is called in the source: the variable, static or field that it
/// initialises on the same line.
pub(crate) fn name_at(text: &str, line: u32, column: u32) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    let before: String = line.chars().take(column.saturating_sub(1) as usize).collect();
    let identifier = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let name = &text[..end];
        let first = name.chars().next()?;
        (first.is_alphabetic() || first == '_').then(|| name.to_string())
    };
    for keyword in ["let ", "static ", "const "] {
        if let Some(at) = before.find(keyword) {
            let rest = before[at + keyword.len()..].trim_start();
            return identifier(rest.strip_prefix("mut ").unwrap_or(rest).trim_start());
        }
    }
    let (field, between) = before.rsplit_once(": ")?;
    let is_constructor = |c: char| c.is_alphanumeric() || "_:(<>&".contains(c);
    if !between.chars().all(is_constructor) {
        return None;
    }
    let start = field.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    identifier(&field[start..])
}

#[cfg(test)]
mod tests {
    use super::name_at;

    #[test]
    fn names_are_those_of_what_is_initialised() {
        let all = [
            ("    let flag = Arc::new(AtomicBool::new(false));", "AtomicBool", Some("flag")),
            ("let mut x = Mutex::new(0);", "Mutex", Some("x")),
            ("static HITS: AtomicU32 = AtomicU32::new(0);", "AtomicU32::new", Some("HITS")),
            ("        head: AtomicPtr::new(null_mut()),", "AtomicPtr", Some("head")),
            ("    Queue { tail: Box::new(Mutex::new(0)) }", "Mutex", Some("tail")),
            ("    foo(Mutex::new(0))", "Mutex", None),
            ("    let (tx, rx) = mpsc::channel();", "mpsc", None),
        ];
        for (line, what, name) in all {
            let column = line.find(what).unwrap() as u32 + 1;
            assert_eq!(name_at(line, 1, column).as_deref(), name, "{line}");
        }
        assert_eq!(name_at("", 7, 1), None);
    }
}
