//! The collector's state: counts, thresholds, statistics, and the collector's steps of a collection.

use core::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Address, Flags};

use crate::cycle::Cycle;
use crate::pass::{Audience, Pass};
use crate::roster::Entry;
use crate::space::Space;
use crate::stats::GenerationStats;
use crate::strategy::Strategy;
use crate::tempo::Tempo;
use crate::tracking::Tracking;
use crate::trial::Trial;
use crate::unlisted::Unlisted;
use crate::{GENERATIONS, NoRoom, header};

mod control;

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
    pub(crate) tracking: Tracking,
    condemned: RefCell<Vec<Address>>,
    unlisted: RefCell<Option<Unlisted>>,
    /// What a pass has condemned and let live after all, with the stamps it had then.
    late: RefCell<Vec<Entry>>,
    counts: [Cell<u32>; GENERATIONS],
    thresholds: [Cell<u32>; GENERATIONS],
    pub(crate) limit: Cell<u32>,
    enabled: Cell<bool>,
    pub(crate) collecting: Cell<bool>,
    deducing: Cell<bool>,
    long_lived_total: Cell<u64>,
    long_lived_pending: Cell<u64>,
    foreign: u64,
    foreign_frozen: Cell<bool>,
    stats: [Cell<GenerationStats>; GENERATIONS],
    /// How far the running pass reaches.
    reach: Cell<usize>,
    /// Tracked objects.
    tracked: Cell<u64>,
    pub(crate) cycle: RefCell<Option<Cycle>>,
    pub(crate) tempo: Tempo,
}

