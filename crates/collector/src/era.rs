//! Eras: what old objects have in place of stamps, under a collector whose pauses are bounded.
//!
//! A cycle has to tell what was old when it began from what became old since. It begins a new era: who becomes old from then on
//! is of that, and whoever the cycle counts enters it, too. So a cycle that comes to its end leaves all old objects in its
//! era, and all others are free again. Should those run out before, with as many cycles given up one after the other, all old
//! objects are looked at in one go.
//!
//! A cycle is of all that there is when it begins. So then, and before a pass over everything, the young and the middle ones
//! become old.

use core::cell::Cell;

use gleaner_object::{Address, Header};

use crate::space::each_tracked;
use crate::tracking::{Generation, Tracking};
use crate::{NoRoom, header};

/// The last era. The first is that of the permanent generation.
pub(crate) const ERAS: u32 = 1 << 16;
/// The era of what is frozen.
const PERMANENT: u32 = 1;
/// The first of those of the old.
const FIRST: u32 = 2;

/// The era that it is.
pub(crate) struct Eras {
    now: Cell<u32>,
    /// The earliest that anybody may still be of: that of the last cycle which has come to its end.
    since: Cell<u32>,
}

impl Default for Eras {
    fn default() -> Eras {
        Eras { now: Cell::new(FIRST), since: Cell::new(FIRST) }
    }
}

impl Eras {
    /// Returns the era that it is.
    pub(crate) fn now(&self) -> u32 {
        self.now.get()
    }

    /// Lets an object be old, as of now.
    pub(crate) fn enter(&self, header: &Header) {
        header.set_stamp(self.now.get());
    }

    /// Is told that a cycle has come to its end: all old objects have entered its era, or become old in it.
    pub(crate) fn is_whole(&self) {
        self.since.set(self.now.get());
    }
}

impl Tracking {
    /// Begins an era, in which nobody is yet, and returns it; zero, if old objects have stamps.
    pub(crate) fn begin_era(&self) -> u32 {
        let Some(eras) = &self.eras else { return 0 };
        self.retire();
        let next = if eras.now() == ERAS { FIRST } else { eras.now() + 1 };
        if next == eras.since.get() {
            each_tracked(&*self.space, |object| {
                if self.generation_of(object) == Some(Generation::Old) {
                    eras.enter(header(&object));
                }
            });
            eras.is_whole();
        }
        eras.now.set(next);
        next
    }

    /// Lets the young and the middle ones be old.
    pub(crate) fn retire(&self) {
        let Some(eras) = &self.eras else { return };
        let enter = |object: Address| eras.enter(header(&object));
        if [&self.middle, &self.young].map(|roster| roster.each(enter)) != [true; 2] {
            each_tracked(&*self.space, |object| {
                if matches!(self.generation_of(object), Some(Generation::Middle | Generation::Young)) {
                    enter(object);
                }
            });
        }
        self.leave_rosters();
    }

    /// Empties the rosters: whatever has a stamp so far is not young any more.
    fn leave_rosters(&self) {
        self.young.clear();
        self.middle.clear();
        self.middle_end.set(self.next.get() - 1);
    }

    /// Moves everything tracked to the permanent generation.
    pub(crate) fn freeze_eras(&self) {
        each_tracked(&*self.space, |object| {
            if self.generation_of(object) != Some(Generation::Condemned) {
                header(&object).set_stamp(PERMANENT);
            }
        });
        self.frozen_end.set(PERMANENT);
        self.leave_rosters();
    }

    /// Lets the permanent generation be old.
    pub(crate) fn unfreeze_eras(&self) {
        let Some(eras) = self.eras.as_ref().filter(|_| self.frozen_end.get() > 0) else { return };
        each_tracked(&*self.space, |object| {
            if self.generation_of(object) == Some(Generation::Permanent) {
                eras.enter(header(&object));
            }
        });
        self.frozen_end.set(0);
    }

    /// Gives the young and the middle ones new stamps, from the first on.
    pub(crate) fn stamp_young_anew(&self) -> Result<(), NoRoom> {
        let (objects, stamps) = self.take(1)?;
        let (middle, young) =
            objects.split_at(stamps.partition_point(|stamp| *stamp <= self.middle_end.get()));
        self.next.set(ERAS + 1);
        self.stamp_anew(middle);
        self.middle_end.set(self.next.get() - 1);
        self.middle.extend(middle);
        self.stamp_anew(young);
        self.young.extend(young);
        Ok(())
    }

