//! Exit codes, and errors that carry one.

use std::fmt::Display;

/// How the command ends. Where several apply, [`Exit::worse`] chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for was explored and nothing was found.
    Clean = 0,
    /// A failure was found, or a replayed one came again.
    Failure = 1,
    /// What was asked for makes no sense.
    Usage = 2,
    /// The tests could not be built.
    Build = 3,
    /// No test matches.
    NoTest = 4,
    /// A search ended early although a complete one was required.
    Inconclusive = 5,
    /// A test behaved differently under the same decisions.
    Divergence = 6,
    /// Something that should be impossible, such as a test that passed without being run.
    Internal = 70,
    /// The machine refused something; it may work the next time.
    Temporary = 75,
}

impl Exit {
    /// The one that is to be told first: a failure that was found is never hidden by anything else.
    pub fn worse(self, other: Exit) -> Exit {
        if self.rank() >= other.rank() { self } else { other }
    }

    fn rank(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::NoTest => 1,
            Exit::Inconclusive => 2,
            Exit::Usage => 3,
            Exit::Temporary => 4,
            Exit::Internal => 5,
            Exit::Build => 6,
            Exit::Divergence => 7,
            Exit::Failure => 8,
        }
    }
}

/// Why the command cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// How it ends therefore.
    pub exit: Exit,
    /// What is told after `error: `.
    pub message: String,
}

impl Trouble {
    /// Trouble with this message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Trouble {
        Trouble { exit, message: message.into() }
    }

    /// For `map_err`: the outside refused `what`.
    pub fn outside<E: Display>(what: impl Display) -> impl FnOnce(E) -> Trouble {
        move |reason| Trouble::new(Exit::Temporary, format!("failed to {what}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_never_hidden() {
        use Exit::*;
        let all =
            [Clean, Failure, Usage, Build, NoTest, Inconclusive, Divergence, Internal, Temporary];
        for exit in all {
            assert_eq!(exit.worse(Failure), Failure);
            assert_eq!(Failure.worse(exit), Failure);
            assert_eq!(Clean.worse(exit), exit);
            for other in all {
                assert_eq!(exit.worse(other), other.worse(exit), "{exit:?} {other:?}");
            }
        }
        assert_eq!(Internal.worse(Inconclusive), Internal);
    }
}
