//! No collector at all: what a cycle holds stays. The yardstick for what collecting costs.

use crate::NoRoom;
use crate::pass::Pass;
use crate::strategy::{Facts, Pressure, Strategy};

/// Counts only.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefcountOnly;

const FACTS: Facts = Facts {
    name: "refcount-only",
    finds_cycles: false,
    generational: false,
    summary: "counts only; cycles are never collected",
};

impl Strategy for RefcountOnly {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, _: &Pressure) -> Option<usize> {
        None
    }

    fn scope(&self, _: usize) -> Option<usize> {
        None
    }

    fn deduce(&self, _: &mut Pass<'_>) -> Result<(), NoRoom> {
        Ok(())
    }
}
