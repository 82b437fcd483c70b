//! Large objects: one chunk of the raw layer each.

use core::ptr::NonNull;

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_at};
use crate::arenas;
use crate::geometry::ARENA_ALIGN;
use crate::poison;
use crate::pool::{CLASS_NONE, PoolHeader};
use crate::raw::OutOfMemory;

/// The unit, in bytes, of a large object's chunk.
const PAGE: usize = 4096;

/// Returns the bytes of the chunk for a large object, or `None` if there can be none.
///
/// Up to one arena the sizes are coarse, an eighth of the next power of two apart, so that chunks find a
/// second use; what is not touched costs address space only.
fn chunk_bytes(size: usize) -> Option<usize> {
    let bytes = size.checked_add(LARGE_OFFSET).filter(|&bytes| bytes <= isize::MAX as usize - ARENA_ALIGN)?;
    let step = match bytes <= ARENA_ALIGN {
        true => PAGE.max(bytes.next_power_of_two() / 8),
        false => PAGE,
    };
    Some(bytes.next_multiple_of(step))
}

impl Allocator {
    /// Hands out a block in a chunk of its own.
    pub(crate) fn alloc_large(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        self.alloc_large_at(size, LARGE_OFFSET)
    }

    /// Hands out a block in a chunk of its own, at an offset (at least `LARGE_OFFSET`, below `ARENA_ALIGN`), for the
    /// sake of its alignment.
    pub(crate) fn alloc_large_at(&self, size: usize, offset: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let beyond = offset - LARGE_OFFSET;
        let bytes = size.checked_add(beyond).and_then(chunk_bytes).ok_or(OutOfMemory { size })?;
        self.drain_remote();
        let chunk = self.shared.raw.map(bytes).map_err(|_| OutOfMemory { size })?;
        let header = ArenaHeader::large(bytes, &*self.shared);
        header.owner.set(self.owner.get());
        let pool = PoolHeader::large(bytes - offset, chunk.zeros);
        let arena = chunk.start.cast::<ArenaHeader>();
        // SAFETY: the chunk is ours and `bytes` > `LARGE_OFFSET` long (A2); the table's one entry follows the
        // header and ends before `LARGE_OFFSET` (A3).
        let block = unsafe {
            arena.write(header);
            arena.as_ref().seal();
            pool_at(arena.as_ptr(), 0).write(pool);
            arenas::push(&self.large, arena.as_ptr());
            chunk.start.add(offset)
        };
        self.large_count.set(self.large_count.get() + 1);
        self.count_mapped(bytes);
        if self.options.poison {
            // SAFETY: the block runs to the end of its chunk.
            unsafe { poison::fill_new(block, bytes - offset) };
        }
        Ok(block)
    }

    /// Gives the chunk of a large object back.
    ///
    /// # Safety
    /// The pool is that of a large object of this allocator, whose block is free.
    pub(crate) unsafe fn free_large(&self, pool: *mut PoolHeader) {
        let chunk = ArenaHeader::of(pool.cast()).cast_mut();
        // SAFETY: by contract it is in the list (A6), came from this raw layer, and nobody uses it any more.
        let bytes = unsafe {
            // Whoever frees it again is found out, while the chunk waits in the stash.
            (*pool).class.set(CLASS_NONE);
            arenas::remove(&self.large, chunk);
            arenas::release(chunk, &*self.shared.raw)
        };
        self.large_count.set(self.large_count.get() - 1);
        self.raw_bytes.set(self.raw_bytes.get() - bytes);
    }

    /// Changes the size of a large block, without a copy, if the raw layer can.
    ///
    /// # Safety
    /// The block is large, live and this allocator's, and `new` is a large size; if another pointer is returned,
    /// nobody uses the old one any more.
    pub(crate) unsafe fn resize_large(&self, ptr: NonNull<u8>, new: usize) -> Option<NonNull<u8>> {
        let chunk = ArenaHeader::of(ptr.as_ptr()).cast_mut();
        let offset = ptr.addr().get() - chunk.addr();
        let bytes = chunk_bytes(new.checked_add(offset - LARGE_OFFSET)?)?;
        // SAFETY: by contract the chunk is in the list (A6), came from this raw layer, and its block's user has
        // asked for the change; header and table move along with the content (A3).
        unsafe {
            let old = (*chunk).size.get();
            arenas::remove(&self.large, chunk);
            let moved = self.shared.raw.remap(NonNull::new_unchecked(chunk.cast()), old, bytes);
            let now = moved.map_or(chunk, |moved| moved.as_ptr().cast());
            if moved.is_some() {
                (*now).seal();
                (*now).size.set(bytes);
                (*pool_at(now, 0)).block_size.set(bytes - offset);
                self.raw_bytes.set(self.raw_bytes.get() - old);
                self.count_mapped(bytes);
            }
            arenas::push(&self.large, now);
            moved.map(|chunk| chunk.add(offset))
        }
    }
}
