//! The one door to atomics, cells and threads: std, or loom's model-checked twins under `cfg(loom)`.
//!
//! A crate that shares memory between threads takes every primitive from here. Built as usual they are the
//! standard library's own types and cost nothing; built with `--cfg loom` the very same code runs under
//! [loom](https://docs.rs/loom), which executes it in every order the memory model allows.
//!
//! | module | std | loom |
//! |---|---|---|
//! | [`atomic`] | `std::sync::atomic` | `loom::sync::atomic` |
//! | [`cell`] | a plain `UnsafeCell` behind loom's interface | `loom::cell`: reports data races |
//! | [`thread`], [`hint`] | `std` | `loom` |
//! | [`Arc`], [`Mutex`], [`MutexGuard`] | `std::sync` | `loom::sync` |
//! | [`process`] | `std` | `std` too: what outlives one execution of a model is no part of it |
//!
//! State that one thread owns needs no door: it uses `core::cell::Cell`.
//!
//! Invariant: `cfg(loom)` stands nowhere but here and on top of the loom tests.

#[cfg(loom)]
mod model;
#[cfg(not(loom))]
mod standard;

#[cfg(loom)]
pub use model::{Arc, Mutex, MutexGuard, atomic, cell, hint, thread};
#[cfg(not(loom))]
pub use standard::{Arc, Mutex, MutexGuard, atomic, cell, hint, thread};

/// State of the whole process, in statics: std's under loom, too.
///
/// Loom's types live for one execution of a model and cannot be made in a `const`. A process-wide cache is
/// not what a model is about, so it keeps std's types; whatever a model must explore does not belong here.
pub mod process {
    /// Atomic types and their orderings, for statics.
    pub use std::sync::atomic;

    /// A lock for a few instructions, which never allocates and can be released in a forked child.
    pub type SpinLock<T> = spin::mutex::SpinMutex<T, spin::Yield>;
    /// Its guard.
    pub type SpinLockGuard<'a, T> = spin::mutex::SpinMutexGuard<'a, T>;
}
