//! The heap as a machine: executes programs on a fresh heap through its public interface, and says what happens.

mod execute;
mod node;
mod world;

use std::time::Duration;

use gleaner::{Bounds, Geometry, Heap, Rules, StrategyKind};
use gleaner_program::{Environment, Policy, Program, Slices, Transcript, Trigger};

use crate::machine::{Machine, MachineError};
use execute::Execution;

/// A heap under the strategy that the environment names. Each program gets a fresh one.
#[derive(Clone, Copy, Debug)]
pub struct HeapMachine {
    geometry: Geometry,
    zeal: bool,
}

impl HeapMachine {
    /// Makes a machine whose heaps have the modern geometry.
    #[must_use]
    pub fn new() -> Self {
        HeapMachine { geometry: Geometry::MODERN, zeal: false }
    }

    /// Makes a machine whose heaps have a geometry of your choice.
    #[must_use]
    pub fn with_geometry(geometry: Geometry) -> Self {
        HeapMachine { geometry, zeal: false }
    }

    /// Makes the machine check every structure of the heap after every operation.
    #[must_use]
    pub fn zealous(self) -> Self {
        HeapMachine { zeal: true, ..self }
    }

    fn heap(&self, environment: &Environment) -> Result<Heap, MachineError> {
        let strategy = match environment.policy {
            Policy::RefcountOnly => StrategyKind::RefcountOnly,
            Policy::MarkSweep => StrategyKind::MarkSweep,
            Policy::Generational => StrategyKind::Generational,
            Policy::Full => StrategyKind::Full,
            Policy::Recycler => StrategyKind::Recycler,
            Policy::Incremental => StrategyKind::Incremental,
            Policy::Paced => StrategyKind::Paced,
        };
        let pause = match environment.slices {
            Slices::Long => Duration::from_secs(3600),
            Slices::Short => Duration::ZERO,
        };
        let rules = Rules {
            thresholds: environment.profile.thresholds,
            collect_inside_allocation: environment.profile.trigger == Trigger::InsideAllocation,
            plain_weakrefs_survive: environment.profile.plain_refs_survive,
        };
        Heap::builder()
            .geometry(self.geometry)
            .strategy(strategy)
            .rules(rules)
            .bounds(Bounds { pause, garbage: 0.1, slack: Slices::SLACK })
            .foreign(environment.foreign)
            .build()
            .map_err(|error| MachineError::new(error.to_string()))
    }
}

impl Default for HeapMachine {
    fn default() -> Self {
        HeapMachine::new()
    }
}

impl Machine for HeapMachine {
    fn name(&self) -> String {
        "heap".to_string()
    }

    fn run(&mut self, program: &Program, environment: &Environment) -> Result<Transcript, MachineError> {
        let mut execution = Execution::new(self.heap(environment)?, environment);
        for op in program.ops() {
            execution.begin();
            execution.execute(*op);
            if self.zeal {
                execution.check();
            }
        }
        execution.begin();
        Ok(execution.finish())
    }
}
