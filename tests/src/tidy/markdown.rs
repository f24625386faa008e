//! Checks that the links of one Markdown file lead to files of the repository.
//!
//! Read are inline links and images, and reference definitions. Left alone are other sites, places in
//! the same page, and whatever stands in code.

use super::Fault;

/// Checks one page; `exists` answers for a path relative to the root (the root itself is empty).
pub fn check_links(file: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fence: Option<&str> = None;
    for (i, line) in text.lines().enumerate() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(close)) if open == close => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                for target in targets(&without_code(line)) {
                    let leads = path_of(file, &target).map(|path| exists(&path));
                    if leads == Some(false) {
                        let what = format!("links to `{target}`, which is not in the repository");
                        faults.push(Fault::new(file, i + 1, what));
                    }
                }
            }
        }
    }
    faults
}

/// The line with the inside of its code spans blanked.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('`') {
        let ticks = rest[open..].chars().take_while(|&c| c == '`').count();
        let inside = open + ticks;
        out.push_str(&rest[..open]);
        match rest[inside..].find(&rest[open..inside]) {
            Some(length) => rest = &rest[inside + length + ticks..],
            None => rest = &rest[inside..],
        }
    }
    out + rest
}

/// The targets of every link that stands in `line`.
fn targets(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices("](") {
        out.extend(target(&line[at + 2..], true));
    }
    let definition = line.trim_start();
    if definition.starts_with('[')
        && !definition.starts_with("[^")
        && let Some((_, rest)) = definition.split_once("]:")
    {
        out.extend(target(rest.trim_start(), false));
    }
    out
}

/// The target at the start of `rest`: up to a blank (a title follows) or the bracket that closes it.
fn target(rest: &str, in_brackets: bool) -> Option<String> {
    if let Some(inner) = rest.strip_prefix('<') {
        return inner.split_once('>').map(|(target, _)| target.to_owned());
    }
    let mut depth = 0;
    let end = rest.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c.is_whitespace() || (in_brackets && depth < 0)
    });
    let target = &rest[..end.unwrap_or(rest.len())];
    (!target.is_empty()).then(|| target.to_owned())
}

/// The path below the root that a link of `file` means, if it means one; `..` above it stays.
fn path_of(file: &str, target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faults of a page `book/page.md` in a repository with three files.
    fn check(text: &str) -> Vec<Fault> {
        let files = ["", "README.md", "book", "book/page.md", "book/a(b).md"];
        check_links("book/page.md", text, &|path| files.contains(&path))
    }

    #[test]
    fn a_link_to_nothing_is_caught_in_every_form() {
        for text in [
            "x\n[a](gone.md)",
            "x\n![a](../gone.png \"title\")",
            "x\n[a]: /gone.md",
            "x\n[a](page.md) and [b](gone.md#part)",
            "x\n[a](<gone.md>)",
            "x\n`code` [a](gone.md) `code`",
            "x\n[a](../../README.md)",
            "```\n```\n[a](gone.md)",
            "~~~\n```\n~~~\n[a](gone.md)",
        ] {
            let faults = check(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(
                faults[0].line >= 2 && faults[0].what.contains("gone") || text.contains("../..")
            );
        }
    }

    #[test]
    fn what_exists_or_is_elsewhere_passes() {
        for text in [
            "[a](page.md) [b](../README.md#x) [c](/README.md) [d](..) [e](a(b).md)",
            "[a](https://example.org/gone.md) [b](#part) [c](mailto:a@b)",
            "[^1]: A note with (gone.md)",
            "`[a](gone.md)` and ``[a](gone.md) ` ``",
            "```text\n[a](gone.md)\n~~~\n[a](gone.md)\n```",
        ] {
            assert_eq!(check(text), [], "{text}");
        }
    }
}
