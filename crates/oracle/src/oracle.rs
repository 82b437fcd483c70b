//! The oracle: a machine under test, the one it is held against (or the contract, where that has no rules), and CPython if
//! there is one.

use gleaner_program::{Environment, Policy, Program, Recording, Transcript, shrink};

use crate::answer::{Answer, ask};
use crate::divergence::Divergence;
use crate::environments::{of_python, policy_name};
use crate::heap::HeapMachine;
use crate::machine::Machine;
use crate::model::ModelMachine;
use crate::python::Python;

/// Makes a machine: at the start, and again after one panicked.
type Make = Box<dyn Fn() -> Box<dyn Machine>>;

/// How much agreed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Agreement {
    /// Environments under which the machine under test and the reference said the same.
    pub environments: usize,
    /// Environments under which CPython said the same as well.
    pub with_python: usize,
}

/// Machines side by side.
///
/// ```
/// use gleaner_oracle::{Oracle, environments};
/// use gleaner_program::Generator;
///
/// let program = Generator::default().program(1);
/// let agreement = Oracle::default().check(&program, &environments::standard())?;
/// assert_eq!(agreement.environments, environments::standard().len());
/// # Ok::<(), Box<gleaner_oracle::Divergence>>(())
/// ```
pub struct Oracle {
    subject: Seat,
    reference: Seat,
    pub(crate) python: Option<Python>,
}

/// A machine and how to make another.
struct Seat {
    machine: Box<dyn Machine>,
    make: Make,
}

impl Seat {
    fn new(make: Make) -> Seat {
        Seat { machine: make(), make }
    }

    fn ask(&mut self, program: &Program, environment: &Environment) -> Answer {
        let answer = ask(&mut *self.machine, program, environment);
        if matches!(answer, Answer::Panicked(_)) {
            self.machine = (self.make)();
        }
        answer
    }
}

impl Default for Oracle {
    /// The heap against the model.
    fn default() -> Oracle {
        Oracle::of(|| Box::new(HeapMachine::new()), || Box::new(ModelMachine))
    }
}

impl Oracle {
    /// Holds one machine against another.
    pub fn of(
        subject: impl Fn() -> Box<dyn Machine> + 'static,
        reference: impl Fn() -> Box<dyn Machine> + 'static,
    ) -> Oracle {
        let (subject, reference) = (Seat::new(Box::new(subject)), Seat::new(Box::new(reference)));
        Oracle { subject, reference, python: None }
    }

    /// Adds a CPython, to run what it can: the generational strategy under its own version's rules.
    #[must_use]
    pub fn with_python(mut self, python: Option<Python>) -> Oracle {
        self.python = python;
        self
    }

    /// Runs a program under each environment and compares what the machines say.
    ///
    /// # Errors
    /// The first divergence.
    pub fn check(
        &mut self,
        program: &Program,
        environments: &[Environment],
    ) -> Result<Agreement, Box<Divergence>> {
        let mut agreement = Agreement::default();
        for environment in environments {
            let answer = self.ask_subject(program, environment);
            self.judge(program, environment, &answer)?;
            agreement.environments += 1;
            if self.python_runs(environment) {
                let python = self.ask_python(program, environment);
                self.compare_python(program, environment, &answer, &python)?;
                agreement.with_python += 1;
            }
        }
        Ok(agreement)
    }

    /// Compares what was recorded of a program with what the machine under test and the reference say, under the
    /// rules of the recorded machine.
    ///
    /// # Errors
    /// The first divergence.
    pub fn check_recording(&mut self, recording: &Recording) -> Result<(), Box<Divergence>> {
        let (program, environment) = (&recording.program, of_python(recording.profile));
        self.check(program, &[environment])?;
        let subject = self.ask_subject(program, &environment);
        let recorded = Answer::Said(Transcript {
            tokens: recording.tokens.clone(),
            starts: Vec::new(),
            live: Vec::new(),
        });
        let names: [&dyn Fn() -> String; 2] =
            [&|| self.subject_name(environment.policy), &|| format!("{} (recorded)", recording.machine)];
        Divergence::find(program, &environment, names, [&subject, &recorded]).map_or(Ok(()), Err)
    }

    /// Makes a divergence's program smaller as long as the same machines part in the same way, in at most
    /// `budget` attempts. A divergence that does not come again is returned as it is.
    #[must_use]
    pub fn shrink(&mut self, divergence: Box<Divergence>, budget: usize) -> Box<Divergence> {
        let environment = [divergence.environment];
        let mut smallest = divergence.clone();
        shrink::shrink(
            divergence.program.clone(),
            |program| match self.check(program, &environment) {
                Err(found) if found.is_like(&divergence) => {
                    smallest = found;
                    true
                }
                _ => false,
            },
            budget,
        );
        smallest
    }

    pub(crate) fn ask_subject(&mut self, program: &Program, environment: &Environment) -> Answer {
        self.subject.ask(program, environment)
    }

    /// Returns the name of the machine under test under a strategy: `heap/generational`.
    pub(crate) fn subject_name(&self, policy: Policy) -> String {
        format!("{}/{}", self.subject.machine.name(), policy_name(policy))
    }

    /// Returns the name of what a machine is held against under a strategy: the reference, or the contract.
    pub(crate) fn reference_name(&self, policy: Policy) -> String {
        if policy.is_exact() { self.reference.machine.name() } else { "contract".to_string() }
    }

    /// Compares what the machine under test says with the reference, or with the contract.
    pub(crate) fn judge(
        &mut self,
        program: &Program,
        environment: &Environment,
        subject: &Answer,
    ) -> Result<(), Box<Divergence>> {
        let policy = environment.policy;
        let found = if policy.is_exact() {
            let reference = self.reference.ask(program, environment);
            let names: [&dyn Fn() -> String; 2] =
                [&|| self.subject_name(policy), &|| self.reference_name(policy)];
            Divergence::find(program, environment, names, [subject, &reference])
        } else {
            let names: [&dyn Fn() -> String; 2] =
                [&|| self.subject_name(policy), &|| self.reference_name(policy)];
            Divergence::find_breach(program, environment, names, subject)
        };
        found.map_or(Ok(()), Err)
    }

    /// Compares the machine under test with CPython.
    pub(crate) fn compare_python(
        &self,
        program: &Program,
        environment: &Environment,
        subject: &Answer,
        python: &Answer,
    ) -> Result<(), Box<Divergence>> {
        let python_name = || self.python.as_ref().map_or_else(String::new, Machine::name);
        let names: [&dyn Fn() -> String; 2] = [&|| self.subject_name(environment.policy), &python_name];
        Divergence::find(program, environment, names, [subject, python]).map_or(Ok(()), Err)
    }

    /// Returns whether there is a CPython that can run a program under this environment.
    fn python_runs(&self, environment: &Environment) -> bool {
        self.python.as_ref().is_some_and(|python| *environment == of_python(python.version().minor))
    }

    pub(crate) fn ask_python(&mut self, program: &Program, environment: &Environment) -> Answer {
        match &mut self.python {
            Some(python) => ask(python, program, environment),
            None => Answer::Refused("there is no CPython".to_string()),
        }
    }
}

/// Runs a program on heap and model under each environment.
///
/// # Errors
/// The first divergence.
pub fn check(program: &Program, environments: &[Environment]) -> Result<Agreement, Box<Divergence>> {
    Oracle::default().check(program, environments)
}
