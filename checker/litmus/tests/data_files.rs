//! The data files under `tests/data`: every one is readable, and no program has a namesake.

use raddle_litmus::program::Program;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn every_file_parses_and_names_are_unique() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let mut home: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut files = 0;
    for entry in std::fs::read_dir(&directory).expect("the directory of data files") {
        let path = entry.expect("an entry of that directory").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        files += 1;
        let file = path.file_name().expect("a file name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let programs = Program::parse_list(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(!programs.is_empty(), "{file} holds no program");
        for program in programs {
            assert!(!program.expect.is_empty(), "{file}: {} expects nothing", program.name);
            let key = (file.clone(), program.name.clone());
            let before = home.insert(key, file.clone());
            assert_eq!(before, None, "{file}: {} appears twice", program.name);
        }
    }
    assert!(files > 0, "no data file in {}", directory.display());
}
