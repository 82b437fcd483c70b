//! Python's object layer on Gleaner's heap, and a subset of Python that runs on it.
#![forbid(unsafe_code)]

pub mod compile;
