//! The surface of Python's `gc` module.

use std::rc::Rc;
use std::time::Duration;

use gleaner_collector::{Facts, Generation, GenerationStats};
use gleaner_object::Address;

use crate::core::Core;
use crate::graph::each_edge;
use crate::heap::Heap;
use crate::reference::AnyRef;

/// When a callback is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// A collection begins.
    Start,
    /// A collection has ended.
    Stop,
}

/// Which end of a pause the hook is told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pause {
    /// The collector begins to work.
    Begin,
    /// It gives back control.
    End,
}

/// What a callback is told (PY-28); at the start only the generation is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CollectionInfo {
    /// The generation collected.
    pub generation: usize,
    /// Objects found unreachable and not resurrected.
    pub collected: u64,
    /// Objects found unreachable that could not be collected (see [`GenerationStats::uncollectable`]).
    pub uncollectable: u64,
    /// Objects looked at (3.15).
    pub candidates: u64,
    /// The time it took, without the callbacks; of a collection in slices, that of all slices (3.15).
    pub duration: Duration,
}

impl CollectionInfo {
    /// Returns what is known when a collection of a generation begins.
    pub(crate) fn start(generation: usize) -> CollectionInfo {
        CollectionInfo { generation, ..CollectionInfo::default() }
    }

    /// Returns what is known when it has ended.
    pub(crate) fn stop(generation: usize, pass: GenerationStats) -> CollectionInfo {
        let GenerationStats { collected, uncollectable, candidates, duration, .. } = pass;
        CollectionInfo { generation, collected, uncollectable, candidates, duration }
    }
}

/// A generation that is none (PY-7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("invalid generation {0}: there are 0, 1 and 2")]
pub struct InvalidGeneration(pub usize);

pub(crate) type PauseHook = Rc<dyn Fn(Pause)>;
/// Tells whether an object of the garbage counts as collected.
pub(crate) type Counts = Rc<dyn Fn(&AnyRef) -> bool>;
pub(crate) type Callback = Rc<dyn Fn(&Heap, Phase, &CollectionInfo)>;

impl Core {
    /// Runs a stretch of the collector's work between the two calls of the pause hook.
    pub(crate) fn pausing<R>(&self, work: impl FnOnce() -> R) -> R {
        let hook = self.pause_hook.borrow().clone();
        let Some(hook) = hook else { return work() };
        self.unraisable(|| hook(Pause::Begin));
        let result = work();
        self.unraisable(|| hook(Pause::End));
        result
    }

    pub(crate) fn notify(&self, phase: Phase, info: &CollectionInfo) {
        if self.callbacks.borrow().is_empty() {
            return;
        }
        let callbacks: Vec<Callback> =
            self.callbacks.borrow().iter().map(|(_, callback)| callback.clone()).collect();
        let heap = Heap::from_core(core::ptr::NonNull::from(self));
        for callback in callbacks {
            self.unraisable(|| callback(&heap, phase, info));
        }
    }
}

impl Heap {
    /// Collects everything; returns the number of unreachable objects found (`gc.collect()`, PY-1).
    ///
    /// # Panics
    /// If a `trace` panics.
    ///
    /// # Complexity
    /// O(tracked objects and their edges).
    pub fn collect(&self) -> u64 {
        self.collect_scope(2)
    }

    /// Collects a generation and all younger ones (`gc.collect(generation)`, PY-6). A strategy that bounds garbage may let a
    /// pass over everything follow; what that finds counts.
    ///
    /// # Errors
    /// [`InvalidGeneration`] beyond 2.
    ///
    /// # Panics
    /// If a `trace` panics.
    pub fn collect_generation(&self, generation: usize) -> Result<u64, InvalidGeneration> {
        if generation > 2 { Err(InvalidGeneration(generation)) } else { Ok(self.collect_scope(generation)) }
    }

    fn collect_scope(&self, generation: usize) -> u64 {
        let core = self.core();
        core.collector.strategy().scope(generation).map_or(0, |generation| core.run_collection(generation))
    }

