//! Freeing from other threads, also after the owner is gone.
//!
//! Protocol:
//!
//! 1. [`Allocator::remote`](crate::Allocator::remote) gives a handle that other threads may keep and clone.
//! 2. [`Remote::free`] pushes the block on the owner's [`RemoteList`]; the owner takes the blocks in before it
//!    asks for a new pool, and in [`drain_remote`](crate::Allocator::drain_remote). Until then they count as
//!    live.
//! 3. An allocator that drops while it has given out handles closes the list, takes in the blocks that are
//!    there, releases every chunk without a live block, counts the live blocks of the others (`outstanding`)
//!    and leaves those chunks to the *estate*.
//! 4. [`Remote::free`] on a closed list locks the estate and counts the block off its chunk; the last one
//!    releases the chunk. A block is therefore mapped until it is freed, and nothing waits for anything.
//! 5. When the last handle drops, nobody can free any more: what the estate still holds is released.

use core::cell::Cell;
use core::fmt;
use core::ptr::{self, NonNull};

use gleaner_sync::Arc;

use crate::allocator::Allocator;
use crate::arena::ArenaHeader;
use crate::arenas;
use crate::pool::Block;
use crate::raw::Raw;
use crate::remote_list::{Link, RemoteList};
use crate::walk::each_pool;

// SAFETY: the link is the block's first word.
unsafe impl Link for Block {
    #[inline]
    unsafe fn set_next(this: *mut Block, next: *mut Block) {
        // SAFETY: by contract the block is ours; it is at least a word long and aligned (A4).
        unsafe { this.write(Block { next }) };
    }

    #[inline]
    unsafe fn next(this: *mut Block) -> *mut Block {
        // SAFETY: by contract the block is ours and has a link.
        unsafe { (*this).next }
    }
}

/// The chunks that an allocator left behind, each with live blocks.
#[derive(Debug)]
pub(crate) struct Estate {
    pub(crate) arenas: Cell<*mut ArenaHeader>,
    pub(crate) large: Cell<*mut ArenaHeader>,
}

// SAFETY: the estate owns its chunks' headers (A7): their owner is gone, and users have only the blocks.
unsafe impl Send for Estate {}

impl Estate {
    /// Counts a block off its chunk; the last block releases the chunk.
    ///
    /// # Safety
    /// The block was handed out by the estate's former owner, is live and nobody uses it any more.
    unsafe fn free(&self, block: NonNull<u8>, raw: &dyn Raw) {
        let chunk = ArenaHeader::of(block.as_ptr()).cast_mut();
        // SAFETY: a chunk with a live block is mapped and in the estate (A7), whose lock we hold.
        let header = unsafe { &*chunk };
        header.outstanding.set(header.outstanding.get() - 1);
        if header.outstanding.get() > 0 {
            return;
        }
        let list = if header.pools.get() == 0 { &self.large } else { &self.arenas };
        // SAFETY: the chunk is in that list (A7), came from this raw layer, and its last block is free.
        unsafe {
            arenas::remove(list, chunk);
            arenas::release(chunk, raw);
        }
    }
}

/// What an allocator shares with its remote handles.
pub(crate) struct Shared {
    pub(crate) list: RemoteList<Block, Estate>,
    pub(crate) raw: Box<dyn Raw>,
}

impl Shared {
    pub(crate) fn new(raw: Box<dyn Raw>) -> Arc<Shared> {
        let estate = Estate { arenas: Cell::new(ptr::null_mut()), large: Cell::new(ptr::null_mut()) };
        Arc::new(Shared { list: RemoteList::new(estate), raw })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.list.with_estate(|estate| {
            // SAFETY: the chunks came from this raw layer (A7). The owner and all handles are gone, so nobody
            // may use or free their blocks.
            unsafe {
                arenas::release_all(&estate.arenas, &*self.raw);
                arenas::release_all(&estate.large, &*self.raw);
            }
        });
    }
}

