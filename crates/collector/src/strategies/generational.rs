//! CPython's collector: three generations, trial deletion, thresholds (3.11 to 3.13, 3.14.5 and later, 3.15).
//!
//! A pass over generation g takes g and all younger ones. It needs no remembered set: references from older objects
//! are counted, and since those objects are not among the subjects, their references are not taken off the counts, so
//! that what they refer to looks referenced from outside, which it is.
//!
//! `move_unreachable` walks the subjects once. One whose `gc_refs` is zero is put aside, tentatively. One with
//! references from outside is reachable, and so is all it refers to: what it refers to and was not reached yet is given
//! a `gc_refs` of one; what was put aside already comes back, at the end of the walk. The walk ends when it has caught
//! up with those.
//!
//! Due: generation 2 if its count exceeds its threshold and what is waiting there is a quarter of what survived the
//! last full pass, so that full passes take amortised linear time; else 1, else 0, by their counts.

use core::cell::Cell;

use gleaner_object::{Address, Flags, Visitor};

use crate::NoRoom;
use crate::pass::{Pass, Shared, header, trace};
use crate::strategy::{Facts, Pressure, Strategy};

/// Three generations, as CPython has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generational;

const FACTS: Facts = Facts {
    name: "generational",
    finds_cycles: true,
    generational: true,
    summary: "CPython 3.13 and 3.15: three generations, trial deletion",
};

impl Strategy for Generational {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        (0..3).rev().find(|&generation| {
            pressure.counts[generation] > pressure.thresholds[generation]
                && (generation < 2 || pressure.long_lived_pending >= pressure.long_lived_total / 4)
        })
    }

    fn scope(&self, generation: usize) -> Option<usize> {
        Some(generation)
    }

    fn deduce(&self, pass: &mut Pass) -> Result<(), NoRoom> {
        pass.update_refs();
        pass.subtract_refs();
        move_unreachable(pass)
    }
}

fn move_unreachable(pass: &mut Pass) -> Result<(), NoRoom> {
    let rescued = Shared::default();
    let full = Cell::new(false);
    let mut flush = |edges: &[Address]| {
        for edge in edges {
            visit_reachable(*edge, &rescued, &full);
        }
    };
    let mut visitor = Visitor::new(&mut flush);
    for index in 0..pass.subjects.len() {
        pass.prefetch(index);
        let Some(subject) = pass.subjects[index] else { continue };
        if header(&subject).gc_refs().get() == 0 {
            pass.doubt(index)?;
        } else {
            trace(subject, &mut visitor);
            visitor.flush();
        }
    }
    let mut next = 0;
    while let Some(object) = { rescued.borrow().get(next).copied() } {
        trace(object, &mut visitor);
        visitor.flush();
        next += 1;
    }
    drop(visitor);
    pass.rescued = rescued.into_inner();
    if full.get() { Err(NoRoom) } else { Ok(()) }
}

/// Notes that a subject is referred to by a reachable one.
fn visit_reachable(object: Address, rescued: &Shared<Address>, full: &Cell<bool>) {
    let header = header(&object);
    let flags = header.flags();
    if flags.has(Flags::UNREACHABLE) {
        let mut rescued = rescued.borrow_mut();
        if rescued.try_reserve(1).is_err() {
            full.set(true);
            return;
        }
        header.remove(Flags::UNREACHABLE);
        header.gc_refs().set(1);
        rescued.push(object);
    } else if flags.has(Flags::COLLECTING) && header.gc_refs().get() == 0 {
        header.gc_refs().set(1);
    }
}
