//! Where a text is no program, and why.

use ruff_text_size::{Ranged, TextRange, TextSize};

/// The first thing in a text that is no program.
///
/// Displays as `file:line:column: message`, on one line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct TextError {
    /// The name the caller gave to the text.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One sentence: what stands there, and what may.
    pub message: String,
}

/// The longest excerpt of the source in a message, in characters.
const EXCERPT: usize = 60;

/// An error that knows its place but not yet the file.
#[derive(Debug)]
pub(crate) struct Problem {
    range: TextRange,
    message: String,
}

impl Problem {
    /// Says that `message` holds of what stands at `place`.
    pub(crate) fn at(place: impl Ranged, message: impl Into<String>) -> Problem {
        Problem { range: place.range(), message: message.into() }
    }

    /// Says that `message` holds at a byte, without an excerpt.
    pub(crate) fn at_byte(offset: usize, message: impl Into<String>) -> Problem {
        let offset = TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX));
        Problem { range: TextRange::empty(offset), message: message.into() }
    }

    /// Adds the file's name, the position and an excerpt.
    pub(crate) fn locate(self, source: &str, file: &str) -> TextError {
        let (line, column) =
            line_and_column(&source.as_bytes()[..source.len().min(self.range.start().into())]);
        let excerpt = source.get(self.range.to_std_range()).unwrap_or("");
        let first = excerpt.split(['\n', '\r']).next().unwrap_or("").trim_end();
        let message = match first.char_indices().nth(EXCERPT) {
            _ if first.is_empty() => self.message,
            Some((end, _)) => format!("`{}...`: {}", &first[..end], self.message),
            None if first.len() < excerpt.trim_end().len() => format!("`{first} ...`: {}", self.message),
            None => format!("`{first}`: {}", self.message),
        };
        TextError { file: file.to_string(), line, column, message }
    }
}

/// Returns the position, from 1, of what follows `before`; a line ends as it does in Python: `\n`, `\r\n` or
/// `\r`. What is not UTF-8 counts by the byte.
pub(crate) fn line_and_column(before: &[u8]) -> (usize, usize) {
    let mut line = 1;
    let mut start = 0;
    for (index, &byte) in before.iter().enumerate() {
        if byte == b'\n' || byte == b'\r' && before.get(index + 1) != Some(&b'\n') {
            line += 1;
            start = index + 1;
        }
    }
    let column = 1 + String::from_utf8_lossy(&before[start..]).chars().count();
    (line, column)
}
