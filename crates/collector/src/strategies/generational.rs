//! CPython's collector: three generations, trial deletion, thresholds (3.11 to 3.13, 3.14.5 and later, 3.15).
//!
//! A pass over generation g takes g and all younger ones. It needs no remembered set: references from older objects
//! are counted, and since those objects are not among the subjects, their references are not taken off the counts, so
//! that what they refer to looks referenced from outside, which it is.
//!
//! A pass over everything is by side tables, with the same result (see `ordered.rs`).
//!
//! Due: generation 2 if its count exceeds its threshold and what is waiting there is a quarter of what survived the
//! last full pass, so that full passes take amortised linear time; else 1, else 0, by their counts.

use crate::NoRoom;
use crate::pass::Pass;
use crate::strategy::{Facts, Pressure, Strategy};

/// Three generations, as CPython has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generational;

const FACTS: Facts = Facts {
    name: "generational",
    finds_cycles: true,
    generational: true,
    summary: "CPython 3.13 and 3.15: three generations, trial deletion",
};

impl Strategy for Generational {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        (0..3).rev().find(|&generation| {
            pressure.counts[generation] > pressure.thresholds[generation]
                && (generation < 2 || pressure.long_lived_pending >= pressure.long_lived_total / 4)
        })
    }

    fn scope(&self, generation: usize) -> Option<usize> {
        Some(generation)
    }

    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom> {
        if pass.generation == 2 { pass.by_marking_in_order() } else { pass.by_trial() }
    }
}
