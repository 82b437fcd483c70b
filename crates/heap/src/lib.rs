//! Python's memory management for Rust: a private heap of counted objects whose cycles are collected.
//!
//! ```
//! use gleaner::{Heap, Slot, Trace};
//!
//! #[derive(Trace)]
//! struct Node {
//!     next: Slot<Node>,
//! }
//!
//! # fn main() -> Result<(), gleaner::OutOfMemory> {
//! let heap = Heap::new()?;
//! let a = heap.alloc(Node { next: Slot::empty() })?;
//! let b = heap.alloc(Node { next: Slot::empty() })?;
//! a.next.set(&b);
//! b.next.set(&a);
//! let watch = heap.weak(&a)?;
//! drop((a, b)); // a cycle: the counts cannot free it
//! assert!(watch.is_alive());
//! assert_eq!(heap.collect(), 2);
//! assert!(!watch.is_alive());
//! # Ok(())
//! # }
//! ```
//!
//! This crate composes the others and does what they must not: it runs user code, in Python's order.
//!
//! * An object dies at once when its last [`Ref`] goes: finalizer, weak references and their callbacks, then what it
//!   refers to, depth first, without recursion.
//! * An allocation that passes the threshold collects (see [`Rules`] for when exactly), and [`Heap::collect`] does.
//! * Finalizers, callbacks, `Drop` and `trace` may allocate, collect, drop, resurrect or panic. Panics of the first
//!   three are *unraisable*: reported to [`Heap::set_unraisable_hook`] and otherwise ignored, as Python does. A panic
//!   in `trace` abandons the collection and goes on to whoever asked for it.
//! * No memory is an `Err`. Where there is nobody to give it to (the bookkeeping of a death), a reference is leaked,
//!   and counted in [`Heap::leaked`].
//!
//! # Invariants
//!
//! O1 to O5 of `gleaner-object`, and:
//!
//! * **H1** Every shelf names the heap's `Core`, and the `Core` is freed only when no handle and no object is left.
//! * **H2** Every object lies on a `TypeShelf` of its heap, which is freed with the heap and not before.
//!
//! Invariant: no mechanism lives here that cannot be tested alone in its own crate.

mod builder;
mod collect;
mod control;
mod core;
mod debug;
mod garbage;
mod graph;
mod heap;
mod holdings;
mod reference;
mod shelves;
mod slice;
mod slot;
mod weak;

pub use builder::{Builder, Rules, StrategyKind};
pub use control::{CollectionInfo, InvalidGeneration, Pause, Phase};
pub use debug::{Debug, Report};
pub use gleaner_allocator::{Geometry, OutOfMemory};
pub use gleaner_collector::{Bounds, Facts, GenerationStats};
pub use gleaner_derive::Trace;
pub use gleaner_object::{Live, Released, Trace, Visitor};
pub use gleaner_weakref::{Notify, WeakReference};
pub use heap::{Heap, Unraisable};
pub use holdings::Holding;
pub use reference::{AnyRef, Ref};
pub use slot::{AnySlot, Slot};
pub use weak::Weak;

/// Seeded bugs, for harnesses (a constant `false` without the feature `seeded-bugs`).
pub use gleaner_object::seeded;

/// The finalizer of a type that derives `Trace` with `#[trace(finalize)]`.
///
/// ```
/// use gleaner::{Finalize, Heap, Live, Slot, Trace};
///
/// #[derive(Trace)]
/// #[trace(finalize)]
/// struct File {
///     name: String,
///     parent: Slot<File>,
/// }
///
/// impl Finalize for File {
///     fn finalize(this: Live<'_, Self>) {
///         println!("closing {}", this.name);
///     }
/// }
/// # let heap = Heap::new().unwrap();
/// # drop(heap.alloc(File { name: "a".into(), parent: Slot::empty() }).unwrap());
/// ```
pub trait Finalize: Trace {
    /// Runs once before the object dies, while it is whole; `Ref::from(this)` resurrects it.
    fn finalize(this: Live<'_, Self>)
    where
        Self: Sized;
}
