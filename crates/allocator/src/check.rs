//! `check()`: the allocator's structures are what they should be.
//!
//! Properties:
//!
//! 1. Chunks are aligned, know their size and their owner; an arena's pools are as the geometry says.
//! 2. An arena's free pools, listed and virgin, are as many as it says, and their listed ones are marked free.
//! 3. An arena with free pools is in the usable list of their number, one without is in none; the word of
//!    occupied lists is right.
//! 4. Free blocks lie on block boundaries of the carved part of their pool, each listed once; with the used ones
//!    they are all that was carved.
//! 5. A pool that is not linked is full.
//! 6. The lists of the size classes are circles of linked pools of that class; only the last one may be empty.
//! 7. Counts of arenas, free arenas, large objects and bytes are sums.
//! 8. Under `poison`, free blocks still have their fill.

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_at};
use crate::geometry::ARENA_ALIGN;
use crate::poison;
use crate::pool::{CLASS_LARGE, CLASS_NONE, PoolHeader, nobody};
use crate::slow::base_of;
use crate::walk::{Bitmap, each_pool};

impl Allocator {
    /// Verifies all structures; the properties are numbered at the top of this file.
    ///
    /// # Panics
    /// With the number of the property that does not hold.
    ///
    /// # Complexity
    /// Linear in the blocks of all pools in use.
    pub fn check(&self) {
        let (mut arenas, mut free, mut usable, mut large, mut bytes, mut linked) = (0, 0, 0, 0, 0, 0);
        self.each_chunk(|chunk, header| {
            bytes += header.size.get();
            if header.pools.get() == 0 {
                large += 1;
                return self.check_large(chunk, header);
            }
            arenas += 1;
            free += usize::from(header.nfreepools.get() == header.pools.get());
            usable += usize::from(header.nfreepools.get() > 0);
            self.check_arena(chunk, header);
            // SAFETY: the arena is listed.
            unsafe { each_pool(chunk, |pool| linked += usize::from(pool.linked.get())) };
        });
        assert_eq!(self.check_usable(), usable, "(3) usable arenas are listed");
        assert_eq!(self.check_classes(), linked, "(6) linked pools are in the list of their class");
        assert_eq!(self.arenas.count.get(), arenas, "(7) number of arenas");
        assert_eq!(self.arenas.free.get(), free, "(7) number of free arenas");
        assert_eq!(self.large_count.get(), large, "(7) number of large objects");
        assert_eq!(self.raw_bytes.get(), bytes, "(7) bytes mapped");
        assert!(self.peak_raw_bytes.get() >= bytes, "(7) peak of bytes mapped");
    }

    fn check_arena(&self, arena: *mut ArenaHeader, header: &ArenaHeader) {
        let geometry = &self.geometry;
        assert_eq!(arena.addr() % ARENA_ALIGN, 0, "(1) arena {arena:p} is aligned");
        assert_eq!(header.size.get(), geometry.arena(), "(1) size of arena {arena:p}");
        assert_eq!(header.owner.get(), self.owner.get(), "(1) owner of arena {arena:p}");
        assert_eq!(header.pool_shift.get(), self.pool_shift, "(1) pool size of arena {arena:p}");
        assert_eq!(header.pools.get() as usize, geometry.pools_per_arena(), "(1) pools of arena {arena:p}");

        let total = geometry.arena() / geometry.pool();
        let virgin = header.virgin_pool.get() as usize;
        assert!((geometry.header_pools()..=total).contains(&virgin), "(2) virgin pools of arena {arena:p}");
        let mut free = total - virgin;
        let mut pool = header.freepools.get();
        // SAFETY: free pools are entries of the arena's table (A3).
        while let Some(entry) = unsafe { pool.as_ref() } {
            free += 1;
            assert_eq!(entry.class.get(), CLASS_NONE, "(2) free pool {pool:p} is marked free");
            assert!(free <= total, "(2) free pools of arena {arena:p} end");
            pool = entry.next.get();
        }
        assert_eq!(header.nfreepools.get() as usize, free, "(2) number of free pools of arena {arena:p}");

        // SAFETY: the arena is listed.
        unsafe {
            each_pool(arena, |pool| {
                // The pointer is made from the arena's, not from the reference, so it reaches the blocks (A1).
                let base = base_of(pool_at(arena, usize::from(pool.index.get())), self.pool_shift);
                self.check_pool(pool, base);
            });
        }
    }

    fn check_pool(&self, pool: &PoolHeader, base: *mut u8) {
        let size = pool.block_size.get();
        let class = usize::from(pool.class.get());
        assert!(class < self.geometry.classes(), "(4) class of the pool at {base:p}");
        assert_eq!(self.geometry.class_size(class), size, "(4) block size of the pool at {base:p}");
        let carved = pool.virgin.get() as usize;
        assert!(
            carved <= self.geometry.pool() && carved.is_multiple_of(size),
            "(4) carved part of the pool at {base:p}"
        );

        let mut seen = Bitmap::empty();
        let mut count = 0;
        let mut block = pool.free.get();
        while !block.is_null() {
            let offset = block.addr().wrapping_sub(base.addr());
            assert!(
                offset < carved && offset.is_multiple_of(size),
                "(4) {block:p} is a block of the pool at {base:p}"
            );
            assert!(!seen.get(offset / size), "(4) double free: block {block:p} is listed twice");
            seen.set(offset / size);
            count += 1;
            // SAFETY: it was just seen to be a block of this pool; on the free list, it has a link (A4, A9).
            unsafe {
                if self.options.poison {
                    assert!(poison::is_dead(block.cast(), size), "(8) write after free: block {block:p}");
                }
                block = (*block).next;
            }
        }
        let used = pool.used.get() as usize;
        assert_eq!((count + used) * size, carved, "(4) free and used blocks of the pool at {base:p}");
        if !pool.linked.get() {
            assert_eq!(used, self.geometry.pool() / size, "(5) the pool at {base:p} is full or linked");
        }
    }

    fn check_large(&self, chunk: *mut ArenaHeader, header: &ArenaHeader) {
        assert_eq!(chunk.addr() % ARENA_ALIGN, 0, "(1) chunk {chunk:p} is aligned");
        assert_eq!(header.owner.get(), self.owner.get(), "(1) owner of chunk {chunk:p}");
        // SAFETY: the chunk is listed, so its table has one entry (A3).
        let pool = unsafe { &*pool_at(chunk, 0) };
        assert_eq!(pool.class.get(), CLASS_LARGE, "(1) chunk {chunk:p} is a large object's");
        assert_eq!(pool.used.get(), 1, "(1) chunk {chunk:p} has one block");
        assert_eq!(pool.block_size.get() + LARGE_OFFSET, header.size.get(), "(1) size of chunk {chunk:p}");
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
                assert_eq!(header.nfreepools.get() as usize, n, "(3) arena {arena:p} is in the right list");
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
            while pool != nobody() {
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
