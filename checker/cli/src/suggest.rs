//! Which known word was probably meant.

/// The known word that is closest to `word`, if it is close enough to be a slip.
pub fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|other| (distance(word, other), other)).min()?;
    (near.0 <= near.1.chars().count().div_ceil(3)).then_some(near.1)
}

/// How many characters must be put in, taken out, replaced or swapped with the next one.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![vec![0usize; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_slips() {
        let cases = [("", "", 0), ("seed", "seed", 0), ("sede", "seed", 1), ("", "abc", 3)];
        for (left, right, expected) in cases {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
        assert_eq!(distance("iteration", "iterations"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn only_a_slip_gives_a_suggestion() {
        let known = ["strategy", "seed", "max_time"];
        assert_eq!(closest("startegy", known.into_iter()), Some("strategy"));
        assert_eq!(closest("maxtime", known.into_iter()), Some("max_time"));
        assert_eq!(closest("banana", known.into_iter()), None);
        assert_eq!(closest("seed", std::iter::empty()), None);
    }
}
