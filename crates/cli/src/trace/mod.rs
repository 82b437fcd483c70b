//! `gleaner trace`: recordings of what programs ask of their allocator.

mod child;
mod info;
mod record;
mod replay;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Error, Result};
use gleaner_trace::{Reader, TraceError};

use crate::Verdict;
use crate::options::Trace;

/// Runs the command.
pub(crate) fn run(command: &Trace, json: bool) -> Result<Verdict> {
    match command {
        Trace::Record(options) => record::run(options, json),
        Trace::Replay(options) => replay::run(options, json),
        Trace::Info(options) => info::run(options, json),
        Trace::Child(options) => child::run(options),
    }
}

/// Opens a trace and reads its header.
fn open(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Reader::new(BufReader::new(file)).map_err(|error| damaged(path, &error))
}

/// Returns a trace's error with the file's name, as one line.
fn damaged(path: &Path, error: &TraceError) -> Error {
    anyhow::anyhow!("{}: {error}", path.display())
}
