//! Candidates: Bacon and Rajan, *Concurrent Cycle Collection in Reference Counted Systems*, ECOOP 2001 (the synchronous
//! algorithm).
//!
//! An object can become cyclic garbage only when a reference to it goes and others stay. Such an object is a *candidate*. A
//! pass takes the candidates and all that they reach and decides about these by trial deletion. What no candidate reaches is
//! not looked at; but what they reach may be everything, and then a pass is as long as one over the whole heap.
//!
//! Here the collector listens to the objects that a pass has left, and notes the first touch of each, whichever way its
//! count goes; the young are candidates all of them. So there are more candidates than in the paper, and none is missing.
//! A pass is due when the young exceed the threshold and a quarter of what the last pass has looked at.

use std::cell::{Cell, RefCell};

use gleaner_object::Address;
use gleaner_object::seeded::{Bug, seeded};
use gleaner_refcount::listen;

use crate::pass::Pass;
use crate::roster::{Entry, holds};
use crate::strategy::{Facts, Pressure, Strategy};
use crate::{NoRoom, header};

/// Candidates, and what they reach.
#[derive(Debug, Default)]
pub struct Recycler {
    /// Old objects that were touched, with the stamps they had.
    candidates: RefCell<Vec<Entry>>,
    /// Candidates were lost: the next pass is over the whole heap.
    lost: Cell<bool>,
    /// What the last pass has looked at.
    looked_at: Cell<u64>,
}

const FACTS: Facts = Facts {
    name: "recycler",
    finds_cycles: true,
    generational: true,
    summary: "Bacon and Rajan: candidates and what they reach",
};

impl Strategy for Recycler {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        let new = pressure.counts[0];
        (new > pressure.thresholds[0] && u64::from(new) > self.looked_at.get() / 4).then_some(2)
    }

    fn touched(&self, object: Address) {
        if seeded(Bug::CandidateForgotten) {
            return;
        }
        let mut candidates = self.candidates.borrow_mut();
        match candidates.try_reserve(1) {
            Ok(()) => candidates.push((object, header(&object).stamp())),
            Err(_) => self.lost.set(true),
        }
    }

    fn forget(&self, object: Address) {
        self.candidates.borrow_mut().retain(|(other, _)| *other != object);
    }

    fn forget_the_dead(&self) {
        self.candidates.borrow_mut().retain(holds);
    }

    fn spared(&self, objects: &[Address]) {
        objects.iter().for_each(|object| listen(header(object)));
    }

    fn disturbed(&self) {
        self.lost.set(true);
    }

    fn scope(&self, _: usize) -> Option<usize> {
        Some(2)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        let young = if self.lost.replace(false) {
            self.candidates.take();
            pass.take_all()?
        } else {
            pass.take_young()?
        };
        let candidates = RefCell::new(self.candidates.take());
        let more = || loop {
            let entry = candidates.borrow_mut().pop()?;
            if holds(&entry) {
                return Some(entry.0);
            }
        };
        // Until the pass is over: without memory, or after a panic of a `trace`, the candidates are lost.
        self.lost.set(true);
        let survivors = pass.by_region(young, more, usize::MAX)?;
        self.lost.set(false);
        self.looked_at.set(pass.candidates);
        survivors.iter().for_each(|object| listen(header(object)));
        Ok(())
    }
}
