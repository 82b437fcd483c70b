//! Figures: how much there is, and how much of it is in use.

use core::fmt;
use core::ptr;

use crate::allocator::Allocator;
use crate::arena::ArenaHeader;
use crate::geometry::Geometry;
use crate::pool::{CLASS_LARGE, PoolHeader};
use crate::remote::Shared;
use crate::walk::each_pool;

/// The figures of one size class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClassStats {
    /// Bytes of a block.
    pub block_size: usize,
    /// Pools of this class.
    pub pools: usize,
    /// Blocks handed out.
    pub live_blocks: usize,
    /// Blocks of those pools that are free.
    pub free_blocks: usize,
    /// Blocks that are free and wait in the magazine.
    pub waiting_blocks: usize,
}

/// The figures of an allocator. Bytes of blocks count what a block has room for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Arenas, those without a pool in use included.
    pub arenas: usize,
    /// Arenas without a pool in use.
    pub free_arenas: usize,
    /// Pools in use, those standing empty in their class included.
    pub pools: usize,
    /// Pools of all arenas that are not in use, and those of them whose pages may not have gone back to the system.
    pub free_pools: usize,
    /// See `free_pools`.
    pub dirty_pools: usize,
    /// Blocks handed out, large objects included.
    pub live_blocks: usize,
    /// Their bytes.
    pub live_bytes: usize,
    /// Large objects.
    pub large_blocks: usize,
    /// Their bytes.
    pub large_bytes: usize,
    /// Bytes mapped from the raw layer.
    pub raw_bytes: usize,
    /// The most bytes that were ever mapped at once.
    pub peak_raw_bytes: usize,
    /// Each size class, smallest first.
    pub classes: Vec<ClassStats>,
}

impl Allocator {
    /// Returns the figures of now. Blocks that wait for [`drain_remote`](Allocator::drain_remote) are live; blocks of
    /// other allocators that wait in magazines of this one are not counted here.
    ///
    /// # Complexity
    /// Linear in the number of pools and large objects.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::empty(&self.geometry);
        self.add_to(&mut stats);
        stats
    }

    /// Adds the figures of now to those of others of the same geometry. Allocates nothing.
    ///
    /// # Panics
    /// If they are of a geometry with fewer size classes.
    pub fn add_to(&self, stats: &mut Stats) {
        stats.free_arenas += self.arenas.free.get();
        stats.raw_bytes += self.raw_bytes.get();
        stats.peak_raw_bytes += self.peak_raw_bytes.get();
        self.each_chunk(|chunk, header| {
            stats.arenas += usize::from(header.pools.get() > 0);
            stats.free_pools += header.free_pools();
            stats.dirty_pools += header.dirty.get().count_ones() as usize;
            // SAFETY: the chunk is listed.
            unsafe { each_pool(chunk, |pool| stats.count(pool)) };
        });
        for class in 0..self.geometry.classes() {
            let own = self.own_waiting(class);
            let entry = &mut stats.classes[class];
            entry.waiting_blocks += own;
            entry.live_blocks -= own;
            stats.live_blocks -= own;
            stats.live_bytes -= own * entry.block_size;
        }
    }

    /// Returns how many of this allocator's blocks wait in its magazine of a class.
    fn own_waiting(&self, class: usize) -> usize {
        let home: *const Shared = &*self.shared;
        let blocks = self.waiting(class).iter();
        // SAFETY: the chunks of blocks that wait in a magazine are mapped and begin with their header (A3, A10).
        blocks.filter(|block| unsafe { ptr::eq((*ArenaHeader::of(block.get())).home.get(), home) }).count()
    }
}

impl Stats {
    /// Returns the figures of nothing, with room for the classes of a geometry.
    #[must_use]
    pub fn empty(geometry: &Geometry) -> Stats {
        let class = |class| ClassStats { block_size: geometry.class_size(class), ..ClassStats::default() };
        Stats { classes: (0..geometry.classes()).map(class).collect(), ..Stats::default() }
    }

