//! What is run next, and how much of it: a function of the seed and of what the slices before have shown, never of time.
//!
//! A campaign goes on in rounds. In the first two a test is searched exhaustively, within a limit: most model tests are
//! small, and one that comes to its end is settled. In the others it is sampled, each slice with a seed of its own.
//! Budgets are counted in operations, so a test with long executions does not get more than one with short ones. A quarter
//! of the budget is shared evenly, and the rest in proportion to what a test has shown of late: classes of executions and
//! coverage that were new, per execution, with old slices weighing less.
//!
//! Time only says when no slice is begun any more; so a shorter campaign is the beginning of a longer one.

use crate::fuzz::shard::Shard;

/// Executions of the first slice of a test, when nothing is known of it.
const FIRST: u64 = 256;
/// Operations that a round has for each test that is not settled.
const OPERATIONS: f64 = 200_000.0;
/// The share of a round that is split evenly.
const EVENLY: f64 = 0.25;
/// How much the latest slice counts in what a test has shown.
const LATEST: f64 = 0.5;
/// What a new piece of coverage counts, in classes: it is much rarer.
const COVERAGE: f64 = 10.0;
/// The most executions of the second slice, which is exhaustive as well.
const SECOND: u64 = 1_024;
/// The fewest and the most executions of a slice.
const SLICE: (u64, u64) = (16, 10_000);

/// The strategy that is used while it may come to an end.
pub const EXHAUSTIVE: &str = "exhaustive";
/// The strategy for all that is too large.
pub const SAMPLING: &str = "portfolio";

/// So many executions of a test, with that strategy and that seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Which of the tests.
    pub test: usize,
    /// From 0.
    pub round: u64,
    /// How executions are chosen.
    pub strategy: String,
    /// Where its random numbers begin.
    pub seed: u64,
    /// How many.
    pub executions: u64,
}

/// What a slice has shown.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Shown {
    /// How many executions were run.
    pub tried: u64,
    /// How many operations these had.
    pub operations: u64,
    /// How many classes were not met before.
    pub classes: u64,
    /// How much was not covered before.
    pub coverage: u64,
    /// Nothing is left to explore.
    pub settled: bool,
}

#[derive(Clone, Debug)]
struct Test {
    name: String,
    settled: bool,
    /// Operations of an execution, on the average.
    length: f64,
    /// What it shows per execution.
    yields: f64,
}

/// The tests of a campaign, and what is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    tests: Vec<Test>,
    seed: u64,
    shard: Shard,
    strategy: Option<String>,
    round: u64,
    /// How many executions are left.
    left: Option<u64>,
}

impl Plan {
    /// A campaign over these tests, with at most so many executions.
    pub fn new(
        names: impl Iterator<Item = String>,
        (seed, shard): (u64, Shard),
        strategy: Option<String>,
        most: Option<u64>,
    ) -> Plan {
        let tests = names
            .map(|name| Test { name, settled: false, length: 1.0, yields: 1.0 })
            .collect::<Vec<_>>();
        Plan { tests, seed, shard, strategy, round: 0, left: most }
    }

    /// The slices of the next round; none if everything is settled or the budget is used up.
    pub fn round(&mut self) -> Vec<Order> {
        let round = self.round;
        self.round += 1;
        let open: Vec<usize> = (0..self.tests.len()).filter(|&i| !self.tests[i].settled).collect();
        let total: f64 = open.iter().map(|&i| self.tests[i].yields).sum();
        let mut orders = Vec::new();
        for &i in &open {
            let share = match total > 0.0 {
                true => EVENLY + (1.0 - EVENLY) * self.tests[i].yields / total * open.len() as f64,
                false => 1.0,
            };
            let wanted = (OPERATIONS * share / self.tests[i].length) as u64;
            let (strategy, wanted) = match (&self.strategy, round) {
                (Some(strategy), 0) => (strategy.clone(), FIRST),
                (Some(strategy), _) => (strategy.clone(), wanted),
                (None, 0) => (EXHAUSTIVE.to_string(), FIRST),
                (None, 1) => (EXHAUSTIVE.to_string(), wanted.clamp(2 * FIRST, SECOND)),
                (None, _) => (SAMPLING.to_string(), wanted),
            };
            let executions = wanted.clamp(SLICE.0, SLICE.1);
            let seed = self.seed_of(&self.tests[i].name, round);
            orders.push(Order { test: i, round, strategy, seed, executions });
        }
        self.fit(&mut orders);
        orders
    }

    /// Takes a round from what is left; the last one is made smaller, everywhere by the same factor.
    fn fit(&mut self, orders: &mut Vec<Order>) {
        let Some(left) = &mut self.left else { return };
        let mut wanted: u64 = orders.iter().map(|order| order.executions).sum();
        for order in orders.iter_mut() {
            let all = order.executions;
            let part = u128::from(all) * u128::from(*left) / u128::from(wanted.max(1));
            order.executions = all.min(part as u64);
            *left -= order.executions;
            wanted -= all;
        }
        orders.retain(|order| order.executions > 0);
    }