    /// Ends a pass over the young and the middle ones: the middle are old from now on, and the young middle, or all are old.
    /// `new` is as for [`Tracking::promote`].
    pub(crate) fn grow_older(
        &self,
        mut survivors: Vec<Address>,
        mut rescued: Vec<Address>,
        all: bool,
        new: u32,
    ) {
        let Some(eras) = &self.eras else { return self.promote(1, &survivors, &rescued, new) };
        let was_young = |object: &Address| {
            let young = !all && header(object).stamp() > self.middle_end.get();
            if !young {
                eras.enter(header(object));
            }
            young
        };
        survivors.retain(was_young);
        rescued.retain(was_young);
        self.middle.clear();
        self.promote(0, &survivors, &rescued, new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Region, Space, Span};
    use core::ptr::{self, NonNull};
    use gleaner_object::shelf::Yard;
    use gleaner_object::{Chunk, Flags, Grid, MAX_STAMP, TypeRecord};
    use std::rc::Rc;

    struct Place(Yard<u64>);

    impl Space for Place {
        fn each_region(&self, visit: &mut dyn FnMut(Region)) {
            let chunk = NonNull::new(Chunk::of(self.0.row().0).cast_mut()).unwrap();
            visit(Region { chunk, record: TypeRecord::of::<u64>(), grid: Grid { page_shift: 20, unit: 16 } });
        }

        fn each_span(&self, _: NonNull<Chunk>, visit: &mut dyn FnMut(Span)) {
            let (first, stride, blocks) = self.0.row();
            visit(Span { base: first.cast(), stride, blocks, free: ptr::null() });
        }
    }

    /// Objects, none of them tracked.
    fn objects(count: u64) -> (Tracking, Vec<Address>) {
        let place = Rc::new(Place(Yard::new()));
        let objects = (0..count).map(|value| place.0.put(Header::new(1, Flags::default()), value)).collect();
        (Tracking::new(place, true, true), objects)
    }

    fn generations(tracking: &Tracking, objects: &[Address]) -> Vec<Generation> {
        objects.iter().map(|object| tracking.generation_of(*object).unwrap()).collect()
    }

    #[test]
    fn when_stamps_run_out_everyone_stays_what_he_is() {
        let (tracking, objects) = objects(6);
        let grow_older = |survivors: &[Address]| {
            let new = tracking.next.get();
            tracking.take(1).unwrap();
            tracking.grow_older(survivors.to_vec(), Vec::new(), false, new);
        };
        tracking.track(objects[0]).unwrap();
        grow_older(&objects[..1]);
        tracking.track(objects[1]).unwrap();
        grow_older(&objects[..2]);
        tracking.track(objects[2]).unwrap();
        tracking.next.set(MAX_STAMP);
        objects[3..].iter().for_each(|object| assert!(!tracking.track(*object).unwrap()));
        assert!(tracking.next.get() < ERAS + 10, "there are stamps again");
        let expected = [
            Generation::Old,
            Generation::Middle,
            Generation::Young,
            Generation::Young,
            Generation::Young,
            Generation::Young,
        ];
        assert_eq!(generations(&tracking, &objects), expected);
        tracking.check();
        assert_eq!(tracking.take(1).unwrap().0, objects[1..], "in order, and nobody is missing");
    }

    #[test]
    fn nobody_is_in_an_era_that_begins() {
        let (tracking, objects) = objects(3);
        let eras = tracking.eras.as_ref().unwrap();
        for round in 0..5 * ERAS {
            if round % 30_000 == 0 && round < ERAS {
                // One becomes old, and stays in its era as long as no cycle counts it.
                let object = objects[(round / 30_000 % 3) as usize];
                header(&object).set_stamp(0);
                tracking.track(object).unwrap();
            }
            let era = tracking.begin_era();
            for object in objects.iter().filter(|object| header(object).stamp() != 0) {
                assert_ne!(header(object).stamp(), era, "in round {round}");
                assert_eq!(tracking.generation_of(*object), Some(Generation::Old));
            }
            if round == ERAS + 1000 || round > 4 * ERAS {
                // A cycle comes to its end; first one among many that are given up, then each.
                objects.iter().for_each(|object| eras.enter(header(object)));
                eras.is_whole();
            }
        }
    }

    #[test]
    fn what_is_frozen_thaws_to_be_old() {
        let (tracking, objects) = objects(3);
        objects[..2].iter().for_each(|object| assert!(!tracking.track(*object).unwrap()));
        tracking.begin_era();
        tracking.freeze();
        tracking.track(objects[2]).unwrap();
        assert_eq!(
            generations(&tracking, &objects),
            [Generation::Permanent, Generation::Permanent, Generation::Young]
        );
        assert_eq!((tracking.frozen(), tracking.range().0), (2, 1));
        tracking.unfreeze();
        assert_eq!(generations(&tracking, &objects), [Generation::Old, Generation::Old, Generation::Young]);
        assert_eq!((tracking.frozen(), tracking.range().0), (0, 0));
        tracking.check();
    }
}
