//! Who is tracked, in which order, in which generation.
//!
//! CPython keeps each generation as a doubly linked list. Here every tracked object has a *stamp*, and the order of the
//! stamps is the order of the lists, one behind the other:
//!
//! ```text
//!  stamps  1 … frozen_end │ … old_end │ … middle_end │ … next - 1
//!          permanent      │ old       │ middle       │ young
//! ```
//!
//! So a generation is promoted by moving a boundary, whoever is appended to a list gets the next stamp, and whoever leaves
//! takes nothing along. Where CPython would append to an older list while a younger one is not empty, the younger one is
//! stamped anew behind it. Young and middle objects are found by rosters, old ones by going through the heap.
//!
//! There are 2^27 stamps; when they have run out all objects get new ones, which takes as long as a pass over the whole heap.
//! A collector whose pauses are bounded cannot have that, and nobody asks in which order its old objects are. So with it
//! they have *eras* (`era.rs`) in place of stamps, and only the young and the middle ones are stamped anew, who are few:
//!
//! ```text
//!  stamps  1         │ 2 … ERAS │ … middle_end │ … next - 1
//!          permanent │ old      │ middle       │ young
//! ```

use core::cell::Cell;
use std::rc::Rc;

use gleaner_object::{Address, Flags, MAX_STAMP, Sides};

use crate::era::{ERAS, Eras};
use crate::roster::{Entry, Roster, holds};
use crate::space::{Space, blocks, each_tracked};
use crate::{NoRoom, header, order};

/// How many times as many stamps as objects are too many to go through.
const SPARSE: usize = 4;

/// Where a tracked object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generation {
    /// Generation 0.
    Young,
    /// Generation 1.
    Middle,
    /// Generation 2.
    Old,
    /// Frozen: never looked at.
    Permanent,
    /// A running pass has found it unreachable.
    Condemned,
}

impl Generation {
    /// All but the condemned, in the order of their stamps.
    const IN_ORDER: [Generation; 4] =
        [Generation::Permanent, Generation::Old, Generation::Middle, Generation::Young];
}

/// The tracked objects.
pub struct Tracking {
    pub(crate) space: Rc<dyn Space>,
    pub(crate) sides: Rc<Sides>,
    /// Whether rosters are kept.
    listed: bool,
    pub(crate) eras: Option<Eras>,
    pub(crate) next: Cell<u32>,
    pub(crate) frozen_end: Cell<u32>,
    old_end: Cell<u32>,
    pub(crate) middle_end: Cell<u32>,
    pub(crate) young: Roster,
    pub(crate) middle: Roster,
}

impl Tracking {
    /// Nothing is tracked. `listed` says that rosters are kept, `eras` that old objects have no stamps of their own.
    pub(crate) fn new(space: Rc<dyn Space>, listed: bool, eras: bool) -> Tracking {
        let last = if eras { ERAS } else { 0 };
        Tracking {
            space,
            sides: Rc::default(),
            listed,
            eras: eras.then(Eras::default),
            next: Cell::new(last + 1),
            frozen_end: Cell::new(0),
            old_end: Cell::new(last),
            middle_end: Cell::new(last),
            young: Roster::default(),
            middle: Roster::default(),
        }
    }

    /// Tracks an object as the youngest; returns whether the young are too many.
    pub(crate) fn track(&self, object: Address) -> Result<bool, NoRoom> {
        let stamp = self.next_stamp()?;
        header(&object).set_stamp(stamp);
        Ok(self.list(object, stamp))
    }

    /// Gives the next stamp, for the object that is the youngest.
    #[inline]
    pub(crate) fn next_stamp(&self) -> Result<u32, NoRoom> {
        if self.next.get() > MAX_STAMP {
            self.gain_stamps()?;
        }
        let stamp = self.next.get();
        self.next.set(stamp + 1);
        Ok(stamp)
    }

    /// Notes down the object that has got the last stamp; returns whether the young are too many.
    #[inline]
    pub(crate) fn list(&self, object: Address, stamp: u32) -> bool {
        self.listed && self.young.push(object, stamp)
    }