    /// Returns what is true of the heap's strategy.
    #[must_use]
    pub fn strategy(&self) -> &'static Facts {
        self.core().collector.strategy().facts()
    }

    /// Switches automatic collection on (`gc.enable`).
    pub fn enable(&self) {
        self.core().collector.set_enabled(true);
    }

    /// Switches automatic collection off (`gc.disable`).
    pub fn disable(&self) {
        self.core().collector.set_enabled(false);
    }

    /// Tells whether automatic collection is on (`gc.isenabled`).
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.core().collector.is_enabled()
    }

    /// Sets the thresholds; a first one of 0 switches automatic collection off (`gc.set_threshold`, PY-14).
    pub fn set_threshold(&self, thresholds: [u32; 3]) {
        self.core().collector.set_thresholds(thresholds);
    }

    /// Returns the thresholds (`gc.get_threshold`).
    #[must_use]
    pub fn get_threshold(&self) -> [u32; 3] {
        self.core().collector.thresholds()
    }

    /// Returns the counts that are compared with the thresholds (`gc.get_count`, PY-15).
    #[must_use]
    pub fn get_count(&self) -> [u32; 3] {
        self.core().collector.counts()
    }

    /// Returns the statistics of each generation (`gc.get_stats`, PY-25).
    #[must_use]
    pub fn get_stats(&self) -> [GenerationStats; 3] {
        self.core().collector.stats()
    }

    /// Moves everything tracked to the permanent generation (`gc.freeze`, PY-30).
    ///
    /// # Complexity
    /// O(tracked objects).
    pub fn freeze(&self) {
        self.core().collector.freeze();
    }

    /// Moves the permanent generation to generation 2 (`gc.unfreeze`, PY-30).
    ///
    /// # Complexity
    /// O(tracked objects).
    pub fn unfreeze(&self) {
        self.core().collector.unfreeze();
    }

    /// Returns the number of frozen objects (`gc.get_freeze_count`).
    #[must_use]
    pub fn get_freeze_count(&self) -> usize {
        self.core().collector.freeze_count()
    }

    /// Adds a callback that is told of the start and the end of every collection (`gc.callbacks`, PY-28); returns a
    /// key to remove it. Panics in it are unraisable.
    pub fn add_callback(&self, callback: impl Fn(&Heap, Phase, &CollectionInfo) + 'static) -> u64 {
        let mut callbacks = self.core().callbacks.borrow_mut();
        let key = callbacks.last().map_or(0, |(key, _)| key + 1);
        callbacks.push((key, Rc::new(callback)));
        key
    }

    /// Sets what is called when the collector begins to work and when it gives back control, also in the middle of a
    /// collection that goes on later: for measurements. It must leave the heap alone; panics in it are unraisable.
    pub fn set_pause_hook(&self, hook: impl Fn(Pause) + 'static) {
        let old = self.core().pause_hook.replace(Some(Rc::new(hook)));
        drop(old);
    }

    /// Sets which objects of the garbage count as collected: for a runtime whose rules are not those of the types, as CPython's
    /// up to 3.13, which does not track a dict of atoms. It is asked about each, before it is cleared, and must leave the heap
    /// alone, but for counts; panics in it are unraisable.
    pub fn set_counts(&self, counts: impl Fn(&AnyRef) -> bool + 'static) {
        let old = self.core().counts.replace(Some(Rc::new(counts)));
        drop(old);
    }

    /// Removes a callback; returns whether it was there.
    pub fn remove_callback(&self, key: u64) -> bool {
        let mut callbacks = self.core().callbacks.borrow_mut();
        let before = callbacks.len();
        let removed: Vec<_> = callbacks.extract_if(.., |(other, _)| *other == key).collect();
        let found = callbacks.len() < before;
        drop(callbacks);
        drop(removed);
        found
    }

    /// Returns the tracked objects of a generation, or of all, without frozen and condemned ones
    /// (`gc.get_objects`, PY-20).
    ///
    /// # Errors
    /// [`InvalidGeneration`] beyond 2.
    pub fn get_objects(&self, generation: Option<usize>) -> Result<Vec<AnyRef>, InvalidGeneration> {
        let wanted: &[Generation] = match generation {
            None => &[Generation::Young, Generation::Middle, Generation::Old],
            Some(0) => &[Generation::Young],
            Some(1) => &[Generation::Middle],
            Some(2) => &[Generation::Old],
            Some(generation) => return Err(InvalidGeneration(generation)),
        };
        let mut addresses = Vec::new();
        for generation in wanted {
            addresses.extend(self.core().collector.objects(|of| of == *generation));
        }
        Ok(addresses.into_iter().map(AnyRef::another).collect())
    }

    /// Returns what an object refers to directly (`gc.get_referents`, PY-21).
    #[must_use]
    pub fn get_referents(&self, object: &AnyRef) -> Vec<AnyRef> {
        edges(object).into_iter().map(AnyRef::another).collect()
    }

    /// Returns the tracked objects that refer to an object directly (`gc.get_referrers`).
    ///
    /// # Complexity
    /// O(tracked objects and their edges).
    #[must_use]
    pub fn get_referrers(&self, object: &AnyRef) -> Vec<AnyRef> {
        let mut tracked = self.get_objects(None).unwrap_or_default();
        tracked.retain(|candidate| edges(candidate).contains(&object.address()));
        tracked
    }
}

fn edges(object: &AnyRef) -> Vec<Address> {
    let mut found = Vec::new();
    each_edge(object.address(), |edge| found.push(edge));
    found
}
