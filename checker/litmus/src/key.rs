//! The canonical form of an execution graph, in which the explorer and the oracles are compared.

/// A write as a source or a member of coherence: thread and event index, or the initial value.
///
/// Threads are numbered as in the program (the implicit main thread has no number here), and only
/// these instructions count as events of a thread, from 0: `load`, `store`, `fetch_add`, `swap`,
/// `rmw`, `cas`, `fence`, `choose`, `spawn`, `join`, `act`, `sleep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Write {
    /// The initial value of the location.
    Initial,
    /// The write of that event.
    Event {
        /// Position of the thread in the program.
        thread: u32,
        /// Which of its events.
        index: u32,
    },
}

/// What one event of a thread was, as far as executions can differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// A load, or a compare-exchange that failed (`weakly`: although the values were equal).
    Read {
        /// Where it read.
        location: u32,
        /// What it read.
        from: Write,
        /// Whether it is a spurious failure.
        weakly: bool,
    },
    /// A store.
    Write {
        /// Where it wrote.
        location: u32,
    },
    /// A read-modify-write, or a compare-exchange that succeeded.
    Update {
        /// Where.
        location: u32,
        /// What it read.
        from: Write,
    },
    /// A fence, a spawn, a join or a sleep.
    Other,
    /// A choice.
    Chosen(u32),
    /// A deed on a blocking object.
    Act {
        /// Which object.
        object: u32,
        /// Its reply.
        reply: u64,
        /// Which of several ways it took.
        chosen: u32,
    },
}

/// A finished execution: every thread's labels, and every location's writes in coherence order
/// (without the initial one). Two executions are the same iff these are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GraphKey {
    /// By thread of the program.
    pub threads: Vec<Vec<Label>>,
    /// By location.
    pub coherence: Vec<Vec<Write>>,
    /// By time that the clock has come to, how many events of each thread came before.
    pub times: Vec<(u64, Vec<u32>)>,
    /// Deeds of different threads on one object that depend on each other, in the order in which they
    /// came: by thread and event index.
    pub order: std::collections::BTreeSet<[(u32, u32); 2]>,
}

/// What a search of all executions found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// Complete executions, deadlocked ones included, with how often each was reached and its outcome.
    pub graphs: std::collections::BTreeMap<GraphKey, (u64, Vec<u64>)>,
    /// Executions set aside by an assumption (not compared, only counted).
    pub blocked: u64,
    /// Whether some execution ended with threads that could not go on.
    pub deadlock: bool,
    /// Whether some execution has a data race.
    pub race: bool,
    /// Whether some execution has an assertion that fails.
    pub assertion: bool,
}
