//! The text form of a program: a small subset of Python (see `docs/language.md`).

mod names;
mod print;
