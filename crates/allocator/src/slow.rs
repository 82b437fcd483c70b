//! The paths of `alloc` and `free` behind the fast ones: pools come and go.
//!
//! A class keeps its last pool when that empties, so that a program that allocates and frees one object in
//! a loop does not set up a pool each time. Such a pool is the last of its list, since pools are linked at
//! the front. It is taken away when another class needs a pool, and whenever [`RECLAIM_EVERY`] pools went
//! back to their arenas, so that it does not hold an otherwise free arena for long.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, pool_of};
use crate::pool::{CLASS_LARGE, CLASS_NONE, MIN_BLOCK, PoolHeader};
use crate::raw::OutOfMemory;
use crate::remote::Home;
use crate::{fatal, poison};

/// After how many pools returned to their arenas the empty pools of all classes follow.
const RECLAIM_EVERY: u32 = 64;

/// Up to how many pools in use a heap looks for idle ones before it takes a fresh one: there they may be many of all it has.
const SMALL_HEAP: usize = 64;

/// From how many bytes on the blocks of a magazine are a good part of a pool.
const ROOMY: usize = 512;

impl Allocator {
    /// Hands out a block to whom the fast path has none: magazines that are empty, not there, or not for this size.
    #[cold]
    #[inline(never)]
    pub(crate) fn alloc_slow(&self, size: usize) -> Option<NonNull<u8>> {
        let class = match self.magazine_of.get(size) {
            Some(&number @ 1..) => usize::from(number) - 1,
            _ => match self.geometry.class_of(size) {
                Some(class) => class,
                None => return self.alloc_large(size).ok(),
            },
        };
        let magazine = &self.magazines[class + 1];
        if let Some(block) = magazine.pop() {
            return Some(block);
        }
        // A run has no magazine of its own.
        if !magazine.exists() && !self.install_magazine(class) {
            return self.alloc_direct(class, size);
        }
        // What other threads have freed comes first; it may well be of this class.
        if self.drain_remote() == 0 || self.waiting(class).is_empty() {
            self.refill(class).ok()?;
        }
        magazine.pop()
    }

    /// Hands out a block of a class, for `size` bytes, without a magazine.
    pub(crate) fn alloc_direct(&self, class: usize, size: usize) -> Option<NonNull<u8>> {
        self.drain_remote();
        let (pool, base) = self.pool_with_room(class).ok()?;
        let block = match self.options.scatter {
            0 => {
                let mut place = Cell::new(ptr::null_mut());
                // SAFETY: the pool's blocks begin at its base, and one of them is free.
                unsafe { pool.take(base, (&raw mut place).add(1), 1) };
                place.get()
            }
            _ => base.wrapping_add(pool.take_ranked(self.next_random())? * pool.block_size.get()),
        };
        let block = NonNull::new(block)?;
        let rest = pool.block_size.get().saturating_sub(size);
        if pool.stale.get() && pool.blocks.get() == 1 && rest >= self.geometry.pool() / 2 && !self.buries {
            // What a run has beyond the request is not to stay resident for nothing, if it is much: the pages will be
            // wanted again.
            // SAFETY: the rest lies inside the block, which nobody uses yet (A4).
            unsafe { self.shared.raw.purge(block.add(size), rest) };
        }
        if self.options.poison {
            // SAFETY: the block was free until now, and is as long as its class says (A4, A9).
            unsafe { poison::hand_out(block, pool.block_size.get()) };
        }
        Some(block)
    }

    /// Returns the next random number (xorshift, for where blocks are placed).
    fn next_random(&self) -> usize {
        let mut state = self.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        (state >> 16) as usize
    }

    /// Returns a pool of a class that has a free block, and where its blocks begin.
    pub(crate) fn pool_with_room(&self, class: usize) -> Result<(&PoolHeader, *mut u8), OutOfMemory> {
        loop {
            let pool = self.used_pools[class].get();
            if pool.is_null() {
                self.add_pool(class)?;
                continue;
            }
            // SAFETY: linked pools are mapped, and their blocks begin at their base (A3).
            let (header, base) = unsafe { (&*pool, base_of(pool, self.pool_shift)) };
            if header.used.get() < header.blocks.get() {
                return Ok((header, base));
            }
            // SAFETY: it is linked in this class, and full.
            unsafe { self.unlink(pool) };
        }
    }

    /// Gets the class a pool with free blocks: see the picture in `allocator.rs` for where from.
    fn add_pool(&self, class: usize) -> Result<(), OutOfMemory> {
        let dirty = self.arenas.dirty_pools.get() >= self.geometry.units(class);
        if !dirty && self.arenas.used_pools.get() <= SMALL_HEAP {
            self.free_idle_pools();
        }
        loop {
            if let Some(pool) = self.arenas.take_pool(&self.geometry, class) {
                // SAFETY: the pool is fresh from its arena, in no list.
                unsafe { self.begin_pool(pool.as_ptr()) };
                return Ok(());
            }
            if self.reclaim_empty_pools() == 0 {
                self.arenas.grow(&self.geometry, &self.shared, self.owner.get())?;
                self.count_mapped(self.geometry.arena());
            }
        }
    }

    /// Takes back the pools that nothing but magazines of large blocks keeps from being empty: their pages have been touched,
    /// which those of a fresh one have not. What grows through all classes, as a list does, leaves such pools behind.
    fn free_idle_pools(&self) {
        for class in
            self.geometry.class_of(ROOMY).into_iter().flat_map(|first| first..self.geometry.classes())
        {
            if !self.waiting(class).is_empty() {
                self.flush(class, usize::MAX);
            }
        }
        self.reclaim_empty_pools();
    }

