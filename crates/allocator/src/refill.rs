//! Between magazines and pools: half a magazine at a time, each way.
//!
//! Refilling takes free blocks from the first pool of the class, lowest addresses first, and goes on with the next pool
//! when one is exhausted, so that a magazine is filled although nearly every pool has just one hole.
//!
//! Flushing gives the older half back. Blocks that were allocated in a row are often freed in a row, so a run of
//! neighbours is found first and entered into the bitmap at once. A block of another thread's heap (see `global.rs`)
//! is linked into a chain with its neighbours of the same heap, and the chain goes there with one exchange.

use core::ptr::{self, NonNull};

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, pool_of};
use crate::magazine::Slot;
use crate::pool::PoolHeader;
use crate::raw::OutOfMemory;
use crate::remote::{Parcel, Shared};
use crate::slow::base_of;

impl Allocator {
    /// Half fills the empty magazine of a class.
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is not a single block.
    pub(crate) fn refill(&self, class: usize) -> Result<(), OutOfMemory> {
        let magazine = &self.magazines[class + 1];
        let mut wanted = self.geometry.magazine(class).div_ceil(2);
        let mut any = false;
        while wanted > 0 {
            let (pool, base) = match self.pool_with_room(class) {
                Ok(found) => found,
                Err(_) if any => break,
                Err(error) => return Err(error),
            };
            let size = pool.block_size.get();
            wanted -= pool.take(wanted, |number| {
                // SAFETY: a free block lies inside its pool (A4).
                let block = unsafe { NonNull::new_unchecked(base.add(number * size)) };
                let room = magazine.push(block);
                debug_assert!(room, "half a magazine has room");
            });
            any = true;
        }
        Ok(())
    }

    /// Gives the `count` oldest blocks of a class's magazine back to their pools, or to the heaps they come from.
    ///
    /// # Panics
    /// If one of them is free already: it was freed twice.
    pub(crate) fn flush(&self, class: usize, count: usize) {
        let magazine = &self.magazines[class + 1];
        let blocks = magazine.blocks();
        // SAFETY: what is in a magazine is a block that was handed out and freed, the allocator's again (A10).
        unsafe { self.give(&blocks[..count.min(blocks.len())]) };
        magazine.forget_oldest(count.min(blocks.len()));
    }

    /// Gives blocks of one class back to their pools.
    ///
    /// # Panics
    /// If one of them is free already.
    ///
    /// # Safety
    /// They are blocks of allocators of this crate, of one class, that nobody uses any more.
    pub(crate) unsafe fn give(&self, blocks: &[Slot]) {
        let home: *const Shared = &*self.shared;
        let mut parcel = Parcel::new();
        let mut at = 0;
        while at < blocks.len() {
            // SAFETY: by contract a block, so not null, and its chunk begins with its header (A3).
            let (block, header) = unsafe {
                let block = NonNull::new_unchecked(blocks[at].get());
                (block, &*ArenaHeader::of(block.as_ptr()))
            };
            if !ptr::eq(header.home.get(), home) {
                // SAFETY: a heap with live blocks is there, and the block is ours to give (A8).
                unsafe { parcel.add(header.home.get(), block) };
                at += 1;
                continue;
            }
            // SAFETY: a block of our own: its pool is mapped and of a class, as big as the geometry says (A3).
            let pool = unsafe { pool_of(block.as_ptr(), self.pool_shift) };
            // SAFETY: as above.
            at += unsafe { self.give_run(pool, &blocks[at..]) };
        }
        parcel.send();
    }

    /// Gives the first block back to its pool, and with it those that follow and are its neighbours, one after the
    /// other; returns how many.
    ///
    /// # Safety
    /// As for `give`; the first block lies in `pool`, which is this allocator's.
    unsafe fn give_run(&self, pool: *mut PoolHeader, blocks: &[Slot]) -> usize {
        // SAFETY: by contract, the pool is mapped (A3).
        let (header, base) = unsafe { (&*pool, base_of(pool, self.pool_shift)) };
        let size = header.block_size.get();
        let first = blocks[0].get();
        let number = header.number_at(first.addr() - base.addr());
        let step = blocks.get(1).map_or(0, |second| second.get().addr().wrapping_sub(first.addr()));
        // How many may follow before the run leaves the pool.
        let most = match () {
            () if step == size => header.blocks.get() as usize - number,
            () if step == size.wrapping_neg() => number + 1,
            () => 1,
        };
        let mut len = 1;
        let mut next = first.addr().wrapping_add(step);
        while len < most && len < blocks.len() && blocks[len].get().addr() == next {
            len += 1;
            next = next.wrapping_add(step);
        }
        let lowest = if step == size { number } else { number + 1 - len };
        if !header.give_run(lowest, len) {
            let spoilt = (0..len).find(|&i| header.is_free(lowest + i)).unwrap_or(0);
            // SAFETY: the block lies in the pool.
            self.corrupt(
                unsafe { NonNull::new_unchecked(base.add((lowest + spoilt) * size)) },
                "double free",
            );
        }
        // SAFETY: by contract, and the pool has just got blocks back.
        unsafe { self.settle(pool) };
        len
    }
}
