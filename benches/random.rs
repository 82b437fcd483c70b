//! The random numbers of the workloads: the same in every run, and the same in `benches/python/workloads/meter.py`.

/// Marsaglia's xorshift with shifts of 13, 7 and 17, from a fixed seed.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Begins the sequence.
    #[must_use]
    pub const fn new() -> Random {
        Random { state: 0x9E37_79B9_7F4A_7C15 }
    }

    /// Returns the next number below `bound`.
    ///
    /// # Panics
    /// If `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % bound as u64) as usize
    }

    /// Returns the numbers below `length` in random order (Fisher and Yates).
    pub fn permutation(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for index in (1..length).rev() {
            order.swap(index, self.below(index + 1));
        }
        order
    }
}

impl Default for Random {
    fn default() -> Self {
        Random::new()
    }
}
