//! The code of the book, a file for each chapter that has some.

mod getting_started;
mod go;
mod memory_model;
mod modelling;
mod moving;
mod replay;
mod reports;
mod strategies;

use crate::Shown;
use std::path::Path;

/// The reports that the book shows.
pub(crate) const REPORTS: &[&[Shown]] =
    &[getting_started::REPORTS, go::REPORTS, memory_model::REPORTS, reports::REPORTS];

/// The lines between `// region: NAME` and `// end: NAME` of a file here; `place` is `FILE NAME`.
pub(crate) fn region(place: &str) -> String {
    let (file, name) = place.split_once(' ').unwrap_or_else(|| panic!("{place:?}: FILE NAME"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
    let line = |word: &str| {
        let mark = format!("// {word}: {name}");
        text.lines()
            .position(|line| line.trim() == mark)
            .unwrap_or_else(|| panic!("{file}: {mark}"))
    };
    let lines: Vec<&str> = text.lines().take(line("end")).skip(line("region") + 1).collect();
    let indents = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines = lines.iter().map(|line| line.get(indent..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}
