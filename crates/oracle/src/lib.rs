//! Machines side by side on one program: comparison, reports, CPython.
//!
//! A [`Machine`] executes a program and says what happened. The [`Oracle`] asks several, compares what they say as
//! flat sequences of integers, and names the first difference: a [`Divergence`]. Where the model has no rules for a strategy
//! it judges by a contract instead, and a divergence is the first law that is broken. A divergence shrinks while the same
//! machines part in the same way, and is saved as Python. [`stress`] does that for generated programs without end.
//!
//! ```text
//!  seed ─ mix ─► program k ─┬─► heap, each strategy ─┐
//!            └─► conditions ┼─► model, or contract ──┼─► compare ─► agreement, or divergence ─► shrink ─► save
//!                           └─► CPython, in batches ─┘
//! ```
//!
//! Invariant: an oracle never decides what is right; it says who differs.
#![forbid(unsafe_code)]

pub mod answer;
mod clock;
pub mod divergence;
pub mod environments;
pub mod faults;
pub mod heap;
pub mod judge;
pub mod machine;
pub mod model;
pub mod oracle;
pub mod python;
pub mod regression;
pub mod scripts;
pub mod seeds;
pub mod stress;

pub use divergence::{Divergence, Nature, Place};
pub use faults::Faults;
pub use machine::{Machine, MachineError};
pub use oracle::{Agreement, Oracle, check};

/// Mistakes that can be armed in the heaps of a thread.
#[cfg(feature = "seeded-bugs")]
pub use gleaner_object::seeded;
