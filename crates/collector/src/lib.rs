//! Which tracked objects are unreachable, and when to look.
//!
//! Words. A *tracked* object belongs to one of three *generations*, or the permanent one; their order is in the objects'
//! *stamps* (see [`tracking`]). A *pass* takes the objects of a generation and of all younger ones (its *subjects*) and
//! *deduces* which of them nothing outside reaches: the *condemned*. A *strategy* says when a pass is due and how it deduces.
//!
//! There are three ways to deduce, and the strategies are made of them: `trial`, in the order of the lists, exactly as CPython
//! does; `marking`, in the order of addresses, by side tables, as fast as the memory allows; and `ordered`, by side tables,
//! with what `trial` finds.
//!
//! The numbered steps of a collection; those that name a method are done here, the rest by the heap, since it runs user
//! code:
//!
//! 1. [`Collector::begin`]: count the pass;
//! 2. [`Collector::deduce`]: condemn; what survives goes to the next generation;
//! 3. clear the weak references to the condemned, tell their watchers;
//! 4. run the finalizers;
//! 5. [`Collector::deduce_again`], if any code of the user's has run: whatever it has resurrected, and all that reaches,
//!    survives after all;
//! 6. ask what is still condemned to give up its references; free it;
//! 7. [`Collector::finish`] and [`Collector::end`].
//!
//! Invariant: nothing here frees anything or runs user code other than `trace`; and if a `trace` panics, every
//! subject survives and the panic goes on to whoever asked for the collection.
//!
//! # Invariants of unsafe code
//!
//! O1 to O5 of `gleaner-object`, and:
//!
//! * **C1** What a [`Space`] shows is there as long as the pass runs; every block of a span that is not free begins with a
//!   header, erased if there is no object.
//! * **C2** What a roster lists may be dead, but its block is not given back; and what dies while a pass deduces is set
//!   aside until it is over.
//! * **C4** A roster's entries lie from its start to its top; its end is not below the top, nor behind the end of its room.
//! * **C3** A side table hangs on its chunk from `Sides::hang` to `Sides::take_down`, and its pass is over then.

mod collector;
mod counting;
mod cycle;
mod era;
mod marking;
mod order;
mod ordered;
mod pace;
mod pass;
mod roster;
pub mod space;
mod stats;
pub mod strategies;
pub mod strategy;
mod table;
mod tempo;
pub mod tracking;
mod trial;
mod unlisted;

pub use collector::{Collector, Foreign};
pub use cycle::Step;
pub use pace::Pace;
pub use pass::{Audience, Pass};
pub use space::{Region, Space, Span};
pub use stats::GenerationStats;
pub use strategy::{Bounds, Due, Facts, Pressure, Strategy};
pub use tracking::{Generation, Tracking};
pub use unlisted::{Row, Unlisted};

use gleaner_object::{Address, Edges, Header, record_of};

/// The number of generations.
pub const GENERATIONS: usize = 3;

/// There was no memory to track an object, or for a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("out of memory")]
pub struct NoRoom;

/// Returns the header of an object, or of a block where one was.
#[inline(always)]
pub(crate) fn header(object: &Address) -> &Header {
    // SAFETY: O1, O5, C2: tracked objects and what they own a reference to have not been freed; the blocks of those that have
    // been are there, with erased headers.
    unsafe { object.as_ref() }
}

/// Shows the edges of a tracked object.
#[inline]
pub(crate) fn trace(subject: Address, visitor: &mut Edges<'_>) {
    // SAFETY: O1, O2: what is tracked has neither been dropped nor freed; C2: what dies during a pass is set aside.
    unsafe { (record_of(subject).trace)(subject, visitor) };
}
