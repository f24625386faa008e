//! The lines of source around the places of a trace.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::text::layout::{clean, clean_line};
use crate::trace::Site;

/// So many lines around a place are shown.
const AROUND: u32 = 6;
/// So many bytes of source have room in a page; then only the lines themselves are taken.
const BYTES_MAX: usize = 200 << 10;
/// A longer line is cut, in characters.
const LINE_MAX: usize = 240;

/// A file of which something is shown.
#[derive(Serialize)]
pub(super) struct File {
    name: String,
    /// Pieces of it: the number of the first line, and the lines.
    pieces: Vec<(u32, Vec<String>)>,
}

/// The files of some places with excerpts, and the places as file, line and column.
pub(super) fn excerpts(
    sites: &[Site],
    source: &dyn Fn(&str) -> Option<String>,
) -> (Vec<File>, Vec<(u32, u32, u32)>) {
    let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for site in sites {
        wanted.entry(&site.file).or_default().insert(site.line);
    }
    let numbers: BTreeMap<&str, u32> =
        wanted.keys().enumerate().map(|(i, file)| (*file, i as u32)).collect();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for name in wanted.keys() {
        texts.insert(name, source(name).unwrap_or_default());
    }
    let places = sites.iter().map(|site| {
        let name = site.file.as_str();
        (numbers[name], site.line, column(&texts[name], site))
    });
    let places = places.collect();
    let mut left = BYTES_MAX;
    let files = wanted.iter().map(|(name, lines)| {
        let text = &texts[name];
        let pieces = match pieces(text, lines, AROUND) {
            (size, pieces) if size <= left => (size, pieces),
            _ => pieces(text, lines, 0),
        };
        let (size, pieces) = if pieces.0 <= left { pieces } else { (0, Vec::new()) };
        left -= size;
        File { name: clean_line(name), pieces }
    });
    (files.collect(), places)
}

/// The column of a place in its line as it is shown, where a tab takes several.
fn column(text: &str, site: &Site) -> u32 {
    let line = (site.line as usize).checked_sub(1).and_then(|line| text.lines().nth(line));
    let Some(line) = line.filter(|_| site.column > 0) else { return site.column };
    let before: String = line.chars().take(site.column as usize - 1).collect();
    clean(&before).chars().count() as u32 + 1
}

/// Those lines with some around each, and how many bytes that is.
fn pieces(text: &str, wanted: &BTreeSet<u32>, around: u32) -> (usize, Vec<(u32, Vec<String>)>) {
    let mut pieces: Vec<(u32, Vec<String>)> = Vec::new();
    let mut size = 0;
    let lines: Vec<&str> = text.lines().collect();
    let mut next = 1;
    for &line in wanted.iter().filter(|&&line| line >= 1 && line as usize <= lines.len()) {
        let first = line.saturating_sub(around).max(next);
        let last = line.saturating_add(around).min(lines.len() as u32);
        if first != next || pieces.is_empty() {
            pieces.push((first, Vec::new()));
        }
        for number in first..=last {
            let text = clean(lines[number as usize - 1]);
            let text: String = text.chars().take(LINE_MAX).collect();
            size += text.len();
            if let Some((_, piece)) = pieces.last_mut() {
                piece.push(text);
            }
        }
        next = next.max(last + 1);
    }
    (size, pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: u32) -> String {
        (1..=count).map(|i| format!("line {i}\n")).collect()
    }

    #[test]
    fn pieces_that_touch_are_one() {
        let wanted = BTreeSet::from([3, 5, 20, 99]);
        let (size, pieces) = pieces(&lines(30), &wanted, 1);
        let firsts: Vec<(u32, usize)> = pieces.iter().map(|(first, l)| (*first, l.len())).collect();
        assert_eq!(firsts, [(2, 5), (19, 3)]);
        assert_eq!(pieces[0].1[0], "line 2");
        assert_eq!(
            size,
            pieces.iter().flat_map(|(_, lines)| lines).map(String::len).sum::<usize>()
        );
    }

    #[test]
    fn much_source_is_cut_to_the_lines_themselves() {
        let text = format!("{}\n", "x".repeat(200)).repeat(5_000);
        let sites: Vec<Site> = (1..400).map(|i| Site::new("a.rs", i * 12, 1)).collect();
        let (files, places) = excerpts(&sites, &|_| Some(text.clone()));
        assert_eq!(files[0].pieces.len(), sites.len());
        assert!(files[0].pieces.iter().all(|(_, lines)| lines.len() == 1));
        assert_eq!(places[1], (0, 24, 1));
    }
}
