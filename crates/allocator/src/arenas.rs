//! The arenas of one allocator: which exist, and which have free pools.
//!
//! `usable_arenas` is CPython's idea: new pools come from the *fullest* arena that has one, so that the others
//! get a chance to empty. CPython keeps one sorted list; here there is one list for each number of free pools
//! and a word that tells which lists are not empty, so that the fullest usable arena is one bit operation
//! away. An arena that empties is kept while there are at most [`KEPT`] such, then goes back to the raw layer.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::arena::{ArenaHeader, pool_at};
use crate::geometry::{Geometry, MAX_POOLS};
use crate::pool::{CLASS_NONE, PoolHeader};
use crate::raw::{OutOfMemory, Raw};

/// How many wholly free arenas an allocator keeps for itself.
pub(crate) const KEPT: usize = 4;

/// All arenas of one allocator.
#[derive(Debug)]
pub(crate) struct Arenas {
    /// All arenas, newest first.
    pub(crate) all: Cell<*mut ArenaHeader>,
    /// `usable[n]`: the arenas with `n` free pools, n > 0.
    pub(crate) usable: [Cell<*mut ArenaHeader>; MAX_POOLS],
    /// Bit `n` is set if `usable[n]` is not empty.
    pub(crate) occupied: Cell<u64>,
    /// How many arenas there are, and how many of them have no pool in use.
    pub(crate) count: Cell<usize>,
    pub(crate) free: Cell<usize>,
}

impl Arenas {
    pub(crate) const fn new() -> Arenas {
        Arenas {
            all: Cell::new(ptr::null_mut()),
            usable: [const { Cell::new(ptr::null_mut()) }; MAX_POOLS],
            occupied: Cell::new(0),
            count: Cell::new(0),
            free: Cell::new(0),
        }
    }

    /// Maps one more arena.
    pub(crate) fn grow(
        &self,
        geometry: &Geometry,
        raw: &dyn Raw,
        owner: *const (),
    ) -> Result<(), OutOfMemory> {
        let chunk = raw.map(geometry.arena())?;
        // SAFETY: the raw layer has just given us this chunk, of this size and aligned (A2).
        let arena = unsafe { ArenaHeader::arena(chunk, geometry) };
        // SAFETY: the header was written right above; it stays valid while the chunk is ours (A3).
        unsafe { arena.as_ref() }.owner.set(owner);
        self.count.set(self.count.get() + 1);
        self.free.set(self.free.get() + 1);
        // SAFETY: the arena is new, so in no list (A3).
        unsafe {
            push(&self.all, arena.as_ptr());
            self.link_usable(arena.as_ptr());
        }
        Ok(())
    }

    /// Takes a free pool from the fullest usable arena and prepares it for blocks of `block_size`.
    pub(crate) fn take_pool(&self, class: u16, block_size: usize) -> Option<NonNull<PoolHeader>> {
        let fullest = self.occupied.get().trailing_zeros() as usize;
        let arena = NonNull::new(self.usable.get(fullest)?.get())?;
        // SAFETY: listed arenas are mapped and begin with their header (A3).
        let header = unsafe { arena.as_ref() };
        // SAFETY: bucket `fullest` > 0 lists it, so it has a free pool: one in `freepools`, or the virgin one;
        // both lie in its table (A3).
        let pool = unsafe {
            self.unlink_usable(arena.as_ptr());
            match NonNull::new(header.freepools.get()) {
                Some(pool) => {
                    header.freepools.set(pool.as_ref().next.get());
                    pool.write(PoolHeader::new(block_size, class, pool.as_ref().index.get()));
                    pool
                }
                None => {
                    let index = header.virgin_pool.get();
                    header.virgin_pool.set(index + 1);
                    let pool = NonNull::new_unchecked(pool_at(arena.as_ptr(), index as usize));
                    pool.write(PoolHeader::new(block_size, class, index as u8));
                    pool
                }
            }
        };
        if header.nfreepools.get() == header.pools.get() {
            self.free.set(self.free.get() - 1);
        }
        header.nfreepools.set(header.nfreepools.get() - 1);
        // SAFETY: it was unlinked above.
        unsafe { self.link_usable(arena.as_ptr()) };
        Some(pool)
    }

    /// Takes back a pool without blocks in use.
    ///
    /// # Safety
    /// The pool was taken from one of these arenas, has no block in use and is in no list.
    pub(crate) unsafe fn return_pool(&self, pool: NonNull<PoolHeader>) {
        let arena = ArenaHeader::of(pool.as_ptr().cast()).cast_mut();
        // SAFETY: the pool's table entry lies in its chunk, which begins with the header (A3).
        let (header, pool_header) = unsafe { (&*arena, pool.as_ref()) };
        pool_header.class.set(CLASS_NONE);
        pool_header.next.set(header.freepools.get());
        header.freepools.set(pool.as_ptr());
        // SAFETY: the arena is in the list of its number of free pools, if that is not 0 (A6).
        unsafe {
            self.unlink_usable(arena);
            header.nfreepools.set(header.nfreepools.get() + 1);
            self.link_usable(arena);
        }
        if header.nfreepools.get() == header.pools.get() {
            self.free.set(self.free.get() + 1);
        }
    }

