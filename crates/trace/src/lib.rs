//! Allocation traces: what a program asked of its allocator, in the order in which it asked.
//!
//! Words. A *trace* is a sequence of *events*: malloc, calloc, realloc, free. An *id* is the number of an
//! allocation: the order of the events that return a block, from 0. A realloc ends one id and begins the next
//! one, also if the block stays where it is. Addresses are not in a trace.
//!
//! ```text
//!  addresses ─► Writer ─► chunk ─► zstd ─► file ─► Reader ─► events ─► Script ─► a replay
//!                 │                                  │                   └ ids become slots of a table
//!                 └ address ─► id                    └ every error has the byte where it was seen
//! ```
//!
//! [`Writer`] and [`Reader`] hold one chunk at a time, however long the trace is. [`Script`] holds all of it, in
//! eight bytes an event, and has checked that no event refers to a block that is not live: whoever replays it need
//! not check again. The format, byte by byte, is in `docs/trace.md`.
//!
//! ```
//! use gleaner_trace::{Event, Meta, Reader, Writer};
//!
//! let mut writer = Writer::new(Vec::new(), &Meta { command: vec!["python3".into()], runtime: String::new() })?;
//! writer.malloc(0x1000, 48);
//! writer.free(0x1000);
//! let (file, counts) = writer.finish()?;
//! assert_eq!((counts.mallocs, counts.frees), (1, 1));
//!
//! let events: Result<Vec<Event>, _> = Reader::new(&file[..])?.collect();
//! assert_eq!(events?, [Event::Malloc { size: 48 }, Event::Free { id: 0 }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariant: nothing here allocates or frees what a trace is about.
#![forbid(unsafe_code)]

mod code;
mod error;
mod event;
mod format;
mod reader;
mod script;
mod summary;
mod writer;

pub use error::{ErrorKind, TraceError};
pub use event::{Counts, Event, Meta};
pub use reader::Reader;
pub use script::{Op, OpKind, Script};
pub use summary::Summary;
pub use writer::Writer;