    /// Gives new stamps when they have run out.
    #[cold]
    #[inline(never)]
    fn gain_stamps(&self) -> Result<(), NoRoom> {
        self.stamp_all_anew()?;
        if self.next.get() > MAX_STAMP { Err(NoRoom) } else { Ok(()) }
    }

    /// Stops tracking a tracked object.
    #[inline]
    pub(crate) fn untrack(&self, object: Address) {
        let header = header(&object);
        debug_assert!(!header.flags().has(Flags::COLLECTING), "deaths are set aside during a deduction");
        header.set_stamp(0);
        header.remove(Flags::UNREACHABLE);
        if self.listed {
            self.young.pop(object);
        }
    }

    /// Returns where an object is; `None` if it is untracked or a pass is just deciding about it.
    pub(crate) fn generation_of(&self, object: Address) -> Option<Generation> {
        let header = header(&object);
        let (stamp, flags) = (header.stamp(), header.flags());
        if flags.has(Flags::COLLECTING) || stamp == 0 {
            None
        } else if flags.has(Flags::UNREACHABLE) {
            Some(Generation::Condemned)
        } else if stamp <= self.frozen_end.get() {
            Some(Generation::Permanent)
        } else if stamp <= self.old_end.get() {
            Some(Generation::Old)
        } else if stamp <= self.middle_end.get() {
            Some(Generation::Middle)
        } else {
            Some(Generation::Young)
        }
    }

    /// Tells whether an object is tracked here, and neither frozen nor condemned.
    pub(crate) fn may_die(&self, object: Address) -> bool {
        let known = self.generation_of(object);
        known.is_some_and(|of| of != Generation::Permanent && of != Generation::Condemned)
    }

    /// Returns the last stamp of the permanent generation, and the last of what a pass over everything looks at: the last
    /// that was given, or the last era.
    pub(crate) fn range(&self) -> (u32, u32) {
        (self.frozen_end.get(), if self.eras.is_some() { ERAS } else { self.next.get() - 1 })
    }

    /// Returns the objects of some generations and their stamps, in order.
    pub(crate) fn in_order(
        &self,
        wanted: impl Fn(Generation) -> bool,
    ) -> Result<(Vec<Address>, Vec<u32>), NoRoom> {
        let (mut objects, mut stamps) = (Vec::new(), Vec::new());
        let most = blocks(&*self.space);
        objects.try_reserve_exact(most).map_err(|_| NoRoom)?;
        stamps.try_reserve_exact(most).map_err(|_| NoRoom)?;
        each_tracked(&*self.space, |object| {
            if self.generation_of(object).is_some_and(&wanted) {
                objects.push(object);
                stamps.push(header(&object).stamp());
            }
        });
        order::sort(&mut objects, &mut stamps)?;
        Ok((objects, stamps))
    }

    /// Returns how many objects are in the permanent generation.
    pub(crate) fn frozen(&self) -> usize {
        let mut frozen = 0;
        if self.frozen_end.get() > 0 {
            each_tracked(&*self.space, |object| {
                frozen += usize::from(self.generation_of(object) == Some(Generation::Permanent));
            });
        }
        frozen
    }

    /// Takes the objects of a generation and all younger ones, with their stamps, in order; the rosters of what was taken
    /// are empty from then on.
    pub(crate) fn take(&self, generation: usize) -> Result<(Vec<Address>, Vec<u32>), NoRoom> {
        if generation >= 2 {
            self.put_middle_behind_young()?;
        }
        let (mut objects, mut stamps) = (Vec::new(), Vec::new());
        let mut complete = self.listed && generation < 2;
        if complete && generation == 1 {
            complete = self.middle.append_to(&mut objects, &mut stamps);
        }
        if complete {
            complete = self.young.append_to(&mut objects, &mut stamps);
        }
        if !complete {
            (objects, stamps) = self.in_order(|of| match of {
                Generation::Young => true,
                Generation::Middle => generation >= 1,
                Generation::Old => generation >= 2,
                Generation::Permanent | Generation::Condemned => false,
            })?;
        }
        self.young.clear();
        if generation >= 1 {
            self.middle.clear();
        }
        Ok((objects, stamps))
    }

