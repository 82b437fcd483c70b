//! One collection: the steps of the collector's essay with user code between them, in CPython's order (PY-36).
//!
//! The last step, freeing what is condemned, has two forms. CPython asks one object after the other to give up its
//! references, and what dies of it dies at once, with whatever user code that runs in between. Where there is none, since
//! the heap has never had a finalizer or a callback, nobody can see the order, and all that is condemned gives up its
//! references first, a batch at a time, and is freed then.

use std::time::{Duration, Instant};

use gleaner_collector::{Audience, Due, Generation, GenerationStats, Unlisted};
use gleaner_object::{Address, Flags, Released, TypeRecord, record_of};
use gleaner_refcount::{Left, decref};
use gleaner_weakref::WeakReference;

use crate::control::{CollectionInfo, Phase};
use crate::core::{Core, another};
use crate::garbage::{Part, runs};
use crate::reference::AnyRef;

/// How many condemned objects give up their references before these are looked at.
const BATCH: usize = 64;

impl Core {
    /// Collects `generation` and all younger ones; returns the number of unreachable objects found (PY-1). A
    /// collection that is asked for while one is running does nothing (PY-8).
    pub(crate) fn run_collection(&self, generation: usize) -> u64 {
        if self.collector.is_collecting() {
            return 0;
        }
        self.settle_cycle();
        let found = self.collect_whole(generation);
        // A program that collects the young itself gives up cycle after cycle, and none may ever be due.
        if generation < 2 && self.collector.must_stop_the_world() {
            return found + self.collect_whole(2);
        }
        found
    }

    /// Runs what is due.
    pub(crate) fn collect_if_due(&self) {
        match self.collector.due() {
            Some(Due::Pass(generation)) => {
                self.pausing(|| self.collect_whole(generation));
            }
            Some(Due::Slice(young)) => self.run_slice(young),
            None => {}
        }
    }

    pub(crate) fn collect_whole(&self, generation: usize) -> u64 {
        self.collector.begin(generation);
        self.notify(Phase::Start, &CollectionInfo::start(generation));
        self.report_start(generation);
        let begin = Instant::now();
        let audience = self.audience();
        let candidates = self.trashcan.while_locked(self, || self.collector.deduce(generation, audience));
        let collected = self.dispose_of_condemned();
        let pass = GenerationStats::of_pass(collected, candidates, begin.elapsed());
        self.collector.finish(generation, pass);
        if generation == 2 {
            self.collector.note_left();
        }
        let info = CollectionInfo::stop(generation, pass);
        self.report_done(&info);
        self.notify(Phase::Stop, &info);
        self.collector.end();
        collected
    }

    /// Collects what is unreachable when the heap ends, whatever the strategy.
    pub(crate) fn collect_at_shutdown(&self) -> u64 {
        if self.collector.is_collecting() {
            return 0;
        }
        self.settle_cycle();
        self.collector.begin(2);
        self.trashcan.while_locked(self, || self.collector.deduce_at_shutdown());
        let collected = self.dispose_of_condemned();
        self.collector.finish(2, GenerationStats::of_pass(0, 0, Duration::ZERO));
        self.collector.end();
        collected
    }

    /// Does to the condemned what Python does: weak references, finalizers, resurrection, and the end.
    fn dispose_of_condemned(&self) -> u64 {
        if let Some(unlisted) = self.collector.take_unlisted() {
            self.delete_unlisted(&unlisted);
            return unlisted.len() as u64;
        }
        if self.collector.condemned_end() == 0 {
            return 0;
        }
        let reported = self.report_condemned();
        let mut freed = 0;
        if !self.table.is_empty() {
            freed = self.handle_weakrefs();
        }
        if self.noisy.get() || reported {
            self.finalize_garbage();
            self.trashcan.while_locked(self, || self.collector.deduce_again());
        }
        if self.rules.plain_weakrefs_survive && !self.table.is_empty() {
            self.for_each_condemned(Core::silence);
        }
        let collected = freed + self.count_condemned(reported);
        if self.debug.saves() {
            self.save_garbage();
        } else if self.noisy.get() {
            self.delete_garbage();
        } else {
            self.delete_garbage_unseen();
        }
        collected
    }

    /// Returns how many of the condemned count as collected. `reported` says that somebody has been shown them; where nobody
    /// can have done anything to them, none have left.
    fn count_condemned(&self, reported: bool) -> u64 {
        let all = if reported || self.noisy.get() {
            self.collector.condemned_len()
        } else {
            self.collector.condemned_end()
        } as u64;
        let Some(counts) = self.counts.borrow().clone() else { return all };
        let mut left_out = 0;
        self.for_each_condemned(|core, object| {
            core.unraisable(|| left_out += u64::from(!counts(&AnyRef::another(object))));
        });
        all - left_out
    }

    /// Returns what can be seen of how garbage goes.
    fn audience(&self) -> Audience {
        if !self.is_quiet() {
            Audience::Ordered
        } else if self.debug.needs_whole_passes() || self.counts.borrow().is_some() {
            Audience::Unordered
        } else {
            Audience::Nobody
        }
    }

    /// Tells whether no object is watched, and none may have a finalizer.
    pub(crate) fn is_quiet(&self) -> bool {
        self.table.is_empty() && !self.noisy.get()
    }

