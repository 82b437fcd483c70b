//! Which tracked objects are unreachable, and when to look.
//!
//! Words. A *tracked* object is one the collector has in a *list*: one of three *generations*, or the permanent one.
//! A *pass* takes the objects of a generation and of all younger ones (its *subjects*) and *deduces* which of them
//! nothing outside reaches: the *condemned*. A *strategy* says when a pass is due and how it deduces.
//!
//! The numbered steps of a collection; those that name a method are done here, the rest by the heap, since it runs user
//! code:
//!
//! 1. [`Collector::begin`]: count the pass, gather its subjects;
//! 2. [`Collector::deduce`]: condemn; what survives goes to the next generation;
//! 3. clear the weak references to the condemned, tell their watchers;
//! 4. run the finalizers;
//! 5. [`Collector::deduce_again`]: whatever a finalizer resurrected, and all it reaches, survives after all;
//! 6. ask what is still condemned to give up its references; the counts do the rest;
//! 7. [`Collector::finish`] and [`Collector::end`].
//!
//! Lists are arrays of addresses in the order of tracking, with holes where objects left. An object knows its place,
//! so leaving costs O(1); holes are squeezed out when a pass gathers, or when they are the majority. The order is
//! CPython's (its linked lists, its `move_unreachable`), because finalizers and callbacks run in that order.
//!
//! Invariant: nothing here frees anything or runs user code other than `trace`; and if a `trace` panics, every
//! subject survives and the panic goes on to whoever asked for the collection.

mod collector;
mod list;
mod pass;
mod stats;
pub mod strategies;
pub mod strategy;

pub use collector::{Collector, Foreign};
pub use stats::GenerationStats;
pub use strategy::{Facts, Pressure, Strategy};

/// The number of generations.
pub const GENERATIONS: usize = 3;

/// There was no memory to track an object, or for a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("out of memory")]
pub struct NoRoom;