impl Collector {
    /// Makes a collector of the objects of a space: enabled, everything zero.
    #[must_use]
    pub fn new(
        strategy: Box<dyn Strategy>,
        thresholds: [u32; GENERATIONS],
        foreign: Foreign,
        space: Rc<dyn Space>,
    ) -> Collector {
        let (listed, eras) = (strategy.facts().generational, strategy.bounds().is_some());
        let collector = Collector {
            strategy,
            tracking: Tracking::new(space, listed, eras),
            condemned: RefCell::default(),
            unlisted: RefCell::default(),
            late: RefCell::default(),
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
            reach: Cell::new(0),
            tracked: Cell::new(0),
            cycle: RefCell::default(),
            tempo: Tempo::default(),
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
    /// [`NoRoom`] if there are more than 134 million tracked objects.
    ///
    /// # Complexity
    /// O(1), amortised.
    #[inline]
    pub fn track(&self, object: Address) -> Result<(), NoRoom> {
        if self.tracking.track(object)? {
            self.limit.set(0);
        }
        Ok(())
    }

    /// Returns the stamp of the object that is tracked next.
    ///
    /// # Errors
    /// As for [`Collector::track`].
    #[inline]
    pub fn next_stamp(&self) -> Result<u32, NoRoom> {
        self.tracking.next_stamp()
    }

    /// Tracks a new object, which has its stamp: the last that was given.
    #[inline]
    pub fn admit(&self, object: Address, stamp: u32) {
        self.tracked.set(self.tracked.get() + 1);
        if self.tracking.list(object, stamp) {
            self.limit.set(0);
        }
    }

    /// Stops tracking an object, if it is tracked.
    ///
    /// # Complexity
    /// O(1).
    #[inline]
    pub fn untrack(&self, object: Address) {
        if header(&object).is_tracked() {
            self.tracking.untrack(object);
        }
    }

    /// Stops tracking an object that dies, if it is tracked, before any code of its own runs: a cycle under way knows it no
    /// longer.
    ///
    /// # Complexity
    /// O(1).
    #[inline]
    pub fn bury(&self, object: Address) {
        self.untrack(object);
        if self.is_in_cycle() {
            self.leaves_cycle(object);
        }
    }

    /// Counts an allocation; returns whether the strategy should be asked (see [`Collector::due`]).
    #[inline]
    pub fn count_allocation(&self) -> bool {
        let count = self.counts[0].get().saturating_add(1);
        self.counts[0].set(count);
        count > self.limit.get()
    }

    /// Takes an allocation back: it did not succeed.
    #[cold]
    pub fn uncount_allocation(&self) {
        self.counts[0].set(self.counts[0].get().saturating_sub(1));
    }

    /// Counts deaths of tracked objects.
    #[inline]
    pub fn count_deaths(&self, deaths: u32) {
        self.tracked.set(self.tracked.get() - u64::from(deaths));
        self.counts[0].set(self.counts[0].get().saturating_sub(deaths));
    }

    /// Forgets where objects were that have left, so that their blocks may be given back; false if it is not the time.
    pub fn forget_the_dead(&self) -> bool {
        let idle = !self.collecting.get() && !self.is_in_cycle();
        if idle {
            self.tracking.forget_the_dead();
            self.strategy.forget_the_dead();
        }
        idle
    }

    /// Forgets a dead object whose block is given back as soon as it is freed.
    #[cold]
    #[inline(never)]
    pub fn forget(&self, object: Address) {
        self.tracking.forget(object);
        self.strategy.forget(object);
        self.condemned.borrow_mut().retain(|other| *other != object);
        self.late.borrow_mut().retain(|(other, _)| *other != object);
        if let Some(cycle) = &*self.cycle.borrow() {
            cycle.forget(object);
        }
    }

    /// Lets no collection begin until [`Collector::end`].
    pub fn hold_off(&self) {
        self.collecting.set(true);
    }

    // -- The collector's steps ------------------------------------------------------------------------------------

    /// Begins a collection of `generation`: zeroes its counts, counts it in the next.
    pub fn begin(&self, generation: usize) {
        debug_assert!(!self.collecting.get(), "collections do not nest");
        self.collecting.set(true);
        self.reach.set(generation);
        if self.tracking.make_room(self.is_in_cycle()) {
            self.strategy.disturbed();
        }
        for count in &self.counts[..=generation] {
            count.set(0);
        }
        if let Some(next) = self.counts.get(generation + 1) {
            next.set(next.get().saturating_add(1));
        }
    }

    /// Condemns what is unreachable in `generation` and below; the rest goes to the next generation. If the audience is nobody,
    /// the condemned may be unlisted ones. Returns the number of objects looked at.
    ///
    /// # Panics
    /// If a `trace` panics, with everything alive and in place.
    pub fn deduce(&self, generation: usize, audience: Audience) -> u64 {
        let (candidates, survivors) = self.pass(generation, |pass| {
            pass.audience = audience;
            self.strategy.deduce(pass)
        });
        match self.reach.get() {
            1 => self.long_lived_pending.set(self.long_lived_pending.get() + survivors),
            2 => {
                self.long_lived_pending.set(0);
                let foreign = if self.foreign_frozen.get() { 0 } else { self.foreign };
                self.long_lived_total.set(survivors + foreign);
                if seeded(Bug::PromotionLeftOut) {
                    self.tracking.demote();
                }
            }
            _ => {}
        }
        candidates
    }

    /// Condemns whatever is unreachable in the whole heap, with whatever strategy: for the end of a heap.
    ///
    /// # Panics
    /// As [`Collector::deduce`].
    pub fn deduce_at_shutdown(&self) {
        self.unfreeze();
        self.pass(2, |pass| pass.by_marking());
    }

    /// Runs what traces objects, as somebody else's code may: its panic is for later.
    pub(crate) fn deducing<R>(&self, work: impl FnOnce() -> R) -> std::thread::Result<R> {
        self.deducing.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(work));
        self.deducing.set(false);
        outcome
    }

    /// Runs a pass; returns how many objects it has looked at and how many survive.
    fn pass(
        &self,
        generation: usize,
        deduce: impl FnOnce(&mut Pass<'_>) -> Result<(), NoRoom>,
    ) -> (u64, u64) {
        let mut pass = Pass::new(&self.tracking, generation);
        // Without memory for a pass everything survives.
        let outcome = self.deducing(|| deduce(&mut pass));
        self.condemned.replace(core::mem::take(&mut pass.condemned));
        self.unlisted.replace(pass.unlisted.take());
        self.reach.set(pass.reach);
        if let Err(panic) = outcome {
            self.collecting.set(false);
            resume_unwind(panic);
        }
        (pass.candidates, pass.survivors)
    }

    /// Looks at the condemned once more: whatever a finalizer made reachable survives after all.
    ///
    /// # Panics
    /// If a `trace` panics, with everything condemned alive.
    pub fn deduce_again(&self) {
        let mut trial = Trial::default();
        let condemned = self.condemned.take();
        for object in condemned.into_iter().filter(is_condemned) {
            if trial.add(object).is_err() {
                self.spare(object);
            }
        }
        let outcome = self.deducing(|| trial.run());
        let verdict = match outcome {
            Ok(Ok(())) => trial.verdict().unwrap_or_else(|NoRoom| trial.abandon()),
            _ => trial.abandon(),
        };
        self.condemned.replace(verdict.condemned);
        verdict.survivors.iter().chain(&verdict.rescued).for_each(|object| self.spare(*object));
        if let Err(panic) = outcome {
            self.collecting.set(false);
            resume_unwind(panic);
        }
    }

    /// Returns the condemned object at an index, unless it has left.
    #[must_use]
    pub fn condemned(&self, index: usize) -> Option<Address> {
        self.condemned.borrow().get(index).copied().filter(is_condemned)
    }

    /// Returns the number of indices of the condemned.
    #[must_use]
    pub fn condemned_end(&self) -> usize {
        self.condemned.borrow().len()
    }

    /// Returns the number of the condemned.
    ///
    /// # Complexity
    /// O(condemned).
    #[must_use]
    pub fn condemned_len(&self) -> usize {
        self.condemned.borrow().iter().filter(|object| is_condemned(object)).count()
    }

    /// Takes all that is condemned, in order, entries of those that have left included.
    #[must_use]
    pub fn take_condemned(&self) -> Vec<Address> {
        self.condemned.take()
    }

    /// Takes what is condemned and not listed, if that is how the pass has ended. To be dropped before the collection ends.
    #[must_use]
    pub fn take_unlisted(&self) -> Option<Unlisted> {
        self.unlisted.take()
    }

    /// Lets a condemned object live after all, and any other be appended to the survivors of the running pass.
    pub fn spare(&self, object: Address) {
        header(&object).remove(Flags::UNREACHABLE);
        let mut late = self.late.borrow_mut();
        // Without memory its place among the survivors is another; it survives all the same.
        if late.try_reserve(1).is_ok() {
            late.push((object, header(&object).stamp()));
        }
    }

    /// Ends a collection and enters it in the statistics.
    pub fn finish(&self, generation: usize, pass: GenerationStats) {
        let spared = self.tracking.append(self.reach.get(), &self.late.take());
        self.strategy.spared(&spared);
        self.enter(generation, pass);
        if generation == 0 {
            self.adapt_nursery(&pass);
        }
    }

    /// Enters a pass in the statistics.
    pub(crate) fn enter(&self, generation: usize, pass: GenerationStats) {
        let mut stats = self.stats[generation].get();
        stats += pass;
        self.stats[generation].set(stats);
    }

    /// Lets collections run again, after the callbacks.
    pub fn end(&self) {
        self.collecting.set(false);
        self.set_limit();
    }
}

impl Drop for Collector {
    /// Side tables go before the chunks on which they hang.
    fn drop(&mut self) {
        self.cycle.take();
        self.unlisted.take();
    }
}

fn is_condemned(object: &Address) -> bool {
    header(object).flags().has(Flags::UNREACHABLE)
}
