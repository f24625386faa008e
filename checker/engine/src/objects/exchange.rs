//! Exchanges: channels whose threads can stand at several of them at once, as selects of Go do.
//!
//! A thread that stands at a select *offers* to send on channels without room and *wants* to receive from such;
//! all of it ends at once when one arm has proceeded. A receiver takes the oldest offer that still stands; the
//! sender, which need not have been told yet, then leaves. A select that does not wait is seen by nobody, and
//! meets any one of those who want. What has room is a [`Channel`] each.
//!
//! Whether the offer or the want came first makes no difference, so threads come without depending on each
//! other, but for senders on one channel: theirs is a queue. Who meets whom is decided by the order in that
//! queue, by the order in which receivers take, and, where several arms are ready, by choice.
//!
//! Whoever has been met, or finds a channel closed, also uses what it would have proceeded by otherwise: it could
//! have gone on by that before, and then what that depends on would have had to come first (constancy).
//!
//! Aspects are those of each channel, under its own location. On one without room: where takers meet, where
//! offers queue up, whether it is open, that somebody wants, and for each offer and each thread that wants
//! whether it still stands. Ending a stand uses all of its offers and wants, on whichever channel.

use super::channel::{Channel, HEAD, OPEN, TAIL};
use super::footprint::Uses;
use super::{Act, Machine, alien};
use raddle_shims::kernel::{
    Action, Arm, Ask, CLOSED, GAVE_UP, Lack, LocationId, Patience, Selected, Stance, ThreadId,
    Value,
};
use std::borrow::Cow;
use std::sync::Arc;

/// All channels of an exchange and the threads that stand at them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exchange {
    /// By location.
    places: Vec<(LocationId, Place)>,
    /// By thread.
    standing: Vec<Standing>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    Room(Channel),
    NoRoom(Meeting),
}

/// A channel without room.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Meeting {
    offers: Vec<Entry>,
    /// Before this one, every offer has been taken or was passed over by one who took a later one.
    head: usize,
    /// By thread and arm; those of earlier stands remain until the thread comes again.
    wants: Vec<Entry>,
    closed: bool,
}

/// One arm of a thread, on a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    thread: ThreadId,
    arm: u32,
    stands: bool,
}

/// A thread that has come to a select and not left it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Standing {
    thread: ThreadId,
    arms: Arc<[Arm]>,
    /// Whether it can be met.
    waits: bool,
    /// What it will be told because another thread has met it.
    met: Option<Selected>,
}

/// One way in which an arm can proceed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// On a channel with room, or one that is closed.
    Alone,
    /// Taking that offer.
    Takes(usize),
    /// Giving to that entry of those who want.
    Gives(usize),
}

/// Whether somebody wants.
const WANTED: u32 = 3;

fn offer_aspect(number: usize) -> u32 {
    4 + 2 * number as u32
}

fn want_aspect(thread: ThreadId) -> u32 {
    5 + 2 * thread.0
}

fn alone(thread: ThreadId, action: Action, patience: Patience) -> Act {
    Act { thread, action, patience, chosen: 0 }
}

fn on_channel(ask: Ask) -> Action {
    match ask {
        Ask::Send => Action::Send,
        Ask::Receive => Action::Receive,
        Ask::Length => Action::Length,
        Ask::Close => Action::Close,
    }
}

/// What an arm, or an action on one channel, is about.
fn parts(action: Action) -> Option<(LocationId, u32, Ask)> {
    match action {
        Action::Channel { channel, capacity, ask } => Some((channel, capacity, ask)),
        _ => None,
    }
}

impl Place {
    fn new(capacity: u32) -> Place {
        match capacity {
            0 => Place::NoRoom(Meeting::default()),
            _ => Place::Room(Channel::new(Value(capacity.into()))),
        }
    }
}

impl Meeting {
    /// The oldest offer of another thread that stands.
    fn oldest(&self, me: ThreadId) -> Option<usize> {
        let stands = |at: &usize| self.offers[*at].stands && self.offers[*at].thread != me;
        (self.head..self.offers.len()).find(stands)
    }
}

impl Exchange {
    /// The arms at which a thread stands.
    pub(super) fn arms_of(&self, thread: ThreadId) -> &[Arm] {
        self.stand_of(thread).map_or(&[], |stand| &stand.arms)
    }

    fn stand_of(&self, thread: ThreadId) -> Option<&Standing> {
        let at = self.standing.binary_search_by_key(&thread, |stand| stand.thread);
        at.ok().map(|at| &self.standing[at])
    }

