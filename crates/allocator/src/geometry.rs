//! The sizes of the hierarchy: arena, pool, block.
//!
//! The tutorial's numbers are one geometry among others; everything that depends on a size asks the geometry.

use thiserror::Error;

/// The alignment, in bytes, of every chunk of memory in every geometry, also when the chunk is smaller.
///
/// One constant for all, so that a block finds its chunk's header by one mask with a constant.
pub const ARENA_ALIGN: usize = 1 << 20;

/// The most size classes a geometry can have.
pub const MAX_CLASSES: usize = 128;

/// The most pools an arena can have: one word tells which numbers of free pools occur.
pub(crate) const MAX_POOLS: usize = 64;

/// The smallest grain and the smallest arena, in bytes.
const MIN_GRAIN: usize = 8;
const MIN_ARENA: usize = 4096;
/// The smallest and the largest pool, in bytes; the largest bounds the bitmap of a heap walk.
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
}

impl Geometry {
    /// The tutorial's and classic CPython's: arenas of 256 KiB, pools of 4 KiB, 32 classes up to 512 bytes.
    pub const CLASSIC: Geometry = Geometry::known(1 << 18, 1 << 12, 512, 16);

    /// The default: arenas of 1 MiB, pools of 16 KiB, 128 classes up to 1 KiB, so that 40 bytes are 40 bytes.
    pub const MODERN: Geometry = Geometry::known(1 << 20, 1 << 14, 1024, 8);

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
        if small_max == 0 || !small_max.is_multiple_of(grain) || small_max / grain > MAX_CLASSES {
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
        if crate::arena::header_bytes(pools) > arena - pool {
            return Err(GeometryError::Arena(arena));
        }
        Ok(Geometry { arena, pool, small_max, grain })
    }

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

    /// Returns the number of size classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.small_max / self.grain
    }

    /// Returns the block size, in bytes, of class `class` (0 to `classes() - 1`).
    #[must_use]
    pub const fn class_size(&self, class: usize) -> usize {
        (class + 1) * self.grain
    }

    /// Returns the size class of a request, or `None` if it is large. A request of 0 bytes is one of 1.
    #[must_use]
    pub const fn class_of(&self, size: usize) -> Option<usize> {
        if size > self.small_max {
            return None;
        }
        Some(size.saturating_sub(1) / self.grain)
    }

    /// Returns how many pools of an arena its header occupies.
    pub(crate) const fn header_pools(&self) -> usize {
        crate::arena::header_bytes(self.arena / self.pool).div_ceil(self.pool)
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
