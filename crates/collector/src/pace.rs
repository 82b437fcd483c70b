//! How long a collector may work before it has to give way.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many units of work (objects and edges) pass between two looks at the clock.
const UNITS: u32 = 256;
/// After how many the first look is: slices that are to be short look again soon.
const FIRST: u32 = 64;

/// A time limit, or none.
pub struct Pace {
    deadline: Option<Instant>,
    units: Cell<u32>,
    spent: Cell<bool>,
}

impl Pace {
    /// Makes a pace without a limit.
    #[must_use]
    pub const fn unlimited() -> Pace {
        Pace { deadline: None, units: Cell::new(0), spent: Cell::new(false) }
    }

    /// Makes a pace that ends after a time from now on.
    #[must_use]
    pub fn limited(time: Duration) -> Pace {
        let units = Cell::new(UNITS - FIRST);
        Pace { deadline: Some(Instant::now() + time), units, ..Pace::unlimited() }
    }

    /// Tells whether there is a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.deadline.is_some()
    }

    /// Counts units of work; returns whether the time is up.
    #[inline]
    pub(crate) fn spend(&self, units: u32) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let total = self.units.get() + units;
        self.units.set(total);
        if total >= UNITS {
            self.units.set(0);
            self.spent.set(self.spent.get() || Instant::now() >= deadline);
        }
        self.spent.get()
    }

    /// Looks at the clock; returns whether the time is up.
    pub fn is_over(&self) -> bool {
        let over = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        self.spent.set(self.spent.get() || over);
        over
    }

    /// Tells whether the time is up, as far as was noticed.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get()
    }
}
