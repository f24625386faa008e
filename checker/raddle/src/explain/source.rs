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

/// The name at the beginning of a text, if one is there; `_` is none.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = &text[..end];
    let first = name.chars().next()?;
    (first.is_alphabetic() || first == '_' && name.len() > 1).then_some(name)
}

/// What the expression at that place is called in the source: the variable, static or field that it
/// initialises on the same line; a field of a variable, `queue.tail`, if the line has both.
pub(crate) fn name_at(text: &str, line: u32, column: u32) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    let before: String = line.chars().take(column.saturating_sub(1) as usize).collect();
    let keywords = ["let ", "static ", "const "];
    let variable = keywords.into_iter().find_map(|keyword| {
        let rest = before[before.find(keyword)? + keyword.len()..].trim_start();
        Some(identifier(rest.strip_prefix("mut ").unwrap_or(rest).trim_start()))
    });
    match (variable, field_before(&before)) {
        (Some(variable), Some(field)) => Some(format!("{}.{field}", variable?)),
        (Some(variable), None) => variable.map(str::to_string),
        (None, field) => field.map(str::to_string),
    }
}

/// The field whose initial value, within nothing but constructors, begins where the text ends.
fn field_before(before: &str) -> Option<&str> {
    let (field, between) = before.rsplit_once(": ")?;
    let is_constructor = |c: char| c.is_alphanumeric() || "_:(<>&".contains(c);
    if !between.chars().all(is_constructor) {
        return None;
    }
    let start = field.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    identifier(&field[start..])
}

/// The fields that a derived `Default` on that line initialises with objects of that kind.
pub(crate) fn derived_fields<'a>(text: &'a str, line: u32, kind: &str) -> Vec<&'a str> {
    derived(text, line, kind).unwrap_or_default()
}

fn derived<'a>(text: &'a str, line: u32, kind: &str) -> Option<Vec<&'a str>> {
    let mut lines = text.lines().skip(line.checked_sub(1)? as usize);
    if !lines.next()?.contains("Default") {
        return None;
    }
    let types = match kind {
        "atomic" => "Atomic",
        "cell" => "UnsafeCell<",
        "mutex" => "Mutex<",
        "rwlock" => "RwLock<",
        "condvar" => "Condvar",
        _ => return None,
    };
    let is_head = |line: &&str| line.contains("struct ") && line.trim_end().ends_with('{');
    let mut lines = lines.skip_while(|line| !is_head(line) && line.trim_start().starts_with('#'));
    lines.next().filter(is_head)?;
    let fields = lines.take_while(|line| line.trim() != "}").filter_map(|line| {
        let (field, of) = line.split_once(": ")?;
        of.contains(types).then(|| identifier(field.trim().rsplit(' ').next()?)).flatten()
    });
    Some(fields.collect())
}

/// What the method at that place is called on: `tail` for `self.queue.tail.load(…)`.
pub(crate) fn receiver_at(text: &str, line: u32, column: u32) -> Option<&str> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    let (at, _) = line.char_indices().nth(column.checked_sub(1)? as usize)?;
    let before = line[..at].strip_suffix('.')?;
    let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    identifier(&before[start..])
}

/// The last name of the path that begins at a place: `park` for `thread::park()`.
pub(crate) fn called_at(text: &str, line: u32, column: u32) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    let rest: String = line.chars().skip(column.checked_sub(1)? as usize).collect();
    let mut rest = rest.as_str();
    loop {
        let name = identifier(rest)?;
        match rest[name.len()..].strip_prefix("::") {
            Some(more) if identifier(more).is_some() => rest = more,
            _ => return Some(name.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{called_at, derived_fields, name_at, receiver_at};

    #[test]
    fn names_are_those_of_what_is_initialised() {
        let all = [
            ("    let flag = Arc::new(AtomicBool::new(false));", "AtomicBool", Some("flag")),
            ("let mut x = Mutex::new(0);", "Mutex", Some("x")),
            ("static HITS: AtomicU32 = AtomicU32::new(0);", "AtomicU32::new", Some("HITS")),
            ("        head: AtomicPtr::new(null_mut()),", "AtomicPtr", Some("head")),
            ("    Queue { tail: Box::new(Mutex::new(0)) }", "Mutex", Some("tail")),
            ("let q = Arc::new(Queue { tail: Mutex::new(0) });", "Mutex", Some("q.tail")),
            (
                "let q = Queue { head: Mutex::new(0), tail: Mutex::new(1) };",
                "Mutex::new(1",
                Some("q.tail"),
            ),
            ("let x: Mutex<u32> = Mutex::new(0);", "Mutex::new", Some("x")),
            ("    let _ = group.join(Mutex::new(0));", "Mutex", None),
            ("    foo(Mutex::new(0))", "Mutex", None),
            ("    let (tx, rx) = mpsc::channel();", "mpsc", None),
        ];
        for (line, what, name) in all {
            let column = line.find(what).unwrap() as u32 + 1;
            assert_eq!(name_at(line, 1, column).as_deref(), name, "{line}");
        }
        assert_eq!(name_at("", 7, 1), None);
    }

    #[test]
    fn fields_of_derived_defaults_are_known_by_their_types() {
        let text = "#[derive(Default)]\n#[repr(C)]\npub struct Latch {\n    /// Yes.\n    pub set: AtomicBool,\n    \
                    a: UnsafeCell<u8>,\n    b: UnsafeCell<u8>,\n}\nstruct Other {\n    c: Condvar,\n}\n";
        assert_eq!(derived_fields(text, 1, "atomic"), ["set"]);
        assert_eq!(derived_fields(text, 1, "cell"), ["a", "b"]);
        for (line, kind) in [(1, "mutex"), (1, "condvar"), (2, "atomic"), (0, "atomic")] {
            assert!(derived_fields(text, line, kind).is_empty(), "{line} {kind}");
        }
    }

    #[test]
    fn receivers_are_what_stands_before_the_dot() {
        let text = "    self.queue.tail.load(x);\n  *é.lock() += 1;\n    lock(self);\n";
        assert_eq!(receiver_at(text, 1, 21), Some("tail"));
        assert_eq!(receiver_at(text, 2, 6), Some("é"));
        for (line, column) in [(1, 20), (3, 5), (3, 0), (9, 1)] {
            assert_eq!(receiver_at(text, line, column), None, "{line}:{column}");
        }
    }

    #[test]
    fn calls_are_known_by_the_last_name_of_their_path() {
        let text = "    thread::park();\n    guard = c.wait(guard).unwrap();\n";
        assert_eq!(called_at(text, 1, 5).as_deref(), Some("park"));
        assert_eq!(called_at(text, 2, 15).as_deref(), Some("wait"));
        assert_eq!(called_at(text, 1, 4), None);
        assert_eq!(called_at(text, 9, 1), None);
    }
}
