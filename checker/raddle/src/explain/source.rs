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
    if let Some(variable) = of_pattern(line, before.len()) {
        return Some(match field_before(&before) {
            Some(field) => format!("{variable}.{field}"),
            None => variable.to_string(),
        });
    }
    let keywords = ["let ", "static ", "const "];
    let variable = keywords.into_iter().find_map(|keyword| {
        // A block `[const { … }; 4]` declares nothing.
        let is_list = |at: &usize| before[..*at].ends_with('[');
        let at = before.find(keyword).filter(|at| !is_list(at))?;
        let rest = before[at + keyword.len()..].trim_start();
        Some(identifier(rest.strip_prefix("mut ").unwrap_or(rest).trim_start()))
    });
    match (variable, field_before(&before)) {
        (Some(variable), Some(field)) => Some(format!("{}.{field}", variable?)),
        (Some(variable), None) => variable.map(|variable| match place_in_tuple(&before) {
            Some(number) => format!("{variable}.{number}"),
            None => variable.to_string(),
        }),
        (None, field) => field.map(str::to_string),
    }
}

/// Which part of a tuple begins where the text ends, if the innermost bracket that is open there is one of a tuple.
fn place_in_tuple(before: &str) -> Option<usize> {
    // For each bracket that is open, whether it is one of a tuple, and how many commas were in it.
    let mut open: Vec<(bool, usize)> = Vec::new();
    let mut last = ' ';
    for c in before.chars() {
        match c {
            '(' | '[' | '{' => {
                let is_call = last.is_alphanumeric() || "_>!)".contains(last);
                open.push((c == '(' && !is_call, 0));
            }
            ')' | ']' | '}' => _ = open.pop(),
            ',' => open.last_mut().into_iter().for_each(|(_, commas)| *commas += 1),
            _ => {}
        }
        last = if c == ' ' { last } else { c };
    }
    // What wraps it is not the object: `(Arc::new(Mutex::new(0)), …)`.
    while let Some((false, 0)) = open.last() {
        open.pop();
    }
    open.last().filter(|(is_tuple, _)| *is_tuple).map(|(_, commas)| *commas)
}

/// The names of a pattern `(a, b, …)` on the left of ` = ` in a line, as far as they are names, and where its right side begins.
fn pattern(line: &str) -> Option<(Vec<Option<&str>>, usize)> {
    let start = line.find("let (")? + "let (".len();
    let end = start + line[start..].find(')')?;
    let right = end + line[end..].find("= ")? + "= ".len();
    let names = line[start..end].split(',').map(|part| {
        let part = part.trim();
        identifier(part.strip_prefix("mut ").unwrap_or(part))
    });
    Some((names.collect(), right))
}

/// Which of the variables of a pattern the expression at a place initialises, if both sides are lists.
fn of_pattern(line: &str, at: usize) -> Option<&str> {
    let (names, right) = pattern(line)?;
    let between = line.get(right..at)?.strip_prefix('(')?;
    let (mut depth, mut number) = (0, 0);
    for c in between.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => number += 1,
            _ => {}
        }
    }
    *names.get(number)?
}

/// The two names to which a call at that place gives what it returns: `let (sender, receiver) = mpsc::channel();`.
pub(crate) fn pair_at(text: &str, line: u32, column: u32) -> Option<[String; 2]> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    let (at, _) = line.char_indices().nth(column.checked_sub(1)? as usize)?;
    let (names, right) = pattern(line)?;
    match names.as_slice() {
        [first, second] if right == at => {
            Some([first.unwrap_or("_").to_string(), second.unwrap_or("_").to_string()])
        }
        _ => None,
    }
}

