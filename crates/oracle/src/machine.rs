//! What executes programs.

use gleaner_program::{Environment, Program, Transcript};

/// Something that executes programs: a heap, the model, a real Python.
pub trait Machine {
    /// Returns the name to report it under, such as `heap`, `model` or `python/3.13.0`.
    fn name(&self) -> String;

    /// Runs one program.
    ///
    /// # Errors
    /// If the machine cannot run under this environment, or breaks down. What it answers, right or wrong, is no
    /// error.
    fn run(&mut self, program: &Program, environment: &Environment) -> Result<Transcript, MachineError>;
}

/// Why a machine gives no transcript.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct MachineError {
    message: String,
}

impl MachineError {
    /// Makes an error of its message.
    pub fn new(message: impl Into<String>) -> MachineError {
        MachineError { message: message.into() }
    }
}
