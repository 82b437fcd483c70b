//! The one-thread private heap: its state, and the paths of `alloc` and `free`.
//!
//! ```text
//!  alloc: size ─► class ─► used_pools[class] ─► pop                     the fast path ends here
//!           └─► large        │ empty: carve virgin blocks               (pool.rs)
//!                            │ none: unlink the full pool, next one
//!                            └ no pool: remote frees, a free pool of the fullest arena, a pool that stands
//!                              empty in another class, a new arena      (arenas.rs)
//!  free:  block ─► pool ─► push
//!                            │ was full: link its pool to the front of the class
//!                            └ now empty: its pool goes back to the arena, unless it is the class's only one
//! ```
//!
//! With `poison` on, and for sizes 0 and large, `fast_max` sends every request down the unusual path, so
//! that the fast paths pay nothing for them.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use gleaner_sync::Arc;

use crate::arena::{ArenaHeader, pool_of};
use crate::arenas::Arenas;
use crate::geometry::{Geometry, MAX_CLASSES};
use crate::large;
use crate::pool::{PoolHeader, nobody};
use crate::raw::{Mmap, OutOfMemory, Raw};
use crate::remote::Shared;

/// Choices at construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Fill blocks with 0xCD when handed out and with 0xDD when freed; panic on a write after free, a double
    /// free, and a wrong size at the next chance. For tests: it makes every path slow.
    pub poison: bool,
}

/// The private heap of one thread: bytes in arenas, pools and blocks.
///
/// Blocks are aligned to 8 bytes, and to 16 if the size asked for is a multiple of 16 other than 0, or the
/// grain is 16, or the size is large. A request of 0 bytes gets a block of its own, too. All methods take `&self`; the allocator is
/// not `Sync`. Dropping it releases all its chunks, except those of blocks that a [`Remote`](crate::Remote) may still free.
///
/// ```
/// use gleaner_allocator::{Allocator, Geometry};
///
/// let allocator = Allocator::new(Geometry::MODERN);
/// let block = allocator.alloc(40)?;
/// // SAFETY: 40 bytes are ours from `alloc` to `free`.
/// unsafe {
///     block.as_ptr().write_bytes(7, 40);
///     allocator.free(block, 40);
/// }
/// # Ok::<(), gleaner_allocator::OutOfMemory>(())
/// ```
#[derive(Debug)]
pub struct Allocator {
    /// Sizes 1 to this take the fast paths: the largest small size, or 0 under `poison`.
    fast_max: usize,
    grain_shift: u32,
    pub(crate) pool_shift: u32,
    /// The pools of each class that may have a free block; `nobody()` if there is none.
    pub(crate) used_pools: [Cell<*mut PoolHeader>; MAX_CLASSES],
    pub(crate) geometry: Geometry,
    pub(crate) options: Options,
    pub(crate) owner: Cell<*const ()>,
    pub(crate) arenas: Arenas,
    /// The chunks of large objects, newest first, and their number.
    pub(crate) large: Cell<*mut ArenaHeader>,
    pub(crate) large_count: Cell<usize>,
    /// Bytes mapped from the raw layer now, and the most there ever were.
    pub(crate) raw_bytes: Cell<usize>,
    pub(crate) peak_raw_bytes: Cell<usize>,
    /// Pools returned to their arenas since the last reclaim.
    pub(crate) returned: Cell<u32>,
    /// Whether a heap walk is under way: no chunk is released meanwhile.
    pub(crate) walking: Cell<bool>,
    pub(crate) has_remotes: Cell<bool>,
    pub(crate) shared: Arc<Shared>,
}

// SAFETY: chunks belong to the allocator alone (A2), wherever it is; no thread's identity is kept. Blocks in the
// hands of users are theirs, and freeing one needs the allocator or a handle. The owner word is opaque here.
unsafe impl Send for Allocator {}

impl Allocator {
    /// Makes an allocator on [`Mmap`]; maps nothing until the first request.
    #[must_use]
    pub fn new(geometry: Geometry) -> Allocator {
        Allocator::with_raw(geometry, Box::new(Mmap))
    }

    /// Makes an allocator on a raw layer of the caller's.
    #[must_use]
    pub fn with_raw(geometry: Geometry, raw: Box<dyn Raw>) -> Allocator {
        Allocator::with_options(geometry, Options::default(), raw)
    }

    /// Makes an allocator with options, on a raw layer of the caller's.
    #[must_use]
    pub fn with_options(geometry: Geometry, options: Options, raw: Box<dyn Raw>) -> Allocator {
        Allocator {
            fast_max: if options.poison { 0 } else { geometry.small_max() },
            grain_shift: geometry.grain().trailing_zeros(),
            pool_shift: geometry.pool().trailing_zeros(),
            used_pools: core::array::from_fn(|_| Cell::new(nobody())),
            geometry,
            options,
            owner: Cell::new(ptr::null()),
            arenas: Arenas::new(),
            large: Cell::new(ptr::null_mut()),
            large_count: Cell::new(0),
            raw_bytes: Cell::new(0),
            peak_raw_bytes: Cell::new(0),
            returned: Cell::new(0),
            walking: Cell::new(false),
            has_remotes: Cell::new(false),
            shared: Shared::new(raw),
        }
    }

