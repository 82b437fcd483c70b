//! The header of a chunk: an arena of pools, or one large object.
//!
//! ```text
//!  chunk, at a multiple of ARENA_ALIGN
//!  ├── ArenaHeader          owner word first, then the user's note
//!  ├── PoolHeader 0..n      a dense table: the pool of index i has entry i
//!  ├── bitmap 0..n          of pool i's free blocks
//!  ├── (rest of the pools that all this occupies)
//!  └── pools … blocks …     pool i begins at i << pool_shift
//! ```
//!
//! Pool headers stand together instead of one at the start of each pool, as they do in CPython: headers a
//! pool's size apart would all fall into the same set of the cache, and the pools stay whole.
//!
//! Which pools are free, which of these were written to since they came from the system, and which of these hold zeros,
//! are three words: a span of several pools, or the stretches to give back, are a few shifts away.
//!
//! A large object is a chunk with one pool of `ARENA_ALIGN` bytes and one block in it, so that a pointer finds
//! its block's size without asking first what kind of chunk it is in. The block begins at [`LARGE_OFFSET`]
//! and may run on beyond the pool; only its start must be found by masking.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

use crate::geometry::{ARENA_ALIGN, Geometry};
use crate::pool::{MIN_BLOCK, PoolHeader};
use crate::raw::Chunk;
use crate::remote::Shared;

/// The header at the start of every chunk.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct ArenaHeader {
    /// What the allocator's user stored; read by [`owner_of`], hence first.
    pub(crate) owner: Cell<*const ()>,
    /// Another word of the user's, for this chunk alone: null at first, carried and not understood.
    pub(crate) note: Cell<*mut ()>,
    /// What the chunk's allocator shares with other threads. Written once, before the first block is handed out.
    pub(crate) home: Cell<*const Shared>,
    /// A pool's index is its offset in the chunk shifted right by this.
    pub(crate) pool_shift: Cell<u32>,
    /// How many pools can hold blocks; 0 for a large object.
    pub(crate) pools: Cell<u32>,
    /// The pools that are free, a bit each, those of them that may have been written to, and those known to hold zeros.
    pub(crate) free: Cell<u64>,
    pub(crate) dirty: Cell<u64>,
    pub(crate) zeros: Cell<u64>,
    /// The bytes of the chunk, as asked from the raw layer.
    pub(crate) size: Cell<usize>,
    /// Neighbours in the list of all chunks of this kind.
    pub(crate) next: Cell<*mut ArenaHeader>,
    pub(crate) prev: Cell<*mut ArenaHeader>,
    /// Neighbours in the list of usable arenas with as many free pools.
    pub(crate) usable_next: Cell<*mut ArenaHeader>,
    pub(crate) usable_prev: Cell<*mut ArenaHeader>,
    /// Live blocks; counted only once the owner is gone (see `remote.rs`).
    pub(crate) outstanding: Cell<usize>,
    /// Says that this is a header, and no memory that looks like one.
    seal: Cell<usize>,
}

/// What the seal of a header is, apart from its address.
const SEAL: usize = 0x676C_6561_6E65_7221;

/// Where the table of pool headers begins.
const POOLS_OFFSET: usize = size_of::<ArenaHeader>();

/// Where a large object begins.
pub(crate) const LARGE_OFFSET: usize = (POOLS_OFFSET + size_of::<PoolHeader>()).next_multiple_of(64);

/// The pool shift of a large object's chunk: all of the first `ARENA_ALIGN` bytes are pool 0.
pub(crate) const LARGE_SHIFT: u32 = ARENA_ALIGN.trailing_zeros();

// A heap looks for its two words where a chunk begins.
const _: () = assert!(offset_of!(ArenaHeader, owner) == 0);
const _: () = assert!(offset_of!(ArenaHeader, note) == size_of::<*const ()>());

// Arena headers are found by masking, so tables must stay in front of the first pool.
const _: () = assert!(size_of::<ArenaHeader>() == 128 && size_of::<PoolHeader>() == 64);

/// Returns the bytes that a chunk header with a table of `pools` entries, for pools of `pool` bytes, takes.
pub(crate) const fn header_bytes(pools: usize, pool: usize) -> usize {
    POOLS_OFFSET + pools * (size_of::<PoolHeader>() + bitmap_words(pool) * 8)
}

/// Returns the words of the bitmap of a pool of `pool` bytes.
const fn bitmap_words(pool: usize) -> usize {
    (pool / MIN_BLOCK).div_ceil(64)
}

impl ArenaHeader {
    /// Returns the header of the chunk that a block lies in. Only an address: it reads nothing.
    #[inline(always)]
    #[must_use]
    pub fn of(ptr: *const u8) -> *const ArenaHeader {
        ptr.map_addr(|address| address & !(ARENA_ALIGN - 1)).cast()
    }

    /// Returns the word that the owner of the chunk stored.
    #[inline(always)]
    pub fn owner(&self) -> *const () {
        self.owner.get()
    }

