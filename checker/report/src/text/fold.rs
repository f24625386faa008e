//! Which steps of a schedule are shown: repetitions fold, long schedules lose their middle.

use super::Style;
use crate::trace::Step;

/// Steps that repeat together are found up to this many.
const PERIOD_MAX: usize = 4;
/// This many equal rounds are shown one by one.
const ROUNDS_MAX: usize = 3;
/// A schedule of more rows loses its middle.
const ROWS_MAX: usize = 60;
/// How many rows of a long schedule stay at its beginning.
const HEAD: usize = 10;
/// How many rows of a long schedule stay at its end.
const TAIL: usize = 40;

/// One row of a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Row<'a> {
    /// A step and its number, from 1.
    Step(usize, &'a Step),
    /// The last `period` steps came again.
    Again {
        /// Of this thread.
        thread: u32,
        /// How many steps.
        period: usize,
        /// How often.
        times: usize,
    },
    /// Steps that are not shown.
    Gap {
        /// How many.
        steps: usize,
    },
}

/// What is shown of a schedule.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// It.
    pub(super) rows: Vec<Row<'a>>,
    /// How many steps were left out because nothing that went wrong depends on them.
    pub(super) aside: usize,
}

/// Chooses what is shown: everything if the style asks for it.
pub(super) fn rows<'a>(steps: &'a [Step], style: &Style<'_>) -> Rows<'a> {
    let numbered = steps.iter().enumerate().map(|(i, step)| (i + 1, step));
    if style.full {
        let rows = numbered.map(|(number, step)| Row::Step(number, step)).collect();
        return Rows { rows, aside: 0 };
    }
    let causal: Vec<(usize, &Step)> = numbered.filter(|(_, step)| step.causal).collect();
    let aside = steps.len() - causal.len();
    Rows { rows: without_middle(fold(&causal)), aside }
}

fn fold<'a>(steps: &[(usize, &'a Step)]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let rest = &steps[at..];
        let found = (1..=PERIOD_MAX).map(|period| (period, rounds(rest, period)));
        let (period, rounds) = found.into_iter().find(|&(_, n)| n > ROUNDS_MAX).unwrap_or((1, 1));
        rows.extend(rest[..period].iter().map(|&(number, step)| Row::Step(number, step)));
        if rounds > 1 {
            rows.push(Row::Again { thread: rest[0].1.thread, period, times: rounds - 1 });
        }
        at += period * rounds;
    }
    rows
}

/// How often the first `period` steps, all of one thread, come one after the other.
fn rounds(steps: &[(usize, &Step)], period: usize) -> usize {
    let same_thread = |(_, step): &(usize, &Step)| step.thread == steps[0].1.thread;
    if steps.len() < period || !steps[..period].iter().all(same_thread) {
        return 0;
    }
    let (block, rest) = steps.split_at(period);
    let again = |round: &&[(usize, &Step)]| {
        block.iter().zip(*round).all(|((_, first), (_, other))| is_again(first, other))
    };
    1 + rest.chunks_exact(period).take_while(again).count()
}

fn is_again(first: &Step, other: &Step) -> bool {
    // Only the first round can begin with a preemption: within the others the thread just goes on.
    let same = first.thread == other.thread && first.text == other.text;
    let same = same && first.object == other.object && first.site == other.site;
    same && first.stale == other.stale && !other.preemption
}

fn without_middle(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    if rows.len() <= ROWS_MAX {
        return rows;
    }
    let end = rows.len() - TAIL;
    let steps = rows[HEAD..end].iter().map(|row| match row {
        Row::Step(..) => 1,
        Row::Again { period, times, .. } => period * times,
        Row::Gap { steps } => *steps,
    });
    let gap = Row::Gap { steps: steps.sum() };
    rows[..HEAD].iter().copied().chain([gap]).chain(rows[end..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(steps: &[Step], full: bool) -> Vec<String> {
        let shown = rows(steps, &Style { full, ..Style::plain(80) });
        let text = |row: &Row<'_>| match row {
            Row::Step(number, step) => format!("{number} {}", step.text),
            Row::Again { thread, period, times } => format!("t{thread}: {period} x {times}"),
            Row::Gap { steps } => format!("gap {steps}"),
        };
        shown.rows.iter().map(text).collect()
    }

    fn spin(thread: u32, texts: &[&str], rounds: usize) -> Vec<Step> {
        let round = || texts.iter().map(|&text| Step::new(thread, text));
        (0..rounds).flat_map(|_| round()).collect()
    }

    #[test]
    fn more_than_three_equal_rounds_fold() {
        assert_eq!(shape(&spin(1, &["load"], 3), false), ["1 load", "2 load", "3 load"]);
        assert_eq!(shape(&spin(1, &["load"], 13), false), ["1 load", "t1: 1 x 12"]);
        assert_eq!(shape(&spin(1, &["load"], 13), true).len(), 13);
        let mut steps = spin(2, &["load", "yield"], 5);
        steps[0].preemption = true;
        steps.push(Step::new(2, "end"));
        assert_eq!(shape(&steps, false), ["1 load", "2 yield", "t2: 2 x 4", "11 end"]);
        steps[4].preemption = true;
        assert_eq!(shape(&steps, false).len(), 11);
    }

    #[test]
    fn rounds_of_two_threads_do_not_fold() {
        let round = [Step::new(0, "load"), Step::new(1, "load")];
        let steps: Vec<Step> = (0..10).flat_map(|_| round.clone()).collect();
        assert_eq!(shape(&steps, false).len(), 20);
    }

    #[test]
    fn long_schedules_lose_their_middle() {
        let steps: Vec<Step> = (0..100).map(|i| Step::new(0, format!("s{i}"))).collect();
        assert_eq!(shape(&steps[..60], false).len(), 60);
        let long = shape(&steps, false);
        assert_eq!(
            (long.len(), &*long[9], &*long[10], &*long[11]),
            (51, "10 s9", "gap 50", "61 s60")
        );
        assert_eq!(shape(&steps, true).len(), 100);
    }
}
