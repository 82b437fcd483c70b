//! Statistics of a generation, as `gc.get_stats()` has them.

use core::ops::AddAssign;
use std::time::Duration;

/// What the passes over one generation have done.
///
/// No two runs take the same time: whoever compares runs compares the numbers, not the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GenerationStats {
    /// Passes.
    pub collections: u64,
    /// Objects found unreachable and not resurrected.
    pub collected: u64,
    /// Objects found unreachable that could not be collected: none, since no object of this heap is left over for its
    /// finalizer, as Python's with the old `tp_del` are (PY-39).
    pub uncollectable: u64,
    /// Objects looked at (3.15).
    pub candidates: u64,
    /// The time that the passes have taken (3.15); of those that went in slices, that of all slices.
    pub duration: Duration,
}

impl GenerationStats {
    /// Returns the statistics of one pass.
    #[must_use]
    pub fn of_pass(collected: u64, candidates: u64, duration: Duration) -> GenerationStats {
        GenerationStats { collections: 1, collected, uncollectable: 0, candidates, duration }
    }
}

impl AddAssign for GenerationStats {
    fn add_assign(&mut self, more: GenerationStats) {
        self.collections += more.collections;
        self.collected += more.collected;
        self.uncollectable += more.uncollectable;
        self.candidates += more.candidates;
        self.duration += more.duration;
    }
}
