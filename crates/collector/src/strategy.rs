//! What a strategy is.

use std::time::Duration;

use gleaner_object::Address;

use crate::NoRoom;
use crate::pass::Pass;

/// What is true of a strategy, for tables and reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whether it finds cycles at all.
    pub finds_cycles: bool,
    /// Whether it can look at young objects only.
    pub generational: bool,
    /// One line on how it works.
    pub summary: &'static str,
}

/// What a strategy decides by: the state of the collector when an allocation has passed the threshold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pressure {
    /// Allocations less deaths of tracked objects; then passes over generation 0 and 1 since the one above.
    pub counts: [u32; 3],
    /// What they are compared with.
    pub thresholds: [u32; 3],
    /// Objects that survived the last full pass.
    pub long_lived_total: u64,
    /// Objects that have reached generation 2 since.
    pub long_lived_pending: u64,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A pass over a generation.
    Pass(usize),
    /// A slice, and a pass over the young before it, if that is due, too.
    Slice(bool),
}

/// What a strategy that works in slices promises.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    /// The longest pause.
    pub pause: Duration,
    /// The share of the live heap by which it may grow until a cycle is over.
    pub garbage: f64,
    /// The number of objects by which any heap may grow, so that small ones are not collected all the time.
    pub slack: u64,
}

impl Default for Bounds {
    /// Half a millisecond, a tenth, a hundred thousand objects: four megabytes of small ones.
    fn default() -> Self {
        Bounds { pause: Duration::from_micros(500), garbage: 0.1, slack: 100_000 }
    }
}

/// When to look, and how to deduce. One file each in [`crate::strategies`].
pub trait Strategy {
    /// Returns what is true of it.
    fn facts(&self) -> &'static Facts;

    /// Decides whether a pass is due, over which generation.
    fn due(&self, pressure: &Pressure) -> Option<usize>;

    /// Returns what it promises, if it works in slices: then the collector runs cycles over the whole heap besides.
    fn bounds(&self) -> Option<Bounds> {
        None
    }

    /// Is told that an object it listens to has been touched.
    fn touched(&self, object: Address) {
        let _ = object;
    }

    /// Is told of objects that a pass has condemned and let live after all, at its end.
    fn spared(&self, objects: &[Address]) {
        let _ = objects;
    }

    /// Forgets a dead object whose block is given back as soon as it is freed.
    fn forget(&self, object: Address) {
        let _ = object;
    }

    /// Forgets what it knows of objects that have left, so that their blocks may be given back.
    fn forget_the_dead(&self) {}

    /// Is told that all stamps are new.
    fn disturbed(&self) {}

    /// Decides which generation an explicit collection of `generation` looks at.
    fn scope(&self, generation: usize) -> Option<usize>;

    /// Condemns what is unreachable in the generation of the pass and all younger ones, by one of the ways of [`Pass`].
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives.
    fn deduce(&self, pass: &mut Pass<'_>) -> Result<(), NoRoom>;
}
