//! What a run amounts to.

use std::collections::BTreeMap;
use std::time::Duration;

use gleaner_program::Op;
use serde::Serialize;

use super::tally::Tally;
use crate::divergence::Divergence;

/// The result of a run; the contract of `gleaner stress --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The seed of the run.
    pub seed: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Programs generated and compared.
    pub programs: u64,
    /// Operations on which the heap was held against the model or the contract: each strategy and environment counts.
    pub operations: u64,
    /// Programs on which machines parted.
    pub divergences: usize,
    /// Every machine, by name.
    pub machines: Vec<MachineRow>,
    /// How often each kind of operation stood in a generated program.
    pub operation_kinds: BTreeMap<&'static str, u64>,
    /// CPU seconds of this process's threads: generating, running, talking to CPython, comparing.
    pub own_cpu_seconds: f64,
    /// `operations` per CPU second of heap, model and contract.
    pub heap_against_model_per_cpu_second: f64,
    /// `operations` per CPU second of all that this process did, CPython's own share not included.
    pub operations_per_own_cpu_second: f64,
    /// The divergences, shrunk.
    #[serde(skip)]
    pub found: Vec<Found>,
}

/// What one machine did in a run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MachineRow {
    /// `heap/STRATEGY`, `model`, `contract` (which judges, and is counted as if it had executed) or `python/VERSION`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The operations it executed.
    pub operations: u64,
    /// The CPU seconds that took.
    pub cpu_seconds: f64,
}

/// A divergence of a run.
#[derive(Clone, Debug)]
pub struct Found {
    /// The program's seed: a run that begins with it begins with that program.
    pub seed: u64,
    /// How many operations the program had before it was shrunk.
    pub operations_before: usize,
    /// Shrunk.
    pub divergence: Divergence,
}

impl Tally {
    /// Sums up.
    pub(super) fn report(self, seed: u64, elapsed: Duration) -> Report {
        let rows = self.machines.into_iter().map(|(name, (operations, cpu_seconds))| {
            let version = match name.strip_prefix("python/") {
                Some(version) => version.to_string(),
                None => env!("CARGO_PKG_VERSION").to_string(),
            };
            MachineRow { name, version, operations, cpu_seconds }
        });
        let machines: Vec<MachineRow> = rows.collect();
        let ours = machines.iter().filter(|row| !row.name.starts_with("python/"));
        let machine_seconds: f64 = ours.map(|row| row.cpu_seconds).sum();
        Report {
            seed,
            seconds: elapsed.as_secs_f64(),
            programs: self.programs,
            operations: self.operations,
            divergences: self.found.len(),
            operation_kinds: Op::KINDS.into_iter().zip(self.kinds).collect(),
            own_cpu_seconds: self.cpu_seconds,
            heap_against_model_per_cpu_second: rate(self.operations, machine_seconds),
            operations_per_own_cpu_second: rate(self.operations, self.cpu_seconds),
            machines,
            found: self.found,
        }
    }
}

/// Returns so many a second; 0 if there was no time.
fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { (count as f64 / seconds).round() } else { 0.0 }
}
