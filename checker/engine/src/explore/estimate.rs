//! How many executions there will be.
//!
//! Every node of the search hands its weight to its children in equal parts as they become known, so
//! the finished weight grows from 0 to 1 and executions divided by finished weight estimates their
//! number (the weighted backtrack estimator of Kilby, Slaney, Thiébaux and Walsh, AAAI 2006). At the
//! end the weight is 1 and the estimate exact.

/// The running estimate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate {
    done: f64,
    found: u64,
}

impl Estimate {
    /// A branch of that weight is finished.
    #[inline]
    pub fn finish(&mut self, weight: f64) {
        self.done += weight;
    }

    /// An execution was found.
    #[inline]
    pub fn found(&mut self) {
        self.found += 1;
    }

    /// The finished part, from 0 to 1.
    pub fn progress(&self) -> f64 {
        self.done.min(1.0)
    }

    /// The estimated number of executions; none before anything is finished, or where the weights are
    /// too small for a number.
    pub fn executions(&self) -> Option<f64> {
        let estimate = self.found as f64 / self.done;
        (self.done > 0.0 && estimate.is_finite()).then_some(estimate)
    }
}