    /// Brings the stamps into the order in which CPython lists the objects of a full pass, and, where many stamps' objects have
    /// left, close together.
    pub(crate) fn put_in_order(&self) -> Result<(), NoRoom> {
        self.put_middle_behind_young()?;
        let (floor, ceiling) = self.range();
        if (ceiling - floor) as usize / SPARSE > blocks(&*self.space).max(1 << 16) {
            // Without memory for it they stay as they are.
            let _ = self.renumber(Generation::IN_ORDER);
        }
        Ok(())
    }

    /// Before a full pass, CPython appends the young to the old and then the middle ones.
    fn put_middle_behind_young(&self) -> Result<(), NoRoom> {
        let (mut middle, mut stamps) = (Vec::new(), Vec::new());
        if self.old_end.get() == self.middle_end.get() {
            return Ok(());
        }
        if !self.middle.append_to(&mut middle, &mut stamps) {
            (middle, _) = self.in_order(|of| of == Generation::Middle)?;
        }
        self.stamp_anew(&middle);
        Ok(())
    }

    /// Gives objects the next stamps, in order.
    pub(crate) fn stamp_anew(&self, objects: &[Address]) {
        for object in objects {
            let stamp = self.next.get().min(MAX_STAMP);
            self.next.set(stamp + 1);
            header(object).set_stamp(stamp);
        }
    }

    /// Ends a pass over a generation: gives the rescued new stamps, in order, and makes all that has a stamp below `new`, and
    /// the rescued, belong to the next generation. What was tracked from the stamp `new` on, while the pass ran, stays young
    /// and is stamped anew. `survivors` are those of a pass over the youngest, in order.
    pub(crate) fn promote(&self, generation: usize, survivors: &[Address], rescued: &[Address], new: u32) {
        let newer = if self.next.get() == new { Vec::new() } else { self.tracked_since(new) };
        self.stamp_anew(rescued);
        self.middle_end.set(self.next.get() - 1);
        if generation >= 1 {
            debug_assert!(rescued.is_empty() || self.eras.is_none(), "who is old has an era");
            if self.eras.is_none() {
                self.old_end.set(self.next.get() - 1);
            }
            self.middle.clear();
        } else if self.listed {
            self.middle.extend(survivors.iter().chain(rescued));
        }
        self.stamp_anew(&newer);
        if self.listed {
            self.young.clear();
            self.young.extend(&newer);
        }
    }

    /// Returns what was tracked from a stamp on and is young, in order; nothing, if there is no memory for it.
    fn tracked_since(&self, new: u32) -> Vec<Address> {
        let (mut objects, mut stamps) = (Vec::new(), Vec::new());
        if !self.listed || !self.young.append_to(&mut objects, &mut stamps) {
            (objects, stamps) = self.in_order(|of| of == Generation::Young).unwrap_or_default();
            objects.drain(..stamps.partition_point(|stamp| *stamp < new));
        }
        objects
    }

    /// Undoes every promotion: for a seeded bug.
    pub(crate) fn demote(&self) {
        if self.eras.is_some() {
            return;
        }
        self.old_end.set(self.frozen_end.get());
        self.middle_end.set(self.frozen_end.get());
        self.middle.clear();
        self.young.give_up();
    }

    /// Appends survivors that a pass has found late to the generation that the others have gone to, with the stamps that
    /// they had then; those that have died since are passed over. Returns the others.
    pub(crate) fn append(&self, generation: usize, late: &[Entry]) -> Vec<Address> {
        let late: Vec<Address> =
            late.iter().filter(|entry| holds(entry)).map(|(object, _)| *object).collect();
        if let (Some(eras), true) = (&self.eras, generation >= 1) {
            late.iter().for_each(|object| eras.enter(header(object)));
        } else if !late.is_empty() {
            self.promote(generation, &[], &late, self.middle_end.get() + 1);
        }
        late
    }

    /// Moves everything tracked to the permanent generation: the young first, as CPython does.
    pub(crate) fn freeze(&self) {
        use Generation::{Middle, Old, Permanent, Young};
        if self.eras.is_some() {
            self.freeze_eras();
        } else if self.renumber([Permanent, Young, Middle, Old]).is_ok() {
            self.frozen_end.set(self.next.get() - 1);
            self.old_end.set(self.next.get() - 1);
            self.middle_end.set(self.next.get() - 1);
            self.young.clear();
            self.middle.clear();
        }
    }

