//! What is measured, and in which order.
//!
//! Rounds go over all subjects in turn, in an order drawn for each round, so that what disturbs the machine for a while
//! disturbs all of them. A subject that failed at a workload is not asked again.

use std::path::PathBuf;

use gleaner_benches::workloads::Workload;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;

use crate::child::Order;
use crate::python::write_scripts;
use crate::row::{Rounds, Row};
use crate::run::{RunError, Runner};
use crate::subjects::Participant;

/// Sizes that show how cost grows.
pub const COST_SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program that runs orders as `PROGRAM compare-child ...`.
    pub program: PathBuf,
    /// The workloads.
    pub workloads: Vec<&'static Workload>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// The sizes; each workload's own if there are none.
    pub sizes: Vec<usize>,
    /// How often each measurement is made.
    pub rounds: usize,
    /// The seed of the order within rounds.
    pub seed: u64,
    /// The processor time that a run may take.
    pub cpu_seconds: u64,
}

impl Plan {
    /// Returns how many measurements there are.
    #[must_use]
    pub fn measurements(&self) -> usize {
        self.workloads.len() * self.sizes.len().max(1) * self.participants.len() * self.rounds
    }

    /// Measures. Says before each measurement which it is, and how many are done.
    ///
    /// # Errors
    /// No process can be started, or no folder made. What goes wrong in a process is in its row.
    pub fn measure(&self, mut progress: impl FnMut(usize, &str)) -> Result<Vec<Row>, RunError> {
        let folder = tempfile::tempdir().map_err(RunError::Folder)?;
        write_scripts(folder.path()).map_err(RunError::Folder)?;
        let runner = Runner::new(self.program.clone(), self.cpu_seconds, folder.path());
        let mut random = SmallRng::seed_from_u64(self.seed);
        let (mut rows, mut done) = (Vec::new(), 0);
        for workload in &self.workloads {
            let own = [workload.objects()];
            for &objects in if self.sizes.is_empty() { &own[..] } else { &self.sizes } {
                let mut results = vec![Rounds::default(); self.participants.len()];
                let mut order: Vec<usize> = (0..self.participants.len()).collect();
                for _ in 0..self.rounds {
                    order.shuffle(&mut random);
                    for &index in &order {
                        let participant = &self.participants[index];
                        progress(done, &format!("{} on {}", workload.name(), participant.name()));
                        round(&runner, participant, workload, objects, &mut results[index])?;
                        done += 1;
                    }
                }
                rows.extend(self.participants.iter().zip(&results).map(|(participant, rounds)| {
                    Row::of(workload.name(), &participant.name(), objects, rounds)
                }));
            }
        }
        Ok(rows)
    }
}

/// Measures a subject once.
fn round(
    runner: &Runner,
    participant: &Participant,
    workload: &Workload,
    objects: usize,
    rounds: &mut Rounds,
) -> Result<(), RunError> {
    if rounds.failure().is_some() {
        return Ok(());
    }
    let order =
        |timed| Order { workload: workload.name().to_string(), subject: participant.name(), objects, timed };
    rounds.plain.push(runner.run(participant, &order(false))?);
    if !participant.tells_pauses() && rounds.failure().is_none() {
        rounds.timed.push(runner.run(participant, &order(true))?);
    }
    Ok(())
}