    /// Returns the figures as one line of JSON: an object with the names of the fields here, and in `classes` an object for
    /// each class that has pools.
    ///
    /// ```
    /// use gleaner_allocator::{Allocator, Geometry};
    ///
    /// let allocator = Allocator::new(Geometry::CLASSIC);
    /// let _block = allocator.alloc(40)?;
    /// let json = allocator.stats().to_json();
    /// assert!(json.starts_with(r#"{"arenas":1,"free_arenas":0,"pools":1,"#));
    /// assert!(json.ends_with(
    ///     r#""classes":[{"block_size":48,"pools":1,"live_blocks":1,"waiting_blocks":0,"free_blocks":84}]}"#
    /// ));
    /// # Ok::<(), gleaner_allocator::OutOfMemory>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let member = |(name, figure): (&str, usize)| format!("\"{name}\":{figure}");
        let figures = [
            ("arenas", self.arenas),
            ("free_arenas", self.free_arenas),
            ("pools", self.pools),
            ("free_pools", self.free_pools),
            ("dirty_pools", self.dirty_pools),
            ("live_blocks", self.live_blocks),
            ("live_bytes", self.live_bytes),
            ("large_blocks", self.large_blocks),
            ("large_bytes", self.large_bytes),
            ("raw_bytes", self.raw_bytes),
            ("peak_raw_bytes", self.peak_raw_bytes),
        ];
        let class = |class: &ClassStats| {
            let figures = [
                ("block_size", class.block_size),
                ("pools", class.pools),
                ("live_blocks", class.live_blocks),
                ("waiting_blocks", class.waiting_blocks),
                ("free_blocks", class.free_blocks),
            ];
            format!("{{{}}}", figures.map(member).join(","))
        };
        let classes: Vec<String> = self.classes.iter().filter(|class| class.pools > 0).map(class).collect();
        format!("{{{},\"classes\":[{}]}}", figures.map(member).join(","), classes.join(","))
    }

    /// Counts a pool, or a large object.
    fn count(&mut self, pool: &PoolHeader) {
        let (used, size) = (pool.used.get() as usize, pool.block_size.get());
        self.live_blocks += used;
        self.live_bytes += used * size;
        if pool.class.get() == CLASS_LARGE {
            self.large_blocks += 1;
            self.large_bytes += size;
            return;
        }
        self.pools += usize::from(pool.units.get());
        let class = &mut self.classes[usize::from(pool.class.get())];
        class.pools += usize::from(pool.units.get());
        class.live_blocks += used;
        class.free_blocks += pool.blocks.get() as usize - used;
    }
}

impl fmt::Display for Stats {
    /// Writes a table: a line per size class that has pools, then the sums.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>8} {:>8} {:>12} {:>12} {:>12} {:>14}",
            "size", "pools", "live blocks", "waiting", "free blocks", "live bytes"
        )?;
        for class in self.classes.iter().filter(|class| class.pools > 0) {
            let bytes = class.live_blocks * class.block_size;
            let ClassStats { block_size, pools, live_blocks, free_blocks, waiting_blocks } = class;
            writeln!(
                f,
                "{block_size:>8} {pools:>8} {live_blocks:>12} {waiting_blocks:>12} {free_blocks:>12} {bytes:>14}"
            )?;
        }
        let dash = "-";
        writeln!(
            f,
            "{:>8} {dash:>8} {:>12} {dash:>12} {dash:>12} {:>14}",
            "large", self.large_blocks, self.large_bytes
        )?;
        writeln!(
            f,
            "{:>8} {:>8} {:>12} {dash:>12} {dash:>12} {:>14}",
            "all", self.pools, self.live_blocks, self.live_bytes
        )?;
        writeln!(
            f,
            "{} arenas, {} of them free; {} free pools, {} of them with pages",
            self.arenas, self.free_arenas, self.free_pools, self.dirty_pools
        )?;
        write!(f, "{} bytes mapped, {} at most", self.raw_bytes, self.peak_raw_bytes)
    }
}
