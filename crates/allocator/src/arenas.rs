//! The arenas of one allocator: which exist, and which have free pools.
//!
//! `usable_arenas` is CPython's idea: new pools come from the *fullest* arena that has one, so that the others
//! get a chance to empty. CPython keeps one sorted list; here there is one list for each number of free pools
//! and a word that tells which lists are not empty, so that the fullest usable arena is one bit operation
//! away. Free pools that were in use before are preferred to fresh ones: their pages are there. What becomes of pages
//! that nobody needs is decided in `retention.rs`.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::arena::{ArenaHeader, bitmap_at, pool_at};
use crate::geometry::{Geometry, MAX_POOLS};
use crate::pool::{CLASS_NONE, PoolHeader};
use crate::raw::{OutOfMemory, Raw};
use crate::remote::Shared;

/// How many arenas of one list are asked for a span, before a new arena is mapped.
const TRIES: usize = 4;

/// All arenas of one allocator.
#[derive(Debug)]
pub(crate) struct Arenas {
    /// All arenas, newest first.
    pub(crate) all: Cell<*mut ArenaHeader>,
    /// `usable[n - 1]`: the arenas with `n` free pools.
    pub(crate) usable: [Cell<*mut ArenaHeader>; MAX_POOLS],
    /// Bit `n - 1` is set if `usable[n - 1]` is not empty.
    pub(crate) occupied: Cell<u64>,
    /// How many arenas there are, and how many of them have no pool in use.
    pub(crate) count: Cell<usize>,
    pub(crate) free: Cell<usize>,
    /// How many pools are in use.
    pub(crate) used_pools: Cell<usize>,
    /// How many free pools may have been written to.
    pub(crate) dirty_pools: Cell<usize>,
    /// How many free pools were taken that had not been written to, since arenas were given away last.
    pub(crate) fresh_pools: Cell<usize>,
}

impl Arenas {
    pub(crate) const fn new() -> Arenas {
        Arenas {
            all: Cell::new(ptr::null_mut()),
            usable: [const { Cell::new(ptr::null_mut()) }; MAX_POOLS],
            occupied: Cell::new(0),
            count: Cell::new(0),
            free: Cell::new(0),
            used_pools: Cell::new(0),
            dirty_pools: Cell::new(0),
            fresh_pools: Cell::new(0),
        }
    }

