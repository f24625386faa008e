//! Widths, wrapping, colours: how text that others wrote is made to fit.

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// The word error, and what is underlined first.
    Error,
    /// What should catch the eye.
    Strong,
    /// Line numbers, arrows, what is underlined next.
    Frame,
    /// A preemption, a stale read.
    Warning,
    /// The words help and note.
    Hint,
    /// What fills.
    Faint,
}

/// Colours text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painter {
    /// Whether it does.
    pub(crate) color: bool,
}

impl Painter {
    /// The text in its colour.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.color || text.trim().is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Error => "1;31",
            Tone::Strong => "1",
            Tone::Frame => "1;34",
            Tone::Warning => "1;33",
            Tone::Hint => "1;36",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text without characters that would move the cursor, colour something or reorder the line. Line
/// breaks stay; tabs become spaces.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("    "),
            // Marks of direction can make a line look like another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                clean.extend(c.escape_unicode());
            }
            c if c.is_control() => clean.extend(c.escape_default()),
            c => clean.push(c),
        }
    }
    clean
}

/// The same on one line.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text)
        .split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// How many columns of a terminal a character takes, by the blocks of Unicode that matter.
pub(crate) fn width_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// The text, filled up with spaces.
pub(crate) fn pad(text: &str, to: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', to.saturating_sub(width(text))));
    padded
}

/// The text in lines of at most `limit` columns, broken at spaces if possible; never empty. Spaces at
/// the beginning of a line stay.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(8);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            let bare = word.trim_end_matches(' ');
            if width(&line) + width(bare) > limit && !line.trim().is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            for c in word.chars() {
                if width(&line) + width_of(c) > limit && c != ' ' {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Wraps the text behind `first`, and sets what follows the first line below its beginning.
pub(crate) fn hang(first: &str, text: &str, limit: usize) -> Vec<String> {
    let indent = width(first);
    let lines = wrap(text, limit.saturating_sub(indent));
    let mut hung = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        let start = if i == 0 { first.to_owned() } else { " ".repeat(indent) };
        hung.push(format!("{start}{line}").trim_end().to_owned());
    }
    hung
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("abcdefghijklmnop", 10), ["abcdefghij", "klmnop"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  left: 1\n right: 2", 40), ["  left: 1", " right: 2"]);
        assert_eq!(hang("(1) ", "aaaa bbbb cccc", 13), ["(1) aaaa bbbb", "    cccc"]);
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(clean("a\u{1b}[31m\tb\r\nc\u{202e}"), "a\\u{1b}[31m    b\nc\\u{202e}");
        assert_eq!(clean_line("a\n  b\n\nc"), "a b c");
        assert_eq!((width("日本"), width("e\u{301}")), (4, 1));
    }
}
