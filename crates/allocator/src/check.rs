//! `check()`: the allocator's structures are what they should be.
//!
//! Properties:
//!
//! 1. Chunks are aligned and sealed, know their size and their owner; an arena's pools are as the geometry says.
//! 2. An arena's free pools are those that no class uses; a pool inside a span knows its distance from the first. Dirty
//!    pools are free, and as many in all as is counted.
//! 3. An arena with free pools is in the usable list of their number, one without is in none; the word of
//!    occupied lists is right.
//! 4. A pool's free blocks and its used ones are all its blocks, as many as its class and size say.
//! 5. A pool that is not linked is full.
//! 6. The lists of the size classes are circles of linked pools of that class; only the last one may be empty.
//! 7. Counts of arenas, free arenas, large objects and bytes are sums.
//! 8. Under `poison`, and in the process's debug mode, free blocks still have their fill.
//! 9. Blocks in a magazine are blocks of its class, used as far as their pools know, each there once.

use core::fmt;

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_at, pool_of};
use crate::fatal;
use crate::geometry::ARENA_ALIGN;
use crate::magazine::RACK_BYTES;
use crate::poison;
use crate::pool::{CLASS_LARGE, CLASS_NONE, PoolHeader};
use crate::remote::Home;
use crate::slow::base_of;
use crate::walk::each_pool;

/// Verifies a condition.
macro_rules! hold {
    ($allocator:expr, $holds:expr, $($what:tt)*) => {
        if !$holds {
            $allocator.violated(format_args!($($what)*));
        }
    };
}

/// Verifies that two values are the same.
macro_rules! same {
    ($allocator:expr, $left:expr, $right:expr, $($what:tt)*) => {
        match ($left, $right) {
            (left, right) => {
                let what = format_args!($($what)*);
                hold!($allocator, left == right, "{what}: {left:?}, not {right:?}");
            }
        }
    };
}

impl Allocator {
    /// Verifies all structures; the properties are numbered at the top of this file.
    ///
    /// # Panics
    /// With the number of the property that does not hold.
    ///
    /// # Complexity
    /// Linear in the blocks of all pools in use.
    pub fn check(&self) {
        let (mut arenas, mut free, mut usable, mut used, mut large, mut linked, mut dirty) =
            (0, 0, 0, 0, 0, 0, 0);
        let mut bytes = if self.rack.get().is_null() { 0 } else { RACK_BYTES };
        self.each_chunk(|chunk, header| {
            bytes += header.size.get();
            if header.pools.get() == 0 {
                large += 1;
                return self.check_large(chunk, header);
            }
            arenas += 1;
            free += usize::from(header.is_free());
            usable += usize::from(header.free_pools() > 0);
            dirty += header.dirty.get().count_ones() as usize;
            used += header.pools.get() as usize - header.free_pools();
            self.check_arena(chunk, header);
            // SAFETY: the arena is listed.
            unsafe { each_pool(chunk, |pool| linked += usize::from(pool.linked.get())) };
        });
        same!(self, self.check_usable(), usable, "(3) usable arenas are listed");
        same!(self, self.check_classes(), linked, "(6) linked pools are in the list of their class");
        same!(self, self.arenas.dirty_pools.get(), dirty, "(2) number of dirty pools");
        same!(self, self.arenas.used_pools.get(), used, "(2) number of pools in use");
        same!(self, self.arenas.count.get(), arenas, "(7) number of arenas");
        same!(self, self.arenas.free.get(), free, "(7) number of free arenas");
        same!(self, self.large_count.get(), large, "(7) number of large objects");
        same!(self, self.raw_bytes.get(), bytes, "(7) bytes mapped");
        hold!(self, self.peak_raw_bytes.get() >= bytes, "(7) peak of bytes mapped");
        (0..self.geometry.classes()).for_each(|class| self.check_magazine(class));
    }

    /// Says which property does not hold. The process's allocator may not unwind: there it is the end.
    ///
    /// # Panics
    /// Always, in a heap of one's own.
    #[cold]
    fn violated(&self, what: fmt::Arguments<'_>) -> ! {
        match self.shared {
            Home::Counted(_) => panic!("{what}"),
            Home::Forever(_) => fatal::end(format_args!("check: {what}")),
        }
    }

    fn check_arena(&self, arena: *mut ArenaHeader, header: &ArenaHeader) {
        let geometry = &self.geometry;
        same!(self, arena.addr() % ARENA_ALIGN, 0, "(1) arena {arena:p} is aligned");
        hold!(self, header.is_sealed(), "(1) arena {arena:p} is sealed");
        same!(self, header.size.get(), geometry.arena(), "(1) size of arena {arena:p}");
        same!(self, header.owner.get(), self.owner.get(), "(1) owner of arena {arena:p}");
        same!(self, header.pool_shift.get(), self.pool_shift, "(1) pool size of arena {arena:p}");
        same!(self, header.pools.get() as usize, geometry.pools_per_arena(), "(1) pools of arena {arena:p}");

        let mut free = 0;
        let mut index = 0;
        while index < geometry.arena() / geometry.pool() {
            // SAFETY: the arena is listed, so its table has all its pools (A3), and spans lie inside it.
            unsafe {
                let pool = &*pool_at(arena, index);
                same!(
                    self,
                    usize::from(pool.index.get()),
                    index,
                    "(2) index of pool {index} of arena {arena:p}"
                );
                if pool.class.get() == CLASS_NONE {
                    free |= u64::from(index >= geometry.header_pools()) << index;
                    index += 1;
                    continue;
                }
                let base = base_of(pool_at(arena, index), self.pool_shift);
                self.check_pool(pool, base);
                for behind in 1..usize::from(pool.units.get()) {
                    let inside = &*pool_at(arena, index + behind);
                    let (distance, class) = (usize::from(inside.behind.get()), inside.class.get());
                    same!(self, (distance, class), (behind, CLASS_NONE), "(2) span of the pool at {base:p}");
                }
                index += usize::from(pool.units.get());
            }
        }
        same!(self, header.free.get(), free, "(2) free pools of arena {arena:p}");
        same!(self, header.dirty.get() & !free, 0, "(2) dirty pools of arena {arena:p} are free");
    }

