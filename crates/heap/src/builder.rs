//! How a heap is made: geometry, strategy and the rules of a Python version.

use std::rc::Rc;

use gleaner_allocator::{Geometry, OutOfMemory};
use gleaner_collector::strategies::{
    Full, Generational, Incremental, MarkSweep, Paced, Recycler, RefcountOnly,
};
use gleaner_collector::{Bounds, Collector, Foreign, Strategy};

use crate::core::Core;
use crate::heap::Heap;
use crate::shelves::Shelves;

/// A collector strategy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum StrategyKind {
    /// Counts only.
    RefcountOnly,
    /// The whole heap from the roots, each time.
    MarkSweep,
    /// CPython's three generations.
    #[default]
    Generational,
    /// The young and an increment of the old (CPython 3.14.0 to 3.14.4).
    Incremental,
    /// The whole heap, whatever is asked for.
    Full,
    /// Candidates, and what they reach.
    Recycler,
    /// Bounded pauses and bounded garbage.
    Paced,
}

impl StrategyKind {
    /// All strategies.
    pub const ALL: [StrategyKind; 7] = [
        StrategyKind::RefcountOnly,
        StrategyKind::MarkSweep,
        StrategyKind::Generational,
        StrategyKind::Incremental,
        StrategyKind::Full,
        StrategyKind::Recycler,
        StrategyKind::Paced,
    ];

    /// Returns what is true of it.
    #[must_use]
    pub fn facts(self) -> &'static gleaner_collector::Facts {
        self.make(Bounds::default()).facts()
    }

    fn make(self, bounds: Bounds) -> Box<dyn Strategy> {
        match self {
            StrategyKind::RefcountOnly => Box::new(RefcountOnly),
            StrategyKind::MarkSweep => Box::new(MarkSweep),
            StrategyKind::Generational => Box::new(Generational),
            StrategyKind::Incremental => Box::new(Incremental::default()),
            StrategyKind::Full => Box::new(Full),
            StrategyKind::Recycler => Box::new(Recycler::default()),
            StrategyKind::Paced => Box::new(Paced::new(bounds)),
        }
    }
}

/// What differs between Python versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The thresholds at the start.
    pub thresholds: [u32; 3],
    /// Whether an automatic collection runs inside the allocation, before the new object exists (3.11), or right
    /// after it (3.12 and later).
    pub collect_inside_allocation: bool,
    /// Whether weak references without callback outlive the finalizers and the resurrection they may bring (PY-37,
    /// 3.15).
    pub plain_weakrefs_survive: bool,
}

impl Rules {
    /// Returns the rules of Python 3.`minor`.
    #[must_use]
    pub const fn python3(minor: u8) -> Rules {
        Rules {
            thresholds: if minor <= 12 { [700, 10, 10] } else { [2000, 10, 10] },
            collect_inside_allocation: minor <= 11,
            plain_weakrefs_survive: minor >= 15,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Rules::python3(15)
    }
}

/// Makes a [`Heap`].
#[derive(Clone, Copy, Debug)]
pub struct Builder {
    geometry: Geometry,
    strategy: StrategyKind,
    rules: Rules,
    foreign: u64,
    bounds: Bounds,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            geometry: Geometry::MODERN,
            strategy: StrategyKind::default(),
            rules: Rules::default(),
            foreign: 0,
            bounds: Bounds::default(),
        }
    }
}

impl Builder {
    /// Sets the geometry of arenas, pools and blocks.
    #[must_use]
    pub fn geometry(self, geometry: Geometry) -> Self {
        Builder { geometry, ..self }
    }

    /// Sets the collector's strategy.
    #[must_use]
    pub fn strategy(self, strategy: StrategyKind) -> Self {
        Builder { strategy, ..self }
    }

    /// Sets the Python version's rules.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        Builder { rules, ..self }
    }

    /// Sets what the strategy `Paced` promises; others promise nothing.
    #[must_use]
    pub fn bounds(self, bounds: Bounds) -> Self {
        Builder { bounds, ..self }
    }

    /// Sets how many objects live elsewhere but count as long-lived once unfrozen: a runtime's own (CPython has some
    /// 5000).
    #[must_use]
    pub fn foreign(self, objects: u64) -> Self {
        Builder { foreign: objects, ..self }
    }

    /// Makes the heap.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none. (The first arena is taken with the first object.)
    pub fn build(self) -> Result<Heap, OutOfMemory> {
        let shelves = Rc::new(Shelves::new(self.geometry));
        let foreign = Foreign { objects: self.foreign };
        let collector =
            Collector::new(self.strategy.make(self.bounds), self.rules.thresholds, foreign, shelves.clone());
        Ok(Heap::from_core(Core::new(shelves, collector, self.rules)))
    }
}
