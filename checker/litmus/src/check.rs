//! Whether a litmus program means something.

use crate::objects::{Deed, ObjectKind};
use crate::program::{Instruction, Operand, Order, Program, flatten};

impl Program {
    /// Whether every number names something and every ordering fits its instruction.
    ///
    /// # Errors
    /// The first thing that is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.initial.len() > self.locations as usize {
            return Err(format!(
                "{} initial values for {} locations",
                self.initial.len(),
                self.locations
            ));
        }
        self.check_barriers()?;
        self.check_interleaved()?;
        let mut spawned = vec![false; self.threads.len()];
        for (t, body) in self.threads.iter().enumerate() {
            check_numbers(body).map_err(|e| format!("thread {t}: {e}"))?;
            check_stands(body).map_err(|e| format!("thread {t}: {e}"))?;
            let mut started = Vec::new();
            for instruction in flatten(body) {
                self.check_join(t, instruction, &mut started)
                    .map_err(|e| format!("thread {t}: {e}"))?;
                self.check_one(t, instruction, &mut spawned)
                    .map_err(|e| format!("thread {t}: {e}"))?;
            }
        }
        Ok(())
    }

    /// Whether no barrier has more users than it waits for: then it would matter who comes first.
    fn check_barriers(&self) -> Result<(), String> {
        for (number, object) in self.objects.iter().enumerate() {
            let arrives = |it: &Instruction| {
                matches!(it, Instruction::Act { object, deed: Deed::Arrive, .. }
                    if *object as usize == number)
            };
            let users = self.threads.iter().filter(|body| flatten(body).any(arrives)).count();
            let most = object.value.unwrap_or(0);
            if object.kind == ObjectKind::Barrier && users as u64 > most {
                return Err(format!("{users} threads use a barrier for {most}"));
            }
        }
        Ok(())
    }

    fn check_join(&self, me: usize, it: &Instruction, mine: &mut Vec<u32>) -> Result<(), String> {
        match *it {
            Instruction::Spawn { thread } => mine.push(thread),
            Instruction::Join { thread } => {
                let by_others = self.spawned_by_others();
                let from_main = |t: usize| !by_others.get(t).copied().unwrap_or(false);
                let earlier = (thread as usize) < me && from_main(thread as usize) && from_main(me);
                if !earlier && !mine.contains(&thread) {
                    return Err(format!(
                        "joins thread {thread}, which may not have been started: join a thread that \
                         comes earlier in the program or that this one spawns"
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn check_one(&self, me: usize, it: &Instruction, spawned: &mut [bool]) -> Result<(), String> {
        use Instruction::*;
        use Order::*;
        let (loc, bad_order) = match *it {
            Load { loc, ord, .. } => (Some(loc), matches!(ord, Release | AcqRel)),
            Store { loc, ord, .. } => (Some(loc), matches!(ord, Acquire | AcqRel)),
            FetchAdd { loc, .. } | Swap { loc, .. } | Rmw { loc, .. } => (Some(loc), false),
            Cas { loc, fail, .. } => (Some(loc), matches!(fail, Release | AcqRel)),
            Fence { ord } => (None, matches!(ord, Relaxed | Interleaved)),
            _ => (None, false),
        };
        if bad_order {
            return Err(format!("{it:?} has an ordering that std refuses"));
        }
        if loc.is_some_and(|l| l >= self.locations) {
            return Err(format!("{it:?} names a location beyond {}", self.locations));
        }
        match *it {
            PlainLoad { cell, .. } | PlainStore { cell, .. } if cell >= self.cells => {
                Err(format!("{it:?} names a cell beyond {}", self.cells))
            }
            Spawn { thread } | Join { thread } if thread as usize >= self.threads.len() => {
                Err(format!("{it:?} names a thread beyond {}", self.threads.len()))
            }
            Spawn { thread } if thread as usize == me => Err("a thread spawns itself".into()),
            Spawn { thread } if std::mem::replace(&mut spawned[thread as usize], true) => {
                Err(format!("thread {thread} is spawned twice"))
            }
            Choose { n: 0, .. } => Err("a choice of nothing".into()),
            Sleep { nanos: 0 } => Err("a sleep of no time: the least is 1".into()),
            Act { deed, limited, within: Some(nanos), .. }
                if nanos == 0 || limited || !deed.waits() =>
            {
                Err(format!("{it:?}: a time limit is at least 1, for what would wait without it"))
            }
            Act { object, deed, arg, .. } => match self.objects.get(object as usize) {
                Some(object) if deed.fits(object.kind) => object.check_arg(deed, arg),
                Some(object) => Err(format!("{deed:?} is not for {:?}", object.kind)),
                None => Err(format!("{it:?} names an object beyond {}", self.objects.len())),
            },
            _ => Ok(()),
        }
    }
}

/// Whether every select is left by the instruction after the one that comes to it, and in the same way.
fn check_stands(body: &[Instruction]) -> Result<(), String> {
    let mut stands = None;
    for it in flatten(body) {
        let comes = match *it {
            Instruction::Act { object, deed: Deed::Stand, limited, .. } => Some((object, limited)),
            _ => None,
        };
        let leaves = match *it {
            Instruction::Act { object, deed: Deed::Meet, limited, .. } => Some((object, limited)),
            _ => None,
        };
        if leaves != stands {
            return Err(format!("{it:?}: after a stand comes its meet, and nowhere else"));
        }
        stands = comes;
    }
    stands.map_or(Ok(()), |_| Err("a stand at the end needs its meet".into()))
}

/// Whether what names an offer, a want or a round got its number from one by the same thread.
fn check_numbers(body: &[Instruction]) -> Result<(), String> {
    let mut given = Vec::new();
    for it in flatten(body) {
        let Instruction::Act { object, deed, arg, limited, reg, .. } = *it else { continue };
        let source = match deed {
            Deed::AwaitTaken => Deed::Offer,
            Deed::Take => Deed::Want,
            Deed::Depart => Deed::Arrive,
            Deed::Offer | Deed::Want | Deed::Arrive if !limited => {
                given.push((object, deed, reg));
                continue;
            }
            _ => continue,
        };
        let known = match arg {
            Operand::Register { reg, add: 0 } => given.contains(&(object, source, reg)),
            _ => false,
        };
        if !known {
            return Err(format!("{deed:?} needs the register of an earlier {source:?}"));
        }
    }
    Ok(())
}
