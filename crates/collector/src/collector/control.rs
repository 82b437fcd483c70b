//! What Python's `gc` module asks of a collector: is a collection due, switches, thresholds, counts, statistics, the permanent
//! generation, and what is in the others.

use core::cell::Cell;

use gleaner_object::Address;

use super::Collector;
use crate::GENERATIONS;
use crate::stats::GenerationStats;
use crate::strategy::{Due, Pressure};
use crate::tracking::Generation;

impl Collector {
    /// Returns what is due, if something is and may run.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        if self.counts[0].get() <= self.limit.get() || self.collecting.get() {
            return None;
        }
        if let Some(nursery) = self.nursery() {
            let many = self.tracking.young_are_many();
            return Some(Due::Slice(many || self.counts[0].get() > nursery));
        }
        let generation = self.strategy.due(&Pressure {
            counts: self.counts(),
            thresholds: self.thresholds(),
            long_lived_total: self.long_lived_total.get(),
            long_lived_pending: self.long_lived_pending.get(),
        })?;
        Some(Due::Pass(generation))
    }

    /// Is told that an object that somebody listens to has been touched.
    pub fn touched(&self, object: Address) {
        self.strategy.touched(object);
        if let Some(cycle) = &*self.cycle.borrow() {
            cycle.touched(object);
        }
    }

    /// Tells whether a cycle is under way.
    #[inline]
    #[must_use]
    pub fn is_in_cycle(&self) -> bool {
        self.tempo.active.get()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn leaves_cycle(&self, object: Address) {
        if let Some(cycle) = &*self.cycle.borrow() {
            cycle.leaves(object);
        }
    }

    /// Returns the number of tracked objects.
    #[must_use]
    pub fn tracked(&self) -> u64 {
        self.tracked.get()
    }

    /// Switches automatic collection on or off.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.set(enabled);
        self.set_limit();
    }

    /// Tells whether automatic collection is on.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled.get()
    }

    /// Tells whether a collection is running.
    #[must_use]
    pub fn is_collecting(&self) -> bool {
        self.collecting.get()
    }

    /// Sets the thresholds; a first threshold of 0 switches automatic collection off (PY-14).
    pub fn set_thresholds(&self, thresholds: [u32; GENERATIONS]) {
        for (cell, threshold) in self.thresholds.iter().zip(thresholds) {
            cell.set(threshold);
        }
        self.set_limit();
    }

    /// Returns the thresholds.
    #[must_use]
    pub fn thresholds(&self) -> [u32; GENERATIONS] {
        self.thresholds.each_ref().map(Cell::get)
    }

    /// Returns the counts: allocations less deaths, then passes over generation 0 and over generation 1.
    #[must_use]
    pub fn counts(&self) -> [u32; GENERATIONS] {
        self.counts.each_ref().map(Cell::get)
    }

    /// Returns the statistics of each generation.
    #[must_use]
    pub fn stats(&self) -> [GenerationStats; GENERATIONS] {
        self.stats.each_ref().map(Cell::get)
    }

    /// Moves everything tracked to the permanent generation and zeroes the counts (PY-30).
    pub fn freeze(&self) {
        self.abandon_cycle();
        self.tracking.freeze();
        self.strategy.disturbed();
        self.counts.iter().for_each(|count| count.set(0));
        self.foreign_frozen.set(true);
    }

    /// Moves the permanent generation to generation 2.
    pub fn unfreeze(&self) {
        self.abandon_cycle();
        self.tracking.unfreeze();
        self.strategy.disturbed();
        self.foreign_frozen.set(false);
    }

    /// Returns the number of frozen objects of this heap.
    #[must_use]
    pub fn freeze_count(&self) -> usize {
        self.tracking.frozen()
    }

    /// Returns the objects of some generations, in order; none if there is no memory, or while a pass decides.
    ///
    /// # Complexity
    /// O(tracked objects).
    #[must_use]
    pub fn objects(&self, wanted: impl Fn(Generation) -> bool) -> Vec<Address> {
        self.tracking.in_order(wanted).unwrap_or_default().0
    }

    /// Returns where an object is; `None` if it is untracked, or a deduction is deciding about it.
    #[must_use]
    pub fn generation_of(&self, object: Address) -> Option<Generation> {
        self.tracking.generation_of(object)
    }

    /// Checks stamps and rosters.
    ///
    /// # Panics
    /// If a property does not hold (see the source of `Tracking::check`).
    pub fn check(&self) {
        if !self.deducing.get() {
            self.tracking.check();
        }
    }
}
