//! Short pauses and little memory: the young by trial deletion, the whole heap by a cycle in slices.
//!
//! CPython 3.14 shipped a collector with short pauses, whose memory grew; 3.14.5 went back to one whose pauses are long.
//! This one keeps two bounds, which are its parameters:
//!
//! * **pause** (500 µs): the collector gives back control after that, and one object's `trace`, or
//!   those of a few whose like were small;
//! * **garbage** (a tenth): from the end of a cycle to the end of the next the tracked objects grow by no more than that
//!   share of what the first has left, or by the *slack* (100 000 objects), if that is more; the young, of which there may be
//!   a quarter of that, come on top. All that was garbage when a cycle began is gone when it ends.
//!
//! An explicit `collect` stops the world. It gives up the cycle that is under way; so that a program which collects the young
//! itself does not put cycles off for ever, a pass over the whole heap follows once the bound is exceeded. Types whose
//! references move unseen (`Trace::UNSEEN`) stop the world, too: while there are objects of such a type, the cycle is one
//! pass, and the first bound does not hold.
//!
//! # The young
//!
//! Trial deletion needs no remembered set, and its subjects are few: those since the last pass. Most cyclic garbage goes here,
//! if it gets the time to die: what has survived is old, and costs a cycle of the whole heap. So where more than half of the
//! young survive, the next pass comes after twice as many allocations, up to what a pass can look at in a pause, at what
//! the last have cost per object. And where an eighth of them die, it looks at the survivors once more before they are
//! old; where fewer do, that would be work for nothing. A server's requests, of which hundreds are under way at a time, all
//! die here then, and a program that only builds does not look at anything twice.
//!
//! # The cycle, and why it may run while the program changes the heap
//!
//! The subjects are the objects tracked before the cycle. (1) *listen*: from here on the first touch of each subject, a
//! count up or down, a move into a slot or out of it, is told. A touched object is marked. (2) *count*: trace each subject
//! once, and count references between subjects. (3) *root*: a subject that has more references than were counted is marked.
//! (4) *mark* what the marked reach, until there is nothing left to mark. Claim: what is not marked then is garbage, and all
//! that was garbage when the cycle began is among it.
//!
//! *All of it.* Nobody can touch garbage, and only garbage refers to it. So neither its counts nor the references to it
//! change, all of these are counted once, the two are equal, and nothing that is marked leads there.
//!
//! *Only garbage.* Let X be unmarked at the end. It was not touched since the program was listened to; so from then on no
//! reference to X was made, dropped, or moved by a slot. What may still happen is that a variable's reference becomes the
//! field of a new object; no new object is a subject. Counted were therefore only references that were there all the time,
//! each once, and since they are as many as X has, there are no others: none from a variable, none from a new object. Let Y be
//! the owner of one. Y lives, for its death would have dropped the reference. If Y had been marked it would have been
//! traced after that, with its reference to X, and X would be marked. So all owners of unmarked objects are unmarked
//! objects, and nothing else refers to them.
//!
//! An object may die by its count in the middle of all that. Then its owner's reference, which was counted, has become nobody's,
//! and yet user code runs that holds the object: its finalizer, the callback of a weak reference, its `Drop`. So to die is a
//! touch, if there is a finalizer or a weak reference to tell, of the object and, at once, of what it refers to, which is there
//! as long as they run. For before they run the object leaves the cycle, which must not take apart and free what is dying
//! already, and what has left is not traced.
//!
//! Weak references are the one way to garbage. Taking a strong reference from one is a touch, and marks; so the heap clears
//! them in one go right after the last mark, and from then on there is no way.

use core::cell::Cell;

use crate::NoRoom;
use crate::pass::Pass;
use crate::strategy::{Bounds, Facts, Pressure, Strategy};

/// The part of the young that dies at least where it is worth looking at the survivors once more.
const FEW: u64 = 8;

/// The young at once, the rest in slices.
#[derive(Clone, Debug, Default)]
pub struct Paced {
    bounds: Bounds,
    /// Whether the last pass over the young has found enough to give its survivors another chance to die.
    ages: Cell<bool>,
}

const FACTS: Facts = Facts {
    name: "paced",
    finds_cycles: true,
    generational: true,
    summary: "young objects at once, the whole heap in slices: bounded pauses and bounded garbage",
};

impl Paced {
    /// Makes the strategy with bounds of your choice.
    #[must_use]
    pub const fn new(bounds: Bounds) -> Paced {
        Paced { bounds, ages: Cell::new(false) }
    }
}

impl Strategy for Paced {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, _: &Pressure) -> Option<usize> {
        Some(0)
    }

    fn bounds(&self) -> Option<Bounds> {
        Some(self.bounds)
    }

    fn scope(&self, generation: usize) -> Option<usize> {
        Some(generation)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        if pass.generation == 2 {
            return pass.by_marking();
        }
        let outcome = pass.by_age(!self.ages.get());
        self.ages.set(pass.condemned.len() as u64 * FEW >= pass.candidates);
        outcome
    }
}