    /// Begins the life of a chunk of `size` bytes as an arena without a pool in use.
    ///
    /// # Safety
    /// `chunk` is exclusively the caller's, `size` = `geometry.arena()` bytes long and aligned to `ARENA_ALIGN`.
    pub(crate) unsafe fn arena(
        chunk: Chunk,
        geometry: &Geometry,
        home: *const Shared,
    ) -> NonNull<ArenaHeader> {
        let total = geometry.arena() / geometry.pool();
        let all = if total == 64 { u64::MAX } else { (1 << total) - 1 };
        let free = all & (u64::MAX << geometry.header_pools());
        let header = ArenaHeader {
            pool_shift: Cell::new(geometry.pool().trailing_zeros()),
            pools: Cell::new(geometry.pools_per_arena() as u32),
            free: Cell::new(free),
            zeros: Cell::new(if chunk.zeros { free } else { 0 }),
            ..ArenaHeader::large(geometry.arena(), home)
        };
        let arena = chunk.start.cast::<ArenaHeader>();
        // SAFETY: the chunk is ours and longer than a header and its table (by the geometry's rules).
        unsafe {
            arena.write(header);
            arena.as_ref().seal();
            for index in 0..total {
                pool_at(arena.as_ptr(), index).write(PoolHeader::unused(index as u8));
            }
        }
        arena
    }

    /// Returns the header of a large object's chunk of `size` bytes.
    pub(crate) const fn large(size: usize, home: *const Shared) -> ArenaHeader {
        ArenaHeader {
            owner: Cell::new(ptr::null()),
            note: Cell::new(ptr::null_mut()),
            home: Cell::new(home),
            pool_shift: Cell::new(LARGE_SHIFT),
            pools: Cell::new(0),
            free: Cell::new(0),
            dirty: Cell::new(0),
            zeros: Cell::new(0),
            size: Cell::new(size),
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            usable_next: Cell::new(ptr::null_mut()),
            usable_prev: Cell::new(ptr::null_mut()),
            outstanding: Cell::new(0),
            seal: Cell::new(0),
        }
    }

    /// Notes that a header stands here.
    pub(crate) fn seal(&self) {
        self.seal.set(ptr::from_ref(self).addr() ^ SEAL);
    }

    /// Notes that none stands here any more.
    pub(crate) fn unseal(&self) {
        self.seal.set(0);
    }

    /// Returns whether a header stands here.
    pub(crate) fn is_sealed(&self) -> bool {
        self.seal.get() == ptr::from_ref(self).addr() ^ SEAL
    }

    /// Returns how many pools of an arena its header occupies.
    pub(crate) fn header_pools(&self) -> usize {
        (self.size.get() >> self.pool_shift.get()) - self.pools.get() as usize
    }

    /// Returns how many pools are free.
    #[inline]
    pub(crate) fn free_pools(&self) -> usize {
        self.free.get().count_ones() as usize
    }

    /// Returns whether no pool is in use.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.free_pools() == self.pools.get() as usize
    }
}

/// Returns where the bitmap of a pool is.
///
/// # Safety
/// The arena is mapped, of `pools` pools of `1 << shift` bytes, and `index` is one of them.
pub(crate) unsafe fn bitmap_at(arena: *mut ArenaHeader, pools: usize, shift: u32, index: usize) -> *mut u64 {
    let offset = POOLS_OFFSET + pools * size_of::<PoolHeader>() + index * bitmap_words(1 << shift) * 8;
    // SAFETY: bitmaps follow the table and lie in front of the first pool (A3).
    unsafe { arena.cast::<u8>().add(offset).cast() }
}

/// Returns the header of the pool or span that a block lies in, given the shift of its chunk.
///
/// # Safety
/// `block` was handed out by an allocator and its chunk is mapped; `shift` is that chunk's `pool_shift`.
#[inline(always)]
pub(crate) unsafe fn pool_of(block: *mut u8, shift: u32) -> *mut PoolHeader {
    let index = (block.addr() & (ARENA_ALIGN - 1)) >> shift;
    // SAFETY: the block's chunk begins with a header and a table with an entry for each index (A3), and the
    // pointer may be used for all of its chunk (A1). A span's header stands before its other pools.
    unsafe {
        let pool = pool_at(ArenaHeader::of(block).cast_mut(), index);
        pool.sub(usize::from((*pool).behind.get()))
    }
}

/// Returns entry `index` of a chunk's table of pool headers.
///
/// # Safety
/// The chunk is mapped, and `index` is one of its pools.
#[inline(always)]
pub(crate) unsafe fn pool_at(arena: *mut ArenaHeader, index: usize) -> *mut PoolHeader {
    // SAFETY: the table follows the header and has an entry for each pool (A3).
    unsafe { arena.add(1).cast::<PoolHeader>().add(index) }
}

/// Returns the word that the owner of a block stored with [`Allocator::set_owner`](crate::Allocator::set_owner):
/// a mask and a load.
///
/// # Safety
/// `ptr` points to the start of a live block of an allocator of this crate (into its first byte at least), or
/// anywhere into a live small block.
#[inline(always)]
#[must_use]
pub unsafe fn owner_of(ptr: *const u8) -> *const () {
    // SAFETY: a live block's chunk is mapped and begins with its header (A3), and the pointer may be used for
    // all of its chunk (A1).
    unsafe { (*ArenaHeader::of(ptr)).owner() }
}