    fn place(&self, channel: LocationId, capacity: u32) -> Cow<'_, Place> {
        match self.places.binary_search_by_key(&channel, |place| place.0) {
            Ok(at) => Cow::Borrowed(&self.places[at].1),
            Err(_) => Cow::Owned(Place::new(capacity)),
        }
    }

    fn place_mut(&mut self, channel: LocationId, capacity: u32) -> &mut Place {
        let at = self.places.binary_search_by_key(&channel, |place| place.0);
        let at = at.unwrap_or_else(|at| {
            self.places.insert(at, (channel, Place::new(capacity)));
            at
        });
        &mut self.places[at].1
    }

    fn meeting_mut(&mut self, channel: LocationId) -> &mut Meeting {
        match self.place_mut(channel, 0) {
            Place::NoRoom(meeting) => meeting,
            Place::Room(_) => panic!("channel {channel:?} has room: the capacity must not change"),
        }
    }

    /// Every way in which an arm of a thread can proceed, with the arm.
    fn ways(&self, stand: &Standing) -> Vec<(u32, Way)> {
        let mut ways = Vec::new();
        for (number, arm) in stand.arms.iter().enumerate() {
            let mut add = |way| ways.push((number as u32, way));
            let Some((channel, capacity, ask)) = parts(arm.action) else { continue };
            match (&*self.place(channel, capacity), ask) {
                (Place::Room(room), _)
                    if room.allows(&alone(stand.thread, on_channel(ask), Patience::None)) =>
                {
                    add(Way::Alone);
                }
                (Place::Room(_), _) => {}
                (Place::NoRoom(meeting), _) if meeting.closed => add(Way::Alone),
                (Place::NoRoom(meeting), Ask::Receive) => {
                    meeting.oldest(stand.thread).into_iter().for_each(|at| add(Way::Takes(at)));
                }
                (Place::NoRoom(meeting), _) if !stand.waits => {
                    let others = |at: &usize| {
                        meeting.wants[*at].stands && meeting.wants[*at].thread != stand.thread
                    };
                    let wants = (0..meeting.wants.len()).filter(others);
                    wants.for_each(|at| add(Way::Gives(at)));
                }
                _ => {}
            }
        }
        ways
    }

    /// A thread comes to a select.
    fn stand(&mut self, act: &Act, arms: Arc<[Arm]>, uses: &mut Uses) {
        let (thread, waits) = (act.thread, act.patience == Patience::Forever);
        for (number, arm) in arms.iter().enumerate() {
            let Some((channel, capacity, ask)) = parts(arm.action) else {
                alien(arm.action, self);
            };
            let place = self.place_mut(channel, capacity);
            let entry = Entry { thread, arm: number as u32, stands: true };
            match (place, ask) {
                (Place::NoRoom(meeting), Ask::Send) if waits => {
                    let number = meeting.offers.len();
                    uses.at(channel).writes(TAIL).writes(offer_aspect(number)).releasing();
                    meeting.offers.push(entry);
                }
                (Place::NoRoom(meeting), Ask::Receive) if waits => {
                    uses.at(channel).adds(WANTED).writes(want_aspect(thread)).releasing();
                    let key = |entry: &Entry| (entry.thread, entry.arm);
                    meeting.wants.retain(|old| old.thread != thread || old.stands);
                    let at = meeting.wants.partition_point(|old| key(old) < key(&entry));
                    meeting.wants.insert(at, entry);
                }
                _ => {}
            }
        }
        let at = self.standing.partition_point(|stand| stand.thread < thread);
        self.standing.insert(at, Standing { thread, arms, waits, met: None });
    }

    /// Uses everything at which a thread can be met; at `met`, where it is met, both sides learn of each other.
    fn look_at(&self, thread: ThreadId, met: Option<LocationId>, uses: &mut Uses) {
        let stand = self.stand_of(thread).expect("whoever can be met stands");
        for arm in stand.arms.iter().filter(|_| stand.waits) {
            let Some((channel, capacity, ask)) = parts(arm.action) else { continue };
            let place = self.place(channel, capacity);
            let Place::NoRoom(meeting) = &*place else { continue };
            let mut write = |aspect| {
                uses.at(channel).writes(aspect);
                match met {
                    // It leaves, and learns of whoever met it.
                    None => {
                        uses.acquiring();
                    }
                    Some(here) if here == channel => {
                        uses.acquiring().releasing();
                    }
                    Some(_) => {}
                }
            };
            match ask {
                Ask::Send => {
                    let mine = |at: &usize| {
                        meeting.offers[*at].thread == thread && meeting.offers[*at].stands
                    };
                    let own = (0..meeting.offers.len()).filter(mine);
                    own.for_each(|at| write(offer_aspect(at)));
                }
                _ => write(want_aspect(thread)),
            }
        }
    }

    /// Uses what an arm can proceed by, or could have.
    fn look(&self, stand: &Standing, arm: &Arm, gives_up: bool, uses: &mut Uses) {
        let Some((channel, capacity, ask)) = parts(arm.action) else { return };
        let place = self.place(channel, capacity);
        uses.at(channel);
        let meeting = match &*place {
            Place::Room(room) => {
                let patience = if gives_up { Patience::None } else { Patience::Forever };
                let act = alone(stand.thread, on_channel(ask), patience);
                room.clone().perform(&act, uses);
                return;
            }
            Place::NoRoom(meeting) => meeting,
        };
        uses.reads(OPEN);
        if meeting.closed {
            uses.acquiring();
        }
        match ask {
            Ask::Receive => {
                let oldest = meeting.oldest(stand.thread);
                let end = oldest.unwrap_or(meeting.offers.len());
                for passed in meeting.head..end {
                    if meeting.offers[passed].thread != stand.thread {
                        uses.reads(offer_aspect(passed));
                    }
                }
                match oldest {
                    Some(at) => {
                        uses.writes(HEAD);
                        self.look_at(meeting.offers[at].thread, Some(channel), uses);
                    }
                    None => {
                        uses.reads(HEAD).reads(TAIL);
                    }
                }
            }
            _ if !stand.waits => {
                uses.reads(WANTED);
                for want in meeting.wants.iter().filter(|want| want.thread != stand.thread) {
                    match want.stands {
                        true => self.look_at(want.thread, Some(channel), uses),
                        false => {
                            uses.at(channel).reads(want_aspect(want.thread));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Ends everything at which a thread stands.
    fn end(&mut self, thread: ThreadId) {
        let arms = self.stand_of(thread).map(|stand| Arc::clone(&stand.arms));
        for arm in arms.iter().flat_map(|arms| arms.iter()) {
            let Some((channel, capacity, _)) = parts(arm.action) else { continue };
            if let Place::NoRoom(meeting) = self.place_mut(channel, capacity) {
                let entries = meeting.offers.iter_mut().chain(&mut meeting.wants);
                entries.filter(|entry| entry.thread == thread).for_each(|e| e.stands = false);
            }
        }
    }

    /// The thread has been met by another.
    fn is_met(&mut self, entry: Entry, reply: Value) {
        self.end(entry.thread);
        let met = Some(Selected { arm: entry.arm, reply });
        let mine = self.standing.iter_mut().filter(|stand| stand.thread == entry.thread);
        mine.for_each(|stand| stand.met = met);
    }

    fn proceed(&mut self, stand: &Standing, way: Way, action: Action, sink: &mut Uses) -> Value {
        let Some((channel, capacity, ask)) = parts(action) else { return GAVE_UP };
        match way {
            Way::Takes(number) => {
                let meeting = self.meeting_mut(channel);
                meeting.head = number + 1;
                let entry = meeting.offers[number];
                let reply = Selected::offered(entry.thread, entry.arm);
                self.is_met(entry, reply);
                reply
            }
            Way::Gives(at) => {
                let entry = self.meeting_mut(channel).wants[at];
                let reply = Selected::given(entry.thread, entry.arm);
                self.is_met(entry, reply);
                reply
            }
            Way::Alone => match self.place_mut(channel, capacity) {
                Place::Room(room) => {
                    room.perform(&alone(stand.thread, on_channel(ask), Patience::None), sink)
                }
                Place::NoRoom(_) => CLOSED,
            },
        }
    }

    fn meet(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let Some(stand) = self.stand_of(act.thread).cloned() else { return GAVE_UP };
        let several = stand.arms.len() > 1;
        let reply = match stand.met {
            Some(met) => {
                let sends = |arm: &Arm| matches!(parts(arm.action), Some((_, _, Ask::Send)));
                if several || !stand.arms.iter().all(sends) {
                    stand.arms.iter().for_each(|arm| self.look(&stand, arm, true, uses));
                }
                self.leave_met(&stand, uses);
                met.value()
            }
            None => {
                let ways = self.ways(&stand);
                let gives_up = act.may_end() || several;
                stand.arms.iter().for_each(|arm| self.look(&stand, arm, gives_up, uses));
                self.look_at(act.thread, None, uses);
                match ways.get(act.chosen as usize) {
                    None => GAVE_UP,
                    Some(&(arm, way)) => {
                        // What it uses has been noted, for all arms.
                        let mut noted = Vec::new();
                        let mut sink = Uses::new(LocationId(0), &[], &mut noted);
                        let action = stand.arms[arm as usize].action;
                        let reply = self.proceed(&stand, way, action, &mut sink);
                        Selected { arm, reply }.value()
                    }
                }
            }
        };
        self.end(act.thread);
        self.standing.retain(|stand| stand.thread != act.thread);
        reply
    }

    /// Uses what a thread leaves that has been met: it learns of whoever met it.
    fn leave_met(&self, stand: &Standing, uses: &mut Uses) {
        for (number, arm) in stand.arms.iter().enumerate() {
            let Some((channel, capacity, ask)) = parts(arm.action) else { continue };
            let place = self.place(channel, capacity);
            let Place::NoRoom(meeting) = &*place else { continue };
            uses.at(channel);
            match ask {
                Ask::Send => {
                    let mine =
                        |entry: &Entry| entry.thread == stand.thread && entry.arm == number as u32;
                    if let Some(at) = meeting.offers.iter().rposition(mine) {
                        uses.writes(offer_aspect(at)).acquiring();
                    }
                }
                _ => {
                    uses.writes(want_aspect(stand.thread)).acquiring();
                }
            }
        }
    }

    fn channel(&mut self, act: &Act, uses: &mut Uses) -> Value {
        let Some((channel, capacity, ask)) = parts(act.action) else { alien(act.action, self) };
        uses.at(channel);
        let was_closed = match (self.place_mut(channel, capacity), ask) {
            (Place::Room(room), Ask::Close) => {
                uses.writes(TAIL).writes(OPEN).releasing();
                room.close()
            }
            (Place::NoRoom(meeting), Ask::Close) => {
                uses.writes(OPEN).releasing();
                std::mem::replace(&mut meeting.closed, true)
            }
            (Place::Room(room), _) => {
                let act = alone(act.thread, on_channel(ask), act.patience);
                return room.perform(&act, uses);
            }
            (Place::NoRoom(_), Ask::Length) => return Value(0),
            (Place::NoRoom(_), _) => alien(act.action, self),
        };
        if was_closed { CLOSED } else { Value(0) }
    }
}

impl Machine for Exchange {
    fn allows(&self, act: &Act) -> bool {
        match act.action {
            Action::Meet { .. } => self
                .stand_of(act.thread)
                .is_some_and(|stand| stand.met.is_some() || !self.ways(stand).is_empty()),
            Action::Channel { channel, capacity, ask } => match &*self.place(channel, capacity) {
                Place::Room(room) => room.allows(&alone(act.thread, on_channel(ask), act.patience)),
                Place::NoRoom(_) => true,
            },
            _ => true,
        }
    }

    fn lack(&self, act: &Act) -> Lack {
        match act.action {
            Action::Meet { stance: Stance::Send, .. } => Lack::Receiver,
            Action::Meet { stance: Stance::Receive, .. } => Lack::Message { senders: 0 },
            Action::Channel { channel, capacity, ask } => match &*self.place(channel, capacity) {
                Place::Room(_) if ask == Ask::Receive => Lack::Message { senders: 0 },
                Place::Room(room) => room.lack(&alone(act.thread, on_channel(ask), act.patience)),
                Place::NoRoom(_) => Lack::Arm,
            },
            _ => Lack::Arm,
        }
    }

    fn alternatives(&self, act: &Act) -> u32 {
        match (act.action, self.stand_of(act.thread)) {
            (Action::Meet { .. }, Some(stand)) if stand.met.is_none() => {
                self.ways(stand).len().max(1) as u32
            }
            _ => 1,
        }
    }

    fn perform(&mut self, act: &Act, uses: &mut Uses) -> Value {
        match act.action {
            Action::Stand(arms) => {
                let arms = uses.arms(arms);
                self.stand(act, arms, uses);
                Value(0)
            }
            Action::Meet { .. } => self.meet(act, uses),
            Action::Channel { .. } => self.channel(act, uses),
            other => alien(other, self),
        }
    }
}