    fn check_pool(&self, pool: &PoolHeader, base: *mut u8) {
        let size = pool.block_size.get();
        let class = usize::from(pool.class.get());
        hold!(self, class < self.geometry.classes(), "(4) class of the pool at {base:p}");
        same!(self, self.geometry.class_size(class), size, "(4) block size of the pool at {base:p}");
        let (units, blocks) = (usize::from(pool.units.get()), pool.blocks.get() as usize);
        same!(self, self.geometry.units(class), units, "(4) span of the pool at {base:p}");
        same!(self, units * self.geometry.pool() / size, blocks, "(4) blocks of the pool at {base:p}");
        let free: u32 = (0..pool.words()).map(|word| pool.word(word).count_ones()).sum();
        let used = pool.used.get();
        same!(self, free + used, pool.blocks.get(), "(4) free and used blocks of the pool at {base:p}");
        if !pool.linked.get() {
            same!(self, used as usize, blocks, "(5) the pool at {base:p} is full or linked");
        }
        for number in (0..blocks).filter(|&number| self.buries && pool.is_free(number)) {
            let block = base.wrapping_add(number * size);
            // SAFETY: it is a free block of this pool (A4, A9).
            hold!(self, unsafe { poison::is_dead(block, size) }, "(8) write after free: block {block:p}");
        }
    }

    fn check_magazine(&self, class: usize) {
        let mut blocks: Vec<*mut u8> = self.waiting(class).iter().map(core::cell::Cell::get).collect();
        blocks.sort_unstable();
        for pair in blocks.windows(2) {
            hold!(self, pair[0] != pair[1], "(9) double free: block {:p} waits twice", pair[0]);
        }
        for block in blocks {
            // SAFETY: a block in a magazine was handed out, so its chunk is mapped and begins with its header (A3, A10).
            unsafe {
                let shift = (*ArenaHeader::of(block)).pool_shift.get();
                let pool = pool_of(block, shift);
                same!(
                    self,
                    usize::from((*pool).class.get()),
                    class,
                    "(9) class of the waiting block {block:p}"
                );
                let offset = block.addr() - base_of(pool, shift).addr();
                let number = (*pool).number_at(offset);
                same!(
                    self,
                    number * (*pool).block_size.get(),
                    offset,
                    "(9) {block:p} is the start of a block"
                );
                hold!(self, !(*pool).is_free(number), "(9) double free: block {block:p} is free and waits");
            }
        }
    }

    fn check_large(&self, chunk: *mut ArenaHeader, header: &ArenaHeader) {
        same!(self, chunk.addr() % ARENA_ALIGN, 0, "(1) chunk {chunk:p} is aligned");
        hold!(self, header.is_sealed(), "(1) chunk {chunk:p} is sealed");
        same!(self, header.owner.get(), self.owner.get(), "(1) owner of chunk {chunk:p}");
        // SAFETY: the chunk is listed, so its table has one entry (A3).
        let pool = unsafe { &*pool_at(chunk, 0) };
        same!(self, pool.class.get(), CLASS_LARGE, "(1) chunk {chunk:p} is a large object's");
        same!(self, pool.used.get(), 1, "(1) chunk {chunk:p} has one block");
        let room = pool.block_size.get();
        hold!(self, room + LARGE_OFFSET <= header.size.get(), "(1) size of chunk {chunk:p}");
    }

    /// Verifies the lists of usable arenas; returns how many arenas they have.
    fn check_usable(&self) -> usize {
        let mut usable = 0;
        for (n, first) in self.arenas.usable.iter().enumerate() {
            same!(
                self,
                self.arenas.occupied.get() >> n & 1 == 1,
                !first.get().is_null(),
                "(3) occupied bit {n}"
            );
            let mut arena = first.get();
            // SAFETY: listed arenas are mapped and begin with their header (A3).
            while let Some(header) = unsafe { arena.as_ref() } {
                usable += 1;
                same!(self, header.free_pools(), n + 1, "(3) arena {arena:p} is in the right list");
                arena = header.usable_next.get();
            }
        }
        usable
    }

    /// Verifies the lists of the size classes; returns how many pools they have.
    fn check_classes(&self) -> usize {
        let mut pools = 0;
        for (class, first) in self.used_pools.iter().enumerate() {
            let first = first.get();
            let mut pool = first;
            while !pool.is_null() {
                // SAFETY: linked pools are mapped (A3).
                let (header, next) = unsafe { (&*pool, &*(*pool).next.get()) };
                pools += 1;
                hold!(self, header.linked.get(), "(6) pool {pool:p} knows that it is linked");
                same!(self, usize::from(header.class.get()), class, "(6) pool {pool:p} is in its class");
                same!(self, next.prev.get(), pool, "(6) the circle through pool {pool:p} closes");
                pool = header.next.get();
                let last = pool == first;
                hold!(
                    self,
                    last || header.used.get() > 0,
                    "(6) only the last pool of class {class} is empty"
                );
                if last {
                    break;
                }
            }
        }
        pools
    }
}
