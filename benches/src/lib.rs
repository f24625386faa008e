//! Benchmarks. Times are CPU times of the process; what is compared runs in turns in one process, and what
//! is printed are medians and ratios.

#![forbid(unsafe_code)]

pub mod programs;

use cpu_time::ProcessTime;
use std::time::Duration;

/// The CPU time that `run` takes, on all threads.
pub fn time(run: &mut dyn FnMut()) -> Duration {
    let start = ProcessTime::now();
    run();
    start.elapsed()
}

/// The median of a list, which must not be empty.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Runs two things in turns and returns the median time of each in nanoseconds and the median of the
/// ratios of neighbouring runs, the first over the second.
pub fn compare(turns: usize, first: &mut dyn FnMut(), second: &mut dyn FnMut()) -> (f64, f64, f64) {
    let (mut firsts, mut seconds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..turns {
        let (one, two) = if turn % 2 == 0 {
            let one = time(first);
            (one, time(second))
        } else {
            let two = time(second);
            (time(first), two)
        };
        let (one, two) = (one.as_nanos() as f64, two.as_nanos() as f64);
        firsts.push(one);
        seconds.push(two);
        ratios.push(one / two);
    }
    (median(firsts), median(seconds), median(ratios))
}
