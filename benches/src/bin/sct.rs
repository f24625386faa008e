//! How many executions each sampling strategy takes to find bugs for which it is published how many others take.
//!
//! `cargo run --release -p raddle-benches --bin sct [PROGRAM…]` prints a table in Markdown: the mean over those of 20
//! seeds with which the bug was found within 10,000 executions, and how many these are if not all; in parentheses the
//! published figure.

use raddle_benches::sct::{ROWS, SEEDS, STRATEGIES, measure};

fn cell(mean: f64, found: u32) -> String {
    match found {
        0 => "–".to_string(),
        found if u64::from(found) == SEEDS => format!("{mean:.1}"),
        found => format!("{mean:.1}, {found}/{SEEDS}"),
    }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    println!("| program | {} |", STRATEGIES.join(" | "));
    println!("|---|{}", "---|".repeat(STRATEGIES.len()));
    for row in ROWS.iter().filter(|row| names.is_empty() || names.iter().any(|n| n == row.name)) {
        let cells = STRATEGIES.map(|strategy| {
            let (mean, found) = measure(row.program, strategy);
            let published =
                ["random", "pct", "pos", "surw"].iter().position(|name| *name == strategy);
            let published = published.map(|index| {
                let (mean, found) = row.published[index];
                format!(" ({})", cell(mean.unwrap_or(0.0), found))
            });
            format!("{}{}", cell(mean, found), published.unwrap_or_default())
        });
        println!("| {} | {} |", row.name, cells.join(" | "));
    }
}
