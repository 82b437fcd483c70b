//! What an object is: a header, a type record, a way to be traced and cleared, and the witness that it lives.
//!
//! ```text
//!  block ─►┌───────────────┬───────┬───────┬──────────────── ─ ─
//!          │ record │flags │ count │ place │ value: T
//!          └───────────────┴───────┴───────┴──────────────── ─ ─
//!            8 bytes         4       4
//! ```
//!
//! CPython's object begins with 16 bytes of count and type, and a tracked one has 16 more in front of it for the
//! links of its collector's list. Here the header is 16 bytes in all: the flags live in the low bits of the type
//! record's address (records are aligned to 64), and instead of two links there is one *place*: which list of the
//! collector holds the object, and at which index. While a collector deduces what is unreachable, it keeps its copy
//! of the count (CPython's `gc_refs`) in the place, and writes the place anew when it is done.
//!
//! # Why `Trace` is a safe trait
//!
//! An object's memory goes away when its count of owned references is zero, and at no other time. The collector
//! does not free what it finds: it asks it to give up its references (`clear`, CPython's `tp_clear`) and lets the
//! counts do the rest. So a `trace` that forgets an edge only leaks, one that invents an edge only makes the
//! collector clear the slots of an object that was still wanted, and neither touches freed memory.
//!
//! # Invariants (cited as tags in every `SAFETY` comment of the object layer's crates)
//!
//! * **O1** An [`Address`] that is passed to or kept by these crates points to a block that begins with a
//!   [`Header`] and has not been freed.
//! * **O2** The record in a header is `TypeRecord::of::<T>()` for the `T` that follows the header.
//! * **O3** One thread: headers are reached only from the thread of the heap that owns the block.
//! * **O4** A value is dropped once, when its count is zero and nothing can reach it any more.
//! * **O5** Every owned reference is one in the header's count, until it is given up.
//!
//! Invariant: no pool, no policy and no count arithmetic in here.

pub mod edges;
pub mod header;
pub mod live;
pub mod record;
pub mod seeded;
pub mod trace;

pub use edges::{Released, Visitor};
pub use header::{Address, Flags, Header, ListId, Place};
pub use live::Live;
pub use record::{ObjectBox, TypeRecord};
pub use trace::Trace;
