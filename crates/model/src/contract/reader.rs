//! Reading a transcript, operation by operation.

use gleaner_program::Observation;
use gleaner_program::Transcript;

/// A place in a transcript.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    said: &'a Transcript,
    pub(super) at: usize,
    /// Where the operation's observations end.
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(said: &'a Transcript) -> Reader<'a> {
        Reader { said, at: 0, end: 0 }
    }

    /// Begins to read the observations of an operation; returns how many objects were not freed then, if that was said.
    pub(super) fn begin(&mut self, operation: usize) -> Option<u64> {
        let next = self.said.starts.get(operation + 1).map(|&start| start as usize);
        self.end = next.unwrap_or(self.said.tokens.len());
        self.said.live.get(operation).map(|&live| u64::from(live))
    }

    /// Returns the next observation of the operation.
    pub(super) fn peek(&self) -> Option<Observation<'a>> {
        Observation::take(&mut &self.said.tokens[self.at..self.end])
    }

    /// Takes the next observation of the operation.
    pub(super) fn next(&mut self) -> Option<Observation<'a>> {
        let mut rest = &self.said.tokens[self.at..self.end];
        let taken = Observation::take(&mut rest);
        self.at = self.end - rest.len();
        taken
    }
}
