//! Writes kept traces in the forms that other programs read, and what those should find in them, for `.ci/readers`.
//!
//! ```sh
//! cargo run -p raddle --example forms -- target/forms target/raddle/traces/*.json
//! ```

use raddle_report::render::find;
use raddle_report::text::Style;
use raddle_report::trace::Trace;
use std::path::Path;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("the first argument is the folder to write to");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("failed to make the folder");
    let mut written = 0;
    for file in arguments {
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("failed to read {file}: {error}"));
        // What an older build has kept is read by those who ask for it, not here.
        let Ok(trace) = Trace::from_json(&text) else { continue };
        let name = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let write = |end: &str, text: String| {
            let path = folder.join(format!("{name}.{end}"));
            std::fs::write(&path, text)
                .unwrap_or_else(|error| panic!("failed to write {}: {error}", path.display()));
        };
        for form in ["dot", "chrome"] {
            let renderer = find(form).expect("there is such a form");
            write(form, (renderer.render)(&trace, Style { full: true, ..Style::plain(80) }));
        }
        let arrows: usize = trace.steps.iter().map(|step| step.after.len()).sum();
        let mut threads: Vec<u32> = trace.steps.iter().map(|step| step.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        let (steps, threads) = (trace.steps.len(), threads.len());
        write("counts", format!("{steps} {threads} {arrows}\n"));
        written += 1;
    }
    println!("{written} traces");
}
