//! Python's object layer on Gleaner's heap, and a subset of Python that runs on it.
#![forbid(unsafe_code)]

pub mod builtins;
pub mod compile;
pub mod modules;
pub mod objects;
pub mod profile;
pub mod protocol;
pub mod script;
pub mod show;
pub mod value;
pub mod vm;
