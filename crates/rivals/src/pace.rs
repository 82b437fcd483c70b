//! When to collect, for crates that leave it to their user: as Python does.
//!
//! Python 3.13 looks at its oldest objects when there are more new ones than a quarter of those that survived last time,
//! and at its young ones when there are more than 2000 of them. A crate that has one generation gets both conditions.
//! What is counted is objects, as in Python: constructors add one and `Drop` takes one off.

use std::cell::Cell;

/// New objects below which nobody collects.
const THRESHOLD: usize = 2000;

/// How many objects of a crate live in this thread.
pub(crate) struct Live(Cell<usize>);

impl Live {
    pub(crate) const fn new() -> Live {
        Live(Cell::new(0))
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.get()
    }

    #[inline]
    pub(crate) fn born(&self) {
        self.0.set(self.0.get() + 1);
    }

    #[inline]
    pub(crate) fn died(&self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What survived the last collection.
#[derive(Default)]
pub(crate) struct Pace {
    survivors: usize,
}

impl Pace {
    /// Tells whether that many candidates call for a collection.
    #[inline]
    pub(crate) fn is_due(&self, candidates: usize) -> bool {
        candidates > THRESHOLD && candidates > self.survivors / 4
    }

    /// Tells whether as many new objects as there are now call for a collection.
    #[inline]
    pub(crate) fn is_due_at(&self, live: usize) -> bool {
        self.is_due(live.saturating_sub(self.survivors))
    }

    /// Notes a collection.
    pub(crate) fn collected(&mut self, live: usize) {
        self.survivors = live;
    }
}
