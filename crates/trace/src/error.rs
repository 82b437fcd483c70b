//! What can be wrong with a file.

use std::io;

/// Something wrong with a trace, and the byte of the file where it was seen.
#[derive(Debug, thiserror::Error)]
#[error("byte {position}: {kind}")]
pub struct TraceError {
    /// Offset in the file, from 0: where the unfit part begins, or where the file ends too early.
    pub position: u64,
    /// What is wrong.
    #[source]
    pub kind: ErrorKind,
}

/// The kinds of errors.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The first bytes are not those of a trace.
    #[error("not an allocation trace")]
    NotATrace,
    /// A trace of a later version of the format.
    #[error("version {0} of the format; this program reads version {readable}", readable = crate::format::VERSION)]
    Version(u16),
    /// The file ends too early, as if the recorded process had been killed.
    #[error("the file ends in the middle of {0}")]
    Truncated(&'static str),
    /// A checksum does not match.
    #[error("the checksum of {0} does not match")]
    Checksum(&'static str),
    /// Something that no writer writes.
    #[error("{0}")]
    Malformed(&'static str),
}

impl ErrorKind {
    /// Adds the place.
    pub(crate) fn at(self, position: u64) -> TraceError {
        TraceError { position, kind: self }
    }
}
