//! A slice: what a collector with bounded pauses does at a time, and the part of its cycle that runs user code.

use std::time::Instant;

use gleaner_collector::{Pace, Step};
use gleaner_object::{Address, Flags};
use gleaner_refcount::{Left, decref, incref};

use crate::collect::flags;
use crate::control::{CollectionInfo, Phase};
use crate::core::Core;
use crate::garbage::runs;
use crate::reference::AnyRef;

/// How many objects of the garbage are seen to between two looks at the clock.
const BATCH: usize = 32;

impl Core {
    /// Collects the young, if that is due, and goes on with the cycle, or begins one, for as long as a pause may be.
    pub(crate) fn run_slice(&self, young: bool) {
        let Some(bounds) = self.collector.strategy().bounds() else { return };
        if self.debug.needs_whole_passes() {
            self.settle_cycle();
            self.pausing(|| self.collect_whole(2));
            return;
        }
        self.pausing(|| {
            let pace = Pace::limited(bounds.pause);
            if young {
                self.collect_whole(0);
                if self.collector.begin_cycle_if_due() {
                    self.notify(Phase::Start, &CollectionInfo::start(2));
                    self.report_start(2);
                } else if self.collector.must_stop_the_world() {
                    self.collect_whole(2);
                }
            }
            self.run_cycle(&pace);
            self.collector.set_tempo();
        });
    }

    /// Ends the cycle that is under way, if there is one: gives it up, or, if it is freeing garbage already, goes on to the
    /// end.
    pub(crate) fn settle_cycle(&self) {
        self.collector.abandon_cycle();
        while self.collector.is_in_cycle() {
            self.run_cycle(&Pace::unlimited());
        }
    }

    /// Goes on with the cycle until the time is up or it is over.
    fn run_cycle(&self, pace: &Pace) {
        if !self.collector.is_in_cycle() || self.collector.is_collecting() {
            return;
        }
        self.collector.hold_off();
        let begin = Instant::now();
        let done = self.run_steps(pace);
        self.collector.add_slice(begin.elapsed());
        if let Some((collected, candidates)) = done {
            let cycle = self.collector.finish_cycle(collected, candidates);
            let info = CollectionInfo::stop(2, cycle);
            self.report_done(&info);
            self.notify(Phase::Stop, &info);
        }
        self.collector.end();
    }

    /// Takes steps until the time is up or the cycle is over; then returns what it has found among how many objects.
    fn run_steps(&self, pace: &Pace) -> Option<(u64, u64)> {
        loop {
            let quiet = self.is_quiet();
            let step = self.trashcan.while_locked(self, || {
                self.collector.step(pace, quiet, |object, again| self.is_special(object, again))
            });
            match step {
                Step::Wait => return None,
                Step::Special => self.see_to_special(),
                Step::Clear(from) => {
                    let mut edges = Vec::new();
                    self.in_batches(from, pace, |batch| self.clear_garbage(runs(batch), &mut edges));
                }
                Step::Free(from) => self.in_batches(from, pace, |batch| {
                    // A reference that cannot be cleared may refer to one: it dies with that.
                    self.free_garbage(runs(batch), |object| {
                        // SAFETY: O1: something refers to it.
                        unsafe { object.as_ref() }.remove(Flags::UNREACHABLE);
                    });
                }),
                Step::Done(collected, candidates) => return Some((collected, candidates)),
            }
        }
    }

    /// Tells whether user code is concerned with an object of the garbage. When it is asked again, weak references that
    /// finalizers have made to garbage are cleared, unheard (PY-38).
    fn is_special(&self, object: Address, again: bool) -> bool {
        if again {
            self.silence(object);
            return false;
        }
        let flags = flags(object);
        flags.has(Flags::WATCHED) || flags.has(Flags::WATCHER) || self.finalizes(object)
    }

    /// Clears the weak references to garbage, calls the callbacks, runs the finalizers, in this order (PY-36). What any of
    /// that touches, the collector is told of, and it lives.
    fn see_to_special(&self) {
        let mut queue: Vec<AnyRef> = Vec::new();
        self.each_special(|object| self.disarm(object, &mut queue, |weak| self.collector.is_garbage(weak)));
        for weak in queue {
            self.call_back(&weak);
            self.release(weak.into_owned());
        }
        self.each_special(|object| {
            if self.finalizes(object) {
                // SAFETY: O1: garbage, not freed. The collector's own reference is no touch.
                let header = unsafe { object.as_ref() };
                let _ = incref(header);
                self.call_finalizer(object);
                if decref(header) == Left::None {
                    self.bury_here(object);
                }
            }
        });
    }

    fn each_special(&self, mut visit: impl FnMut(Address)) {
        let mut index = 0;
        while let Some(object) = self.collector.special(index) {
            if let Some(object) = object {
                visit(object);
            }
            index += 1;
        }
    }

    /// Goes through the garbage from a place of its list on, until the time is up; one batch at the least.
    fn in_batches(&self, mut from: usize, pace: &Pace, mut work: impl FnMut(&[Address])) {
        self.deleting.set(true);
        loop {
            let (batch, next) = self.collector.garbage(from, BATCH);
            work(&batch);
            let done = next == from;
            from = next;
            self.collector.has_done(from);
            if done || pace.is_over() {
                break;
            }
        }
        self.deleting.set(false);
    }
}
