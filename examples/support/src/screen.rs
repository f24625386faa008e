//! What a person sees of a report at first, and whether it says where to look.

use raddle::Violation;

/// What is seen of a report at first: so many lines of so many columns.
const SCREEN: (usize, usize) = (40, 80);

/// What the first screen of a report has to say beside the kind.
#[derive(Clone, Copy, Debug)]
pub struct FirstScreen<'a> {
    /// Every object and every thread that takes part, by the name that the report gives it.
    pub names: &'a [&'a str],
    /// The source, as its path ends, and its text.
    pub source: (&'a str, &'a str),
    /// Places in the source, each as two texts: it is the first line with the second text, from the first line
    /// that begins with the first text on.
    pub sites: &'a [(&'a str, &'a str)],
}

impl FirstScreen<'_> {
    /// Asserts that the first screen of the report of a failure says all that, at 80 columns.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn assert(&self, violation: &Violation) {
        let report = violation.report_in(SCREEN.1);
        let lines: Vec<&str> = report.lines().take(SCREEN.0).collect();
        let screen = lines.join("\n");
        assert!(screen.starts_with(&format!("error[{}]: ", violation.kind)), "{screen}");
        for name in self.names {
            let mut words = screen.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(words.any(|word| word == *name), "`{name}` is not named\n{screen}");
        }
        for site in self.sites {
            let (number, text) = self.line(site);
            let at = format!("{}:{number}", self.source.0);
            let mut told = screen.match_indices(&at);
            let ends = |at: usize| !screen[at..].starts_with(|c: char| c.is_ascii_digit());
            let is_told =
                told.any(|(i, _)| ends(i + at.len())) || is_marked(&lines, self.source.0, number);
            assert!(is_told, "{at} is not told: {text}\n{screen}");
        }
    }

    /// Number and text of the line that is meant.
    #[track_caller]
    fn line(&self, &(from, text): &(&str, &str)) -> (usize, &str) {
        let lines = self.source.1.lines().enumerate();
        let mut lines = lines.skip_while(|(_, line)| !line.trim_start().starts_with(from));
        let found = lines.find(|(_, line)| line.contains(text));
        let (index, line) = found.unwrap_or_else(|| panic!("no {text:?} behind {from:?}"));
        (index + 1, line.trim())
    }
}

/// Whether that line of that file is shown with the number of a participant below it.
fn is_marked(screen: &[&str], file: &str, number: usize) -> bool {
    let start = format!("{number} |");
    let mut shown = "";
    screen.windows(2).any(|pair| {
        let head = pair[0].trim_start();
        shown = head.strip_prefix("--> ").or(head.strip_prefix("::: ")).unwrap_or(shown);
        let in_file = shown.contains(&format!("{file}:"));
        let mark = pair[1].trim_start_matches([' ', '|']);
        in_file && head.starts_with(&start) && mark.starts_with(['^', '-']) && mark.contains('(')
    })
}
