//! Gleaner's allocator inside an unmodified CPython 3.11 or newer, for the domains `mem` and `obj`.
//!
//! Words. A *domain* is one of CPython's three allocators: `raw`, `mem` and `obj`. Ours replaces the last two, and both
//! use one heap, because real extensions allocate in one and free in the other. The *previous* allocator is what a
//! domain had before. A *foreign* block came from there.
//!
//! ```text
//!  LD_PRELOAD ─► constructor ─┐                     ┌─► functions ─► gleaner_allocator::global
//!  ctypes ─► gleaner_install ─┴─► PyMem_SetAllocator┤        └ foreign blocks ─► the previous allocator
//!                                                   └─► recorder ─► functions, and a trace
//! ```
//!
//! * In a process that is no Python nothing happens at all. Where Python has not started yet, the constructor
//!   installs; where it runs already (the library came by `ctypes.PyDLL`), that takes a call of [`gleaner_install`].
//! * There are several tables of functions, and one is chosen when installing. What is off costs no branch.
//! * Nothing is taken down at exit: destructors of other libraries still allocate and free.
//!
//! Environment, read once, by the constructor or the first call:
//!
//! | variable | meaning |
//! |---|---|
//! | `GLEANER_STATS` | `1`: statistics at exit as text on standard error; `json`: as one JSON line; else a file for the JSON |
//! | `GLEANER_TRACE` | a file for a trace of all requests, for `gleaner trace replay` |
//! | `GLEANER_LARGE` | `own`: all requests are ours; `medium`: those up to 32 KiB; `previous` (default): those up to 512 bytes |
//! | `GLEANER_WARN` | `1`: say at exit if CPython did not use this allocator (the two first say it anyway) |
//!
//! `%p` in a file's name becomes the number of the process, for programs that start others.
//!
//! What it does not do. `PYTHONMALLOC`, `PYTHONDEVMODE` and `-X dev` make CPython replace what was installed before it
//! started; that is said, not prevented. Free-threaded builds walk their own allocator's heaps and are left alone. A program
//! that finalises Python and starts it again gets CPython's allocators back from 3.12 on, and must not keep blocks.
//!
//! Invariant: CPython's reference counts and collector are not touched; this crate moves bytes only.
//!
//! # Invariants of unsafe code
//!
//! * **C1** CPython calls the functions with the `ctx` that they were installed with, a [`Previous`] of the domain, and
//!   with pointers that are null or live blocks of the domain, from these functions or from the previous allocator.
//! * **C2** What a process with the symbol `Py_Version` exports under a name of CPython's C interface has the type that
//!   the headers of CPython 3.11 and newer give it.
//! * **C3** A [`Previous`] in use is never changed or freed, and its functions are called with its own `ctx`.
//! * **C4** This library is never unloaded (`-z nodelete`); what it hands to libc are its own functions, and strings
//!   that end with a nul.
//! * **C5** Who calls an exported function from C hands over what its documentation asks for.

mod exports;
pub mod functions;
mod install;
mod python;
mod recorder;
mod report;
mod settings;

pub use exports::{gleaner_install, gleaner_installed, gleaner_stats};
pub use python::{Domain, Functions, Previous};
