//! The tutorial's algorithm: start from the roots, mark what they reach, sweep the rest. Every pass is over the whole
//! heap.
//!
//! A root is a reference from outside: a variable of a frame, a handle on the stack, anything that is not shown by a
//! `trace`. Roots are not registered anywhere; they are found by difference. Counts less internal references leave,
//! for each object, the number of references that no other object explains: where that is not zero, there is a root.
//! A pass is due when what has come anew exceeds the threshold and a quarter of what survived the last pass (the rule
//! of free-threaded CPython): passes over everything then take amortised linear time.
//!
//! How the marker goes through the heap is told in `marking.rs`.

use crate::NoRoom;
use crate::pass::Pass;
use crate::strategy::{Facts, Pressure, Strategy};

/// Marks from the roots, always the whole heap.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarkSweep;

const FACTS: Facts = Facts {
    name: "mark-sweep",
    finds_cycles: true,
    generational: false,
    summary: "whole heap, marked from the roots, swept in order",
};

impl Strategy for MarkSweep {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        let new = pressure.counts[0];
        (new > pressure.thresholds[0] && u64::from(new) > pressure.long_lived_total / 4).then_some(2)
    }

    fn scope(&self, _: usize) -> Option<usize> {
        Some(2)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        pass.by_marking()
    }
}
