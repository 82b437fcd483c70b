//! The reference model as a machine.

use gleaner_program::{Environment, Program, Transcript};

use crate::machine::{Machine, MachineError};

/// The reference model, which has no state between programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModelMachine;

impl Machine for ModelMachine {
    fn name(&self) -> String {
        "model".to_string()
    }

    fn run(&mut self, program: &Program, environment: &Environment) -> Result<Transcript, MachineError> {
        if environment.policy.is_exact() {
            Ok(gleaner_model::run(program, environment))
        } else {
            Err(MachineError::new("the model has no rules for this strategy, it has a contract"))
        }
    }
}
