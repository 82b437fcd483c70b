//! `check()`: the allocator's structures are what they should be.
//!
//! Properties:
//!
//! 1. Chunks are aligned, know their size and their owner; an arena's pools are as the geometry says.
//! 2. An arena's free pools are those that no class uses; a pool inside a span knows its distance from the first. Dirty
//!    pools are free, and as many in all as is counted.
//! 3. An arena with free pools is in the usable list of their number, one without is in none; the word of
//!    occupied lists is right.
//! 4. A pool's free blocks and its used ones are all its blocks, as many as its class and size say.
//! 5. A pool that is not linked is full.
//! 6. The lists of the size classes are circles of linked pools of that class; only the last one may be empty.
//! 7. Counts of arenas, free arenas, large objects and bytes are sums.
//! 8. Under `poison`, free blocks still have their fill.
//! 9. Blocks in a magazine are blocks of its class, used as far as their pools know, each there once.

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_at, pool_of};
use crate::geometry::ARENA_ALIGN;
use crate::magazine::RACK_BYTES;
use crate::poison;
use crate::pool::{CLASS_LARGE, CLASS_NONE, PoolHeader};
use crate::slow::base_of;
use crate::walk::each_pool;

impl Allocator {
    /// Verifies all structures; the properties are numbered at the top of this file.
    ///
    /// # Panics
    /// With the number of the property that does not hold.
    ///
    /// # Complexity
    /// Linear in the blocks of all pools in use.
    pub fn check(&self) {
        let (mut arenas, mut free, mut usable, mut large, mut linked, mut dirty) = (0, 0, 0, 0, 0, 0);
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
            self.check_arena(chunk, header);
            // SAFETY: the arena is listed.
            unsafe { each_pool(chunk, |pool| linked += usize::from(pool.linked.get())) };
        });
        assert_eq!(self.check_usable(), usable, "(3) usable arenas are listed");
        assert_eq!(self.check_classes(), linked, "(6) linked pools are in the list of their class");
        assert_eq!(self.arenas.dirty_pools.get(), dirty, "(2) number of dirty pools");
        assert_eq!(self.arenas.count.get(), arenas, "(7) number of arenas");
        assert_eq!(self.arenas.free.get(), free, "(7) number of free arenas");
        assert_eq!(self.large_count.get(), large, "(7) number of large objects");
        assert_eq!(self.raw_bytes.get(), bytes, "(7) bytes mapped");
        assert!(self.peak_raw_bytes.get() >= bytes, "(7) peak of bytes mapped");
        (0..self.geometry.classes()).for_each(|class| self.check_magazine(class));
    }

    fn check_arena(&self, arena: *mut ArenaHeader, header: &ArenaHeader) {
        let geometry = &self.geometry;
        assert_eq!(arena.addr() % ARENA_ALIGN, 0, "(1) arena {arena:p} is aligned");
        assert_eq!(header.size.get(), geometry.arena(), "(1) size of arena {arena:p}");
        assert_eq!(header.owner.get(), self.owner.get(), "(1) owner of arena {arena:p}");
        assert_eq!(header.pool_shift.get(), self.pool_shift, "(1) pool size of arena {arena:p}");
        assert_eq!(header.pools.get() as usize, geometry.pools_per_arena(), "(1) pools of arena {arena:p}");

        let mut free = 0;
        let mut index = 0;
        while index < geometry.arena() / geometry.pool() {
            // SAFETY: the arena is listed, so its table has all its pools (A3), and spans lie inside it.
            unsafe {
                let pool = &*pool_at(arena, index);
                assert_eq!(
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
                    assert_eq!((distance, class), (behind, CLASS_NONE), "(2) span of the pool at {base:p}");
                }
                index += usize::from(pool.units.get());
            }
        }
        assert_eq!(header.free.get(), free, "(2) free pools of arena {arena:p}");
        assert_eq!(header.dirty.get() & !free, 0, "(2) dirty pools of arena {arena:p} are free");
    }

    fn check_pool(&self, pool: &PoolHeader, base: *mut u8) {
        let size = pool.block_size.get();
        let class = usize::from(pool.class.get());
        assert!(class < self.geometry.classes(), "(4) class of the pool at {base:p}");
        assert_eq!(self.geometry.class_size(class), size, "(4) block size of the pool at {base:p}");
        let (units, blocks) = (usize::from(pool.units.get()), pool.blocks.get() as usize);
        assert_eq!(self.geometry.units(class), units, "(4) span of the pool at {base:p}");
        assert_eq!(units * self.geometry.pool() / size, blocks, "(4) blocks of the pool at {base:p}");
        let free: u32 = (0..pool.words()).map(|word| pool.word(word).count_ones()).sum();
        let used = pool.used.get();
        assert_eq!(free + used, pool.blocks.get(), "(4) free and used blocks of the pool at {base:p}");
        if !pool.linked.get() {
            assert_eq!(used as usize, blocks, "(5) the pool at {base:p} is full or linked");
        }
        for number in (0..blocks).filter(|&number| self.options.poison && pool.is_free(number)) {
            let block = base.wrapping_add(number * size);
            // SAFETY: it is a free block of this pool (A4, A9).
            assert!(unsafe { poison::is_dead(block, size) }, "(8) write after free: block {block:p}");
        }
    }

    fn check_magazine(&self, class: usize) {
        let mut blocks: Vec<*mut u8> = self.waiting(class).iter().map(core::cell::Cell::get).collect();
        blocks.sort_unstable();
        for pair in blocks.windows(2) {
            assert!(pair[0] != pair[1], "(9) double free: block {:p} waits twice", pair[0]);
        }
        for block in blocks {
            // SAFETY: a block in a magazine was handed out, so its chunk is mapped and begins with its header (A3, A10).
            unsafe {
                let shift = (*ArenaHeader::of(block)).pool_shift.get();
                let pool = pool_of(block, shift);
                assert_eq!(
                    usize::from((*pool).class.get()),
                    class,
                    "(9) class of the waiting block {block:p}"
                );
                let offset = block.addr() - base_of(pool, shift).addr();
                let number = (*pool).number_at(offset);
                assert_eq!(
                    number * (*pool).block_size.get(),
                    offset,
                    "(9) {block:p} is the start of a block"
                );
                assert!(!(*pool).is_free(number), "(9) double free: block {block:p} is free and waits");
            }
        }
    }

    fn check_large(&self, chunk: *mut ArenaHeader, header: &ArenaHeader) {
        assert_eq!(chunk.addr() % ARENA_ALIGN, 0, "(1) chunk {chunk:p} is aligned");
        assert_eq!(header.owner.get(), self.owner.get(), "(1) owner of chunk {chunk:p}");
        // SAFETY: the chunk is listed, so its table has one entry (A3).
        let pool = unsafe { &*pool_at(chunk, 0) };
        assert_eq!(pool.class.get(), CLASS_LARGE, "(1) chunk {chunk:p} is a large object's");
        assert_eq!(pool.used.get(), 1, "(1) chunk {chunk:p} has one block");
        let room = pool.block_size.get();
        assert!(room + LARGE_OFFSET <= header.size.get(), "(1) size of chunk {chunk:p}");
    }

    /// Verifies the lists of usable arenas; returns how many arenas they have.
    fn check_usable(&self) -> usize {
        let mut usable = 0;
        for (n, first) in self.arenas.usable.iter().enumerate() {
            assert_eq!(
                self.arenas.occupied.get() >> n & 1 == 1,
                !first.get().is_null(),
                "(3) occupied bit {n}"
            );
            let mut arena = first.get();
            // SAFETY: listed arenas are mapped and begin with their header (A3).
            while let Some(header) = unsafe { arena.as_ref() } {
                usable += 1;
                assert_eq!(header.free_pools(), n + 1, "(3) arena {arena:p} is in the right list");
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
                assert!(header.linked.get(), "(6) pool {pool:p} knows that it is linked");
                assert_eq!(usize::from(header.class.get()), class, "(6) pool {pool:p} is in its class");
                assert_eq!(next.prev.get(), pool, "(6) the circle through pool {pool:p} closes");
                pool = header.next.get();
                let last = pool == first;
                assert!(last || header.used.get() > 0, "(6) only the last pool of class {class} is empty");
                if last {
                    break;
                }
            }
        }
        pools
    }
}
