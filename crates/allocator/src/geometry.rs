//! The sizes of the hierarchy: arena, pool, block.
//!
//! The tutorial's numbers are one geometry among others; everything that depends on a size asks the geometry.

use thiserror::Error;

use crate::pool::MIN_BLOCK;

/// The alignment, in bytes, of every chunk of memory in every geometry, also when the chunk is smaller.
///
/// One constant for all, so that a block finds its chunk's header by one mask with a constant.
pub const ARENA_ALIGN: usize = 1 << 20;

/// The most size classes a geometry can have.
pub const MAX_CLASSES: usize = 160;

/// The most classes with one grain between them.
const MAX_SMALL_CLASSES: usize = 128;

/// The most blocks that wait in a magazine.
pub const MAX_MAGAZINE: usize = 255;

/// The most pools of a run.
const MAX_RUN: usize = 32;

/// The medium classes of each doubling.
const STEPS: usize = 8;

/// The most pools of a span, which has four blocks at the least.
const MAX_UNITS: usize = 2 * MIN_SPAN_BLOCKS;
const MIN_SPAN_BLOCKS: usize = 4;

/// The most pools an arena can have: one word tells which numbers of free pools occur.
pub(crate) const MAX_POOLS: usize = 64;

/// The smallest grain and the smallest arena, in bytes.
const MIN_GRAIN: usize = 8;
const MIN_ARENA: usize = 4096;
/// The smallest and the largest pool, in bytes.
const MIN_POOL: usize = 256;
pub(crate) const MAX_POOL: usize = 1 << 16;

/// The sizes of arenas, pools and size classes, in bytes; valid by construction.
///
/// ```
/// use gleaner_allocator::Geometry;
///
/// let geometry = Geometry::new(1 << 18, 1 << 12, 512, 16)?;
/// assert_eq!(geometry, Geometry::CLASSIC);
/// assert_eq!(geometry.classes(), 32);
/// assert!(Geometry::new(1 << 18, 1000, 512, 16).is_err());
/// # Ok::<(), gleaner_allocator::GeometryError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Geometry {
    arena: usize,
    pool: usize,
    small_max: usize,
    grain: usize,
    medium_max: usize,
    /// The most pools of a run; 0 if there are no runs.
    runs: usize,
    magazine: usize,
}

/// Why four numbers are no geometry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum GeometryError {
    /// The grain is no power of two, or below 8.
    #[error("grain {0} is not a power of two of at least 8")]
    Grain(usize),
    /// The largest small size is no multiple of the grain, is 0, or asks for too many classes.
    #[error("largest small size {0} is not 1 to 128 times the grain")]
    SmallMax(usize),
    /// The pool is no power of two of 256 bytes to 64 KiB, or does not hold two of the largest blocks.
    #[error("pool {0} is not a power of two of 256 to 65536 that holds two of the largest small blocks")]
    Pool(usize),
    /// The arena is no power of two of 4 KiB to 1 MiB, or is not 4 to 64 pools.
    #[error("arena {0} is not a power of two of 4096 to 1048576 and of 4 to 64 pools")]
    Arena(usize),
    /// The largest medium size is no power of two above the largest small size, or too large for the pools.
    #[error("largest medium size {0} is not a power of two between the largest small size and two pools")]
    MediumMax(usize),
    /// A run is of 1 to 32 pools, half an arena at most, and longer than the largest medium size.
    #[error(
        "runs of up to {0} pools: that is not 1 to 32, half an arena at most, and more than the medium sizes"
    )]
    Runs(usize),
    /// A magazine holds 2 to 255 blocks.
    #[error("a magazine holds 2 to 255 blocks, not {0}")]
    Magazine(usize),
}

impl Geometry {
    /// The tutorial's and classic CPython's: arenas of 256 KiB, pools of 4 KiB, 32 classes up to 512 bytes.
    pub const CLASSIC: Geometry = Geometry::known(1 << 18, 1 << 12, 512, 16);

    /// The default for heaps: arenas of 1 MiB, pools of 16 KiB, 64 classes up to 512 bytes, so that 40 bytes are 40
    /// bytes, then eight to each doubling up to 8 KiB, then runs of pools up to 256 KiB; magazines of 255 blocks.
    pub const MODERN: Geometry = Geometry::known(1 << 20, 1 << 14, 512, 8).extended();

    /// [`MODERN`](Geometry::MODERN) with 16 bytes between the small classes: what C programs expect of `malloc`.
    pub const WIDE: Geometry = Geometry::known(1 << 20, 1 << 14, 512, 16).extended();

    /// For tests: pools of 2 to 16 blocks, arenas of 12 pools, so that small programs reach the edges.
    pub const TINY: Geometry = Geometry::known(1 << 12, 1 << 8, 128, 16);

