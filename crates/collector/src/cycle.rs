//! A pass over the whole heap in slices, while the program runs in between.
//!
//! ```text
//!  hang ─► listen ─► count ─► root ─► mark ─► look ─► settle ─► (special) ─► look again ─► settle ─► condemn
//!                                                                   clear ─► free ─► take down ◄────┘
//! ```
//!
//! Up to `settle` the cycle only finds out (why it may, is told in `strategies/paced.rs`). `look` picks out the garbage that
//! user code is concerned with: what is watched, and what has a finalizer. The heap sees to those (*special*) in one go; what
//! a weak reference or a finalizer lets the program touch meanwhile is marked, with all it reaches, and lives. From
//! `condemn` on nobody can reach the rest, and it is taken apart and freed at leisure: by the heap, since that runs user
//! code.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Address, Flags, Sides};
use gleaner_refcount::{listen, note};

use crate::marking::Marking;
use crate::pace::Pace;
use crate::space::{Region, Space};
use crate::{NoRoom, header};

/// Where a cycle stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    Hang,
    Listen,
    Count,
    Root,
    Mark,
    Look,
    Settle,
    LookAgain,
    SettleAgain,
    Condemn,
    Clear,
    Free,
    TakeDown,
}

/// What the heap has to do next for a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Give back control: the time is up.
    Wait,
    /// See to the special ones.
    Special,
    /// Let garbage, from this place of the list on, give up its references.
    Clear(usize),
    /// Free garbage, from this place of the list on.
    Free(usize),
    /// Enter the cycle in the books: it is over, and has found so much garbage among so many objects.
    Done(u64, u64),
}

/// A cycle under way.
pub(crate) struct Cycle {
    marking: RefCell<Marking>,
    regions: RefCell<Vec<Region>>,
    phase: Cell<Phase>,
    /// Where the heap has got to in a list.
    next: Cell<usize>,
    special: RefCell<Vec<Address>>,
    garbage: RefCell<Vec<Address>>,
    collected: Cell<u64>,
}

impl Cycle {
    /// Makes a cycle over the objects with stamps above `floor` and up to `ceiling`.
    pub(crate) fn new(sides: &Rc<Sides>, space: &dyn Space, floor: u32, ceiling: u32) -> Cycle {
        let mut regions = Vec::new();
        space.each_region(&mut |region| regions.push(region));
        Cycle {
            marking: RefCell::new(Marking::bare(sides, floor, ceiling)),
            regions: RefCell::new(regions),
            phase: Cell::new(Phase::Hang),
            next: Cell::new(0),
            special: RefCell::default(),
            garbage: RefCell::default(),
            collected: Cell::new(0),
        }
    }

    /// Begins an era, in which nobody is yet: subjects are all others.
    pub(crate) fn begin_era(&self, era: u32) {
        self.marking.borrow_mut().era = era;
    }

    /// Tells whether the cycle may still be given up: nothing has been condemned.
    pub(crate) fn may_be_abandoned(&self) -> bool {
        self.phase.get() < Phase::Condemn
    }

    /// Tells whether references are moved to and from objects of some type unseen.
    pub(crate) fn is_blind(&self) -> bool {
        self.regions.borrow().iter().any(|region| region.record.unseen)
    }

    /// Is told that an object has been touched, or is to be kept.
    pub(crate) fn touched(&self, object: Address) {
        if self.may_be_abandoned() && !seeded(Bug::TouchMissed) {
            self.marking.borrow().mark_one(object);
        }
    }

    /// Is told that an object and what it refers to are to be kept, though the object is about to leave.
    pub(crate) fn spares(&self, object: Address) {
        if self.may_be_abandoned() && !seeded(Bug::TouchMissed) {
            self.marking.borrow().mark_now(object);
        }
    }

    /// Is told that an object has died.
    pub(crate) fn leaves(&self, object: Address) {
        self.marking.borrow().leaves(object);
    }

    /// Is told that a large object has died, whose chunk is about to go.
    pub(crate) fn forget(&self, object: Address) {
        self.marking.borrow_mut().forget(object);
        self.garbage.borrow_mut().retain(|other| *other != object);
    }

    /// Tells whether an object is held to be garbage by now.
    pub(crate) fn is_garbage(&self, object: Address) -> bool {
        self.marking.borrow().is_unmarked(object)
    }

    /// Returns the special object at an index that is still garbage; `None` behind the last.
    pub(crate) fn special(&self, index: usize) -> Option<Option<Address>> {
        let object = self.special.borrow().get(index).copied()?;
        Some(Some(object).filter(|object| self.is_garbage(*object)))
    }

