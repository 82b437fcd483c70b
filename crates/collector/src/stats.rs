//! Statistics of a generation, as `gc.get_stats()` has them.

/// What the passes over one generation have done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GenerationStats {
    /// Passes.
    pub collections: u64,
    /// Objects found unreachable and not resurrected.
    pub collected: u64,
    /// Objects found unreachable that could not be collected.
    pub uncollectable: u64,
    /// Objects looked at (3.15).
    pub candidates: u64,
}