    /// Checks and makes a geometry from the sizes of an arena and a pool, the largest small size and the
    /// grain (the distance between size classes), all in bytes.
    ///
    /// # Errors
    /// Says which number is wrong; see [`GeometryError`] for the rules.
    pub const fn new(
        arena: usize,
        pool: usize,
        small_max: usize,
        grain: usize,
    ) -> Result<Geometry, GeometryError> {
        if !grain.is_power_of_two() || grain < MIN_GRAIN {
            return Err(GeometryError::Grain(grain));
        }
        if small_max == 0 || !small_max.is_multiple_of(grain) || small_max / grain > MAX_SMALL_CLASSES {
            return Err(GeometryError::SmallMax(small_max));
        }
        if !pool.is_power_of_two() || pool < MIN_POOL || pool > MAX_POOL || small_max > pool / 2 {
            return Err(GeometryError::Pool(pool));
        }
        let pools = arena / pool;
        if !arena.is_power_of_two() || arena < MIN_ARENA || arena > ARENA_ALIGN {
            return Err(GeometryError::Arena(arena));
        }
        if pools < 4 || pools > MAX_POOLS {
            return Err(GeometryError::Arena(arena));
        }
        // The pool headers take at least one whole pool away, and never all of them.
        if crate::arena::header_bytes(pools, pool) > arena - pool {
            return Err(GeometryError::Arena(arena));
        }
        Ok(Geometry { arena, pool, small_max, grain, medium_max: small_max, runs: 0, magazine: 0 })
    }

    /// Adds size classes above the small ones, eight to each doubling, up to `medium_max` bytes.
    ///
    /// # Errors
    /// [`GeometryError::MediumMax`] unless that and the largest small size are powers of two, and it is at most two
    /// pools, less than the longest run, and not too many classes.
    pub const fn with_medium(self, medium_max: usize) -> Result<Geometry, GeometryError> {
        let powers = medium_max.is_power_of_two() && self.small_max.is_power_of_two();
        // Eighths of the largest small size must be multiples of 16.
        if !powers || self.small_max < 128 || medium_max <= self.small_max || medium_max > 2 * self.pool {
            return Err(GeometryError::MediumMax(medium_max));
        }
        let geometry = Geometry { medium_max, ..self };
        let beyond_runs = self.runs > 0 && self.runs * self.pool <= medium_max;
        if geometry.pools_per_arena() < MAX_UNITS || beyond_runs || geometry.classes() > MAX_CLASSES {
            return Err(GeometryError::MediumMax(medium_max));
        }
        Ok(geometry)
    }

    /// Serves larger requests with runs: as many whole pools side by side as they need, up to `pools`.
    ///
    /// # Errors
    /// [`GeometryError::Runs`] unless that is 1 to 32, at most half an arena, more than the largest medium size, and not
    /// too many classes.
    pub const fn with_runs(self, pools: usize) -> Result<Geometry, GeometryError> {
        let fits = pools > 0 && pools <= MAX_RUN && pools <= self.pools_per_arena() / 2;
        if !fits || pools * self.pool <= self.medium_max {
            return Err(GeometryError::Runs(pools));
        }
        let geometry = Geometry { runs: pools, ..self };
        if geometry.classes() > MAX_CLASSES {
            return Err(GeometryError::Runs(pools));
        }
        Ok(geometry)
    }

    /// Puts a magazine of up to `blocks` blocks in front of the pools of each class.
    ///
    /// # Errors
    /// [`GeometryError::Magazine`] unless that is 2 to 255.
    pub const fn with_magazines(self, blocks: usize) -> Result<Geometry, GeometryError> {
        if blocks < 2 || blocks > MAX_MAGAZINE {
            return Err(GeometryError::Magazine(blocks));
        }
        Ok(Geometry { magazine: blocks, ..self })
    }

    const fn extended(self) -> Geometry {
        let Ok(medium) = self.with_medium(1 << 13) else { panic!("a constant geometry is valid") };
        let Ok(runs) = medium.with_runs(16) else { panic!("a constant geometry is valid") };
        match runs.with_magazines(MAX_MAGAZINE) {
            Ok(geometry) => geometry,
            Err(_) => panic!("a constant geometry is valid"),
        }
    }

    /// For tests: [`TINY`](Geometry::TINY) with spans up to 512 bytes, runs up to 1 KiB, and magazines of 3.
    pub const TINY_MAGAZINES: Geometry = {
        let Ok(medium) = Geometry::TINY.with_medium(512) else { panic!("a constant geometry is valid") };
        let Ok(runs) = medium.with_runs(4) else { panic!("a constant geometry is valid") };
        match runs.with_magazines(3) {
            Ok(geometry) => geometry,
            Err(_) => panic!("a constant geometry is valid"),
        }
    };

