//! Settings in a file: `.config/raddle.toml` beside the manifest of the tests or above it.
//!
//! ```toml
//! [default]
//! max_time = "30s"
//!
//! [profile.ci]          # with RADDLE_PROFILE=ci
//! max_time = "5m"
//! ```

use crate::settings::{Layer, start_of_search, unknown};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn find() -> Option<PathBuf> {
    let start = start_of_search()?;
    start.ancestors().map(|folder| folder.join(".config/raddle.toml")).find(|file| file.is_file())
}

/// The settings of the profile with that name, over those of `[default]`.
///
/// # Errors
/// What is wrong with the file, or that there is no such profile.
pub(crate) fn layer(name: Option<&str>) -> Result<Layer, String> {
    let Some(path) = find() else {
        return match name {
            None => Ok(Layer::default()),
            Some(name) => Err(format!("RADDLE_PROFILE={name}: there is no .config/raddle.toml")),
        };
    };
    let text = std::fs::read_to_string(&path).map_err(|error| at(&path, &error.to_string()))?;
    read(&text, name).map_err(|error| at(&path, &error))
}

fn at(path: &Path, error: &str) -> String {
    format!("{}: {error}", path.display())
}

fn read(text: &str, name: Option<&str>) -> Result<Layer, String> {
    let file: Table = text.parse().map_err(|error| format!("{error}"))?;
    let mut layer = Layer::default();
    let mut profiles = None;
    for (key, value) in &file {
        match (key.as_str(), value) {
            ("default", Value::Table(table)) => apply(&mut layer, table)?,
            ("profile", Value::Table(tables)) => profiles = Some(tables),
            _ => return Err(unknown("table", key, ["default", "profile"].into_iter())),
        }
    }
    let Some(name) = name else { return Ok(layer) };
    let names: Vec<&str> = profiles.iter().flat_map(|all| all.keys().map(String::as_str)).collect();
    match profiles.and_then(|all| all.get(name)).and_then(Value::as_table) {
        Some(table) => apply(&mut layer, table)?,
        None => return Err(unknown("profile", name, names.into_iter())),
    }
    Ok(layer)
}

fn apply(layer: &mut Layer, table: &Table) -> Result<(), String> {
    for (key, value) in table {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(truth) => truth.to_string(),
            _ => return Err(format!("{key}: a text, a whole number, true or false is expected")),
        };
        layer.set(key, &text).map_err(|error| format!("{key}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_stand_over_the_default() {
        let text = "[default]\nseed = 1\nmax_time = \"1s\"\n[profile.ci]\nseed = 2\n";
        assert!(format!("{:?}", read(text, None).unwrap()).contains("seed: Some(1)"));
        let ci = format!("{:?}", read(text, Some("ci")).unwrap());
        assert!(ci.contains("seed: Some(2)") && ci.contains("max_time: Some(1s)"), "{ci}");
    }

    #[test]
    fn errors_name_the_key() {
        assert!(read("[default]\nsed = 1", None).unwrap_err().contains("did you mean \"seed\""));
        assert!(read("[defaults]\nseed = 1", None).unwrap_err().contains("\"default\""));
        assert!(read("[profile.ci]\nseed = 1", Some("cj")).unwrap_err().contains("\"ci\""));
        assert!(read("[default", None).is_err());
    }
}