/// The field whose initial value, within nothing but constructors and a list, begins where the text ends.
fn field_before(before: &str) -> Option<&str> {
    let (field, between) = before.rsplit_once(": ")?;
    let is_constructor = |c: char| c.is_alphanumeric() || "_:(<>&".contains(c);
    // All elements of a list are called as the list is.
    let outside = match between.split_once('[') {
        Some((outside, _)) => outside.strip_suffix("vec!").unwrap_or(outside),
        None => between,
    };
    if !outside.chars().all(is_constructor) {
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

/// Methods that hand on what they are called on, so that it says nothing of the object what they are called.
const HANDS_ON: [&str; 14] = [
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clone",
    "deref",
    "expect",
    "get",
    "get_mut",
    "lock",
    "read",
    "unwrap",
    "upgrade",
    "write",
];

/// What the method at that place is called on, where the object has no other name, and whether that is a field: `tail` for
/// `self.queue.tail.load(…)`, `lanes` for `lanes[i].load(…)`, `ctx.done()` for `ctx.done().recv()`; also if the line begins
/// with the method. `self` is no name.
pub(crate) fn used_as(text: &str, line: u32, column: u32) -> Option<(String, bool)> {
    let line = line.checked_sub(1)? as usize;
    let here = text.lines().nth(line)?;
    let (at, _) = here.char_indices().nth(column.checked_sub(1)? as usize)?;
    let mut before = here[..at].strip_suffix('.')?;
    if before.trim().is_empty() {
        before = text.lines().nth(line.checked_sub(1)?)?.trim_end();
    }
    let is_call = before.ends_with("()");
    before = before.strip_suffix("()").unwrap_or(before);
    if before.ends_with(']') {
        before = &before[..before.rfind('[')?];
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let start = |text: &str| {
        text.rfind(|c: char| !is_name(c))
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
    };
    let name = identifier(&before[start(before)..])?;
    let owner = before[..start(before)].strip_suffix('.');
    match (is_call, owner) {
        (true, _) if HANDS_ON.contains(&name) => None,
        (true, Some(owner)) => {
            let owner = identifier(&owner[start(owner)..]).filter(|owner| *owner != "self");
            let owner = owner.map(|owner| format!("{owner}.")).unwrap_or_default();
            Some((format!("{owner}{name}()"), true))
        }
        (true, None) => Some((format!("{name}()"), false)),
        (false, owner) => (name != "self").then(|| (name.to_string(), owner.is_some())),
    }
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
    use super::{called_at, derived_fields, name_at, pair_at, receiver_at, used_as};

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
            ("let both = Arc::new((Mutex::new(0), Condvar::new()));", "Mutex", Some("both.0")),
            (
                "let both = Arc::new((Mutex::new(f(0, 1)), Condvar::new()));",
                "Condvar",
                Some("both.1"),
            ),
            ("let both = (1, Arc::new(Mutex::new(0)));", "Mutex", Some("both.1")),
            ("let list = [Mutex::new(0), Mutex::new(1)];", "Mutex::new(1", Some("list")),
            ("let x = Arc::new(f(1, Mutex::new(0)));", "Mutex", Some("x")),
            ("let (a, mut b) = (Mutex::new(f(0, 1)), chan(0));", "chan", Some("b")),
            ("let (a, b) = (Arc::new(Mutex::new(0)), 1);", "Mutex", Some("a")),
            ("let (q, _) = (Queue { a: 1, tail: Mutex::new(0) }, 1);", "Mutex", Some("q.tail")),
            ("let (_, b) = (Mutex::new(0), 1);", "Mutex", None),
            (
                "let p = Arc::new(Peterson { flag: [AtomicBool::new(true), AtomicBool::new(false)] });",
                "AtomicBool::new(false",
                Some("p.flag"),
            ),
            ("Ring { slots: [const { UnsafeCell::new(0) }; 4] }", "UnsafeCell", Some("slots")),
            ("        lanes: vec![Mutex::new(0), Mutex::new(1)],", "Mutex::new(1", Some("lanes")),
            ("Ring { slots: f([1, Mutex::new(0)]) }", "Mutex", Some("slots")),
            ("Ring { slots: f(1, Mutex::new(0)) }", "Mutex", None),
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
    fn pairs_are_the_two_names_of_what_a_call_returns() {
        let line = "    let (tx, mut rx) = mpsc::channel();";
        let at = line.find("mpsc").unwrap() as u32 + 1;
        assert_eq!(pair_at(line, 1, at), Some(["tx".to_string(), "rx".to_string()]));
        assert_eq!(pair_at(line, 1, at + 1), None);
        assert_eq!(pair_at("let pair = mpsc::channel();", 1, 12), None);
        assert_eq!(pair_at("let (a, b, c) = three();", 1, 17), None);
    }

    #[test]
    fn objects_are_called_what_methods_are_called_on() {
        let all = [
            ("    self.queue.tail.load(x);", "load", Some(("tail", true))),
            ("    done.recv();", "recv", Some(("done", false))),
            ("    go!(ctx => ctx.done().recv());", "recv", Some(("ctx.done()", true))),
            ("    self.done().recv();", "recv", Some(("done()", true))),
            ("    queue().recv();", "recv", Some(("queue()", false))),
            ("    self.lanes[i + 1].store(1);", "store", Some(("lanes", true))),
            ("    x.lock().unwrap().recv();", "recv", None),
            ("    self.with(|x| x);", "with", None),
            ("    self.0.lock();", "lock", None),
            ("    select! {", "select", None),
            ("    é.lock();", "lock", Some(("é", false))),
        ];
        for (line, what, name) in all {
            let column = line[..line.find(what).unwrap()].chars().count() as u32 + 1;
            let found = used_as(line, 1, column);
            let found = found.as_ref().map(|(name, is_field)| (name.as_str(), *is_field));
            assert_eq!(found, name, "{line}");
        }
        let lines = "    self.pool\n        .queue\n        .lock();\n";
        assert_eq!(used_as(lines, 3, 10), Some(("queue".to_string(), true)));
        assert_eq!(used_as(lines, 1, 1), None);
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
