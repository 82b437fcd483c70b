//! The paths of `alloc` and `free` behind the fast ones: pools come and go.
//!
//! A class keeps its last pool when that empties, so that a program that allocates and frees one object in
//! a loop does not set up a pool each time. Such a pool is the last of its list, since pools are linked at
//! the front. It is taken away when another class needs a pool, and whenever [`RECLAIM_EVERY`] pools went
//! back to their arenas, so that it does not hold an otherwise free arena for long.

use core::ptr::NonNull;

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, pool_of};
use crate::arenas::KEPT;
use crate::poison;
use crate::pool::{CLASS_LARGE, PoolHeader, nobody};
use crate::raw::OutOfMemory;

/// After how many pools returned to their arenas the empty pools of all classes follow.
const RECLAIM_EVERY: u32 = 64;

impl Allocator {
    /// Hands out a block of a class whose first pool has no free block at hand.
    #[inline(never)]
    pub(crate) fn alloc_from_class(&self, class: usize) -> Result<NonNull<u8>, OutOfMemory> {
        loop {
            let pool = self.used_pools[class].get();
            if pool == nobody() {
                self.add_pool(class)?;
                continue;
            }
            // SAFETY: linked pools are mapped, and their blocks begin at their base (A3).
            let (header, base) = unsafe { (&*pool, base_of(pool, self.pool_shift)) };
            if let Some(block) = header.pop() {
                return Ok(block);
            }
            let carved = header.virgin.get() as usize;
            // SAFETY: that is its base and size; the free list is empty.
            if unsafe { header.extend(base, self.geometry.pool()) } {
                if self.options.poison {
                    // SAFETY: the blocks from `carved` to `virgin` were made free blocks right now (A4).
                    unsafe { poison::fill_carved(header, base, carved) };
                }
                continue;
            }
            // SAFETY: it is linked in this class, and full.
            unsafe { self.unlink(pool) };
        }
    }

    /// Gets the class a pool with free blocks: see the picture in `allocator.rs` for where from.
    fn add_pool(&self, class: usize) -> Result<(), OutOfMemory> {
        if self.drain_remote() > 0 && self.used_pools[class].get() != nobody() {
            return Ok(());
        }
        loop {
            if let Some(pool) = self.arenas.take_pool(class as u16, self.geometry.class_size(class)) {
                // SAFETY: the pool is fresh from its arena, in no list.
                unsafe { self.link_front(pool.as_ptr()) };
                return Ok(());
            }
            if self.reclaim_empty_pools() == 0 {
                self.arenas.grow(&self.geometry, &*self.shared.raw, self.owner.get())?;
                self.count_mapped(self.geometry.arena());
            }
        }
    }

    /// Hands out blocks for the requests that the fast path does not know: 0 bytes, large, poisoned.
    #[inline(never)]
    pub(crate) fn alloc_unusual(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let Some(class) = self.geometry.class_of(size) else {
            return self.alloc_large(size);
        };
        let block = self.alloc_from_class(class)?;
        if self.options.poison {
            // SAFETY: the block was free until now, and is as long as its class says (A4).
            unsafe { poison::hand_out(block, self.geometry.class_size(class)) };
        }
        Ok(block)
    }

    /// Frees what the fast path does not know.
    ///
    /// # Safety
    /// As for [`free`](Allocator::free).
    #[inline(never)]
    pub(crate) unsafe fn free_unusual(&self, ptr: NonNull<u8>, size: Option<usize>) {
        // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
        unsafe {
            let shift = (*ArenaHeader::of(ptr.as_ptr())).pool_shift.get();
            if self.options.poison {
                poison::take_back(ptr, pool_of(ptr.as_ptr(), shift), shift, size);
            }
            self.push(ptr, shift);
        }
    }

