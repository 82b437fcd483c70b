//! Recorded transcripts: what a machine once said of a program, as a text file.
//!
//! ```text
//! # gleaner-trace 1
//! machine: python/3.11.7
//! profile: 11
//! program:
//! from prelude import *
//! …
//! observations:
//! 5 1 0
//! 6 0
//! end
//! ```
//!
//! One observation a line, as the integers of [`crate::transcript`]. The last line tells a whole file from
//! one that was cut.

use std::fmt::Write;

use crate::observation::Observation;
use crate::program::Program;
use crate::text::{self, TextError};

const HEADER: &str = "# gleaner-trace 1";
const PROGRAM: &str = "program:";
const OBSERVATIONS: &str = "observations:";
const END: &str = "end";

/// What a machine said of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// Its name, as in `python/3.11.7`: one line, without blanks at its ends.
    pub machine: String,
    /// The minor version of the Python whose rules it followed.
    pub profile: u8,
    /// What it executed.
    pub program: Program,
    /// What it said.
    pub tokens: Vec<i64>,
}

impl Recording {
    /// Returns the file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Recording { machine, profile, program, tokens } = self;
        let mut out = format!("{HEADER}\nmachine: {machine}\nprofile: {profile}\n{PROGRAM}\n");
        out.push_str(&program.to_python());
        out.push_str(OBSERVATIONS);
        let mut rest = &tokens[..];
        loop {
            let before = rest;
            if Observation::take(&mut rest).is_none() {
                break;
            }
            let mut lead = '\n';
            for token in &before[..before.len() - rest.len()] {
                write!(out, "{lead}{token}").expect("a string takes any text");
                lead = ' ';
            }
        }
        out.push('\n');
        out.push_str(END);
        out.push('\n');
        out
    }

    /// Reads a recording; `file` is its name in errors.
    ///
    /// # Errors
    /// The first line that is not as it must be; a file without `end` is truncated.
    ///
    /// ```
    /// use gleaner_program::{Program, Recording};
    ///
    /// let recording = Recording {
    ///     machine: "model".to_string(),
    ///     profile: 15,
    ///     program: Program::default(),
    ///     tokens: vec![5, 1, 0, 6, 0],
    /// };
    /// let text = recording.to_text();
    /// assert_eq!(Recording::parse(&text, "empty.trace"), Ok(recording));
    /// let cut = &text[..text.len() - 4];
    /// assert!(Recording::parse(cut, "empty.trace").unwrap_err().message.contains("truncated"));
    /// ```
    pub fn parse(source: &str, file: &str) -> Result<Recording, TextError> {
        let mut lines = Lines { lines: source.lines(), read: 0, file };
        let header = lines.next(HEADER)?;
        if header != HEADER {
            return Err(lines.error(format!("a recording begins with the line `{HEADER}`")));
        }
        let machine = lines.field("machine: ")?.trim().to_string();
        let profile = lines.field("profile: ")?;
        let profile = profile
            .parse()
            .map_err(|_| lines.error("the profile is the minor version of a Python, as in `profile: 11`"))?;
        if lines.next(PROGRAM)? != PROGRAM {
            return Err(lines.error(format!("the line `{PROGRAM}` belongs here")));
        }
        let program = lines.program()?;
        let tokens = lines.observations()?;
        if lines.lines.any(|line| !line.trim().is_empty()) {
            return Err(lines.error(format!("nothing may follow `{END}`")));
        }
        Ok(Recording { machine, profile, program, tokens })
    }
}

/// The lines of a file, counted.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    read: usize,
    file: &'a str,
}

impl<'a> Lines<'a> {
    /// Returns the next line, where `expected` belongs.
    fn next(&mut self, expected: &str) -> Result<&'a str, TextError> {
        let line = self.lines.next();
        self.read += 1;
        line.ok_or_else(|| self.error(format!("the recording is truncated: `{expected}` is missing")))
    }

    /// Returns an error about the line read last.
    fn error(&self, message: impl Into<String>) -> TextError {
        TextError { file: self.file.to_string(), line: self.read, column: 1, message: message.into() }
    }

    fn field(&mut self, name: &str) -> Result<&'a str, TextError> {
        let line = self.next(name.trim_end())?;
        line.strip_prefix(name).ok_or_else(|| self.error(format!("a line `{name}...` belongs here")))
    }

    /// Reads the program, and the line after it.
    fn program(&mut self) -> Result<Program, TextError> {
        let before = self.read;
        let mut source = String::new();
        loop {
            let line = self.next(OBSERVATIONS)?;
            if line == OBSERVATIONS {
                break;
            }
            source.push_str(line);
            source.push('\n');
        }
        text::parse(&source, self.file).map_err(|error| TextError { line: error.line + before, ..error })
    }

    /// Reads the observations, and `end`.
    fn observations(&mut self) -> Result<Vec<i64>, TextError> {
        let mut tokens = Vec::new();
        loop {
            let line = self.next(END)?;
            if line == END {
                return Ok(tokens);
            }
            let first = tokens.len();
            for word in line.split_ascii_whitespace() {
                tokens.push(word.parse().map_err(|_| self.error(format!("`{word}` is no integer")))?);
            }
            let mut observation = &tokens[first..];
            let whole =
                !matches!(Observation::take(&mut observation), None | Some(Observation::Malformed(_)));
            if !whole || !observation.is_empty() {
                return Err(self.error("a line holds exactly one observation"));
            }
        }
    }
}
