//! The collector's state: lists, counts, thresholds, statistics, and the collector's steps of a collection.

use core::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Address, Flags, ListId};

use crate::list::List;
use crate::pass::{Pass, header};
use crate::stats::GenerationStats;
use crate::strategies::MarkSweep;
use crate::strategy::{Pressure, Strategy};
use crate::{GENERATIONS, NoRoom};

/// Objects that live elsewhere but count as long-lived: a runtime's own, in the permanent generation from the start.
/// CPython has about 5000 of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Foreign {
    /// How many there are.
    pub objects: u64,
}

/// Which objects are tracked, and when to look at them.
pub struct Collector {
    strategy: Box<dyn Strategy>,
    lists: [RefCell<List>; 5],
    counts: [Cell<u32>; GENERATIONS],
    thresholds: [Cell<u32>; GENERATIONS],
    limit: Cell<u32>,
    enabled: Cell<bool>,
    collecting: Cell<bool>,
    deducing: Cell<bool>,
    long_lived_total: Cell<u64>,
    long_lived_pending: Cell<u64>,
    foreign: u64,
    foreign_frozen: Cell<bool>,
    stats: [Cell<GenerationStats>; GENERATIONS],
}

impl Collector {
    /// Makes a collector: enabled, everything zero.
    #[must_use]
    pub fn new(strategy: Box<dyn Strategy>, thresholds: [u32; GENERATIONS], foreign: Foreign) -> Collector {
        let collector = Collector {
            strategy,
            lists: Default::default(),
            counts: Default::default(),
            thresholds: thresholds.map(Cell::new),
            limit: Cell::new(0),
            enabled: Cell::new(true),
            collecting: Cell::new(false),
            deducing: Cell::new(false),
            long_lived_total: Cell::new(0),
            long_lived_pending: Cell::new(0),
            foreign: foreign.objects,
            foreign_frozen: Cell::new(true),
            stats: Default::default(),
        };
        collector.set_limit();
        collector
    }

    /// Returns the strategy.
    #[must_use]
    pub fn strategy(&self) -> &dyn Strategy {
        &*self.strategy
    }

    // -- Tracking ---------------------------------------------------------------------------------------------

    /// Tracks an object: it is the youngest of generation 0.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    ///
    /// # Complexity
    /// O(1), amortised.
    #[inline]
    pub fn track(&self, object: Address) -> Result<(), NoRoom> {
        self.lists[ListId::Young as usize].borrow_mut().push(ListId::Young, object)?;
        header(&object).insert(Flags::TRACKED);
        Ok(())
    }

    /// Stops tracking an object, if it is tracked.
    ///
    /// # Complexity
    /// O(1), amortised.
    #[inline]
    pub fn untrack(&self, object: Address) {
        let header = header(&object);
        if header.flags().has(Flags::TRACKED) {
            debug_assert!(!header.flags().has(Flags::COLLECTING), "deaths are set aside during a deduction");
            header.remove(Flags::TRACKED);
            let place = header.place();
            self.lists[place.list as usize].borrow_mut().remove(place.index);
        }
    }

    /// Counts an allocation; returns whether the strategy should be asked (see [`Collector::due`]).
    #[inline]
    pub fn count_allocation(&self) -> bool {
        let count = self.counts[0].get().saturating_add(1);
        self.counts[0].set(count);
        count > self.limit.get()
    }

    /// Counts the death of a tracked object.
    #[inline]
    pub fn count_death(&self) {
        self.counts[0].set(self.counts[0].get().saturating_sub(1));
    }

    // -- Control ----------------------------------------------------------------------------------------------