    /// The seed of a slice: the same whichever other tests there are. Half of the bits keep tokens short.
    fn seed_of(&self, name: &str, round: u64) -> u64 {
        let name = name.bytes().fold(mix(self.seed, 0), |hash, byte| mix(hash, byte.into()));
        mix(mix(name, round), self.shard.number.into()) >> 32
    }

    /// Notes what a slice has shown. An exhaustive search that was begun again shows nothing new: it does not count.
    pub fn note(&mut self, order: &Order, shown: &Shown) {
        if let Some(left) = &mut self.left {
            *left += order.executions.saturating_sub(shown.tried);
        }
        let test = &mut self.tests[order.test];
        test.settled |= shown.settled;
        if shown.tried == 0 {
            return;
        }
        let tried = shown.tried as f64;
        test.length = (shown.operations as f64 / tried).max(1.0);
        if order.strategy != EXHAUSTIVE {
            let yields = (shown.classes as f64 + COVERAGE * shown.coverage as f64) / tried;
            test.yields += LATEST * (yields - test.yields);
        }
    }

    /// How many tests have nothing left to explore.
    pub fn settled(&self) -> usize {
        self.tests.iter().filter(|test| test.settled).count()
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) on the sum.
pub fn mix(hash: u64, number: u64) -> u64 {
    let mut z = hash.wrapping_add(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(names: &[&str], most: Option<u64>) -> Plan {
        Plan::new(names.iter().map(|name| name.to_string()), (7, Shard::ALL), None, most)
    }

    fn shown(order: &Order, classes: u64) -> Shown {
        let tried = order.executions;
        Shown { tried, operations: 10 * tried, classes, coverage: 0, settled: false }
    }

    #[test]
    fn what_shows_more_gets_more_and_nothing_starves() {
        let mut plan = plan(&["a", "b"], None);
        for _ in 0..6 {
            for order in plan.round() {
                let classes = if order.test == 0 { order.executions } else { 0 };
                plan.note(
                    &order,
                    &Shown { operations: 1_000 * order.executions, ..shown(&order, classes) },
                );
            }
        }
        let orders = plan.round();
        let [a, b] = orders.as_slice() else { panic!("{orders:?}") };
        assert_eq!((a.strategy.as_str(), b.strategy.as_str()), (SAMPLING, SAMPLING));
        assert!(a.executions > 4 * b.executions, "{orders:?}");
        assert!(b.executions >= 45, "a quarter is shared evenly: {orders:?}");
    }

    #[test]
    fn long_executions_get_fewer() {
        let mut plan = plan(&["a", "b"], None);
        for order in plan.round() {
            let operations = order.executions * if order.test == 0 { 100 } else { 1_000 };
            plan.note(&order, &Shown { operations, ..shown(&order, 0) });
        }
        let orders = plan.round();
        assert_eq!(orders[0].executions, SECOND);
        assert_eq!(orders[1].executions, 512, "the second try is longer than the first");
    }

    #[test]
    fn what_is_settled_is_left_alone() {
        let mut plan = plan(&["a", "b"], None);
        for order in plan.round() {
            assert_eq!((order.strategy.as_str(), order.executions), (EXHAUSTIVE, FIRST));
            plan.note(&order, &Shown { settled: order.test == 0, ..shown(&order, 0) });
        }
        let orders = plan.round();
        assert_eq!(orders.iter().map(|order| order.test).collect::<Vec<_>>(), [1]);
        plan.note(&orders[0], &Shown { settled: true, ..shown(&orders[0], 0) });
        assert!(plan.round().is_empty());
        assert_eq!(plan.settled(), 2);
    }

    #[test]
    fn the_budget_is_kept_and_what_was_not_used_comes_back() {
        let mut plan = plan(&["a", "b"], Some(400));
        let orders = plan.round();
        assert_eq!(orders.iter().map(|order| order.executions).collect::<Vec<_>>(), [200, 200]);
        plan.note(&orders[0], &Shown { tried: 6, settled: true, ..shown(&orders[0], 0) });
        plan.note(&orders[1], &shown(&orders[1], 0));
        let orders = plan.round();
        assert_eq!(orders.iter().map(|order| order.executions).collect::<Vec<_>>(), [194]);
        plan.note(&orders[0], &shown(&orders[0], 0));
        assert!(plan.round().is_empty());
    }

    #[test]
    fn seeds_differ_by_test_round_and_shard() {
        let mut seeds = std::collections::BTreeSet::new();
        for number in 1..=4 {
            let shard = Shard { number, of: 4 };
            for seed in 0..4 {
                let names = ["a", "b"].map(String::from).into_iter();
                let mut plan = Plan::new(names, (seed, shard), None, None);
                for _ in 0..4 {
                    for order in plan.round() {
                        assert!(seeds.insert(order.seed), "{order:?}");
                        plan.note(&order, &shown(&order, 1));
                    }
                }
            }
        }
    }
}
