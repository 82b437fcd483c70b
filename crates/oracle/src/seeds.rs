//! Seeds: one number makes a whole run, and each program's own makes that program again.

/// 2^64 over the golden ratio, the increment of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the seed of program `k` of a run; program 0 has the run's own.
///
/// So the run that begins with a program's seed begins with that program.
///
/// ```
/// use gleaner_oracle::seeds::mix;
/// assert_eq!(mix(7, 0), 7);
/// assert_ne!(mix(7, 1), mix(8, 1));
/// ```
#[must_use]
pub const fn mix(seed: u64, k: u64) -> u64 {
    seed ^ scramble(k.wrapping_mul(GOLDEN))
}

/// The output function of SplitMix64: a bijection that keeps 0.
const fn scramble(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// SplitMix64: random numbers for what a program runs under, independent of the program's own.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Dice {
        Dice(scramble(!seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        scramble(self.0)
    }

    /// A number below `n`, which is small and not 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }
}
