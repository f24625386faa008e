//! Settings behind a reader-writer lock: read often, loaded when first asked for, seldom changed.

#![forbid(unsafe_code)]

use raddle_shims::sync::RwLock;
use std::collections::BTreeMap;

/// Settings by name.
#[derive(Default)]
pub struct Settings {
    values: RwLock<BTreeMap<&'static str, u32>>,
}

impl Settings {
    /// None yet.
    #[track_caller]
    pub const fn new() -> Settings {
        Settings { values: RwLock::new(BTreeMap::new()) }
    }

    /// Changes one.
    ///
    /// # Panics
    /// If another change has panicked.
    pub fn set(&self, name: &'static str, value: u32) {
        self.values.write().unwrap().insert(name, value);
    }

    /// What one of them is, if it is known.
    ///
    /// # Panics
    /// If a change has panicked.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.values.read().unwrap().get(name).copied()
    }
}

/// Acts on what was true under a lock that has been let go, and locks what it has locked already.
pub mod broken {
    use super::Settings;

    /// What a setting is; loaded if nobody has asked before.
    ///
    /// # Panics
    /// If a change has panicked.
    pub fn get_or_load(settings: &Settings, name: &'static str, load: fn() -> u32) -> u32 {
        if let Some(value) = settings.get(name) {
            return value;
        }
        let value = load();
        settings.set(name, value);
        value
    }

    /// The sum of these settings at one moment.
    ///
    /// # Panics
    /// If a change has panicked.
    pub fn sum(settings: &Settings, names: &[&str]) -> u32 {
        // Nothing may change in between.
        let _unchanged = settings.values.read().unwrap();
        names.iter().filter_map(|name| settings.get(name)).sum()
    }
}

/// Looks again under the lock that it acts under, and reads through the guard that it has.
pub mod fixed {
    use super::Settings;

    /// What a setting is; loaded if nobody has asked before.
    ///
    /// # Panics
    /// If a change has panicked.
    pub fn get_or_load(settings: &Settings, name: &'static str, load: fn() -> u32) -> u32 {
        if let Some(value) = settings.get(name) {
            return value;
        }
        let value = load();
        *settings.values.write().unwrap().entry(name).or_insert(value)
    }

    /// The sum of these settings at one moment.
    ///
    /// # Panics
    /// If a change has panicked.
    pub fn sum(settings: &Settings, names: &[&str]) -> u32 {
        let values = settings.values.read().unwrap();
        names.iter().filter_map(|name| values.get(name)).sum()
    }
}
