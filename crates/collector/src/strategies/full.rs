//! Free-threaded CPython's collector (3.13 and later): no generations, every pass is over the whole heap.
//!
//! A pass is due when what has come anew exceeds the threshold and a quarter of what survived the last pass, or when the
//! second threshold is 0. The generation that is asked for counts in the books alone.

use crate::NoRoom;
use crate::pass::Pass;
use crate::strategy::{Facts, Pressure, Strategy};

/// The whole heap, whatever is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Full;

const FACTS: Facts = Facts {
    name: "full",
    finds_cycles: true,
    generational: false,
    summary: "free-threaded CPython: whole heap, no generations",
};

impl Strategy for Full {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        let new = pressure.counts[0];
        let worthwhile = pressure.thresholds[1] == 0 || u64::from(new) >= pressure.long_lived_total / 4;
        (new > pressure.thresholds[0] && worthwhile).then_some(0)
    }

    fn scope(&self, generation: usize) -> Option<usize> {
        Some(generation)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        pass.by_marking()
    }
}
