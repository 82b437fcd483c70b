//! The header of a chunk: an arena of pools, or one large object.
//!
//! ```text
//!  chunk, at a multiple of ARENA_ALIGN
//!  ├── ArenaHeader          owner word first
//!  ├── PoolHeader 0..n      a dense table: the pool of index i has entry i
//!  ├── (rest of the pools that the header occupies)
//!  └── pools … blocks …     pool i begins at i << pool_shift
//! ```
//!
//! Pool headers stand together instead of one at the start of each pool, as they do in CPython: headers a
//! pool's size apart would all fall into the same set of the cache, and the pools stay whole.
//!
//! A large object is a chunk with one pool of `ARENA_ALIGN` bytes and one block in it, so that a pointer finds
//! its block's size without asking first what kind of chunk it is in. The block begins at [`LARGE_OFFSET`]
//! and may run on beyond the pool; only its start must be found by masking.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::geometry::{ARENA_ALIGN, Geometry};
use crate::pool::PoolHeader;

/// The header at the start of every chunk.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct ArenaHeader {
    /// What the allocator's user stored; read by [`owner_of`], hence first.
    pub(crate) owner: Cell<*const ()>,
    /// A pool's index is its offset in the chunk shifted right by this.
    pub(crate) pool_shift: Cell<u32>,
    /// How many pools can hold blocks; 0 for a large object.
    pub(crate) pools: Cell<u32>,
    /// How many of them are free.
    pub(crate) nfreepools: Cell<u32>,
    /// The index of the first pool never used so far; those from here on are free.
    pub(crate) virgin_pool: Cell<u32>,
    /// The free pools below `virgin_pool`, linked by `next`.
    pub(crate) freepools: Cell<*mut PoolHeader>,
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
}

/// Where the table of pool headers begins.
const POOLS_OFFSET: usize = size_of::<ArenaHeader>();

/// Where a large object begins.
pub(crate) const LARGE_OFFSET: usize = header_bytes(1).next_multiple_of(64);

/// The pool shift of a large object's chunk: all of the first `ARENA_ALIGN` bytes are pool 0.
pub(crate) const LARGE_SHIFT: u32 = ARENA_ALIGN.trailing_zeros();

// Arena headers are found by masking, so tables must stay in front of the first pool.
const _: () = assert!(size_of::<ArenaHeader>() == 128 && size_of::<PoolHeader>() == 48);

/// Returns the bytes that a chunk header with a table of `pools` entries takes.
pub(crate) const fn header_bytes(pools: usize) -> usize {
    POOLS_OFFSET + pools * size_of::<PoolHeader>()
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
    pub(crate) unsafe fn arena(chunk: NonNull<u8>, geometry: &Geometry) -> NonNull<ArenaHeader> {
        let pools = geometry.pools_per_arena() as u32;
        let header = ArenaHeader {
            pool_shift: Cell::new(geometry.pool().trailing_zeros()),
            pools: Cell::new(pools),
            nfreepools: Cell::new(pools),
            virgin_pool: Cell::new(geometry.header_pools() as u32),
            ..ArenaHeader::large(geometry.arena())
        };
        let arena = chunk.cast::<ArenaHeader>();
        // SAFETY: the chunk is ours and longer than a header (by the geometry's rules).
        unsafe { arena.write(header) };
        arena
    }

    /// Returns the header of a large object's chunk of `size` bytes.
    pub(crate) const fn large(size: usize) -> ArenaHeader {
        ArenaHeader {
            owner: Cell::new(ptr::null()),
            pool_shift: Cell::new(LARGE_SHIFT),
            pools: Cell::new(0),
            nfreepools: Cell::new(0),
            virgin_pool: Cell::new(0),
            freepools: Cell::new(ptr::null_mut()),
            size: Cell::new(size),
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            usable_next: Cell::new(ptr::null_mut()),
            usable_prev: Cell::new(ptr::null_mut()),
            outstanding: Cell::new(0),
        }
    }
}

/// Returns the header of the pool that a block lies in, given the shift of its chunk. Reads nothing.
///
/// # Safety
/// `block` was handed out by an allocator and its chunk is mapped; `shift` is that chunk's `pool_shift`.
#[inline(always)]
pub(crate) unsafe fn pool_of(block: *mut u8, shift: u32) -> *mut PoolHeader {
    let index = (block.addr() & (ARENA_ALIGN - 1)) >> shift;
    // SAFETY: the block's chunk begins with a header and a table with an entry for each index (A3), and the
    // pointer may be used for all of its chunk (A1).
    unsafe { pool_at(ArenaHeader::of(block).cast_mut(), index) }
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
