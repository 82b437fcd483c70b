//! What a workload reports to: phases and counters.
//!
//! A workload counts with plain additions and never looks at a clock. Whoever runs it gives the meter a function that is
//! called at the boundaries of phases and takes clocks and memory there.

use crate::subject::Subject;

/// A part of a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The graph is built.
    Build,
    /// What the workload is about: its operations are counted here.
    Work,
    /// Everything is let go and collected.
    End,
}

/// What has been reported so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Operations: what a workload's time is divided by.
    pub operations: u64,
    /// Objects made.
    pub made: u64,
    /// Objects that can be reached, as of the last report; weak references do not count as objects.
    pub live: u64,
    /// The subject's bytes at the last boundary, if it knows.
    pub heap_bytes: Option<usize>,
    /// The subject's objects at the last boundary, garbage included, if it counts them.
    pub heap_objects: Option<usize>,
}

/// What is called at a boundary: with the phase that begins, or with `None` when the last one has ended.
type AtBoundary<'a> = Box<dyn FnMut(Option<Phase>, &Counts) + 'a>;

/// The counters of a run, and who is told at the boundaries.
pub struct Meter<'a> {
    counts: Counts,
    at_boundary: AtBoundary<'a>,
}

impl<'a> Meter<'a> {
    /// Makes a meter. The function is called when a phase begins, and with `None` when the last one has ended.
    #[must_use]
    pub fn new(at_boundary: impl FnMut(Option<Phase>, &Counts) + 'a) -> Self {
        Meter { counts: Counts::default(), at_boundary: Box::new(at_boundary) }
    }

    /// Makes a meter that only counts.
    #[must_use]
    pub fn counting() -> Self {
        Meter::new(|_, _| {})
    }

    /// Returns what has been reported so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Ends the phase before and begins another.
    pub fn begin_phase<S: Subject + ?Sized>(&mut self, phase: Phase, subject: &S) {
        self.boundary(Some(phase), subject);
    }

    /// Ends the last phase.
    pub(crate) fn finish<S: Subject + ?Sized>(&mut self, subject: &S) {
        self.boundary(None, subject);
    }

    fn boundary<S: Subject + ?Sized>(&mut self, phase: Option<Phase>, subject: &S) {
        self.counts.heap_bytes = subject.heap_bytes();
        self.counts.heap_objects = subject.live_objects();
        (self.at_boundary)(phase, &self.counts);
    }

    /// Counts an operation.
    #[inline]
    pub fn op(&mut self) {
        self.counts.operations += 1;
    }

    /// Counts operations.
    #[inline]
    pub fn ops(&mut self, operations: usize) {
        self.counts.operations += operations as u64;
    }

    /// Counts objects made.
    #[inline]
    pub fn made(&mut self, objects: usize) {
        self.counts.made += objects as u64;
    }

    /// Says how many objects can be reached now, by construction.
    #[inline]
    pub fn live(&mut self, objects: usize) {
        self.counts.live = objects as u64;
    }
}