    /// Appends the permanent generation to the old one.
    pub(crate) fn unfreeze(&self) {
        use Generation::{Middle, Old, Permanent, Young};
        if self.eras.is_some() {
            self.unfreeze_eras();
        } else if self.frozen_end.get() > 0 && self.renumber([Old, Permanent, Middle, Young]).is_ok() {
            self.frozen_end.set(0);
        }
    }

    /// Gives new stamps to all who have one.
    fn stamp_all_anew(&self) -> Result<(), NoRoom> {
        if self.eras.is_some() { self.stamp_young_anew() } else { self.renumber(Generation::IN_ORDER) }
    }

    /// Gives all tracked objects new stamps from 1 on, generation after generation, in this order; then the boundaries are
    /// between the last of the first two, the third and the fourth, and a permanent generation must be first to stay one.
    fn renumber(&self, generations: [Generation; 4]) -> Result<(), NoRoom> {
        let mut parts = [const { Vec::new() }; 4];
        for object in self.in_order(|of| of != Generation::Condemned)?.0 {
            let place = generations.iter().position(|of| self.generation_of(object) == Some(*of));
            let part: &mut Vec<Address> = &mut parts[place.expect("every generation has its place")];
            part.try_reserve(1).map_err(|_| NoRoom)?;
            part.push(object);
        }
        self.young.clear();
        self.middle.clear();
        self.next.set(1);
        let mut ends = [0; 4];
        for (part, end) in parts.iter().zip(&mut ends) {
            self.stamp_anew(part);
            *end = self.next.get() - 1;
        }
        self.frozen_end.set(ends[0]);
        self.old_end.set(ends[1]);
        self.middle_end.set(ends[2]);
        if self.listed {
            for (roster, part) in [(&self.middle, &parts[2]), (&self.young, &parts[3])] {
                roster.extend(part);
            }
        }
        Ok(())
    }

    /// Gives new stamps before they run out in the middle of a pass; returns whether it has.
    pub(crate) fn make_room(&self, in_cycle: bool) -> bool {
        // A cycle knows its subjects by their stamps, if they have some.
        let may = !in_cycle || self.eras.is_some();
        // Without memory for it, it is tried again.
        may && self.next.get() > MAX_STAMP / 4 * 3 && self.stamp_all_anew().is_ok()
    }

    /// Sets how many entries of the young are too many.
    pub(crate) fn set_most_young(&self, most: usize) {
        self.young.set_most(most);
    }

    /// Tells whether the young are too many.
    pub(crate) fn young_are_many(&self) -> bool {
        self.young.is_crowded()
    }

    /// Forgets what the rosters know of objects that have left, so that their blocks may go.
    pub(crate) fn forget_the_dead(&self) {
        self.young.sweep();
        self.middle.sweep();
    }

    /// Forgets a large object, whose block is about to go.
    pub(crate) fn forget(&self, object: Address) {
        self.young.forget(object);
        self.middle.forget(object);
    }

    /// Checks stamps and rosters.
    ///
    /// # Panics
    /// (1) stamps are distinct and were given; (2) a complete roster lists its generation.
    pub(crate) fn check(&self) {
        let (objects, mut stamps) =
            self.in_order(|of| of != Generation::Condemned).expect("memory for a check");
        if self.eras.is_some() {
            stamps.retain(|stamp| *stamp > ERAS);
        }
        assert!(stamps.is_sorted_by(|a, b| a < b), "(1) a stamp was given twice");
        assert!(stamps.last().is_none_or(|stamp| *stamp < self.next.get()), "(1) a stamp was never given");
        if self.listed {
            for (roster, generation) in [(&self.young, Generation::Young), (&self.middle, Generation::Middle)]
            {
                let of_it = objects.iter().filter(|object| self.generation_of(**object) == Some(generation));
                let stamps: Vec<u32> = of_it.map(|object| header(object).stamp()).collect();
                roster.check(&stamps);
            }
        }
    }
}
