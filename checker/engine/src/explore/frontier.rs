//! The pieces of a search that several workers share, in the order in which one alone would come to them.

use super::schedule::Schedule;

/// What has come of a part of a search. What comes after it in the search is appended.
pub trait Part {
    /// Adds what came of the part that follows this one.
    fn append(&mut self, later: Self);
}

/// Names a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PieceId(u64);

#[derive(Debug)]
enum State<P> {
    Waiting(Option<Box<Schedule>>),
    Running,
    Done(P),
}

#[derive(Debug)]
struct Piece<P> {
    id: PieceId,
    state: State<P>,
}

/// The frontier of a search: pieces that nobody has begun, pieces that somebody explores, and what came of the others.
///
/// A worker takes the first piece that waits, may give parts of it away while it explores it, and in the end says what
/// came of it. Whoever gives away gives what it would have come to last, so a piece stands right before what was
/// split off it, and the pieces stand in the order of the search that one worker alone would make: what
/// the workers find together is what it would have found, as far as that depends on the order alone.
///
/// ```
/// use raddle_engine::explore::{Frontier, Part, Schedule};
///
/// struct Log(&'static str);
/// impl Part for Log {
///     fn append(&mut self, _later: Log) {}
/// }
///
/// let mut frontier = Frontier::new();
/// let (first, begin) = frontier.take().expect("the whole search");
/// assert_eq!(begin, None);
/// frontier.give(first, vec![Schedule::default()]);
/// let (second, _) = frontier.take().expect("what was given away");
/// frontier.end(first, Log("a failure"));
/// assert!(!frontier.wants(second), "it comes after the failure");
/// assert_eq!(frontier.result().expect("nothing is left").0, "a failure");
/// ```
#[derive(Debug)]
pub struct Frontier<P> {
    pieces: Vec<Piece<P>>,
    next: u64,
}

impl<P: Part> Default for Frontier<P> {
    fn default() -> Self {
        Frontier::new()
    }
}

impl<P: Part> Frontier<P> {
    /// A search that nobody has begun: one piece, which is all of it.
    pub fn new() -> Frontier<P> {
        let whole = Piece { id: PieceId(0), state: State::Waiting(None) };
        Frontier { pieces: vec![whole], next: 1 }
    }

    /// The first piece that waits, to be explored by the caller: the node at which it begins, or none for the beginning
    /// of the search.
    pub fn take(&mut self) -> Option<(PieceId, Option<Schedule>)> {
        self.pieces.iter_mut().find_map(|piece| match &mut piece.state {
            State::Waiting(node) => {
                let node = node.take();
                piece.state = State::Running;
                Some((piece.id, node.map(|node| *node)))
            }
            _ => None,
        })
    }

    /// Adds nodes that were split off a piece, in the order in which it would have come to them.
    pub fn give(&mut self, from: PieceId, nodes: Vec<Schedule>) {
        let Some(at) = self.position(from) else { return };
        let first = self.next;
        self.next += nodes.len() as u64;
        let ids = (first..).map(PieceId);
        let pieces = ids.zip(nodes).map(|(id, node)| {
            let state = State::Waiting(Some(Box::new(node)));
            Piece { id, state }
        });
        self.pieces.splice(at + 1..at + 1, pieces);
    }

    /// Whether it still matters what comes of a piece.
    pub fn wants(&self, piece: PieceId) -> bool {
        self.position(piece).is_some()
    }

    /// A piece has been explored to its end.
    pub fn finish(&mut self, piece: PieceId, part: P) {
        let Some(at) = self.position(piece) else { return };
        self.pieces[at].state = State::Done(part);
        self.join(at + 1);
        self.join(at);
    }

    /// In a piece something was found with which the search ends: whatever comes after it does not matter any more.
    pub fn end(&mut self, piece: PieceId, part: P) {
        let Some(at) = self.position(piece) else { return };
        self.pieces.truncate(at + 1);
        self.finish(piece, part);
    }

    /// Pieces that nobody has begun are not explored any more; says whether there were any.
    pub fn close(&mut self) -> bool {
        let before = self.pieces.len();
        self.pieces.retain(|piece| !matches!(piece.state, State::Waiting(_)));
        for at in (1..self.pieces.len()).rev() {
            self.join(at);
        }
        self.pieces.len() < before
    }

    /// Whether nothing waits and nobody is at work.
    pub fn is_over(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece.state, State::Done(_)))
    }

    /// What came of the search; none while it is not over, or if nothing was explored.
    pub fn result(self) -> Option<P> {
        if !self.is_over() {
            return None;
        }
        let parts = self.pieces.into_iter().filter_map(|piece| match piece.state {
            State::Done(part) => Some(part),
            _ => None,
        });
        parts.reduce(|mut all, later| {
            all.append(later);
            all
        })
    }

    fn position(&self, id: PieceId) -> Option<usize> {
        self.pieces.iter().position(|piece| piece.id == id)
    }

    /// Makes one of the piece at `at` and the one before it, if both are done.
    fn join(&mut self, at: usize) {
        let is_done = |at: usize| {
            self.pieces.get(at).is_some_and(|piece| matches!(piece.state, State::Done(_)))
        };
        if at == 0 || !is_done(at) || !is_done(at - 1) {
            return;
        }
        let State::Done(later) = self.pieces.remove(at).state else { return };
        if let State::Done(part) = &mut self.pieces[at - 1].state {
            part.append(later);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Part for String {
        fn append(&mut self, later: String) {
            self.push_str(&later);
        }
    }

    fn nodes(count: usize) -> Vec<Schedule> {
        vec![Schedule::default(); count]
    }

    fn take(frontier: &mut Frontier<String>) -> PieceId {
        frontier.take().expect("something waits").0
    }

    #[test]
    fn parts_are_joined_in_the_order_of_the_search() {
        let mut frontier = Frontier::new();
        let a = take(&mut frontier);
        frontier.give(a, nodes(2));
        let d = take(&mut frontier);
        let e = take(&mut frontier);
        // What is split off later comes before what was split off first.
        frontier.give(a, nodes(1));
        let b = take(&mut frontier);
        frontier.give(b, nodes(1));
        let c = take(&mut frontier);
        assert_eq!(frontier.take(), None);
        for (piece, part) in [(e, "e"), (b, "b"), (d, "d"), (a, "a")] {
            frontier.finish(piece, part.to_string());
            assert!(!frontier.is_over());
        }
        frontier.finish(c, "c".to_string());
        assert_eq!(frontier.result().as_deref(), Some("abcde"));
    }

    #[test]
    fn the_first_end_in_the_order_of_the_search_counts() {
        let mut frontier = Frontier::new();
        let a = take(&mut frontier);
        frontier.give(a, nodes(3));
        let (b, c) = (take(&mut frontier), take(&mut frontier));
        frontier.end(c, "c!".to_string());
        assert_eq!(frontier.take(), None, "the last one is gone");
        frontier.end(a, "a!".to_string());
        assert!(!frontier.wants(b));
        frontier.end(b, "b!".to_string());
        frontier.give(b, nodes(1));
        assert_eq!(frontier.result().as_deref(), Some("a!"));
    }

    #[test]
    fn what_is_closed_is_not_begun() {
        let mut frontier = Frontier::new();
        let a = take(&mut frontier);
        frontier.give(a, nodes(2));
        let b = take(&mut frontier);
        assert!(frontier.close());
        assert_eq!(frontier.take(), None);
        frontier.finish(b, "b".to_string());
        frontier.finish(a, "a".to_string());
        assert!(!frontier.close());
        assert_eq!(frontier.result().as_deref(), Some("ab"));
    }
}
