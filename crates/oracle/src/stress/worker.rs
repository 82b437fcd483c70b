//! One thread of a run.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gleaner_program::{Environment, Generator, Program, Slices};

use super::Shared;
use super::report::Found;
use super::tally::Tally;
use crate::answer::Answer;
use crate::clock::thread_cpu_seconds;
use crate::divergence::Divergence;
use crate::environments::of_python;
use crate::faults::{Conditions, draw, left_alone};
use crate::machine::Machine;
use crate::oracle::Oracle;
use crate::python::{Python, PythonError};
use crate::seeds::mix;

/// Programs in a batch: enough that neither the clock nor the pipe to CPython counts.
const BATCH: u64 = 128;
/// Attempts at shrinking a divergence.
const BUDGET: usize = 5000;

/// A generated program and what it runs under.
struct Case {
    seed: u64,
    program: Program,
    conditions: Conditions,
    /// What of the program runs in short slices.
    left_alone: Program,
}

impl Case {
    fn program(&self, environment: &Environment) -> &Program {
        match environment.slices {
            Slices::Long => &self.program,
            Slices::Short => &self.left_alone,
        }
    }
}

/// The program of this seed, on which machines parted.
type Parted = (u64, Box<Divergence>);

pub(super) struct Worker<'a> {
    shared: &'a Shared<'a>,
    generator: Generator,
    oracle: Oracle,
    tally: Tally,
    /// How long CPython needed for its last batch, as far as this thread can tell.
    python_needs: Duration,
}

impl<'a> Worker<'a> {
    /// Starts a thread's machines.
    pub(super) fn start(shared: &'a Shared<'a>) -> Result<Worker<'a>, PythonError> {
        #[cfg(feature = "seeded-bugs")]
        gleaner_object::seeded::arm(shared.stress.bug);
        let python = shared.stress.compared_python().map(Python::at).transpose()?;
        let oracle = Oracle::default().with_python(python);
        let (generator, tally) = (Generator::default(), Tally::default());
        Ok(Worker { shared, generator, oracle, tally, python_needs: Duration::ZERO })
    }

    /// Runs batches until there are no more, or machines part.
    pub(super) fn run(mut self) -> Tally {
        let start = thread_cpu_seconds();
        let parted = self.run_batches().err();
        self.tally.cpu_seconds = thread_cpu_seconds() - start;
        if let Some((seed, divergence)) = parted {
            self.shared.stop.store(true, Ordering::Relaxed);
            let operations_before = divergence.program.len();
            let divergence = *self.oracle.shrink(divergence, BUDGET);
            self.tally.found.push(Found { seed, operations_before, divergence });
        }
        self.tally
    }

    fn run_batches(&mut self) -> Result<(), Parted> {
        while let Some(batch) = self.next_batch() {
            match self.oracle.python {
                Some(_) => self.run_with_python(&batch)?,
                None => self.run_own(&batch)?,
            }
        }
        Ok(())
    }

    fn next_batch(&mut self) -> Option<Vec<Case>> {
        let (first, size) = self.shared.take(BATCH)?;
        let stress = self.shared.stress;
        let batch = (first..first + size).map(|k| {
            let seed = mix(stress.seed, k);
            let (program, conditions) = draw(seed, self.generator.program(seed), stress.faults);
            self.tally.generated(&program);
            let left_alone = left_alone(&program);
            Case { seed, program, conditions, left_alone }
        });
        Some(batch.collect())
    }

    /// Runs a batch on heap and model: each strategy under the conditions of each program.
    fn run_own(&mut self, batch: &[Case]) -> Result<(), Parted> {
        for &policy in &self.shared.stress.policies {
            self.run_pair(batch, |conditions| conditions.under(policy))?;
        }
        Ok(())
    }

    /// Runs a batch on heap, model and CPython, and others on heap and model while CPython is busy.
    fn run_with_python(&mut self, batch: &[Case]) -> Result<(), Parted> {
        let Some(python) = &mut self.oracle.python else { return Ok(()) };
        let environment = of_python(python.version().minor);
        let start = Instant::now();
        let programs: Vec<&Program> = batch.iter().map(|case| &case.program).collect();
        let before = python.cpu_seconds();
        let sent = python.send(&programs);
        let heap = self.run_own(batch).and_then(|()| self.run_pair(batch, |_| environment));
        let more = heap.as_ref().map_or(Ok(()), |_| self.run_while_busy(start));
        let waiting = Instant::now();
        let said = self.receive(batch, sent, &environment);
        // Waited for: it needs longer. Not waited for: perhaps less; find out by waiting next time.
        let waited = waiting.elapsed();
        self.python_needs =
            if waited > start.elapsed() / 50 { start.elapsed() } else { self.python_needs / 2 };
        if let Some(python) = &self.oracle.python {
            let operations = programs.iter().map(|program| program.len() as u64).sum();
            self.tally.spent(python.name(), operations, python.cpu_seconds() - before);
        }
        for (case, (heap, python)) in batch.iter().zip(heap?.iter().zip(&said)) {
            let compared = self.oracle.compare_python(&case.program, &environment, heap, python);
            compared.map_err(|divergence| (case.seed, divergence))?;
        }
        more
    }

    /// Runs further batches on heap and model until CPython should be done with what it got at `start`; none if
    /// the number of programs is limited, since then each goes to CPython.
    fn run_while_busy(&mut self, start: Instant) -> Result<(), Parted> {
        while self.shared.stress.programs.is_none() && start.elapsed() < self.python_needs {
            let Some(batch) = self.next_batch() else { break };
            self.run_own(&batch)?;
        }
        Ok(())
    }

    /// Receives what CPython says of a batch. If it failed, asks again program by program, to tell which it was.
    fn receive(
        &mut self,
        batch: &[Case],
        sent: Result<(), PythonError>,
        environment: &Environment,
    ) -> Vec<Answer> {
        let received = self.oracle.python.as_mut().map(|python| sent.and_then(|()| python.receive()));
        match received {
            Some(Ok(said)) if said.len() == batch.len() => said.into_iter().map(Answer::Said).collect(),
            _ => batch.iter().map(|case| self.oracle.ask_python(&case.program, environment)).collect(),
        }
    }

    /// Runs a batch on the heap, then holds it against the model or the contract; returns what the heap said.
    fn run_pair(
        &mut self,
        batch: &[Case],
        environment: impl Fn(&Conditions) -> Environment,
    ) -> Result<Vec<Answer>, Parted> {
        let Some(first) = batch.first() else { return Ok(Vec::new()) };
        let start = thread_cpu_seconds();
        let oracle = &mut self.oracle;
        let mut operations = 0;
        let heap: Vec<Answer> = batch
            .iter()
            .map(|case| {
                let environment = environment(&case.conditions);
                let program = case.program(&environment);
                operations += program.len() as u64;
                oracle.ask_subject(program, &environment)
            })
            .collect();
        let middle = thread_cpu_seconds();
        let judged = batch.iter().zip(&heap).try_for_each(|(case, heap)| {
            let environment = environment(&case.conditions);
            let judged = oracle.judge(case.program(&environment), &environment, heap);
            judged.map_err(|divergence| (case.seed, divergence))
        });
        let end = thread_cpu_seconds();
        let policy = environment(&first.conditions).policy;
        self.tally.spent(oracle.subject_name(policy), operations, middle - start);
        self.tally.spent(oracle.reference_name(policy), operations, end - middle);
        self.tally.operations += operations;
        judged.map(|()| heap)
    }
}