    /// Returns the geometry it was made with.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Stores a word in every chunk, present and future, where [`owner_of`](crate::owner_of) finds it.
    ///
    /// Not while another thread calls `owner_of` on a block of this allocator.
    ///
    /// # Complexity
    /// Linear in the number of chunks.
    pub fn set_owner(&self, owner: *const ()) {
        self.owner.set(owner);
        self.each_chunk(|_, header| header.owner.set(owner));
    }

    /// Returns a block of at least `size` bytes, content arbitrary.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the raw layer has no chunk for it; the allocator is as before.
    ///
    /// # Complexity
    /// Constant, for small sizes; a large one is a request to the raw layer.
    #[inline]
    pub fn alloc(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let last = size.wrapping_sub(1);
        if last >= self.fast_max {
            return self.alloc_unusual(size);
        }
        let class = last >> self.grain_shift;
        // SAFETY: sizes up to `fast_max` have at most `MAX_CLASSES` classes, by the geometry's rules; pools in
        // the classes' lists are mapped (A3), and `nobody()` is a static.
        let block = unsafe { (*self.used_pools.get_unchecked(class).get()).pop() };
        match block {
            Some(block) => Ok(block),
            None => self.alloc_from_class(class),
        }
    }

    /// Frees a block whose size the caller knows.
    ///
    /// # Safety
    /// `alloc(size)` of this allocator returned `ptr`, or `realloc` to `size`; it is live, and nobody uses it
    /// any more.
    #[inline]
    pub unsafe fn free(&self, ptr: NonNull<u8>, size: usize) {
        if size.wrapping_sub(1) >= self.fast_max {
            // SAFETY: by contract.
            return unsafe { self.free_unusual(ptr, Some(size)) };
        }
        // SAFETY: a small block lies in an arena, where pools are as the geometry says (A3).
        unsafe { self.push(ptr, self.pool_shift) };
    }

    /// Frees a block.
    ///
    /// # Safety
    /// This allocator returned `ptr`; it is live, and nobody uses it any more.
    #[inline]
    pub unsafe fn free_unsized(&self, ptr: NonNull<u8>) {
        if self.options.poison {
            // SAFETY: by contract.
            return unsafe { self.free_unusual(ptr, None) };
        }
        // SAFETY: a live block's chunk begins with its header (A3).
        unsafe { self.push(ptr, (*ArenaHeader::of(ptr.as_ptr())).pool_shift.get()) };
    }

    /// Returns the bytes that a block has room for: at least what was asked for.
    ///
    /// # Safety
    /// This allocator returned `ptr`, and it is live.
    #[inline]
    #[must_use]
    pub unsafe fn size_of_block(&self, ptr: NonNull<u8>) -> usize {
        // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
        unsafe {
            let shift = (*ArenaHeader::of(ptr.as_ptr())).pool_shift.get();
            (*pool_of(ptr.as_ptr(), shift)).block_size.get()
        }
    }

    /// Returns a block of at least `new` bytes with the content of `ptr`, as far as both reach; `ptr` is freed
    /// unless it is the one returned.
    ///
    /// A block stays in place while more than three quarters of it are used (as in CPython), or if another
    /// would be no smaller, or if it shrinks and there is no memory for another. A large block that becomes
    /// small always moves, and so does one that is not aligned as its new size must be.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the block must grow and the raw layer has nothing; `ptr` is then as before.
    ///
    /// # Safety
    /// As for [`free`](Allocator::free) with `old`, if another pointer is returned.
    pub unsafe fn realloc(
        &self,
        ptr: NonNull<u8>,
        old: usize,
        new: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        // SAFETY: by contract, the block is live.
        let room = unsafe { self.size_of_block(ptr) };
        let natural = match self.geometry.class_of(new) {
            Some(class) => self.geometry.class_size(class),
            None => large::capacity(new).ok_or(OutOfMemory { size: new })?,
        };
        // A sized free tells small from large by the size alone, so no block changes sides.
        let small_max = self.geometry.small_max();
        let same_side = (new > small_max) == (room > small_max);
        let aligned = !new.is_multiple_of(16) || ptr.addr().get().is_multiple_of(16);
        let fits = new <= room && same_side && aligned;
        if fits && (natural == room || new > room / 4 * 3) {
            return Ok(ptr);
        }
        let block = match self.alloc(new) {
            Ok(block) => block,
            Err(_) if fits => return Ok(ptr),
            Err(error) => return Err(error),
        };
        // SAFETY: both blocks are live, distinct and at least that long; the old one is then ours to free.
        unsafe {
            ptr::copy_nonoverlapping(ptr.as_ptr(), block.as_ptr(), old.min(new));
            self.free(ptr, old);
        }
        Ok(block)
    }
}
