//! Weights that are changed one at a time, and of which one is drawn.

/// A list of weights with partial sums of it: to change one, and to find where a sum is exceeded, takes time in proportion to the
/// logarithm of their number (Fenwick, "A new data structure for cumulative frequency tables", 1994).
#[derive(Clone, Debug, Default)]
pub struct Weights {
    weights: Vec<u64>,
    /// The sum of the weights up to `i`, from so many before as the lowest bit of `i + 1` says. There is a power of two of them.
    sums: Vec<u64>,
    total: u64,
}

impl Weights {
    /// Makes it these weights.
    pub fn fill(&mut self, weights: impl Iterator<Item = u64>) {
        self.weights.clear();
        self.weights.extend(weights);
        self.total = self.weights.iter().sum();
        self.sums.clear();
        self.sums.extend_from_slice(&self.weights);
        self.sums.resize(self.weights.len().next_power_of_two(), 0);
        for index in 1..=self.sums.len() {
            let next = index + (index & index.wrapping_neg());
            if next <= self.sums.len() {
                self.sums[next - 1] += self.sums[index - 1];
            }
        }
    }

    /// Changes one of them.
    #[inline]
    pub fn set(&mut self, index: usize, weight: u64) {
        let Some(known) = self.weights.get_mut(index) else { return };
        let more = weight.wrapping_sub(std::mem::replace(known, weight));
        self.total = self.total.wrapping_add(more);
        let mut index = index + 1;
        while let Some(sum) = self.sums.get_mut(index - 1) {
            *sum = sum.wrapping_add(more);
            index += index & index.wrapping_neg();
        }
    }

    /// The sum of all.
    #[inline]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The index of the first one up to which the sum is more than that, which is less than the sum of all.
    #[inline]
    pub fn find(&self, mut sum: u64) -> usize {
        let (mut index, mut step) = (0, self.sums.len() / 2);
        while step > 0 {
            let part = self.sums[index + step - 1];
            if part <= sum {
                sum -= part;
                index += step;
            }
            step /= 2;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_going_through_them_finds() {
        let mut numbers = 1_u64;
        let mut number = || {
            numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            numbers >> 33
        };
        for count in [1_usize, 2, 3, 7, 8, 50, 130] {
            let mut plain: Vec<u64> = (0..count).map(|_| number() % 5).collect();
            let mut weights = Weights::default();
            weights.fill(plain.iter().copied());
            for _ in 0..200 {
                let (index, weight) = (number() as usize % count, number() % 4);
                plain[index] = weight;
                weights.set(index, weight);
                let total: u64 = plain.iter().sum();
                assert_eq!(weights.total(), total);
                for sum in 0..total {
                    let before = |index: &usize| plain[..=*index].iter().sum::<u64>() > sum;
                    assert_eq!(Some(weights.find(sum)), (0..count).find(before));
                }
            }
        }
    }
}