/// A handle to free an allocator's blocks from other threads.
///
/// Blocks stay mapped while their allocator or a handle of it lives.
///
/// ```
/// use gleaner_allocator::{Allocator, Geometry};
///
/// let allocator = Allocator::new(Geometry::MODERN);
/// let remote = allocator.remote();
/// let block = allocator.alloc(40)?.as_ptr().expose_provenance();
/// std::thread::spawn(move || {
///     let block = std::ptr::with_exposed_provenance_mut(block);
///     // SAFETY: the block is of this handle's allocator, and nobody else uses it.
///     unsafe { remote.free(std::ptr::NonNull::new(block).unwrap()) };
/// })
/// .join()
/// .unwrap();
/// assert_eq!(allocator.drain_remote(), 1);
/// assert_eq!(allocator.stats().live_blocks, 0);
/// # Ok::<(), gleaner_allocator::OutOfMemory>(())
/// ```
#[derive(Clone, Debug)]
pub struct Remote {
    pub(crate) shared: Arc<Shared>,
}

// SAFETY: what a handle does is safe from any thread: the list is lock-free (A8), the estate has a lock (A7), and
// the raw layer is `Sync`.
unsafe impl Send for Remote {}
// SAFETY: as above.
unsafe impl Sync for Remote {}

impl Remote {
    /// Frees a block from any thread, also after its allocator dropped. Lock-free while the allocator lives.
    ///
    /// # Safety
    /// The block was handed out by the allocator of this handle, is live, and nobody uses it any more.
    pub unsafe fn free(&self, ptr: NonNull<u8>) {
        // SAFETY: by contract the block is the caller's (A8).
        let pushed = unsafe { self.shared.list.push(ptr.as_ptr().cast()) };
        if !pushed {
            // SAFETY: the list was closed, so the block is still ours and its chunk in the estate (A7).
            self.shared.list.with_estate(|estate| unsafe { estate.free(ptr, &*self.shared.raw) });
        }
    }
}

impl Allocator {
    /// Returns a handle with which other threads free this allocator's blocks.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.has_remotes.set(true);
        Remote { shared: Arc::clone(&self.shared) }
    }

    /// Takes in the blocks that other threads have freed; returns how many there were. Happens by itself
    /// before the allocator asks for a new pool. During a heap walk it does nothing.
    pub fn drain_remote(&self) -> usize {
        if self.walking.get() {
            return 0;
        }
        let mut drained = 0;
        for block in self.shared.list.take() {
            // SAFETY: a pushed block was handed out by us, is live, and now exclusively ours (A8).
            unsafe { self.free_unsized(NonNull::new_unchecked(block.cast())) };
            drained += 1;
        }
        drained
    }

    /// Leaves the chunks with live blocks to those who may still free them.
    fn bequeath(&self) {
        self.shared.list.close(|blocks, estate| {
            for block in blocks {
                // SAFETY: as in `drain_remote`.
                unsafe { self.free_unsized(NonNull::new_unchecked(block.cast())) };
            }
            self.reclaim_empty_pools();
            self.release_free(0);
            self.each_chunk(|chunk, header| {
                header.outstanding.set(0);
                // SAFETY: the chunk is listed.
                unsafe {
                    each_pool(chunk, |pool| {
                        header.outstanding.set(header.outstanding.get() + pool.used.get() as usize);
                    });
                }
            });
            estate.arenas.set(self.arenas.all.get());
            estate.large.set(self.large.get());
        });
    }
}

impl Drop for Allocator {
    fn drop(&mut self) {
        if self.has_remotes.get() {
            return self.bequeath();
        }
        // SAFETY: the chunks came from this raw layer (A2). Blocks live no longer than the allocator, unless a
        // handle may free them, and there never was one.
        unsafe {
            arenas::release_all(&self.arenas.all, &*self.shared.raw);
            arenas::release_all(&self.large, &*self.shared.raw);
        }
    }
}