    /// Returns the garbage from a place of the list on, at most `most` places of it, and the next place. What has died since it
    /// was condemned (which only happens if a type says wrongly that its references do not move unseen) is left out.
    pub(crate) fn garbage(&self, from: usize, most: usize) -> (Vec<Address>, usize) {
        let garbage = self.garbage.borrow();
        let end = (from + most).min(garbage.len());
        let condemned = |object: &Address| header(object).flags().has(Flags::UNREACHABLE);
        (garbage[from.min(end)..end].iter().copied().filter(condemned).collect(), end)
    }

    /// Notes how far the heap has got in the list.
    pub(crate) fn has_done(&self, next: usize) {
        self.next.set(next);
    }

    /// Works until the time is up or the heap is needed. `quiet` says that no object is watched or has a finalizer; else
    /// `is_special` tells which are or have, and is asked again, with `true`, after the heap has seen to them.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: the cycle is to be given up.
    ///
    /// # Panics
    /// If a `trace` panics: the same.
    pub(crate) fn step(
        &self,
        space: &dyn Space,
        pace: &Pace,
        quiet: bool,
        is_special: impl Fn(Address, bool) -> bool,
    ) -> Result<Step, NoRoom> {
        loop {
            let phase = self.phase.get();
            let over = match phase {
                Phase::Hang => self.hang(pace)?,
                Phase::Listen => {
                    self.marking.borrow().each_subject(space, pace, |object| listen(header(&object)))
                }
                Phase::Count => self.marking.borrow().count(space, pace)?,
                Phase::Root => self.marking.borrow().root(pace),
                Phase::Mark | Phase::Settle | Phase::SettleAgain => self.marking.borrow().mark(pace),
                Phase::Look => quiet || self.look(pace, |object| is_special(object, false))?,
                Phase::LookAgain => quiet || self.look(pace, |object| is_special(object, true))?,
                Phase::Condemn => self.condemn(pace)?,
                Phase::Clear if self.next.get() < self.garbage.borrow().len() => {
                    return Ok(if pace.is_spent() { Step::Wait } else { Step::Clear(self.next.get()) });
                }
                Phase::Free if self.next.get() < self.garbage.borrow().len() => {
                    return Ok(if pace.is_spent() { Step::Wait } else { Step::Free(self.next.get()) });
                }
                Phase::Clear | Phase::Free => {
                    self.next.set(0);
                    true
                }
                Phase::TakeDown => {
                    if !self.marking.borrow_mut().take_down(pace) {
                        return Ok(Step::Wait);
                    }
                    return Ok(Step::Done(self.collected.get(), self.marking.borrow().subjects.get()));
                }
            };
            if !over {
                return Ok(Step::Wait);
            }
            self.phase.set(match phase {
                Phase::Hang => Phase::Listen,
                Phase::Listen => Phase::Count,
                Phase::Count => Phase::Root,
                Phase::Root => Phase::Mark,
                Phase::Mark => Phase::Look,
                Phase::Look => Phase::Settle,
                Phase::Settle => Phase::LookAgain,
                Phase::LookAgain => Phase::SettleAgain,
                Phase::SettleAgain => Phase::Condemn,
                Phase::Condemn => Phase::Clear,
                Phase::Clear => Phase::Free,
                Phase::Free | Phase::TakeDown => Phase::TakeDown,
            });
            if phase == Phase::Settle && !quiet {
                // Between the last mark and the heap's work the program must not run.
                return Ok(Step::Special);
            }
        }
    }

    /// Hangs a side table on every chunk; returns whether that was all.
    fn hang(&self, pace: &Pace) -> Result<bool, NoRoom> {
        loop {
            let Some(region) = self.regions.borrow_mut().pop() else { return Ok(true) };
            self.marking.borrow_mut().add(region)?;
            if pace.is_over() {
                return Ok(false);
            }
        }
    }

    /// Picks out the special ones among the garbage; returns whether that was all.
    fn look(&self, pace: &Pace, is_special: impl Fn(Address) -> bool) -> Result<bool, NoRoom> {
        let mut special = self.special.borrow_mut();
        self.marking.borrow().each_unmarked(pace, |object| {
            if is_special(object) {
                special.try_reserve(1).map_err(|_| NoRoom)?;
                special.push(object);
            }
            Ok(())
        })
    }

    /// Makes a list of the garbage and flags it; returns whether that was all.
    fn condemn(&self, pace: &Pace) -> Result<bool, NoRoom> {
        let mut garbage = self.garbage.borrow_mut();
        let over = self.marking.borrow().each_unmarked(pace, |object| {
            garbage.try_reserve(1).map_err(|_| NoRoom)?;
            garbage.push(object);
            let header = header(&object);
            header.insert(Flags::UNREACHABLE);
            note(header);
            Ok(())
        });
        self.collected.set(garbage.len() as u64);
        over
    }
}
