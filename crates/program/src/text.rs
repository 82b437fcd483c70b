//! The text form of a program: a small subset of Python (see `docs/language.md`).
//!
//! [`parse`] accepts what [`Program::to_python`](crate::Program::to_python) prints, and what a person writes
//! in the same subset: comments, docstrings, functions of any name and in any order. Printing what was
//! parsed and parsing what was printed give the same program.

mod arguments;
mod error;
mod guard;
mod head;
mod names;
mod parse;
mod print;
mod statement;

pub use error::TextError;
pub use guard::MAX_BYTES;
pub use parse::{parse, parse_bytes};
