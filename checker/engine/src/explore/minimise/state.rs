//! A number for everything that the rest of an execution depends on.
//!
//! Threads are deterministic, so that is the class of the execution so far, up to reorderings of events that
//! do not conflict, together with what the default policy looks at. The class is given by what each event
//! decided, by its causes, and by the coherence order. The number is a sum over events, so the order in
//! which they were performed does not matter. Two different states have the same number with a probability
//! of 2⁻¹²⁸ for each pair; at worst an execution that costs less is then overlooked.

use crate::graph::{Flags, Graph, Position};
use raddle_shims::kernel::ThreadId;

/// The state of one execution as it grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Fingerprint {
    sum: u128,
    advances: u128,
}

/// Mixes the words one after the other: two lanes of the finaliser of SplitMix64 (Steele, Lea and Flood,
/// OOPSLA 2014).
fn mix(words: impl IntoIterator<Item = u64>) -> u128 {
    fn finalise(mut z: u64) -> u64 {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    let (mut one, mut two) = (0x9e37_79b9_7f4a_7c15_u64, 0xd1b5_4a32_d192_ed03_u64);
    for word in words {
        one = finalise(one.wrapping_add(word).wrapping_add(0x9e37_79b9_7f4a_7c15));
        two = finalise(two.wrapping_mul(3) ^ word ^ one.rotate_left(17));
    }
    u128::from(one) << 64 | u128::from(two)
}

impl Fingerprint {
    /// Adds the latest event.
    pub fn add(&mut self, graph: &Graph, at: Position) {
        let event = graph.event(at);
        let source = self::name(graph, event.source);
        let spurious = u64::from(event.is(Flags::SPURIOUS));
        let own =
            [event.thread.0.into(), event.index.into(), source, event.chosen.into(), spurious];
        // A clock may be shorter than the number of threads: what is missing is 0 and left out.
        let known = graph.clocks().get(event.causal).iter().enumerate();
        let others = known.filter(|&(thread, &n)| thread != event.thread.index() && n > 0);
        let causes = others.flat_map(|(thread, &n)| [thread as u64, n.into()]);
        self.sum = self.sum.wrapping_add(mix(own.into_iter().chain(causes)));
        if event.kind.writes()
            && let Some(location) = event.location()
        {
            let neighbour = |rank: usize| graph.coherence(location).get(rank).copied();
            let before = (event.rank as usize).checked_sub(2).and_then(neighbour);
            let before = self::name(graph, before.unwrap_or(Position::NONE));
            let this = self::name(graph, at);
            let link = |from: u64, to: u64| mix([u64::MAX, from, to]);
            self.sum = self.sum.wrapping_add(link(before, this));
            if let Some(after) = neighbour(event.rank as usize) {
                let after = self::name(graph, after);
                self.sum = self.sum.wrapping_sub(link(before, after));
                self.sum = self.sum.wrapping_add(link(this, after));
            }
        }
    }

    /// The clock goes on.
    pub fn advance(&mut self) {
        self.advances += 1;
    }

    /// The number of the state in which `latest` was the last to perform something, and threads were
    /// spawned in that order.
    pub fn state(&self, latest: ThreadId, order: &[ThreadId]) -> u128 {
        let order = order.iter().map(|thread| thread.0.into());
        self.sum.wrapping_add(mix([latest.0.into()].into_iter().chain(order)) ^ self.advances)
    }
}

fn name(graph: &Graph, at: Position) -> u64 {
    match at.is_some() {
        false => u64::MAX,
        true => {
            let id = graph.event(at).id();
            u64::from(id.thread.0) << 32 | u64::from(id.index)
        }
    }
}
