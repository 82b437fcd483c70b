//! The cycles of a collector that works in slices: when one begins, how often a slice is due, what a slice does; and how many
//! objects are young.
//!
//! After a cycle so many objects are left. From then on the tracked objects may grow by the share that the strategy
//! promises, or by its slack, if that is more. When a part of that is used up
//! ([`START`]) the next cycle begins, and what is left is the runway: the slices are set so close that their number, as
//! estimated by what the last cycle has cost per object, fits into it with a third to spare. When the runway is used up all the same, a
//! slice is due every [`CLOSEST`] allocations, and the heap hardly grows until the cycle is over.

use core::cell::Cell;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use gleaner_object::Address;
use gleaner_object::seeded::{Bug, seeded};

use crate::collector::Collector;
use crate::cycle::{Cycle, Step};
use crate::era::Eras;
use crate::pace::Pace;
use crate::stats::GenerationStats;
use crate::strategy::Bounds;

/// The part of the growth that is used up when a cycle begins.
const START: f64 = 0.7;
/// The fewest allocations between two slices.
const CLOSEST: u32 = 4;
/// What a cycle costs per object, in nanoseconds, as long as none has been.
const GUESS: f64 = 60.0;
/// What a pass over the young costs per object, in nanoseconds, as long as none has been.
const YOUNG_GUESS: f64 = 40.0;
/// The part of a pause that a pass over the young is to take at the most.
const YOUNG_PART: f64 = 0.8;
/// How many times the heap can be filled with young objects before it has grown by what it may.
const YOUNG_GROWTH: f64 = 4.0;

/// When cycles and slices are due.
#[derive(Default)]
pub(crate) struct Tempo {
    /// Whether a cycle is under way.
    pub(crate) active: Cell<bool>,
    /// The allocations until the next slice.
    pub(crate) interval: Cell<Option<u32>>,
    /// The objects that the last cycle has left.
    left: Cell<u64>,
    /// The time that the running cycle has taken, and what the last has per object, in nanoseconds.
    spent: Cell<Duration>,
    cost: Cell<Option<f64>>,
    /// The time of its slices, with what the heap did in them.
    slices: Cell<Duration>,
    /// The allocations from one pass over the young to the next, where the threshold does not ask for more.
    nursery: Cell<u32>,
    /// What the last passes over the young have cost per object, in nanoseconds.
    young_cost: Cell<Option<f64>>,
}

impl Collector {
    /// Is told of an object that has died, while somebody is about to be told of its death: what it refers to is there until they
    /// have been, and no garbage of the cycle under way.
    ///
    /// # Panics
    /// If the object's `trace` panics.
    pub fn spares(&self, dead: Address) {
        if let Some(cycle) = &*self.cycle.borrow() {
            cycle.spares(dead);
        }
    }

    /// Returns the number of tracked objects that there may be until a cycle is over.
    fn most(&self, bounds: &Bounds, part: f64) -> u64 {
        let part = if seeded(Bug::CycleLate) { part * 4.0 } else { part };
        self.tempo.left.get() + (self.growth(bounds) * part) as u64
    }

    /// Returns the number of objects by which the heap may grow from one cycle to the next.
    fn growth(&self, bounds: &Bounds) -> f64 {
        (self.tempo.left.get() as f64 * bounds.garbage).max(bounds.slack as f64)
    }

    /// Returns how many allocations there are between two passes over the young, of a collector with bounded pauses.
    pub(crate) fn nursery(&self) -> Option<u32> {
        let bounds = self.strategy().bounds()?;
        let most = (self.growth(&bounds) / YOUNG_GROWTH) as u32;
        Some(self.thresholds()[0].max(self.tempo.nursery.get().min(most)))
    }

    /// Is told what a pass over the young has found in which time: where more than half survive, they are given more time to
    /// die, as long as the next pass is short enough.
    pub(crate) fn adapt_nursery(&self, pass: &GenerationStats) {
        let (Some(bounds), Some(now)) = (self.strategy().bounds(), self.nursery()) else { return };
        let survivors = pass.candidates.saturating_sub(pass.collected) as f64;
        let before = self.tempo.young_cost.get().unwrap_or(YOUNG_GUESS);
        let cost = pass.duration.as_nanos() as f64 / pass.candidates.max(1) as f64;
        // Up at once, since the dead cost more than survivors; but one pass that was disturbed says little.
        let cost = cost.min(before * 2.0);
        let cost = cost.max((before * 7.0 + cost) / 8.0);
        self.tempo.young_cost.set(Some(cost));
        let wanted = if pass.collected * 2 < pass.candidates {
            now.saturating_mul(2)
        } else if pass.collected * 8 > pass.candidates * 7 {
            now / 2
        } else {
            now
        };
        let subjects = bounds.pause.as_nanos() as f64 * YOUNG_PART / cost.max(1.0);
        self.tempo.nursery.set(wanted.min((subjects - survivors) as u32));
    }

    /// Begins a cycle, if one is due; no pass may run. Returns whether it has begun.
    pub fn begin_cycle_if_due(&self) -> bool {
        let Some(bounds) = self.strategy().bounds() else { return false };
        if self.tempo.active.get() || self.tracked() <= self.most(&bounds, START) {
            return false;
        }
        let (floor, ceiling) = self.tracking.range();
        let cycle = Cycle::new(&self.tracking.sides, &*self.tracking.space, floor, ceiling);
        if cycle.is_blind() {
            return false;
        }
        cycle.begin_era(self.tracking.begin_era());
        self.cycle.replace(Some(cycle));
        self.tempo.active.set(true);
        self.tempo.spent.set(Duration::ZERO);
        self.tempo.slices.set(Duration::ZERO);
        true
    }