    /// Puts a block on its pool's free list.
    ///
    /// # Safety
    /// As for [`free`](Allocator::free); `shift` is that of the block's chunk.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, ptr: NonNull<u8>, shift: u32) {
        // SAFETY: by contract; the block's pool has its header in the chunk's table (A3).
        unsafe {
            let pool = pool_of(ptr.as_ptr(), shift);
            if (*pool).push(ptr.as_ptr()) {
                self.edge(pool);
            }
        }
    }

    /// Moves a pool that was full, or is now empty, to where it belongs.
    ///
    /// # Safety
    /// The pool is this allocator's, and has just got a block back.
    #[inline(never)]
    unsafe fn edge(&self, pool: *mut PoolHeader) {
        // SAFETY: a pool with blocks is mapped (A3).
        let header = unsafe { &*pool };
        if !header.linked.get() {
            if header.class.get() == CLASS_LARGE {
                // SAFETY: the only block of the chunk is free.
                return unsafe { self.free_large(pool) };
            }
            // SAFETY: it is in no list: it was full.
            unsafe { self.link_front(pool) };
        }
        if header.used.get() == 0 && header.next.get() != pool {
            // SAFETY: it is linked and has no block in use.
            unsafe { self.retire(pool) };
            self.returned.set(self.returned.get() + 1);
            if self.returned.get() >= RECLAIM_EVERY {
                self.returned.set(0);
                self.reclaim_empty_pools();
            }
            self.release_free(KEPT);
        }
    }

    /// Takes the empty pools of all classes back to their arenas; returns how many there were.
    pub(crate) fn reclaim_empty_pools(&self) -> usize {
        let mut reclaimed = 0;
        for first in &self.used_pools[..self.geometry.classes()] {
            if first.get() == nobody() {
                continue;
            }
            // SAFETY: linked pools are mapped (A3), and so are their neighbours in the circle.
            unsafe {
                let last = (*first.get()).prev.get();
                if (*last).used.get() == 0 {
                    self.retire(last);
                    reclaimed += 1;
                }
            }
        }
        reclaimed
    }

    /// Takes an empty pool back to its arena.
    ///
    /// # Safety
    /// The pool is linked and has no block in use.
    unsafe fn retire(&self, pool: *mut PoolHeader) {
        // SAFETY: by contract; linked pools come from these arenas (A6).
        unsafe {
            self.unlink(pool);
            self.arenas.return_pool(NonNull::new_unchecked(pool));
        }
    }

    /// Puts a pool at the front of its class.
    ///
    /// # Safety
    /// The pool is mapped, of a size class, and in no list.
    unsafe fn link_front(&self, pool: *mut PoolHeader) {
        // SAFETY: by contract; linked pools are mapped and form a circle (A6).
        unsafe {
            let first = &self.used_pools[(*pool).class.get() as usize];
            let next = first.get();
            if next == nobody() {
                (*pool).next.set(pool);
                (*pool).prev.set(pool);
            } else {
                let last = (*next).prev.get();
                (*pool).next.set(next);
                (*pool).prev.set(last);
                (*next).prev.set(pool);
                (*last).next.set(pool);
            }
            (*pool).linked.set(true);
            first.set(pool);
        }
    }

    /// Takes a pool out of its class.
    ///
    /// # Safety
    /// The pool is linked.
    unsafe fn unlink(&self, pool: *mut PoolHeader) {
        // SAFETY: by contract; linked pools are mapped and form a circle (A6).
        unsafe {
            let first = &self.used_pools[(*pool).class.get() as usize];
            let (next, prev) = ((*pool).next.get(), (*pool).prev.get());
            (*next).prev.set(prev);
            (*prev).next.set(next);
            if first.get() == pool {
                first.set(if next == pool { nobody() } else { next });
            }
            (*pool).linked.set(false);
        }
    }

    /// Gives wholly free arenas beyond `keep` back to the raw layer, unless a heap walk is under way.
    pub(crate) fn release_free(&self, keep: usize) {
        if self.arenas.free.get() > keep && !self.walking.get() {
            let bytes = self.arenas.release_free(keep, &self.geometry, &*self.shared.raw);
            self.raw_bytes.set(self.raw_bytes.get() - bytes);
        }
    }

    /// Gives back to the raw layer all that holds no live block; blocks freed by other threads first.
    ///
    /// # Complexity
    /// Linear in the number of size classes, of remote frees and of arenas released.
    pub fn trim(&self) {
        self.drain_remote();
        self.reclaim_empty_pools();
        self.release_free(0);
    }

    pub(crate) fn count_mapped(&self, bytes: usize) {
        self.raw_bytes.set(self.raw_bytes.get() + bytes);
        self.peak_raw_bytes.set(self.peak_raw_bytes.get().max(self.raw_bytes.get()));
    }
}

/// Returns where a pool's blocks begin.
///
/// # Safety
/// The pool is in the table of a mapped chunk with that shift.
pub(crate) unsafe fn base_of(pool: *mut PoolHeader, shift: u32) -> *mut u8 {
    let chunk = ArenaHeader::of(pool.cast()).cast_mut().cast::<u8>();
    // SAFETY: pools of an arena lie inside its chunk, at their index (A3).
    unsafe { chunk.add(usize::from((*pool).index.get()) << shift) }
}
