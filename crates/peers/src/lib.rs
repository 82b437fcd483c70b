//! Allocators side by side: what a user would pick instead, called as a C program would call it.
//!
//! Words. A *door* ([`Door`]) is a way into an allocator. [`CAllocator`] is the C door, four functions behind
//! pointers; [`Sized`](GleanerSized) is Gleaner's inlined door, which is told the size when it frees; [`Null`] is
//! no allocator at all: what it costs is the harness, and is subtracted.
//!
//! ```text
//!  table: null, glibc, gleaner │ pymalloc (a libpython, loaded) │ mimalloc, jemalloc, snmalloc (feature `foreign`)
//!      └─ replay: Script ─► four functions ─► CPU time, resident memory
//! ```
//!
//! [`replay::measure`] is meant for a fresh process each: the second allocator measured in a process would find the
//! memory and the caches that the first one left.
//!
//! Invariant: no allocator's memory is ever given to another.
//!
//! # Invariants of unsafe code
//!
//! * **P1** A door's functions keep C's contract: a block that is not null has as many bytes as were asked for,
//!   aligned for what fits into them, and is nobody else's until it is freed. Those of a
//!   [`CAllocator`] may be called from any thread.
//! * **P2** A slot of a replay's table holds a block while the script says so: `Script` has checked that an
//!   operation finds in its slot what it needs, and that `Free` has the block's size.
//! * **P3** A loaded libpython is never unloaded, and its interpreter, once begun, never ends; the thread that began
//!   it holds its lock for good.
//! * **P4** Functions of the C library are called with arguments that its manual allows.

mod door;
#[cfg(feature = "foreign")]
mod foreign;
pub mod instructions;
pub mod process;
pub mod python;
pub mod replay;
mod sized;
mod table;

pub use door::{CAllocator, CDoor, Door, Null};
pub use sized::GleanerSized;
pub use table::{ALL, find};
