//! The main job: generated programs on every machine, without end or up to a limit.
//!
//! Each thread takes *batches* of consecutive programs from a common counter. A batch runs on one machine after the
//! other, so that two readings of the thread's CPU clock measure each machine's share. With a CPython at hand a
//! thread has one of its own:
//!
//! 1. generate a batch, and send it to CPython, which works on it in its own process;
//! 2. run it on heap and model (or judge it by the contract) meanwhile, each strategy under the conditions that the program's seed draws, and the
//!    generational one also under the rules of that CPython;
//! 3. run further batches, without CPython, until it should be done;
//! 4. receive what CPython said, and compare.
//!
//! Step 3 is left out if the number of programs is limited: all of them go to CPython then. A program and its
//! conditions come from its seed alone, so that `--seed S --programs 1` repeats it. The first divergence ends the
//! run; the thread that met it shrinks it.

mod report;
mod tally;
mod worker;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use gleaner_program::Policy;

use crate::environments::POLICIES;
use crate::faults::Faults;
use crate::python::PythonError;
pub use report::{Found, MachineRow, Report};
use tally::Tally;
use worker::Worker;

/// How often progress is reported.
const TICK: Duration = Duration::from_millis(200);

/// What to run.
#[derive(Clone, Debug)]
pub struct Stress {
    /// The seed of the run.
    pub seed: u64,
    /// The longest wall-clock time.
    pub time: Option<Duration>,
    /// The most programs.
    pub programs: Option<u64>,
    /// The heap's strategies.
    pub policies: Vec<Policy>,
    /// The number of threads.
    pub threads: NonZeroUsize,
    /// The faults to inject.
    pub faults: Faults,
    /// The CPython to compare with: its executable.
    pub python: Option<PathBuf>,
    /// The mistake to make in every heap.
    #[cfg(feature = "seeded-bugs")]
    pub bug: Option<gleaner_object::seeded::Bug>,
}

impl Default for Stress {
    fn default() -> Stress {
        Stress {
            seed: 0,
            time: None,
            programs: None,
            policies: POLICIES.iter().map(|&(_, policy)| policy).collect(),
            threads: NonZeroUsize::MIN,
            faults: Faults::None,
            python: None,
            #[cfg(feature = "seeded-bugs")]
            bug: None,
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Wall-clock time since the start.
    pub elapsed: Duration,
    /// Programs begun.
    pub programs: u64,
}

/// What the threads share.
struct Shared<'a> {
    stress: &'a Stress,
    start: Instant,
    /// The number of the next program.
    next: AtomicU64,
    stop: AtomicBool,
}

impl Shared<'_> {
    /// Takes the next `size` programs, or what is left: the number of the first, and how many.
    fn take(&self, size: u64) -> Option<(u64, u64)> {
        let out_of_time = self.stress.time.is_some_and(|time| self.start.elapsed() >= time);
        if out_of_time || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        // Relaxed: the counter carries no data; each number goes to one thread.
        let first = self.next.fetch_add(size, Ordering::Relaxed);
        let end = self.stress.programs.map_or(first + size, |limit| limit.min(first + size));
        (first < end).then(|| (first, end - first))
    }
}

impl Stress {
    /// Returns the CPython that takes part: none if the generational strategy, which is its own, does not.
    #[must_use]
    pub fn compared_python(&self) -> Option<&Path> {
        self.python.as_deref().filter(|_| self.policies.contains(&Policy::Generational))
    }

    /// Runs until a limit is reached or machines part; `progress` is called a few times a second.
    ///
    /// # Errors
    /// CPython cannot be started.
    ///
    /// # Panics
    /// If a thread panics outside a machine.
    pub fn run(&self, mut progress: impl FnMut(Progress)) -> Result<Report, PythonError> {
        let shared = Shared {
            stress: self,
            start: Instant::now(),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        };
        let mut total = Tally::default();
        let mut failure = None;
        std::thread::scope(|scope| {
            let (done, results) = channel();
            for _ in 0..self.threads.get() {
                let (done, shared) = (done.clone(), &shared);
                scope.spawn(move || {
                    // The receiver outlives the scope's threads.
                    let _ = done.send(Worker::start(shared).map(Worker::run));
                });
            }
            drop(done);
            loop {
                match results.recv_timeout(TICK) {
                    Ok(Ok(tally)) => total.add(tally),
                    Ok(Err(error)) => {
                        shared.stop.store(true, Ordering::Relaxed);
                        failure.get_or_insert(error);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                let programs = shared.next.load(Ordering::Relaxed);
                progress(Progress { elapsed: shared.start.elapsed(), programs });
            }
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(total.report(self.seed, shared.start.elapsed())),
        }
    }
}