    /// Gives wholly free arenas back to the raw layer until at most `keep` are left; returns their bytes.
    pub(crate) fn release_free(&self, keep: usize, geometry: &Geometry, raw: &dyn Raw) -> usize {
        let mut bytes = 0;
        while self.free.get() > keep {
            let arena = self.usable[geometry.pools_per_arena()].get();
            self.free.set(self.free.get() - 1);
            self.count.set(self.count.get() - 1);
            // SAFETY: an arena with all pools free is in that list and in the list of all (A6); no block in it
            // is in use, so nobody reaches it once it is in no list.
            unsafe {
                self.unlink_usable(arena);
                remove(&self.all, arena);
                bytes += release(arena, raw);
            }
        }
        bytes
    }

    /// Puts an arena into the list for its number of free pools.
    ///
    /// # Safety
    /// The arena is mapped and in no such list.
    unsafe fn link_usable(&self, arena: *mut ArenaHeader) {
        // SAFETY: by contract; the neighbours are listed, hence mapped (A3).
        unsafe {
            let n = (*arena).nfreepools.get() as usize;
            if n == 0 {
                return;
            }
            let head = self.usable[n].get();
            (*arena).usable_prev.set(ptr::null_mut());
            (*arena).usable_next.set(head);
            if !head.is_null() {
                (*head).usable_prev.set(arena);
            }
            self.usable[n].set(arena);
            self.occupied.set(self.occupied.get() | 1 << n);
        }
    }

    /// Takes an arena out of the list for its number of free pools.
    ///
    /// # Safety
    /// The arena is in that list, or has no free pool.
    unsafe fn unlink_usable(&self, arena: *mut ArenaHeader) {
        // SAFETY: by contract; the neighbours are listed, hence mapped (A3).
        unsafe {
            let n = (*arena).nfreepools.get() as usize;
            if n == 0 {
                return;
            }
            let (next, prev) = ((*arena).usable_next.get(), (*arena).usable_prev.get());
            if !next.is_null() {
                (*next).usable_prev.set(prev);
            }
            match prev.is_null() {
                true => self.usable[n].set(next),
                false => (*prev).usable_next.set(next),
            }
            if self.usable[n].get().is_null() {
                self.occupied.set(self.occupied.get() & !(1 << n));
            }
        }
    }
}

/// Puts a chunk at the front of a list of all chunks of its kind.
///
/// # Safety
/// The chunk and those listed are mapped, and it is in no such list.
pub(crate) unsafe fn push(list: &Cell<*mut ArenaHeader>, chunk: *mut ArenaHeader) {
    let head = list.get();
    // SAFETY: by contract.
    unsafe {
        (*chunk).prev.set(ptr::null_mut());
        (*chunk).next.set(head);
        if !head.is_null() {
            (*head).prev.set(chunk);
        }
    }
    list.set(chunk);
}

/// Takes a chunk out of a list of all chunks of its kind.
///
/// # Safety
/// The chunk is in this list, whose chunks are mapped.
pub(crate) unsafe fn remove(list: &Cell<*mut ArenaHeader>, chunk: *mut ArenaHeader) {
    // SAFETY: by contract.
    unsafe {
        let (next, prev) = ((*chunk).next.get(), (*chunk).prev.get());
        if !next.is_null() {
            (*next).prev.set(prev);
        }
        match prev.is_null() {
            true => list.set(next),
            false => (*prev).next.set(next),
        }
    }
}

/// Gives a chunk back to the raw layer; returns its bytes.
///
/// # Safety
/// The chunk came from `raw`, is in no list any more, and nobody uses a block of it.
pub(crate) unsafe fn release(chunk: *mut ArenaHeader, raw: &dyn Raw) -> usize {
    // SAFETY: by contract; its header knows the size it was mapped with (A3).
    unsafe {
        let size = (*chunk).size.get();
        raw.unmap(NonNull::new_unchecked(chunk.cast()), size);
        size
    }
}

/// Gives all chunks of a list back to the raw layer.
///
/// # Safety
/// They came from `raw`, and nobody uses a block of them.
pub(crate) unsafe fn release_all(list: &Cell<*mut ArenaHeader>, raw: &dyn Raw) {
    let mut chunk = list.replace(ptr::null_mut());
    while !chunk.is_null() {
        // SAFETY: by contract; the link is read before its chunk goes.
        unsafe {
            let next = (*chunk).next.get();
            release(chunk, raw);
            chunk = next;
        }
    }
}
