//! Litmus programs as data: the JSON format, what each instruction means, and its checks.
//!
//! A file is a JSON list of programs. The format is a superset of the ground-truth files
//! (`load`, `store`, `fetch_add`, `swap`, `cas`, `fence`, `if_eq`): registers and locations start at 0,
//! registers belong to a thread, and an outcome lists the final registers of thread 0, of thread 1, …,
//! then the final value of every location (the coherence-last write).
//!
//! All threads start together, from an implicit main thread that spawns them in order, except those
//! that a `spawn` instruction names: these start when it runs. A `join` names a thread that has
//! certainly been started before: one that main starts earlier, or one that the same thread spawns.

use crate::objects::{Deed, Object};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One program, with what is known about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name, unique in its file.
    pub name: String,
    /// How many atomic locations it has, numbered from 0.
    pub locations: u32,
    /// How many plain cells it has, numbered from 0, beside the locations.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cells: u32,
    /// Its blocking objects, numbered from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
    /// Initial values of the first locations; the others start at 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub initial: Vec<u64>,
    /// The instructions of each thread.
    pub threads: Vec<Vec<Instruction>>,
    /// What is expected, by model (`sc`, `rc20`, and `rc11` for comparison).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expect: BTreeMap<String, Expectation>,
}

fn nothing() -> Operand {
    Operand::Constant(0)
}

fn is_nothing(operand: &Operand) -> bool {
    *operand == nothing()
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What is known about a program under one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The number of complete executions: consistent graphs, distinct in reads-from or coherence.
    /// Executions that end in a deadlock count; those set aside by an `assume` do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executions: Option<u64>,
    /// The greatest number of executions that an `assume` may set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<u64>,
    /// Every outcome of a complete execution, without repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Vec<Vec<u64>>>,
    /// Whether the program is wrong, and how; then no counts are given, except with a deadlock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
}

/// Kinds of failure a program can be expected to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A data race.
    DataRace,
    /// A deadlock.
    Deadlock,
    /// An assertion that fails.
    Assertion,
}

/// A memory ordering, in the words of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Relaxed.
    Relaxed,
    /// Acquire.
    Acquire,
    /// Release.
    Release,
    /// Acquire and release.
    AcqRel,
    /// Sequentially consistent.
    SeqCst,
    /// That, and in the one order of all such operations and all deeds on objects; either all accesses of a location or none.
    Interleaved,
}

/// A number, or the value of a register plus a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Operand {
    /// A constant.
    Constant(u64),
    /// `register + add`, wrapping.
    Register {
        /// Which register.
        reg: u32,
        /// What is added to it.
        #[serde(default)]
        add: u64,
    },
}

/// A comparison of unsigned numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Different.
    Ne,
    /// Smaller.
    Lt,
    /// At least.
    Ge,
}

/// The guard of a waiting load or read-modify-write: `value cmp val`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The comparison.
    pub cmp: Comparison,
    /// The constant on its right.
    pub val: u64,
}

/// The function of an `rmw` instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RmwFunction {
    /// Addition.
    Add,
    /// Subtraction.
    Sub,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Maximum, unsigned.
    Max,
    /// Minimum, unsigned.
    Min,
    /// Replacement.
    Swap,
}

/// One instruction of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Instruction {
    /// `reg = loc`; with `until`, waits for a value that satisfies it.
    Load {
        /// Location.
        loc: u32,
        /// Relaxed, acquire or SeqCst.
        ord: Order,
        /// Where the value goes.
        reg: u32,
        /// The guard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Guard>,
    },
    /// `loc = val`.
    Store {
        /// Location.
        loc: u32,
        /// Relaxed, release or SeqCst.
        ord: Order,
        /// The value.
        val: Operand,
    },
    /// `reg = loc; loc = loc + val`, in one step.
    FetchAdd {
        /// Location.
        loc: u32,
        /// Any ordering.
        ord: Order,
        /// What is added.
        val: Operand,
        /// Where the old value goes.
        reg: u32,
        /// The guard on the old value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Guard>,
    },
    /// `reg = loc; loc = val`, in one step.
    Swap {
        /// Location.
        loc: u32,
        /// Any ordering.
        ord: Order,
        /// The new value.
        val: Operand,
        /// Where the old value goes.
        reg: u32,
        /// The guard on the old value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Guard>,
    },
    /// `reg = loc; loc = function(loc, val)`, in one step.
    Rmw {
        /// The function.
        function: RmwFunction,
        /// Location.
        loc: u32,
        /// Any ordering.
        ord: Order,
        /// The second argument.
        val: Operand,
        /// Where the old value goes.
        reg: u32,
        /// The guard on the old value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Guard>,
    },
    /// If `loc == expected` then `loc = val`, in one step; `reg` becomes 1 on success and 0 on failure.
    Cas {
        /// Location.
        loc: u32,
        /// Ordering on success.
        ord: Order,
        /// Ordering on failure.
        fail: Order,
        /// What is replaced.
        expected: Operand,
        /// What replaces it.
        val: Operand,
        /// Where 1 or 0 goes.
        reg: u32,
        /// Where the value read goes, if wanted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<u32>,
        /// Whether it may fail although the values are equal.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        weak: bool,
    },
    /// A fence; never relaxed.
    Fence {
        /// Its ordering.
        ord: Order,
    },
    /// `reg = cell`, not atomic.
    PlainLoad {
        /// Plain cell.
        cell: u32,
        /// Where the value goes.
        reg: u32,
    },
    /// `cell = val`, not atomic.
    PlainStore {
        /// Plain cell.
        cell: u32,
        /// The value.
        val: Operand,
    },
    /// Runs `then` if `reg == val`.
    IfEq {
        /// The register.
        reg: u32,
        /// The constant.
        val: u64,
        /// What runs.
        then: Vec<Instruction>,
    },
    /// Runs `then` if `reg cmp val`, else `otherwise`.
    If {
        /// The register.
        reg: u32,
        /// The comparison.
        cmp: Comparison,
        /// Its right side.
        val: Operand,
        /// What runs if it is true.
        then: Vec<Instruction>,
        /// What runs if not.
        #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "else")]
        otherwise: Vec<Instruction>,
    },
    /// Runs `body` a fixed number of times.
    Repeat {
        /// How often.
        times: u32,
        /// What runs.
        body: Vec<Instruction>,
    },
    /// `reg = val`, local.
    Set {
        /// Where the value goes.
        reg: u32,
        /// The value.
        val: Operand,
    },
    /// Sets this execution aside unless `reg cmp val`.
    Assume {
        /// The register.
        reg: u32,
        /// The comparison.
        cmp: Comparison,
        /// Its right side.
        val: Operand,
    },
    /// The program is wrong unless `reg cmp val`.
    Assert {
        /// The register.
        reg: u32,
        /// The comparison.
        cmp: Comparison,
        /// Its right side.
        val: Operand,
    },
    /// Starts thread `thread` of this program.
    Spawn {
        /// Its position in `threads`.
        thread: u32,
    },
    /// Waits for the end of thread `thread`.
    Join {
        /// Its position in `threads`.
        thread: u32,
    },
    /// `reg` becomes any of `0..n`.
    Choose {
        /// How many alternatives.
        n: u32,
        /// Where it goes.
        reg: u32,
    },
    /// `reg` becomes the reply of a blocking object: 18446744073709551615 if the deed gave up,
    /// 18446744073709551614 if its other side is gone.
    Act {
        /// The object.
        object: u32,
        /// What is asked of it.
        deed: Deed,
        /// The number that belongs to it.
        #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
        arg: Operand,
        /// Whether it gives up instead of waiting.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        limited: bool,
        /// After how many nanoseconds of waiting it gives up; at least 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<u64>,
        /// Where the reply goes.
        reg: u32,
    },
    /// Waits for so many nanoseconds, at least 1. In a program with this, [`Instruction::Now`] or a `within` time is virtual.
    Sleep {
        /// How many.
        nanos: u64,
    },
    /// `reg` becomes what the clock shows, in nanoseconds from 0.
    Now {
        /// Where it goes.
        reg: u32,
    },
    /// A yield or spin hint.
    Yield,
}