    /// Tells whether the heap has outgrown its bound and no cycle is under way: none can be begun, since references move
    /// unseen, or the program has given up one after the other. Not while automatic collection is off.
    #[must_use]
    pub fn must_stop_the_world(&self) -> bool {
        let Some(bounds) = self.strategy().bounds() else { return false };
        let automatic = self.is_enabled() && self.thresholds()[0] > 0;
        automatic && !self.tempo.active.get() && self.tracked() > self.most(&bounds, 1.0)
    }

    /// Goes on with the cycle until the time is up or the heap is needed.
    ///
    /// # Panics
    /// If a `trace` panics; the cycle is given up.
    pub fn step(&self, pace: &Pace, quiet: bool, is_special: impl Fn(Address, bool) -> bool) -> Step {
        let begin = Instant::now();
        let outcome = self.deducing(|| {
            let cycle = self.cycle.borrow();
            let cycle =
                cycle.as_ref().map(|cycle| cycle.step(&*self.tracking.space, pace, quiet, is_special));
            cycle.unwrap_or(Ok(Step::Wait))
        });
        self.tempo.spent.set(self.tempo.spent.get() + begin.elapsed());
        match outcome {
            Ok(Ok(step)) => {
                if let Step::Done(_, candidates) = step {
                    self.end_cycle(candidates);
                }
                step
            }
            Ok(Err(_)) => {
                self.abandon_cycle();
                Step::Wait
            }
            Err(panic) => {
                self.abandon_cycle();
                resume_unwind(panic);
            }
        }
    }

    fn end_cycle(&self, candidates: u64) {
        self.cycle.take();
        self.tracking.eras.iter().for_each(Eras::is_whole);
        let spent = self.tempo.spent.get().as_nanos() as f64;
        self.tempo.cost.set(Some(spent / candidates.max(1) as f64));
        self.tempo.active.set(false);
        self.note_left();
    }

    /// Adds to the time that the heap has spent on the cycle under way.
    pub fn add_slice(&self, slice: Duration) {
        self.tempo.slices.set(self.tempo.slices.get() + slice);
    }

    /// Enters a cycle that is over in the statistics, and returns what it did: it took the time of its slices.
    pub fn finish_cycle(&self, collected: u64, candidates: u64) -> GenerationStats {
        let cycle = GenerationStats::of_pass(collected, candidates, self.tempo.slices.get());
        self.enter(2, cycle);
        cycle
    }

    /// Takes the objects that there are now for those that a cycle has left.
    pub fn note_left(&self) {
        self.tempo.left.set(self.tracked());
    }

    /// Gives up the cycle that is under way, if it may be.
    pub fn abandon_cycle(&self) {
        let given_up = self.cycle.borrow().as_ref().is_some_and(Cycle::may_be_abandoned);
        if given_up {
            self.cycle.take();
            self.tempo.active.set(false);
        }
    }

    /// Sets at how many allocations something is due.
    pub(crate) fn set_limit(&self) {
        let automatic = self.is_enabled() && self.thresholds()[0] > 0;
        let nursery = self.nursery().filter(|_| automatic);
        let mut limit = nursery.unwrap_or(self.thresholds()[0]);
        if let Some(interval) = self.tempo.interval.get() {
            limit = limit.min(self.counts()[0].saturating_add(interval));
        }
        // The most entries of the young that a pass with bounded pauses may look at; there is no bound elsewhere.
        self.tracking.set_most_young(nursery.map_or(usize::MAX, |nursery| nursery as usize * 4));
        self.limit.set(if automatic { limit } else { u32::MAX });
    }

    /// Sets when the next slice is due.
    pub fn set_tempo(&self) {
        let interval = self.strategy().bounds().filter(|_| self.tempo.active.get()).map(|bounds| {
            let runway = self.most(&bounds, 1.0).saturating_sub(self.tracked()) as f64;
            let cost = self.tempo.cost.get().unwrap_or(GUESS) * self.tracked() as f64;
            let rest = (cost - self.tempo.spent.get().as_nanos() as f64).max(0.0);
            let slices = rest / bounds.pause.as_nanos() as f64 + 1.0;
            // Slices of no length at all are due with every allocation.
            let closest = if bounds.pause.is_zero() { 0 } else { CLOSEST };
            (runway / slices * 0.75).max(f64::from(closest)) as u32
        });
        self.tempo.interval.set(interval);
        self.set_limit();
    }

    /// Returns the special object at an index that is still garbage; `None` behind the last.
    #[must_use]
    pub fn special(&self, index: usize) -> Option<Option<Address>> {
        self.cycle.borrow().as_ref()?.special(index)
    }

    /// Tells whether a cycle holds an object to be garbage by now.
    #[must_use]
    pub fn is_garbage(&self, object: Address) -> bool {
        self.cycle.borrow().as_ref().is_some_and(|cycle| cycle.is_garbage(object))
    }

    /// Returns the garbage of the cycle from a place of its list on, at most `most` places of it, and the next place.
    #[must_use]
    pub fn garbage(&self, from: usize, most: usize) -> (Vec<Address>, usize) {
        self.cycle.borrow().as_ref().map_or((Vec::new(), from), |cycle| cycle.garbage(from, most))
    }

    /// Notes how far the heap has got in the list.
    pub fn has_done(&self, next: usize) {
        if let Some(cycle) = &*self.cycle.borrow() {
            cycle.has_done(next);
        }
    }
}
