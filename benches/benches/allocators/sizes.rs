//! Sizes and a generator, both cheap: the harness is to cost next to nothing.

/// How often Python programs ask for a size up to this, per 10 000: the mean of the programs in corpora/traces, up to
/// 512 bytes.
const HISTOGRAM: [(u16, u16); 32] = [
    (16, 529),
    (32, 1552),
    (48, 2353),
    (64, 2285),
    (80, 542),
    (96, 221),
    (112, 164),
    (128, 223),
    (144, 27),
    (160, 485),
    (176, 50),
    (192, 46),
    (208, 92),
    (224, 399),
    (240, 197),
    (256, 264),
    (272, 27),
    (288, 28),
    (304, 44),
    (320, 19),
    (336, 10),
    (352, 9),
    (368, 7),
    (384, 5),
    (400, 21),
    (416, 6),
    (432, 2),
    (448, 2),
    (464, 7),
    (480, 2),
    (496, 2),
    (512, 9),
];

/// A small deterministic generator: a multiplication and an addition a number.
pub(crate) struct Random(u64);

impl Random {
    /// Begins a sequence.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns 32 random bits.
    #[inline]
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// Returns a number below the bound.
    #[inline]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.next()) * bound as u64) >> 32) as usize
    }
}

/// A sequence of sizes that begins anew when it is through: drawn before time is taken.
pub(crate) struct Sizes {
    all: [u16; Sizes::LENGTH],
    at: usize,
}

impl Sizes {
    const LENGTH: usize = 4096;

    /// Draws sizes as recorded programs ask for.
    pub(crate) fn recorded(seed: u64) -> Sizes {
        let mut random = Random::new(seed);
        let whole: u32 = HISTOGRAM.iter().map(|&(_, weight)| u32::from(weight)).sum();
        let mut draw = || {
            let mut rest = random.below(whole as usize) as u32;
            for (size, weight) in HISTOGRAM {
                match rest.checked_sub(u32::from(weight)) {
                    Some(less) => rest = less,
                    // Half the sizes are not multiples of 16.
                    None => return size - 8 * (rest % 2) as u16,
                }
            }
            16
        };
        Sizes { all: std::array::from_fn(|_| draw()), at: 0 }
    }

    /// Always the same size.
    pub(crate) fn one(size: u16) -> Sizes {
        Sizes { all: [size; Sizes::LENGTH], at: 0 }
    }

    /// Returns the next size.
    #[inline]
    pub(crate) fn next(&mut self) -> usize {
        self.at = (self.at + 1) % Sizes::LENGTH;
        usize::from(self.all[self.at])
    }
}
