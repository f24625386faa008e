//! Which part of a campaign on several machines this one is.

use crate::exit::{Exit, Trouble};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// The whole campaign.
    pub const ALL: Shard = Shard { number: 1, of: 1 };
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// How systems that start a job many times tell each which one it is.
struct Convention {
    system: &'static str,
    index: &'static str,
    /// Of the first one.
    from: u32,
    count: &'static [&'static str],
}

/// GitHub sets nothing for the jobs of a matrix: pass `--shard ${{ matrix.shard }}/4`, or set
/// `RADDLE_SHARD_INDEX` and `RADDLE_SHARD_TOTAL` from `strategy.job-index` and `strategy.job-total`.
const CONVENTIONS: [Convention; 5] = [
    Convention {
        system: "RADDLE_SHARD",
        index: "RADDLE_SHARD_INDEX",
        from: 0,
        count: &["RADDLE_SHARD_TOTAL"],
    },
    // Kubernetes tells no count: the manifest has to.
    Convention {
        system: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        from: 0,
        count: &["JOB_COMPLETIONS", "RADDLE_SHARD_TOTAL"],
    },
    Convention {
        system: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        // An array may begin anywhere: SLURM_ARRAY_TASK_MIN says where.
        from: 0,
        count: &["SLURM_ARRAY_TASK_COUNT"],
    },
    Convention { system: "GitLab", index: "CI_NODE_INDEX", from: 1, count: &["CI_NODE_TOTAL"] },
    Convention {
        system: "CircleCI",
        index: "CIRCLE_NODE_INDEX",
        from: 0,
        count: &["CIRCLE_NODE_TOTAL"],
    },
];

/// The shard that is asked for, else that of the environment, else all.
///
/// # Errors
/// If it makes no sense.
pub fn shard(
    asked: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Shard, Trouble> {
    if let Some(text) = asked {
        return parse(text);
    }
    for convention in &CONVENTIONS {
        let Some(index) = variable(convention.index) else { continue };
        let Some(count) = convention.count.iter().find_map(|name| variable(name)) else {
            let (index, names) = (convention.index, convention.count.join(" or "));
            let system = convention.system;
            return Err(wrong(format!(
                "{index} is set, as {system} does, but {names} is not: set it to the number of jobs, or \
                 give --shard K/N"
            )));
        };
        let from = match convention.index {
            "SLURM_ARRAY_TASK_ID" => variable("SLURM_ARRAY_TASK_MIN").map_or(Ok(0), |min| {
                min.parse().map_err(|_| wrong(format!("SLURM_ARRAY_TASK_MIN is {min:?}")))
            })?,
            _ => convention.from,
        };
        let bad = || {
            let system = convention.system;
            wrong(format!("{system} says job {index} of {count}, which is no shard"))
        };
        let number: u32 = index.parse().map_err(|_| bad())?;
        let of: u32 = count.parse().map_err(|_| bad())?;
        let number = number.checked_sub(from).and_then(|it| it.checked_add(1)).ok_or_else(bad)?;
        return checked(number, of).ok_or_else(bad);
    }
    Ok(Shard::ALL)
}

fn wrong(message: String) -> Trouble {
    Trouble::new(Exit::Usage, message)
}

fn checked(number: u32, of: u32) -> Option<Shard> {
    (1..=of).contains(&number).then_some(Shard { number, of })
}

fn parse(text: &str) -> Result<Shard, Trouble> {
    let parts = text.split_once('/');
    let numbers = parts.and_then(|(k, n)| Some((k.trim().parse().ok()?, n.trim().parse().ok()?)));
    numbers.and_then(|(number, of)| checked(number, of)).ok_or_else(|| {
        wrong(format!("--shard {text}: K/N is expected, with K from 1 to N, such as 2/4"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        };
        shard(None, variable).map(|it| it.to_string()).map_err(|trouble| trouble.message)
    }

    #[test]
    fn the_argument_is_read() {
        let asked = |text| shard(Some(text), |_| Some("9".into())).map(|it| it.to_string());
        assert_eq!(asked("2/4").as_deref(), Ok("2/4"));
        for text in ["0/4", "5/4", "2", "2/", "a/b", "1/0", "-1/4", ""] {
            assert!(asked(text).expect_err(text).message.contains("K/N is expected"), "{text}");
        }
    }

    #[test]
    fn systems_are_understood() {
        let ok = |text: &str| Ok(text.to_string());
        assert_eq!(of(&[]), ok("1/1"));
        assert_eq!(of(&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")]), ok("2/4"));
        assert_eq!(of(&[("CIRCLE_NODE_INDEX", "3"), ("CIRCLE_NODE_TOTAL", "4")]), ok("4/4"));
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "3")]), ok("1/3"));
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "1"), ("RADDLE_SHARD_TOTAL", "3")]), ok("2/3"));
        let slurm = [("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert!(of(&slurm).is_err());
        assert_eq!(of(&[&slurm[..], &[("SLURM_ARRAY_TASK_MIN", "5")]].concat()), ok("3/4"));
        assert_eq!(of(&[("RADDLE_SHARD_INDEX", "3"), ("RADDLE_SHARD_TOTAL", "4")]), ok("4/4"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let missing = of(&[("JOB_COMPLETION_INDEX", "0")]).expect_err("no count");
        assert!(missing.contains("JOB_COMPLETIONS or RADDLE_SHARD_TOTAL is not"), "{missing}");
        assert!(of(&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")]).is_err());
        assert!(of(&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "4")]).is_err());
    }
}
