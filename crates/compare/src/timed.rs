//! Pauses of subjects that cannot tell them: long calls.
//!
//! A call of `make` or `safepoint` that takes more than [`PAUSE`] is taken for a pause; `collect` is the program's own wish.
//! Each is timed by the wall clock, which is cheap to read but goes on while other processes have the processor. So a long
//! call is checked against the CPU clock of the thread: both clocks are read together now and then (a *mark*), and what
//! the CPU clock fell behind since the last mark is taken off. Where an operation that is not timed took long, there is a
//! new mark before the next call, so that only the calls' own interruptions are taken off them.
//!
//! Reading clocks takes time itself, as much as a small operation. So a run that finds pauses tells no time per operation.

use std::time::Instant;

use gleaner_benches::clock::thread_ns;
use gleaner_benches::subject::{Abilities, Pause, Slot, Subject};

/// A call up to this length is no pause, in nanoseconds.
pub const PAUSE: u64 = 5_000;

/// Calls after which there is a new mark in any case.
const CALLS: u32 = 4096;

/// A subject whose long calls are written down.
pub(crate) struct Timed<S> {
    subject: S,
    origin: Instant,
    mark: Mark,
    last_end: u64,
    calls: u32,
    pauses: Vec<Pause>,
}

/// Both clocks at one moment.
#[derive(Clone, Copy)]
struct Mark {
    wall_ns: u64,
    cpu_ns: u64,
}

impl Mark {
    fn new(origin: Instant) -> Mark {
        Mark { wall_ns: origin.elapsed().as_nanos() as u64, cpu_ns: thread_ns() }
    }

    /// Returns the pause that a call was which took `wall_ns` and ended at the mark `end`, if it was one.
    fn pause(self, wall_ns: u64, end: Mark) -> Option<Pause> {
        let elsewhere = (end.wall_ns - self.wall_ns).saturating_sub(end.cpu_ns - self.cpu_ns);
        let length_ns = wall_ns.saturating_sub(elsewhere);
        (length_ns > PAUSE).then(|| Pause { start_ns: end.cpu_ns - length_ns.min(end.cpu_ns), length_ns })
    }
}

impl<S: Subject> Timed<S> {
    pub(crate) fn new(subject: S) -> Self {
        let origin = Instant::now();
        let mark = Mark::new(origin);
        Timed { subject, origin, mark, last_end: mark.wall_ns, calls: 0, pauses: Vec::new() }
    }

    #[inline]
    fn time(&mut self, call: impl FnOnce(&mut S)) {
        let mut start = self.origin.elapsed().as_nanos() as u64;
        self.calls += 1;
        if start - self.last_end > PAUSE || self.calls >= CALLS {
            self.mark = Mark::new(self.origin);
            self.calls = 0;
            start = self.origin.elapsed().as_nanos() as u64;
        }
        call(&mut self.subject);
        self.last_end = self.origin.elapsed().as_nanos() as u64;
        if self.last_end - start > PAUSE {
            self.long(self.last_end - start);
        }
    }

    #[cold]
    fn long(&mut self, wall_ns: u64) {
        let end = Mark::new(self.origin);
        self.pauses.extend(self.mark.pause(wall_ns, end));
        self.mark = end;
        self.last_end = self.origin.elapsed().as_nanos() as u64;
    }
}

impl<S: Subject> Subject for Timed<S> {
    fn name(&self) -> String {
        self.subject.name()
    }

    fn abilities(&self) -> Abilities {
        self.subject.abilities()
    }

    fn resize(&mut self, slots: usize) {
        self.subject.resize(slots);
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        self.time(|subject| subject.make(to, edges));
    }

    #[inline]
    fn copy(&mut self, to: Slot, from: Slot) {
        self.subject.copy(to, from);
    }

    #[inline]
    fn clear(&mut self, slot: Slot) {
        self.subject.clear(slot);
    }

    #[inline]
    fn link(&mut self, object: Slot, edge: usize, target: Slot) {
        self.subject.link(object, edge, target);
    }

    #[inline]
    fn unlink(&mut self, object: Slot, edge: usize) {
        self.subject.unlink(object, edge);
    }

    #[inline]
    fn follow(&mut self, to: Slot, object: Slot, edge: usize) {
        self.subject.follow(to, object, edge);
    }

    #[inline]
    fn is_empty(&self, slot: Slot) -> bool {
        self.subject.is_empty(slot)
    }

    fn resize_weak(&mut self, weak: usize) {
        self.subject.resize_weak(weak);
    }

    #[inline]
    fn watch(&mut self, weak: usize, object: Slot) {
        self.subject.watch(weak, object);
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.subject.recall(to, weak);
    }

    fn collect(&mut self) {
        self.subject.collect();
    }

    #[inline]
    fn safepoint(&mut self) {
        self.time(S::safepoint);
    }

    fn heap_bytes(&self) -> Option<usize> {
        self.subject.heap_bytes()
    }

    fn live_objects(&self) -> Option<usize> {
        self.subject.live_objects()
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        Some(std::mem::take(&mut self.pauses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_took_is_no_pause() {
        let mark = |wall_us: u64, cpu_us: u64| Mark { wall_ns: wall_us * 1000, cpu_ns: cpu_us * 1000 };
        let begin = mark(0, 100);
        let all_ours = begin.pause(50_000, mark(60, 160));
        assert_eq!(all_ours, Some(Pause { start_ns: 110_000, length_ns: 50_000 }));
        let half_ours = begin.pause(50_000, mark(60, 130));
        assert_eq!(half_ours, Some(Pause { start_ns: 110_000, length_ns: 20_000 }));
        assert_eq!(begin.pause(50_000, mark(60, 114)), None, "four microseconds are no pause");
    }
}