    const fn known(arena: usize, pool: usize, small_max: usize, grain: usize) -> Geometry {
        match Geometry::new(arena, pool, small_max, grain) {
            Ok(geometry) => geometry,
            Err(_) => panic!("a constant geometry is valid"),
        }
    }

    /// Returns the bytes of an arena.
    #[must_use]
    pub const fn arena(&self) -> usize {
        self.arena
    }

    /// Returns the bytes of a pool.
    #[must_use]
    pub const fn pool(&self) -> usize {
        self.pool
    }

    /// Returns the largest size, in bytes, that goes to a pool.
    #[must_use]
    pub const fn small_max(&self) -> usize {
        self.small_max
    }

    /// Returns the distance, in bytes, between two size classes.
    #[must_use]
    pub const fn grain(&self) -> usize {
        self.grain
    }

    /// Returns the largest size, in bytes, that goes to a pool or a span of pools.
    #[must_use]
    pub const fn medium_max(&self) -> usize {
        self.medium_max
    }

    /// Returns whether magazines stand in front of the pools.
    #[must_use]
    pub const fn has_magazines(&self) -> bool {
        self.magazine > 0
    }

    /// Returns the largest size, in bytes, that has a class; larger requests get chunks of their own.
    #[must_use]
    pub const fn class_max(&self) -> usize {
        if self.runs == 0 { self.medium_max } else { self.runs * self.pool }
    }

    /// Returns how many blocks of a class wait in its magazine at most; 0 if it has none.
    ///
    /// Large blocks wait in small numbers: at most about 16 KiB of a class, for each may hold a pool of others.
    #[must_use]
    pub const fn magazine(&self, class: usize) -> usize {
        let fitting = (1 << 14) / self.class_size(class);
        if self.magazine == 0 || class >= self.run_class(1) {
            0
        } else if fitting < 2 {
            2
        } else if fitting < self.magazine {
            fitting
        } else {
            self.magazine
        }
    }

    /// Returns the number of size classes: small ones, medium ones, and one for each length of a run.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.run_class(1) + self.runs
    }

    const fn small_classes(&self) -> usize {
        self.small_max / self.grain
    }

    /// Returns the class of runs of so many pools.
    const fn run_class(&self, pools: usize) -> usize {
        let doublings = self.medium_max.ilog2() - self.small_max.ilog2();
        let medium = if self.medium_max == self.small_max { 0 } else { doublings as usize * STEPS };
        self.small_classes() + medium + pools - 1
    }

    /// Returns the block size, in bytes, of class `class` (0 to `classes() - 1`). No block is smaller than 16 bytes.
    #[must_use]
    pub const fn class_size(&self, class: usize) -> usize {
        if class < self.small_classes() {
            let size = (class + 1) * self.grain;
            return if size < MIN_BLOCK { MIN_BLOCK } else { size };
        }
        if class >= self.run_class(1) {
            return (class - self.run_class(1) + 1) * self.pool;
        }
        let medium = class - self.small_classes();
        (self.small_max << (medium / STEPS)) / STEPS * (STEPS + 1 + medium % STEPS)
    }

    /// Returns the size class of a request, or `None` if it gets a chunk of its own. A request of 0 bytes is one of 1.
    #[must_use]
    pub const fn class_of(&self, size: usize) -> Option<usize> {
        if size <= self.small_max {
            return Some(size.saturating_sub(1) / self.grain);
        }
        if size <= self.medium_max {
            let last = size - 1;
            let log = last.ilog2();
            let step = last >> (log - STEPS.ilog2()) & (STEPS - 1);
            let medium = (log - self.small_max.ilog2()) as usize * STEPS + step;
            return Some(self.small_classes() + medium);
        }
        if size <= self.class_max() { Some(self.run_class(size.div_ceil(self.pool))) } else { None }
    }

    /// Returns how many pools a span of a class has: as few as hold four blocks, for what is to lie side by side is hard
    /// to find; a run has its own length. What does not fit at the end of a span is never touched, so it costs nothing.
    #[must_use]
    pub const fn units(&self, class: usize) -> usize {
        let size = self.class_size(class);
        if class < self.small_classes() {
            return 1;
        }
        if class >= self.run_class(1) {
            return size / self.pool;
        }
        let mut units = 1;
        while units * self.pool / size < MIN_SPAN_BLOCKS {
            units += 1;
        }
        units
    }

    /// Returns how many pools of an arena its header occupies.
    pub(crate) const fn header_pools(&self) -> usize {
        crate::arena::header_bytes(self.arena / self.pool, self.pool).div_ceil(self.pool)
    }

    /// Returns how many pools of an arena can hold blocks.
    #[must_use]
    pub const fn pools_per_arena(&self) -> usize {
        self.arena / self.pool - self.header_pools()
    }
}

impl Default for Geometry {
    fn default() -> Geometry {
        Geometry::MODERN
    }
}
