//! The private heap of one thread: its state, and the paths of `alloc` and `free`.
//!
//! ```text
//!  alloc: size ─► class ─► magazine ─► pop                              the fast path ends here
//!           │                 └ empty: half a magazine from the pools   (refill.rs)
//!           │                      └ no pool: remote frees, free pools of the fullest arena, a pool that stands
//!           │                        empty in another class, a new arena   (slow.rs, arenas.rs)
//!           └─► large: a chunk of its own                               (large.rs)
//!  free:  block ─► class ─► magazine ─► push                            the fast path ends here
//!                             └ full: the older half to their pools     (refill.rs)
//!                                  ├ pool was full: link it to the front of the class
//!                                  └ pool now empty: back to the arena, unless it is the class's only one
//! ```
//!
//! A size finds its magazine through a table of one byte per small size. Whatever is to take the slow path (size 0,
//! sizes without a class, everything in a debugging mode or a geometry without magazines) has 0 there, and the
//! magazine of number 0 is empty and full at once: the fast paths ask nothing else.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use gleaner_sync::Arc;

use crate::arena::{ArenaHeader, pool_of};
use crate::arenas::Arenas;
use crate::geometry::{Geometry, MAX_CLASSES};
use crate::magazine::Magazine;
use crate::pool::PoolHeader;
use crate::raw::{Mmap, OutOfMemory, Raw};
use crate::remote::{Home, Shared};
use crate::retention::Retention;

/// The largest size that may take the fast path.
pub(crate) const FAST_MAX: usize = 1024;

/// Choices at construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Fill blocks with 0xCD when handed out and with 0xDD when freed; panic on a write after free, a double
    /// free, and a wrong size at the next chance. For tests: it makes every path slow.
    pub poison: bool,
    /// Do without magazines, so that every free is verified at once: a double free panics where it happens.
    pub exact: bool,
    /// Hand out a random free block instead of the lowest one, from this seed; 0 does not. Without magazines.
    pub scatter: u64,
    /// Zero the first 16 bytes of every block of a pool when the pool comes into use: a walk over its blocks can tell those
    /// that were never handed out since.
    pub clean: bool,
}

impl Options {
    /// Returns whether blocks go straight to their pools.
    pub(crate) fn direct(&self) -> bool {
        self.poison || self.exact || self.scatter != 0
    }
}