    pub(crate) fn for_each_condemned(&self, mut visit: impl FnMut(&Core, Address)) {
        let mut index = 0;
        while index < self.collector.condemned_end() {
            if let Some(object) = self.collector.condemned(index) {
                visit(self, object);
            }
            index += 1;
        }
    }

    /// Clears the weak references to the condemned and calls the callbacks of those that are not condemned
    /// themselves (PY-46). Returns how many weak references died of it.
    fn handle_weakrefs(&self) -> u64 {
        let mut queue: Vec<AnyRef> = Vec::new();
        self.for_each_condemned(|core, object| {
            core.disarm(object, &mut queue, |weak| {
                core.collector.generation_of(weak) == Some(Generation::Condemned)
            });
        });
        let mut freed = 0;
        for weak in queue {
            self.call_back(&weak);
            let weak = weak.into_owned();
            // SAFETY: O1, O5: the queue owned it.
            if decref(unsafe { weak.as_ref() }) == Left::None {
                freed += 1;
                self.bury_here(weak);
            } else {
                self.collector.spare(weak);
            }
        }
        freed
    }

    /// Clears the weak references to an object of the garbage, and queues those whose callbacks are to be called: those that
    /// are not garbage themselves.
    pub(crate) fn disarm(
        &self,
        object: Address,
        queue: &mut Vec<AnyRef>,
        is_garbage: impl Fn(Address) -> bool,
    ) {
        let keep_plain = self.rules.plain_weakrefs_survive;
        // PY-37: from 3.15 on, a weak reference that is garbage is cleared with the plain ones, after the finalizers: one
        // that a finalizer saves still watches.
        if flags(object).has(Flags::WATCHER) && !keep_plain {
            self.table.unwatch(object);
        }
        if flags(object).has(Flags::WATCHED) {
            self.clear_watchers(object, |weak| {
                let calls = reference(weak).has_callback();
                if calls && !is_garbage(weak) && queue.try_reserve(1).is_ok() {
                    queue.push(AnyRef::another(weak));
                }
                calls || !keep_plain
            });
        }
    }

    /// Clears all weak references to an object of the garbage, and the object, if it is one; nobody is told.
    pub(crate) fn silence(&self, object: Address) {
        if flags(object).has(Flags::WATCHER) {
            self.table.unwatch(object);
        }
        if flags(object).has(Flags::WATCHED) {
            self.clear_watchers(object, |_| true);
        }
    }

    /// Clears those watchers of an object that `choose` chooses, in order.
    fn clear_watchers(&self, object: Address, mut choose: impl FnMut(Address) -> bool) {
        let mut next = self.table.watchers(object).next();
        while let Some(weak) = next {
            next = self.table.watchers_after(weak);
            if choose(weak) {
                self.table.unwatch(weak);
            }
        }
    }

    /// Runs the finalizers of the condemned, each once in an object's life (PY-31).
    fn finalize_garbage(&self) {
        self.for_each_condemned(|core, object| {
            if core.finalizes(object) {
                another(object);
                core.call_finalizer(object);
                core.release(object);
            }
        });
    }

    /// Keeps the condemned, in order, with all they refer to.
    fn save_garbage(&self) {
        self.for_each_condemned(|core, object| {
            core.debug.save(AnyRef::another(object));
            core.collector.spare(object);
        });
        drop(self.collector.take_condemned());
    }

    /// Asks the condemned to give up their references: the counts do the rest (CPython's `delete_garbage`).
    fn delete_garbage(&self) {
        let mut edges = Vec::new();
        self.for_each_condemned(|core, object| {
            another(object);
            let released = &mut Released::new(&mut edges);
            // SAFETY: O1, O2: condemned, not freed, and owned during the call.
            core.unraisable(|| unsafe { (record_of(object).clear)(object, released) });
            edges.drain(..).for_each(|edge| core.release(edge));
            // SAFETY: O1, O5: owned.
            if decref(unsafe { object.as_ref() }) == Left::None {
                core.bury_here(object);
            } else if core.collector.generation_of(object) == Some(Generation::Condemned) {
                core.collector.spare(object);
            }
        });
        drop(self.collector.take_condemned());
    }

    /// The same, when nobody looks.
    fn delete_garbage_unseen(&self) {
        let condemned = self.collector.take_condemned();
        self.deleting.set(true);
        let mut edges = Vec::new();
        condemned.chunks(BATCH).for_each(|batch| self.clear_garbage(runs(batch), &mut edges));
        // A reference that cannot be cleared may refer to one: it dies with that.
        self.free_garbage(runs(&condemned), |object| self.collector.spare(object));
        self.deleting.set(false);
    }

    /// The same, where it is not listed.
    fn delete_unlisted(&self, garbage: &Unlisted) {
        self.deleting.set(true);
        let mut edges = Vec::new();
        garbage.each_row(|row| self.clear_garbage([Part::Row(row)], &mut edges));
        garbage.each_row(|row| self.free_garbage([Part::Row(row)], |object| self.collector.spare(object)));
        self.deleting.set(false);
    }
}

pub(crate) fn flags(object: Address) -> Flags {
    // SAFETY: O1: garbage, not freed.
    unsafe { object.as_ref() }.flags()
}

fn reference<'a>(weak: Address) -> &'a WeakReference {
    // SAFETY: O1, O2: only called with weak references that have not been freed.
    unsafe { TypeRecord::value(weak) }
}
