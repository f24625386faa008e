//! Which known word was probably meant.

use strsim::osa_distance;

/// The known word that is closest to `word`, if it is close enough to be a slip.
pub fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|other| (osa_distance(word, other), other)).min()?;
    (near.0 <= near.1.chars().count().div_ceil(3)).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_slip_gives_a_suggestion() {
        let known = ["strategy", "seed", "max_time"];
        assert_eq!(closest("startegy", known.into_iter()), Some("strategy"));
        assert_eq!(closest("maxtime", known.into_iter()), Some("max_time"));
        assert_eq!(closest("banana", known.into_iter()), None);
        assert_eq!(closest("seed", std::iter::empty()), None);
    }
}