impl Program {
    /// Reads a file of programs.
    ///
    /// # Errors
    /// Text that is not a JSON list of programs, and programs that [`Program::check`] refuses.
    pub fn parse_list(json: &str) -> Result<Vec<Program>, String> {
        let programs: Vec<Program> = serde_json::from_str(json).map_err(|e| e.to_string())?;
        for program in &programs {
            program.check().map_err(|e| format!("program {:?}: {e}", program.name))?;
        }
        Ok(programs)
    }

    /// Whether time is part of it.
    pub fn has_time(&self) -> bool {
        use Instruction::*;
        let is_timed = |it: &Instruction| {
            matches!(it, Sleep { .. } | Now { .. } | Act { within: Some(_), .. })
        };
        self.threads.iter().any(|body| flatten(body).any(is_timed))
    }

    /// The threads that some `spawn` instruction starts.
    pub fn spawned_by_others(&self) -> Vec<bool> {
        let mut spawned = vec![false; self.threads.len()];
        for body in &self.threads {
            for instruction in flatten(body) {
                if let Instruction::Spawn { thread } = instruction
                    && let Some(slot) = spawned.get_mut(*thread as usize)
                {
                    *slot = true;
                }
            }
        }
        spawned
    }

    /// How many registers thread `thread` uses: one more than the largest number it names.
    pub fn registers(&self, thread: usize) -> usize {
        let of_operand = |operand: &Operand| match operand {
            Operand::Constant(_) => 0,
            Operand::Register { reg, .. } => reg + 1,
        };
        use Instruction::*;
        flatten(&self.threads[thread])
            .map(|it| match it {
                Load { reg, .. }
                | PlainLoad { reg, .. }
                | Choose { reg, .. }
                | Now { reg }
                | IfEq { reg, .. } => reg + 1,
                Store { val, .. } | PlainStore { val, .. } => of_operand(val),
                FetchAdd { val, reg, .. }
                | Swap { val, reg, .. }
                | Rmw { val, reg, .. }
                | Set { reg, val }
                | If { reg, val, .. }
                | Assume { reg, val, .. }
                | Assert { reg, val, .. } => of_operand(val).max(reg + 1),
                Act { arg, reg, .. } => of_operand(arg).max(reg + 1),
                Cas { expected, val, reg, old, .. } => of_operand(expected)
                    .max(of_operand(val))
                    .max(reg + 1)
                    .max(old.map_or(0, |old| old + 1)),
                Fence { .. }
                | Repeat { .. }
                | Spawn { .. }
                | Join { .. }
                | Sleep { .. }
                | Yield => 0,
            })
            .max()
            .unwrap_or(0) as usize
    }
}

/// Every instruction of a body, those inside conditionals and repetitions included.
pub fn flatten(body: &[Instruction]) -> Box<dyn Iterator<Item = &Instruction> + '_> {
    Box::new(body.iter().flat_map(|it| {
        let inner: Box<dyn Iterator<Item = &Instruction>> = match it {
            Instruction::IfEq { then, .. } => flatten(then),
            Instruction::If { then, otherwise, .. } => {
                Box::new(flatten(then).chain(flatten(otherwise)))
            }
            Instruction::Repeat { body, .. } => flatten(body),
            _ => Box::new(std::iter::empty()),
        };
        std::iter::once(it).chain(inner)
    }))
}