    /// Begins to use a pool.
    ///
    /// # Safety
    /// The pool is fresh from its arena, in no list.
    unsafe fn begin_pool(&self, pool: *mut PoolHeader) {
        // SAFETY: by contract; nobody uses the pool's blocks (A4).
        unsafe {
            if self.buries {
                let bytes = (*pool).blocks.get() as usize * (*pool).block_size.get();
                base_of(pool, self.pool_shift).write_bytes(poison::DEAD, bytes);
            } else if self.options.clean && !(*pool).zeros.get() {
                let (base, size) = (base_of(pool, self.pool_shift), (*pool).block_size.get());
                for number in 0..(*pool).blocks.get() as usize {
                    base.add(number * size).write_bytes(0, MIN_BLOCK);
                }
            }
            self.shared.raw.mark(
                base_of(pool, self.pool_shift),
                usize::from((*pool).units.get()) << self.pool_shift,
                (*pool).class.get() as u8 + 1,
            );
            self.link_front(pool);
        }
    }

    /// Takes back a block for which the fast path has no place.
    ///
    /// # Safety
    /// As for [`free`](Allocator::free).
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn free_slow(&self, ptr: NonNull<u8>, size: Option<usize>) {
        // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
        unsafe {
            let shift = (*ArenaHeader::of(ptr.as_ptr())).pool_shift.get();
            if shift == 0 {
                // Zeros: a slot that was given back.
                self.corrupt(ptr, "double free");
            }
            let pool = pool_of(ptr.as_ptr(), shift);
            let class = (*pool).class.get();
            if self.options.poison {
                poison::take_back(ptr, pool, shift, size);
            }
            if class == CLASS_LARGE {
                return self.free_large(pool);
            }
            if class == CLASS_NONE {
                self.corrupt(ptr, "double free");
            }
            let class = usize::from(class);
            let magazine = &self.magazines[class + 1];
            if magazine.push(ptr) {
                return;
            }
            if magazine.exists() {
                self.flush(class, usize::from(self.capacities[class].get()).div_ceil(2));
                if magazine.push(ptr) {
                    return;
                }
            }
            self.give(&[Cell::new(ptr.as_ptr())]);
        }
    }

    /// Says that the program has spoilt the heap. The process's allocator may not unwind: there it is the end.
    ///
    /// # Panics
    /// Always, in a heap of one's own.
    #[cold]
    pub(crate) fn corrupt(&self, block: NonNull<u8>, what: &str) -> ! {
        match self.shared {
            Home::Counted(_) => panic!("{what}: block {block:p}"),
            Home::Forever(_) => fatal::end(format_args!("{what}: block {block:p}")),
        }
    }

    /// Moves a pool that was full, or is now empty, to where it belongs.
    ///
    /// # Safety
    /// The pool is this allocator's, of a size class, and has just got a block back.
    #[inline]
    pub(crate) unsafe fn settle(&self, pool: *mut PoolHeader) {
        // SAFETY: a pool with blocks is mapped (A3).
        let header = unsafe { &*pool };
        if !header.linked.get() {
            // SAFETY: it is in no list: it was full.
            unsafe { self.link_front(pool) };
        }
        if header.used.get() == 0 && (header.next.get() != pool || header.blocks.get() == 1) {
            // SAFETY: it is linked and has no block in use.
            unsafe { self.retire(pool) };
            self.returned.set(self.returned.get() + 1);
            if self.returned.get() >= RECLAIM_EVERY {
                self.returned.set(0);
                self.reclaim_empty_pools();
            }
            self.retain();
        }
    }

    /// Takes the empty pools of all classes back to their arenas; returns how many there were.
    pub(crate) fn reclaim_empty_pools(&self) -> usize {
        let mut reclaimed = 0;
        for first in &self.used_pools[..self.geometry.classes()] {
            // SAFETY: linked pools are mapped (A3), and so are their neighbours in the circle.
            unsafe {
                let Some(header) = first.get().as_ref() else { continue };
                let last = header.prev.get();
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
            self.shared.raw.mark(
                base_of(pool, self.pool_shift),
                usize::from((*pool).units.get()) << self.pool_shift,
                0,
            );
            (*pool).class.set(CLASS_NONE);
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
            if next.is_null() {
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
    pub(crate) unsafe fn unlink(&self, pool: *mut PoolHeader) {
        // SAFETY: by contract; linked pools are mapped and form a circle (A6).
        unsafe {
            let first = &self.used_pools[(*pool).class.get() as usize];
            let (next, prev) = ((*pool).next.get(), (*pool).prev.get());
            (*next).prev.set(prev);
            (*prev).next.set(next);
            if first.get() == pool {
                first.set(if next == pool { ptr::null_mut() } else { next });
            }
            (*pool).linked.set(false);
        }
    }

    /// Gives back to the raw layer all that holds no live block: magazines are emptied, and blocks freed by other
    /// threads taken in, first. During a heap walk it does nothing.
    ///
    /// # Complexity
    /// Linear in the number of size classes, of remote frees and of arenas.
    pub fn trim(&self) {
        if self.walking.get() {
            return;
        }
        self.drain_remote();
        self.empty_magazines();
        self.remove_magazines();
        self.reclaim_empty_pools();
        self.release_all_free();
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
