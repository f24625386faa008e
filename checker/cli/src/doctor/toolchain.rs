//! Whether cargo and rustc are there and new enough.

use super::Finding;

/// The oldest minor version of Rust 1 that raddle supports.
const OLDEST: u32 = 95;

/// What `cargo --version` answered.
pub fn cargo(answer: Result<String, String>) -> Finding {
    match answer {
        Ok(text) => Finding::ok(text.trim()),
        Err(fault) => Finding::error(format!("{fault}: install Rust from https://rustup.rs")),
    }
}

/// What `rustc --version` answered.
pub fn rustc(answer: Result<String, String>) -> Finding {
    let text = match answer {
        Ok(text) => text.trim().to_string(),
        Err(fault) => {
            return Finding::error(format!("{fault}: install Rust from https://rustup.rs"));
        }
    };
    match minor(&text) {
        Some(version) if version >= OLDEST => Finding::ok(text),
        Some(_) => Finding::error(format!(
            "{text} is too old: raddle needs 1.{OLDEST} or newer; rustup update"
        )),
        None => Finding::warning(format!(
            "`{text}` is no version that is known: raddle needs 1.{OLDEST} or newer"
        )),
    }
}

/// 95 for `rustc 1.95.0-nightly (…)`.
fn minor(text: &str) -> Option<u32> {
    let version = text.strip_prefix("rustc ")?.split_whitespace().next()?;
    let mut parts = version.split('.');
    match parts.next()?.parse().ok()? {
        1 => parts.next()?.parse().ok(),
        0 => Some(0),
        2u32.. => Some(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn versions_are_compared() {
        let cases = [
            ("rustc 1.95.0 (59807616e 2026-04-14)\n", Level::Ok),
            ("rustc 1.96.1", Level::Ok),
            ("rustc 1.100.0-nightly (a 2026-01-01)", Level::Ok),
            ("rustc 2.0.0", Level::Ok),
            ("rustc 1.94.0 (17067e9ac 2026-01-09)", Level::Error),
            ("rustc dev", Level::Warning),
            ("", Level::Warning),
        ];
        for (text, level) in cases {
            assert_eq!(rustc(Ok(text.into())).level, level, "{text}");
        }
        assert_eq!(rustc(Err("failed to start rustc".into())).level, Level::Error);
        assert_eq!(cargo(Err("failed to start cargo".into())).level, Level::Error);
        assert_eq!(cargo(Ok("cargo 1.95.0\n".into())), Finding::ok("cargo 1.95.0"));
    }
}
