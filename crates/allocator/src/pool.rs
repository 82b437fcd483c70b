//! A pool: equal blocks, those that were freed in a list, the rest not yet carved.
//!
//! ```text
//!  base                     virgin                 pool size
//!   ├─ block ─┼─ block ─┼ … ──┼─ never handed out ────┤
//!      used      free ──► free ──► null
//! ```
//!
//! A pool is *linked* while it stands in the list of its size class (`used_pools`); a full pool is not, and
//! returns to the front when one of its blocks is freed. Fullness is noticed late: a pool stays linked after
//! its last free block was taken until the next request finds it empty-handed.

use core::cell::Cell;
use core::ptr;

/// A free block: its first word links to the next one.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Block {
    pub(crate) next: *mut Block,
}

/// The class of a pool that no size class uses, and of the one pool of a large object.
pub(crate) const CLASS_NONE: u16 = u16::MAX;
pub(crate) const CLASS_LARGE: u16 = u16::MAX - 1;

/// How many bytes of virgin blocks become free blocks at once.
const CARVE_BYTES: usize = 1024;

/// What is known about one pool; an entry of its arena's table.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct PoolHeader {
    /// The free blocks, the one freed last first.
    pub(crate) free: Cell<*mut Block>,
    /// Neighbours in the circular list of the size class; `next` also links free pools of an arena.
    pub(crate) next: Cell<*mut PoolHeader>,
    pub(crate) prev: Cell<*mut PoolHeader>,
    /// The bytes of each block.
    pub(crate) block_size: Cell<usize>,
    /// How many blocks are handed out.
    pub(crate) used: Cell<u32>,
    /// The offset, from the pool's base, of the first block never carved.
    pub(crate) virgin: Cell<u32>,
    /// The size class, or one of the special ones.
    pub(crate) class: Cell<u16>,
    /// The pool's index in its arena.
    pub(crate) index: Cell<u8>,
    /// Whether it stands in the list of its size class.
    pub(crate) linked: Cell<bool>,
}

/// The pool without blocks that stands for "no pool" in the size classes, so that the fast path asks once.
struct Nobody(PoolHeader);

// SAFETY: nothing writes to it (A5): it is never linked and owns no block that could be freed.
unsafe impl Sync for Nobody {}

static NOBODY: Nobody = Nobody(PoolHeader::new(0, CLASS_NONE, 0));

/// Returns the pool without blocks.
#[inline(always)]
pub(crate) fn nobody() -> *mut PoolHeader {
    (&raw const NOBODY.0).cast_mut()
}

impl PoolHeader {
    /// Makes the header of a pool that has not handed out a block.
    pub(crate) const fn new(block_size: usize, class: u16, index: u8) -> PoolHeader {
        PoolHeader {
            free: Cell::new(ptr::null_mut()),
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            block_size: Cell::new(block_size),
            used: Cell::new(0),
            virgin: Cell::new(0),
            class: Cell::new(class),
            index: Cell::new(index),
            linked: Cell::new(false),
        }
    }

    /// Takes the block that was freed last.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<ptr::NonNull<u8>> {
        let block = ptr::NonNull::new(self.free.get())?;
        // SAFETY: what is on a free list is a free block of this pool whose first word is its link (A4).
        self.free.set(unsafe { block.as_ref().next });
        self.used.set(self.used.get() + 1);
        Some(block.cast())
    }

    /// Puts a block back; returns whether that was an edge: the list was empty, or no block is left in use.
    ///
    /// # Safety
    /// `block` is a handed-out block of this pool that nobody uses any more.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, block: *mut u8) -> bool {
        let next = self.free.get();
        let block = block.cast::<Block>();
        // SAFETY: the block is the allocator's again, at least 8 bytes long and aligned to 8 (A4).
        unsafe { block.write(Block { next }) };
        self.free.set(block);
        let used = self.used.get() - 1;
        self.used.set(used);
        next.is_null() || used == 0
    }

    /// Carves a few virgin blocks into the free list, lowest address first; false if there are none.
    ///
    /// # Safety
    /// `base` is where this pool's blocks begin and `bytes` the pool's size; the free list is empty.
    pub(crate) unsafe fn extend(&self, base: *mut u8, bytes: usize) -> bool {
        let size = self.block_size.get();
        let virgin = self.virgin.get() as usize;
        let count = ((bytes - virgin) / size).min((CARVE_BYTES / size).max(1));
        let mut next: *mut Block = ptr::null_mut();
        for i in (0..count).rev() {
            // SAFETY: block `i` from `virgin` on ends inside the pool, and was never handed out (A4).
            unsafe {
                let block = base.add(virgin + i * size).cast::<Block>();
                block.write(Block { next });
                next = block;
            }
        }
        self.free.set(next);
        self.virgin.set((virgin + count * size) as u32);
        count > 0
    }
}