/// The private heap of one thread: bytes in arenas, pools and blocks.
///
/// Blocks are aligned to 8 bytes, and to 16 if the size asked for is a multiple of 16 other than 0, or the
/// grain is 16, or the size is medium or large. A request of 0 bytes gets a block of its own, too. All methods take
/// `&self`; the allocator is not `Sync`. Dropping it releases all its chunks, except those of blocks that a
/// [`Remote`](crate::Remote) may still free.
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
#[repr(C)]
pub struct Allocator {
    /// `magazines[class + 1]`; the first is never used.
    pub(crate) magazines: [Magazine; MAX_CLASSES + 1],
    /// The first territory, in a heap of the process's allocator (see `thread.rs`); nowhere in others.
    pub(crate) base: Cell<*mut u8>,
    pub(crate) len: Cell<usize>,
    /// The magazine of each small size that may take the fast path; 0 for the others.
    pub(crate) magazine_of: [u8; FAST_MAX + 1],
    pub(crate) pool_shift: u32,
    /// How many blocks the magazine of each class has room for.
    pub(crate) capacities: [Cell<u8>; MAX_CLASSES],
    /// The pools of each class that may have a free block; null if there is none.
    pub(crate) used_pools: [Cell<*mut PoolHeader>; MAX_CLASSES],
    pub(crate) geometry: Geometry,
    pub(crate) options: Options,
    /// Whether free blocks of pools are filled with 0xDD: under `poison`, and in the process's debug mode.
    pub(crate) buries: bool,
    pub(crate) owner: Cell<*const ()>,
    pub(crate) arenas: Arenas,
    pub(crate) retention: Retention,
    /// The chunks of large objects, newest first, and their number.
    pub(crate) large: Cell<*mut ArenaHeader>,
    pub(crate) large_count: Cell<usize>,
    /// The chunk of the magazines, null if there is none.
    pub(crate) rack: Cell<*mut u8>,
    /// Bytes mapped from the raw layer now, and the most there ever were.
    pub(crate) raw_bytes: Cell<usize>,
    pub(crate) peak_raw_bytes: Cell<usize>,
    /// Pools returned to their arenas since the last reclaim.
    pub(crate) returned: Cell<u32>,
    /// Whether a heap walk is under way: no chunk is released meanwhile.
    pub(crate) walking: Cell<bool>,
    pub(crate) has_remotes: Cell<bool>,
    /// The state of the random numbers for `Options::scatter`.
    pub(crate) random: Cell<u64>,
    pub(crate) shared: Home,
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
        Allocator::at_home(geometry, options, Home::Counted(Arc::new(Shared::new(raw))))
    }

    /// Makes an allocator that shares what is in `home`. Allocates nothing.
    pub(crate) fn at_home(geometry: Geometry, options: Options, home: Home) -> Allocator {
        Allocator {
            magazines: [const { Magazine::none() }; MAX_CLASSES + 1],
            base: Cell::new(ptr::null_mut()),
            len: Cell::new(0),
            magazine_of: magazine_table(&geometry, options),
            pool_shift: geometry.pool().trailing_zeros(),
            capacities: [const { Cell::new(0) }; MAX_CLASSES],
            used_pools: [const { Cell::new(ptr::null_mut()) }; MAX_CLASSES],
            geometry,
            options,
            buries: options.poison,
            owner: Cell::new(ptr::null()),
            arenas: Arenas::new(),
            retention: Retention::new(&geometry),
            large: Cell::new(ptr::null_mut()),
            large_count: Cell::new(0),
            rack: Cell::new(ptr::null_mut()),
            raw_bytes: Cell::new(0),
            peak_raw_bytes: Cell::new(0),
            returned: Cell::new(0),
            walking: Cell::new(false),
            has_remotes: Cell::new(false),
            random: Cell::new(options.scatter),
            shared: home,
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

    /// Returns the magazine for requests of a size; the one that is empty and full for those of the slow path.
    #[inline(always)]
    fn magazine_for(&self, size: usize) -> &Magazine {
        let number = if size <= FAST_MAX { self.magazine_of[size] } else { 0 };
        // SAFETY: A10: the table has numbers of magazines.
        unsafe { self.magazines.get_unchecked(usize::from(number)) }
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
        match self.magazine_for(size).pop() {
            Some(block) => Ok(block),
            None => self.alloc_slow(size).ok_or(OutOfMemory { size }),
        }
    }

    /// Frees a block whose size the caller knows.
    ///
    /// # Safety
    /// `alloc(size)` of this allocator returned `ptr`, or `realloc` to `size`; it is live, and nobody uses it
    /// any more.
    #[inline]
    pub unsafe fn free(&self, ptr: NonNull<u8>, size: usize) {
        if !self.magazine_for(size).push(ptr) {
            // SAFETY: by contract.
            unsafe { self.free_slow(ptr, Some(size)) };
        }
    }

    /// Frees a block.
    ///
    /// # Panics
    /// If it finds that the block, or another of its class, was freed twice.
    ///
    /// # Safety
    /// This allocator returned `ptr`; it is live, and nobody uses it any more.
    #[inline]
    pub unsafe fn free_unsized(&self, ptr: NonNull<u8>) {
        // SAFETY: by contract.
        unsafe { self.free_slow(ptr, None) };
    }

    /// Returns the bytes that a block has room for: at least what was asked for.
    ///
    /// # Safety
    /// This allocator returned `ptr`, and it is live.
    #[inline]
    #[must_use]
    pub unsafe fn size_of_block(&self, ptr: NonNull<u8>) -> usize {
        // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
        unsafe { room_of(ptr) }
    }

    /// Returns a block of at least `new` bytes with the content of `ptr`, as far as both reach; `ptr` is freed
    /// unless it is the one returned.
    ///
    /// A block stays in place if another would be of the same class; a large one also while more than three quarters
    /// of it are used (as in CPython), or if it shrinks and there is no memory for another. Large blocks grow and
    /// shrink without being copied where the raw layer can.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the block must move and the raw layer has nothing; `ptr` is then as before.
    ///
    /// # Safety
    /// As for [`free`](Allocator::free) with `old`, if another pointer is returned.
    pub unsafe fn realloc(
        &self,
        ptr: NonNull<u8>,
        old: usize,
        new: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        // A sized free finds the class by the size alone, so no block changes its class.
        let (before, after) = (self.geometry.class_of(old), self.geometry.class_of(new));
        if before.is_some() && before == after {
            return Ok(ptr);
        }
        let both_large = before.is_none() && after.is_none();
        // SAFETY: by contract, the block is live.
        let room = unsafe { self.size_of_block(ptr) };
        let fits = both_large && new <= room;
        if fits && new > room / 4 * 3 {
            return Ok(ptr);
        }
        if both_large {
            // SAFETY: by contract; the block is large.
            if let Some(block) = unsafe { self.resize_large(ptr, new) } {
                return Ok(block);
            }
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

/// Returns the magazine of each size that may take the fast path.
fn magazine_table(geometry: &Geometry, options: Options) -> [u8; FAST_MAX + 1] {
    let mut table = [0; FAST_MAX + 1];
    if geometry.has_magazines() && !options.direct() {
        let grain = geometry.grain();
        for (class, sizes) in table[1..=geometry.small_max().min(FAST_MAX)].chunks_mut(grain).enumerate() {
            sizes.fill(class as u8 + 1);
        }
    }
    table
}

/// Returns the bytes that a block has room for.
///
/// # Safety
/// `ptr` is a live block of an allocator of this crate.
pub(crate) unsafe fn room_of(ptr: NonNull<u8>) -> usize {
    // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
    unsafe {
        let shift = (*ArenaHeader::of(ptr.as_ptr())).pool_shift.get();
        (*pool_of(ptr.as_ptr(), shift)).block_size.get()
    }
}
