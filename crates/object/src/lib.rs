//! What an object is: a header, a type record, a way to be traced and cleared, and the witness that it lives.
//!
//! ```text
//!  chunk ─► shelf ─► type record          block ─► count │ flags, stamp │ value: T
//!  ├ two words ┼ … ┼ block ┼ block ┼ …              4      4
//! ```
//!
//! An object's own header is 8 bytes; its type is its chunk's (see [`shelf`]).
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
//! * **O2** The object lies in a chunk, and the record of the chunk's shelf is one of the `T` that follows the header.
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
pub mod shelf;
pub mod side;
pub mod sides;
pub mod trace;
mod typed;

pub use edges::{Edges, Released, Visit, Visitor};
pub use header::{Address, Flags, Header, MAX_STAMP};
pub use live::Live;
pub use record::{ObjectBox, TypeRecord};
pub use shelf::{CHUNK_ALIGN, Chunk, Shelf, record_of, shelf_of};
pub use side::{Grid, Side};
pub use sides::Sides;
pub use trace::Trace;
