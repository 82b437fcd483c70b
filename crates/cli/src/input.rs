//! Files: programs and recordings.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gleaner_oracle::regression;
use gleaner_program::{Environment, Program, Recording, text};

/// What the first line of a recording begins with.
const RECORDING: &[u8] = b"# gleaner-trace";

/// What a file holds.
pub(crate) enum Input {
    /// A program, and the environment that its comments name.
    Program(Program, Option<Environment>),
    /// What a machine once said of a program.
    Recording(Recording),
}

impl Input {
    /// Returns the program.
    pub(crate) fn program(&self) -> &Program {
        match self {
            Input::Program(program, _) => program,
            Input::Recording(recording) => &recording.program,
        }
    }
}

/// Reads a file.
///
/// # Errors
/// It cannot be read, or is neither a program nor a recording.
pub(crate) fn read(path: &Path) -> Result<Input> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    if bytes.starts_with(RECORDING) {
        let lines = |valid: usize| 1 + bytes[..valid].iter().filter(|&&byte| byte == b'\n').count();
        let source = std::str::from_utf8(&bytes)
            .map_err(|error| anyhow::anyhow!("{name}:{}:1: not UTF-8", lines(error.valid_up_to())))?;
        return Ok(Input::Recording(Recording::parse(source, &name)?));
    }
    let program = text::parse_bytes(&bytes, &name)?;
    let environment = regression::environment(&String::from_utf8_lossy(&bytes));
    Ok(Input::Program(program, environment))
}
