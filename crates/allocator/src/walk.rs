//! Heap walks: every pool of a chunk, every live block of an allocator.
//!
//! A live block is one that was carved and is not on its pool's free list. The walk marks the free ones in
//! a bitmap on the stack, pool by pool, so that the fast paths keep no record of what is live.

use core::ptr::NonNull;

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_at};
use crate::geometry::MAX_POOL;
use crate::pool::{CLASS_LARGE, CLASS_NONE, PoolHeader};
use crate::slow::base_of;

/// One bit for each block that a pool can have.
pub(crate) struct Bitmap([u64; MAX_POOL / 8 / 64]);

impl Bitmap {
    pub(crate) const fn empty() -> Bitmap {
        Bitmap([0; MAX_POOL / 8 / 64])
    }

    /// Returns the free blocks of a pool, by number.
    ///
    /// # Safety
    /// The pool is in use and its blocks begin at `base`.
    pub(crate) unsafe fn of_free(pool: &PoolHeader, base: *mut u8) -> Bitmap {
        let mut bitmap = Bitmap::empty();
        let size = pool.block_size.get();
        let mut free = pool.free.get();
        while !free.is_null() {
            bitmap.set((free.addr() - base.addr()) / size);
            // SAFETY: what is on a free list is a free block with a link (A4).
            free = unsafe { (*free).next };
        }
        bitmap
    }

    pub(crate) fn set(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    pub(crate) fn get(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }
}

/// Calls `visit` with the header of every pool of a chunk that is in use; the pool of a large object is one.
///
/// # Safety
/// The chunk is in the list of an allocator or estate.
pub(crate) unsafe fn each_pool(chunk: *mut ArenaHeader, mut visit: impl FnMut(&PoolHeader)) {
    // SAFETY: such a chunk is mapped and begins with its header and table, whose entries below `virgin_pool`
    // are initialised; those of the pools under the header are left out (A3).
    unsafe {
        let header = &*chunk;
        if header.pools.get() == 0 {
            return visit(&*pool_at(chunk, 0));
        }
        let total = header.size.get() >> header.pool_shift.get();
        for index in total - header.pools.get() as usize..header.virgin_pool.get() as usize {
            let pool = &*pool_at(chunk, index);
            if pool.class.get() != CLASS_NONE {
                visit(pool);
            }
        }
    }
}

/// Ends a walk also when the visitor panics.
struct Walk<'a>(&'a Allocator, bool);

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        self.0.walking.set(self.1);
        self.0.release_free(crate::arenas::KEPT);
    }
}

impl Allocator {
    /// Calls `visit` with every chunk and its header, arenas first, in the order of their lists.
    pub(crate) fn each_chunk(&self, mut visit: impl FnMut(*mut ArenaHeader, &ArenaHeader)) {
        for list in [&self.arenas.all, &self.large] {
            let mut chunk = list.get();
            // SAFETY: listed chunks are mapped and begin with their header (A3).
            while let Some(header) = unsafe { chunk.as_ref() } {
                visit(chunk, header);
                chunk = header.next.get();
            }
        }
    }

    /// Calls `visit` with every live block and the bytes it has room for, in no particular order.
    ///
    /// `visit` may allocate; whether the walk comes by the new blocks is open. It may free the very block it
    /// is called with, and no other. Blocks that wait for [`drain_remote`](Allocator::drain_remote) are live.
    ///
    /// # Complexity
    /// Linear in the blocks, live and free, of all pools in use.
    pub fn for_each_block(&self, mut visit: impl FnMut(NonNull<u8>, usize)) {
        let _walk = Walk(self, self.walking.replace(true));
        for list in [&self.arenas.all, &self.large] {
            let mut chunk = list.get();
            while !chunk.is_null() {
                // SAFETY: chunks in lists are mapped (A3). No arena goes during a walk; a large object may, by
                // its own visit, so its link is read before.
                unsafe {
                    let next = (*chunk).next.get();
                    if (*chunk).pools.get() == 0 {
                        let start = NonNull::new_unchecked(chunk.cast::<u8>().add(LARGE_OFFSET));
                        visit(start, (*pool_at(chunk, 0)).block_size.get());
                    } else {
                        self.each_block_of(chunk, &mut visit);
                    }
                    chunk = next;
                }
            }
        }
    }

    /// Calls `visit` with every live block of an arena.
    ///
    /// # Safety
    /// The arena is mapped, and stays so.
    unsafe fn each_block_of(&self, arena: *mut ArenaHeader, visit: &mut impl FnMut(NonNull<u8>, usize)) {
        // SAFETY: by contract; the arena's table has all its pools (A3), and a pool's blocks lie between its
        // base and `virgin` (A4). What the visitor does to the pool does not change the snapshot.
        unsafe {
            for index in self.geometry.header_pools()..(*arena).virgin_pool.get() as usize {
                let pool = pool_at(arena, index);
                let class = (*pool).class.get();
                if class == CLASS_NONE || class == CLASS_LARGE || (*pool).used.get() == 0 {
                    continue;
                }
                let (base, size) = (base_of(pool, self.pool_shift), (*pool).block_size.get());
                let free = Bitmap::of_free(&*pool, base);
                for number in 0..(*pool).virgin.get() as usize / size {
                    if !free.get(number) {
                        visit(NonNull::new_unchecked(base.add(number * size)), size);
                    }
                }
            }
        }
    }
}