    /// Returns the generation over which a pass is due, if one is and may run.
    #[must_use]
    pub fn due(&self) -> Option<usize> {
        if self.counts[0].get() <= self.limit.get() || self.collecting.get() {
            return None;
        }
        self.strategy.due(&Pressure {
            counts: self.counts(),
            thresholds: self.thresholds(),
            long_lived_total: self.long_lived_total.get(),
            long_lived_pending: self.long_lived_pending.get(),
        })
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

    fn set_limit(&self) {
        let threshold = self.thresholds[0].get();
        self.limit.set(if self.enabled.get() && threshold > 0 { threshold } else { u32::MAX });
    }

    // -- Freezing ---------------------------------------------------------------------------------------------

    /// Moves everything tracked to the permanent generation and zeroes the counts (PY-30).
    pub fn freeze(&self) {
        for generation in 0..GENERATIONS {
            self.move_list(ListId::generation(generation), ListId::Permanent);
            self.counts[generation].set(0);
        }
        self.foreign_frozen.set(true);
    }

    /// Moves the permanent generation to generation 2.
    pub fn unfreeze(&self) {
        self.move_list(ListId::Permanent, ListId::Old);
        self.foreign_frozen.set(false);
    }

    /// Returns the number of frozen objects of this heap.
    #[must_use]
    pub fn freeze_count(&self) -> usize {
        self.lists[ListId::Permanent as usize].borrow().len()
    }

    /// Appends a list to another. What finds no room stays where it is.
    fn move_list(&self, from: ListId, to: ListId) {
        let mut source = self.lists[from as usize].borrow_mut();
        let mut target = self.lists[to as usize].borrow_mut();
        for index in 0..source.end() {
            let Some(object) = source.get(index) else { continue };
            if target.push(to, object).is_err() {
                return;
            }
            source.forget(index);
        }
        source.trim();
    }

    // -- Looking ----------------------------------------------------------------------------------------------

    /// Returns the objects of a list in order, into `into`. During a deduction the lists under it are empty.
    pub fn objects(&self, list: ListId, into: &mut Vec<Address>) {
        into.extend(self.lists[list as usize].borrow().iter());
    }

    /// Returns the list that holds a tracked object, unless a deduction is deciding about it.
    #[must_use]
    pub fn list_of(&self, object: Address) -> Option<ListId> {
        let flags = header(&object).flags();
        (flags.has(Flags::TRACKED) && !flags.has(Flags::COLLECTING)).then(|| header(&object).place().list)
    }

    /// Checks the lists.
    ///
    /// # Panics
    /// If a property of a list does not hold (see the source of `List::check`).
    pub fn check(&self) {
        if self.deducing.get() {
            return;
        }
        for list in [ListId::Young, ListId::Middle, ListId::Old, ListId::Permanent, ListId::Condemned] {
            self.lists[list as usize].borrow().check(list);
        }
    }

    // -- The collector's steps ------------------------------------------------------------------------------------

    /// Begins a collection of `generation`: zeroes its counts, counts it in the next.
    pub fn begin(&self, generation: usize) {
        debug_assert!(!self.collecting.get(), "collections do not nest");
        self.collecting.set(true);
        for count in &self.counts[..=generation] {
            count.set(0);
        }
        if let Some(next) = self.counts.get(generation + 1) {
            next.set(next.get().saturating_add(1));
        }
    }

    /// Condemns what is unreachable in `generation` and below; the rest goes to the next generation. Returns the
    /// number of objects looked at.
    ///
    /// # Panics
    /// If a `trace` panics, with everything alive and in place.
    pub fn deduce(&self, generation: usize) -> u64 {
        let mut subjects = self.lists[ListId::generation(generation) as usize].borrow_mut().take();
        for younger in 0..generation {
            let list = ListId::generation(younger);
            if subjects.try_reserve(self.lists[list as usize].borrow().len()).is_ok() {
                subjects.extend(
                    self.lists[list as usize].borrow_mut().take().into_iter().filter(Option::is_some),
                );
            }
        }
        let target = self.destination(generation);
        let candidates = subjects.len() as u64;
        let survivors = self.partition(&*self.strategy, subjects, target);
        match generation {
            1 => self.long_lived_pending.set(self.long_lived_pending.get() + survivors),
            2 => {
                self.long_lived_pending.set(0);
                let foreign = if self.foreign_frozen.get() { 0 } else { self.foreign };
                self.long_lived_total.set(survivors + foreign);
            }
            _ => {}
        }
        candidates
    }

    /// Looks at the condemned once more: whatever a finalizer made reachable goes to `generation`'s survivors.
    ///
    /// # Panics
    /// If a `trace` panics, with everything condemned alive and in place.
    pub fn deduce_again(&self, generation: usize) {
        let condemned = self.lists[ListId::Condemned as usize].borrow_mut().take();
        // At the end of a heap even a strategy that finds no cycles has condemned some.
        let finds = self.strategy.facts().finds_cycles;
        let strategy: &dyn Strategy = if finds { &*self.strategy } else { &MarkSweep };
        self.partition(strategy, condemned, self.destination(generation));
    }

    /// Condemns whatever is unreachable in the whole heap, with whatever strategy: for the end of a heap.
    ///
    /// # Panics
    /// As [`Collector::deduce`].
    pub fn deduce_at_shutdown(&self) {
        self.unfreeze();
        let mut subjects = self.lists[ListId::Old as usize].borrow_mut().take();
        for list in [ListId::Young, ListId::Middle] {
            subjects.extend(self.lists[list as usize].borrow_mut().take());
        }
        self.partition(&MarkSweep, subjects, ListId::Old);
    }

    /// Returns the condemned object at an index, unless it is gone.
    #[must_use]
    pub fn condemned(&self, index: usize) -> Option<Address> {
        self.lists[ListId::Condemned as usize].borrow().get(index)
    }

    /// Returns the number of indices of the condemned, and of the objects at them.
    #[must_use]
    pub fn condemned_len(&self) -> (usize, usize) {
        let list = self.lists[ListId::Condemned as usize].borrow();
        (list.end(), list.len())
    }

    /// Moves a tracked object to the survivors of a pass over `generation`. What finds no room stays.
    pub fn move_to_survivors(&self, generation: usize, object: Address) {
        let Some(from) = self.list_of(object) else { return };
        let target = self.destination(generation);
        let index = header(&object).place().index;
        if self.lists[target as usize].borrow_mut().push(target, object).is_ok() {
            self.lists[from as usize].borrow_mut().remove(index);
        }
    }

    /// Ends a collection and enters it in the statistics.
    pub fn finish(&self, generation: usize, collected: u64, candidates: u64) {
        let mut stats = self.stats[generation].get();
        stats.collections += 1;
        stats.collected += collected;
        stats.candidates += candidates;
        self.stats[generation].set(stats);
    }

    /// Lets collections run again, after the callbacks.
    pub fn end(&self) {
        self.collecting.set(false);
    }

    /// Splits subjects: survivors to `target`, the rest to the condemned. Returns the number of survivors.
    fn partition(&self, strategy: &dyn Strategy, subjects: Vec<Option<Address>>, target: ListId) -> u64 {
        let mut pass = Pass::new(subjects);
        self.deducing.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| strategy.deduce(&mut pass)));
        self.deducing.set(false);
        let (survivors, condemned) = match &outcome {
            Ok(Ok(())) => pass.split().unwrap_or_else(|pass| (pass.abandon(), Vec::new())),
            Ok(Err(NoRoom)) | Err(_) => (pass.abandon(), Vec::new()),
        };
        let number = self.append(target, survivors);
        self.lists[ListId::Condemned as usize].borrow_mut().replace(ListId::Condemned, condemned);
        if let Err(panic) = outcome {
            self.collecting.set(false);
            resume_unwind(panic);
        }
        number
    }

    /// Appends survivors to a list and returns their number.
    fn append(&self, target: ListId, survivors: Vec<Option<Address>>) -> u64 {
        let mut list = self.lists[target as usize].borrow_mut();
        if list.end() == 0 {
            list.replace(target, survivors);
            return list.len() as u64;
        }
        let mut number = 0;
        for survivor in survivors.into_iter().flatten() {
            // If there is no room even for a survivor it is no longer tracked: counts still free it.
            match list.push(target, survivor) {
                Ok(()) => number += 1,
                Err(NoRoom) => header(&survivor).remove(Flags::TRACKED),
            }
        }
        number
    }

    /// Where the survivors of a pass over `generation` go.
    fn destination(&self, generation: usize) -> ListId {
        if generation == 2 && seeded(Bug::PromotionLeftOut) {
            return ListId::Young;
        }
        ListId::generation(generation + 1)
    }
}
