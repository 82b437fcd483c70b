//! The collector of CPython 3.14.0 to 3.14.4: the young and an increment of the old at a time; the one that was reverted.
//!
//! Old objects are in two spaces, *pending* and *visited*. An automatic collection takes the young, and from the front of the
//! pending as many as there is work to do, each with all that it reaches; decides about these by trial deletion; and appends
//! the survivors to the visited. When nothing is pending the spaces change their roles. The work to do grows with every
//! collection by the number of new objects and a hundredth of the heap, but at most twice the new objects besides
//! (`assess_work_to_do`, with the second threshold as scale factor). An object that reaches much makes an increment far
//! larger than that: the difference is a debt, and as long as there is one, collections do nothing, not even to the young.
//!
//! Garbage that has become old waits until the increments come to it, and survivors of one round wait for the next: that is
//! why memory grew. CPython also marks from the interpreter's own roots at the start of a round; a heap has no such roots.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use gleaner_object::Address;

use crate::pass::Pass;
use crate::roster::{Entry, holds};
use crate::strategy::{Facts, Pressure, Strategy};
use crate::{NoRoom, header};

/// CPython's divisor of the heap's size (`SCAN_RATE_DIVISOR`).
const SCAN_RATE_DIVISOR: usize = 10;

/// Entries of objects with the stamps they had: whoever has left has another.
type Line = VecDeque<Entry>;

/// The young and an increment of the old.
#[derive(Debug, Default)]
pub struct Incremental {
    pending: RefCell<Line>,
    visited: RefCell<Line>,
    /// Objects still to look at; below zero, what has been looked at in advance.
    work_to_do: Cell<i64>,
    scale: Cell<usize>,
    /// New objects when a collection was last due, until it has come.
    fresh: Cell<usize>,
    /// How many entries the visited had when those that no longer hold were swept out last.
    swept: Cell<usize>,
    /// There was no memory for an entry, or a pass was abandoned: the spaces are to be filled anew.
    lost: Cell<bool>,
}

const FACTS: Facts = Facts {
    name: "incremental",
    finds_cycles: true,
    generational: true,
    summary: "CPython 3.14.0 to 3.14.4: the young and an increment of the old",
};

impl Incremental {
    /// Appends survivors to the visited.
    fn visit(&self, survivors: &[Address]) {
        let mut visited = self.visited.borrow_mut();
        if visited.try_reserve(survivors.len()).is_err() {
            return self.lost.set(true);
        }
        visited.extend(survivors.iter().map(|object| (*object, header(object).stamp())));
        if visited.len() > 2 * self.swept.get().max(1024) {
            visited.retain(holds);
            self.swept.set(visited.len());
        }
    }

    /// Lets the spaces change their roles.
    fn flip(&self) {
        core::mem::swap(&mut *self.pending.borrow_mut(), &mut *self.visited.borrow_mut());
        self.work_to_do.set(0);
    }

    /// Returns the next pending object that is still there.
    fn next_pending(&self) -> Option<Address> {
        loop {
            let entry = self.pending.borrow_mut().pop_front()?;
            if holds(&entry) {
                return Some(entry.0);
            }
        }
    }

    /// The whole heap: what survives is pending.
    fn everything(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        self.pending.borrow_mut().clear();
        self.visited.borrow_mut().clear();
        self.lost.set(true);
        let all = pass.take_all()?;
        let survivors = pass.by_region(all, || None, usize::MAX)?;
        self.lost.set(false);
        self.visit(&survivors);
        self.flip();
        Ok(())
    }
}

impl Strategy for Incremental {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        self.scale.set(pressure.thresholds[1] as usize);
        self.fresh.set(pressure.counts[0] as usize);
        (pressure.counts[0] > pressure.thresholds[0]).then_some(1)
    }

    fn spared(&self, objects: &[Address]) {
        self.visit(objects);
    }

    fn forget(&self, object: Address) {
        self.pending.borrow_mut().retain(|(other, _)| *other != object);
        self.visited.borrow_mut().retain(|(other, _)| *other != object);
    }

    fn forget_the_dead(&self) {
        self.pending.borrow_mut().retain(holds);
        self.visited.borrow_mut().retain(holds);
    }

    fn disturbed(&self) {
        self.lost.set(true);
    }

    fn scope(&self, generation: usize) -> Option<usize> {
        Some(generation)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        if pass.generation == 2 || self.lost.get() {
            return self.everything(pass);
        }
        let fresh = self.fresh.take();
        if pass.generation == 1 {
            let old = self.pending.borrow().len() + self.visited.borrow().len();
            let share = (old + fresh) / SCAN_RATE_DIVISOR / self.scale.get().max(2);
            self.work_to_do.set(self.work_to_do.get() + (fresh + share.min(2 * fresh)) as i64);
            if self.work_to_do.get() < 0 {
                return Ok(());
            }
        }
        let young = pass.take_young()?;
        let enough = if pass.generation == 1 { self.work_to_do.get() as usize } else { young.len() };
        self.lost.set(true);
        let survivors = pass.by_region(young, || self.next_pending(), enough)?;
        self.lost.set(false);
        self.visit(&survivors);
        if pass.generation == 1 {
            self.work_to_do.set(self.work_to_do.get() - pass.candidates as i64);
            if self.pending.borrow().is_empty() {
                self.flip();
            }
        }
        Ok(())
    }
}
