//! Text files.

use core::cell::RefCell;
use std::fs;

use gleaner::{Trace, Visitor};

use crate::value::Kind;

/// An open file: what is read was read at once, what is written is written at the end.
pub struct File {
    /// Its path, as it was given.
    pub path: String,
    /// Its mode.
    pub mode: String,
    /// What is open; nothing when it is closed.
    pub state: RefCell<Option<Open>>,
}

/// An open file.
pub enum Open {
    /// The text, and how much of it was read.
    Reading(String, usize),
    /// The program's standard output, or its standard error.
    Standard {
        /// Which.
        error: bool,
    },
    /// What is written to.
    Writing(std::io::BufWriter<fs::File>),
}

impl Trace for File {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::File as u8;

    fn trace(&self, _: &mut impl Visitor) {}
}
