//! What a thread has done so far.

use std::collections::BTreeMap;

use gleaner_program::{Op, Program};

use super::report::Found;

pub(super) struct Tally {
    pub(super) programs: u64,
    pub(super) operations: u64,
    pub(super) cpu_seconds: f64,
    /// By name: operations and CPU seconds.
    pub(super) machines: BTreeMap<String, (u64, f64)>,
    pub(super) kinds: [u64; Op::KINDS.len()],
    pub(super) found: Vec<Found>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            programs: 0,
            operations: 0,
            cpu_seconds: 0.0,
            machines: BTreeMap::new(),
            kinds: [0; Op::KINDS.len()],
            found: Vec::new(),
        }
    }
}

impl Tally {
    /// Adds another thread's.
    pub(super) fn add(&mut self, other: Tally) {
        self.programs += other.programs;
        self.operations += other.operations;
        self.cpu_seconds += other.cpu_seconds;
        for (machine, (operations, seconds)) in other.machines {
            self.spent(machine, operations, seconds);
        }
        self.kinds.iter_mut().zip(other.kinds).for_each(|(sum, more)| *sum += more);
        self.found.extend(other.found);
    }

    /// Counts a new program.
    pub(super) fn generated(&mut self, program: &Program) {
        self.programs += 1;
        program.iter().for_each(|op| self.kinds[op.kind_index()] += 1);
    }

    /// Counts what a machine did.
    pub(super) fn spent(&mut self, machine: String, operations: u64, seconds: f64) {
        let row = self.machines.entry(machine).or_default();
        row.0 += operations;
        row.1 += seconds;
    }
}