    /// Maps one more arena.
    pub(crate) fn grow(
        &self,
        geometry: &Geometry,
        shared: &Shared,
        owner: *const (),
    ) -> Result<(), OutOfMemory> {
        let chunk = shared.raw.map(geometry.arena())?;
        // SAFETY: the raw layer has just given us this chunk, of this size and aligned (A2).
        let arena = unsafe { ArenaHeader::arena(chunk, geometry, shared) };
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

    /// Takes a pool, or as many side by side as the class needs, from the fullest arena that has them, and prepares
    /// the first for blocks of that class.
    pub(crate) fn take_pool(&self, geometry: &Geometry, class: usize) -> Option<NonNull<PoolHeader>> {
        let units = geometry.units(class);
        let (arena, index) = self.find(units)?;
        // SAFETY: listed arenas are mapped and begin with their header and table (A3); the pools found are free, so
        // nobody uses them or their bitmaps, and they lie in the arena.
        unsafe {
            let header = &*arena;
            self.unlink_usable(arena);
            if header.is_free() {
                self.free.set(self.free.get() - 1);
            }
            let mask = run(units) << index;
            let dirty = (header.dirty.get() & mask).count_ones() as usize;
            self.used_pools.set(self.used_pools.get() + units);
            self.dirty_pools.set(self.dirty_pools.get() - dirty);
            self.fresh_pools.set(self.fresh_pools.get() + units - dirty);
            header.free.set(header.free.get() & !mask);
            header.dirty.set(header.dirty.get() & !mask);
            let zeros = header.zeros.get() & mask == mask;
            header.zeros.set(header.zeros.get() & !mask);
            self.link_usable(arena);
            for behind in 1..units {
                (*pool_at(arena, index + behind)).behind.set(behind as u8);
            }
            let pool = pool_at(arena, index);
            let size = geometry.class_size(class);
            let shift = header.pool_shift.get();
            let bits = bitmap_at(arena, geometry.arena() >> shift, shift, index);
            (*pool).stale.set(dirty > 0);
            (*pool).zeros.set(zeros);
            (*pool).begin(bits, class as u16, size, units * geometry.pool() / size, units as u8);
            Some(NonNull::new_unchecked(pool))
        }
    }

    /// Finds `units` free pools side by side: such as have been written to, if there are any, in the fullest arena that
    /// has them.
    fn find(&self, units: usize) -> Option<(*mut ArenaHeader, usize)> {
        let dirty = self.dirty_pools.get() >= units;
        let found = dirty.then(|| self.find_in(units, |header| header.dirty.get())).flatten();
        found.or_else(|| self.find_in(units, |header| header.free.get()))
    }

    /// Finds `units` pools side by side among those that `choose` chooses of each arena, in the fullest that has them.
    fn find_in(
        &self,
        units: usize,
        choose: impl Fn(&ArenaHeader) -> u64,
    ) -> Option<(*mut ArenaHeader, usize)> {
        let mut lists = self.occupied.get() & (u64::MAX << (units - 1));
        while lists != 0 {
            let mut arena = self.usable[lists.trailing_zeros() as usize].get();
            lists &= lists - 1;
            let mut tries = TRIES;
            // SAFETY: listed arenas are mapped and begin with their header (A3).
            while let Some(header) = unsafe { arena.as_ref() } {
                let run = starts(choose(header), units);
                if run != 0 {
                    return Some((arena, run.trailing_zeros() as usize));
                }
                tries -= 1;
                if tries == 0 {
                    break;
                }
                arena = header.usable_next.get();
            }
        }
        None
    }

    /// Takes back a pool, or span, without blocks in use.
    ///
    /// # Safety
    /// The pool was taken from one of these arenas, has no block in use and is in no list.
    pub(crate) unsafe fn return_pool(&self, pool: NonNull<PoolHeader>) {
        let arena = ArenaHeader::of(pool.as_ptr().cast()).cast_mut();
        // SAFETY: the pool's table entry lies in its chunk, which begins with the header (A3); the arena is in the
        // list of its number of free pools, if that is not 0 (A6).
        unsafe {
            let (header, first) = (&*arena, pool.as_ref());
            let (index, units) = (usize::from(first.index.get()), usize::from(first.units.get()));
            for unit in index..index + units {
                pool_at(arena, unit).write(PoolHeader::unused(unit as u8));
            }
            debug_assert_eq!(first.class.get(), CLASS_NONE);
            self.unlink_usable(arena);
            let mask = run(units) << index;
            header.free.set(header.free.get() | mask);
            header.dirty.set(header.dirty.get() | mask);
            self.used_pools.set(self.used_pools.get() - units);
            self.dirty_pools.set(self.dirty_pools.get() + units);
            self.link_usable(arena);
            if header.is_free() {
                self.free.set(self.free.get() + 1);
            }
        }
    }

    /// Gives wholly free arenas back to the raw layer; returns their bytes.
    pub(crate) fn release_free(&self, raw: &dyn Raw) -> usize {
        let mut bytes = 0;
        let mut arena = self.all.get();
        // SAFETY: listed arenas are mapped (A3); the link is read before its arena goes.
        while let Some(header) = unsafe { arena.as_ref() } {
            let next = header.next.get();
            if header.is_free() {
                self.free.set(self.free.get() - 1);
                self.count.set(self.count.get() - 1);
                self.dirty_pools.set(self.dirty_pools.get() - header.dirty.get().count_ones() as usize);
                // SAFETY: the arena is in both lists (A6); none of its pools is in use, so nobody reaches it once it
                // is in no list.
                unsafe {
                    self.unlink_usable(arena);
                    remove(&self.all, arena);
                    bytes += release(arena, raw);
                }
            }
            arena = next;
        }
        bytes
    }

    /// Has the raw layer take back the pages of all free pools that may have been written to.
    pub(crate) fn purge(&self, geometry: &Geometry, raw: &dyn Raw) {
        let mut arena = self.all.get();
        // SAFETY: listed arenas are mapped and begin with their header (A3).
        while let Some(header) = unsafe { arena.as_ref() } {
            let mut dirty = header.dirty.replace(0);
            while dirty != 0 {
                let index = dirty.trailing_zeros();
                let pools = (dirty >> index).trailing_ones();
                let mask = run(pools as usize) << index;
                dirty &= !mask;
                // SAFETY: free pools lie inside the arena (A3), and nobody uses them.
                unsafe {
                    let start = arena.cast::<u8>().add((index as usize) * geometry.pool());
                    if raw.purge(NonNull::new_unchecked(start), pools as usize * geometry.pool()) {
                        header.zeros.set(header.zeros.get() | mask);
                    }
                }
            }
            arena = header.next.get();
        }
        self.dirty_pools.set(0);
    }

    /// Puts an arena into the list for its number of free pools.
    ///
    /// # Safety
    /// The arena is mapped and in no such list.
    unsafe fn link_usable(&self, arena: *mut ArenaHeader) {
        // SAFETY: by contract; the neighbours are listed, hence mapped (A3).
        unsafe {
            let Some(list) = (*arena).free_pools().checked_sub(1) else { return };
            let head = self.usable[list].get();
            (*arena).usable_prev.set(ptr::null_mut());
            (*arena).usable_next.set(head);
            if !head.is_null() {
                (*head).usable_prev.set(arena);
            }
            self.usable[list].set(arena);
            self.occupied.set(self.occupied.get() | 1 << list);
        }
    }

    /// Takes an arena out of the list for its number of free pools.
    ///
    /// # Safety
    /// The arena is in that list, or has no free pool.
    unsafe fn unlink_usable(&self, arena: *mut ArenaHeader) {
        // SAFETY: by contract; the neighbours are listed, hence mapped (A3).
        unsafe {
            let Some(list) = (*arena).free_pools().checked_sub(1) else { return };
            let (next, prev) = ((*arena).usable_next.get(), (*arena).usable_prev.get());
            if !next.is_null() {
                (*next).usable_prev.set(prev);
            }
            match prev.is_null() {
                true => self.usable[list].set(next),
                false => (*prev).usable_next.set(next),
            }
            if self.usable[list].get().is_null() {
                self.occupied.set(self.occupied.get() & !(1 << list));
            }
        }
    }
}

/// Returns `pools` ones.
fn run(pools: usize) -> u64 {
    u64::MAX >> (64 - pools)
}

/// Returns a bit for each pool with which `units` pools of a set begin, side by side.
fn starts(set: u64, units: usize) -> u64 {
    (1..units).fold(set, |starts, unit| starts & set >> unit)
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
        (*chunk).unseal();
        if (*chunk).pools.get() > 0 {
            // Pools may be in use, when their heap ends.
            raw.mark(chunk.cast(), size, 0);
        }
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
