//! Inputs that are generated and made smaller together with the schedule: proptest's strategies for the one,
//! a search for the other.

use crate::builder::Builder;
use crate::explore::{Ran, Test, run};
use crate::outcome::{Outcome, Violation};
use crate::search::Until;
use crate::settings::Task;
use crate::{replay, settings, told};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use raddle_engine::explore::{Coverage, Limit};
use raddle_report::token::{Token, test_hash};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

/// How many inputs are tried.
const CASES: u32 = 64;
/// How many smaller inputs are tried for one that fails.
const SMALLER_MAX: u32 = 256;

/// Checks the closure with inputs that a strategy of proptest generates, each with the default settings, those of the
/// environment and of the profile. See [`Builder::check_with`].
///
/// ```
/// use proptest::collection::vec;
/// use raddle_shims::{sync::{Arc, Mutex}, thread};
///
/// raddle::check_with(vec(0..10_u32, 0..3), |numbers| {
///     let sum = Arc::new(Mutex::new(0));
///     let each = numbers.iter().map(|&number| {
///         let sum = Arc::clone(&sum);
///         thread::spawn(move || *sum.lock().unwrap() += number)
///     });
///     each.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
///     assert_eq!(*sum.lock().unwrap(), numbers.iter().sum::<u32>());
/// });
/// ```
///
/// # Panics
/// As [`Builder::check_with`].
#[track_caller]
pub fn check_with<S>(inputs: S, f: impl Fn(S::Value) + Send + Sync + 'static)
where
    S: Strategy,
    S::Value: Clone + Send + Sync + 'static,
{
    Builder::new().check_with(inputs, f);
}

impl Builder {
    /// Checks the closure with 64 inputs that a strategy of proptest generates. Each is explored with the settings of
    /// this check, limits included.
    ///
    /// The first input with a failing execution is made smaller by the strategy's own rules, at most 256 times: a smaller one
    /// counts if a search with the same settings finds a failure of the same kind. The report shows the smallest input and its
    /// failing execution. Inputs come from [`Builder::seed`], so they are the same every time; a replay generates them
    /// again until it comes to the one of the token.
    ///
    /// # Panics
    /// If an execution fails, a setting is wrong, or the strategy rejects too many inputs.
    #[track_caller]
    pub fn check_with<S>(self, inputs: S, f: impl Fn(S::Value) + Send + Sync + 'static)
    where
        S: Strategy,
        S::Value: Clone + Send + Sync + 'static,
    {
        let f: Body<S::Value> = Arc::new(f);
        let search = Search { test: self.test(Arc::new(|| {})), f, token: token() };
        search.check(&inputs);
    }
}

type Body<T> = Arc<dyn Fn(T) + Send + Sync>;

/// The token to be replayed, if there is one and it can be read; else the replay itself says what is wrong.
fn token() -> Option<Token> {
    Token::decode(&replay::read(&settings::replay()?).ok()?).ok()
}

struct Search<T> {
    test: Test,
    f: Body<T>,
    token: Option<Token>,
}

/// An input with a failing execution.
struct Failing {
    test: Test,
    text: String,
    violation: Violation,
}

/// Replays the token that is asked for; panics if it fails.
fn again(test: &Test) {
    let token = settings::replay().unwrap_or_default();
    replay::check(test, &token, Task::Usual).unwrap_or_else(|failed| failed.panic());
}

impl<T: Clone + Debug + Send + Sync + 'static> Search<T> {
    fn check(&self, inputs: &impl Strategy<Value = T>) {
        let (start, mut sum) = (Instant::now(), Coverage::default());
        let ran = |outcome| {
            let (notes, warnings, elapsed) = (Vec::new(), Vec::new(), start.elapsed());
            Ran { outcome, notes, warnings, cut: None, elapsed }
        };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.test.settings.sampling.seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        for case in 1..=CASES {
            let mut tree = match inputs.new_tree(&mut runner) {
                Ok(tree) => tree,
                Err(reason) => panic!("raddle: failed to generate an input: {reason}"),
            };
            let Some(failing) = self.explore(tree.current(), &mut sum) else { continue };
            let (smallest, times) = self.shrink(&mut tree, failing, &mut sum);
            if self.token.is_some() {
                break;
            }
            let how = match times {
                0 => "as it was generated".to_string(),
                times => format!("made smaller {times} times"),
            };
            let before = format!("input {case} of {CASES}, {how}:\n{}\n\n", smallest.text);
            let outcome = Outcome::Violation(Box::new(smallest.violation));
            return told::tell(&smallest.test, &ran(outcome), &before);
        }
        if settings::replay().is_some() {
            // No input is that of the token, or it cannot be read: that is told in the usual words.
            return again(&self.test);
        }
        let outcome = Outcome::Incomplete(sum, Limit::Sampled);
        told::tell(&self.test, &ran(outcome), "");
    }

    /// What is found with an input. If it is the one of the token that is to be replayed, that is done instead.
    fn explore(&self, input: T, sum: &mut Coverage) -> Option<Failing> {
        let text = format!("{input:#?}");
        let mut test = self.test.clone();
        // Tokens of other inputs are of other tests.
        test.name = format!("{} with {:05x}", test.name, test_hash(&text));
        let f = Arc::clone(&self.f);
        test.program = Arc::new(move || f(input.clone()));
        if self.token.as_ref().is_some_and(|token| token.expect_test(&test.name).is_ok()) {
            eprintln!("replaying with the input\n{text}\n");
            again(&test);
            std::panic::resume_unwind(Box::new(
                "the execution of the token does not fail any more",
            ));
        }
        let ran = told::judged(&test, run(&test, Until::failure(&test, None)));
        let coverage = ran.outcome.coverage();
        sum.executions += coverage.executions;
        sum.operations += coverage.operations;
        sum.events += coverage.events;
        sum.events_max = sum.events_max.max(coverage.events_max);
        match ran.outcome {
            Outcome::Violation(violation) => Some(Failing { test, text, violation: *violation }),
            _ => None,
        }
    }

    /// The smallest input with a failure of that kind that is found, and how often it was made smaller.
    fn shrink(
        &self,
        tree: &mut impl ValueTree<Value = T>,
        mut smallest: Failing,
        sum: &mut Coverage,
    ) -> (Failing, u32) {
        let (mut times, mut goes_on) = (0, tree.simplify());
        for _ in 0..SMALLER_MAX {
            if !goes_on {
                break;
            }
            goes_on = match self.explore(tree.current(), sum) {
                Some(failing) if failing.violation.kind == smallest.violation.kind => {
                    smallest = failing;
                    times += 1;
                    tree.simplify()
                }
                _ => tree.complicate(),
            };
        }
        (smallest, times)
    }
}
