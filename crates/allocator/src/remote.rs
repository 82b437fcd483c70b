//! Freeing from other threads, also after the owner is gone.
//!
//! Protocol:
//!
//! 1. [`Allocator::remote`](crate::Allocator::remote) gives a handle that other threads may keep and clone.
//! 2. [`Remote::free`] pushes the block on the owner's [`RemoteList`]; the owner takes the blocks in before it
//!    asks for a new pool, and in [`drain_remote`](crate::Allocator::drain_remote). Until then they count as
//!    live.
//!    Blocks that end up in the magazine of another allocator (`global.rs`) come back the same way, packed by a
//!    [`Parcel`], when that magazine is flushed.
//! 3. An allocator that drops while it has given out handles closes the list, takes in the blocks that are
//!    there, releases every chunk without a live block, counts the live blocks of the others (`outstanding`)
//!    and leaves those chunks to the *estate*.
//! 4. [`Remote::free`] on a closed list locks the estate and counts the block off its chunk; the last one
//!    releases the chunk. A block is therefore mapped until it is freed, and nothing waits for anything.
//! 5. When the last handle drops, nobody can free any more: what the estate still holds is released.

use core::cell::Cell;
use core::fmt;
use core::ops::Deref;
use core::ptr::{self, NonNull};

use gleaner_sync::Arc;

use crate::allocator::Allocator;
use crate::arena::ArenaHeader;
use crate::arenas;
use crate::raw::Raw;
use crate::remote_list::{Link, RemoteList, Sent};
use crate::walk::each_pool;
use crate::{heaps, territory};

/// A block on its way: it links to the next one, and says how many others it names, whose addresses follow in it.
///
/// Whoever takes a chain reads the first words of its blocks, which another processor has just written, one after the
/// other: a miss each. A block that names others saves theirs.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Block {
    next: *mut Block,
    names: usize,
}

impl Block {
    /// Returns where the address of the `nth` block that this one names is.
    ///
    /// # Safety
    /// The block is so long.
    unsafe fn name(this: *mut Block, nth: usize) -> *mut *mut u8 {
        // SAFETY: by contract.
        unsafe { this.add(1).cast::<*mut u8>().add(nth) }
    }

    /// Hands every block that `this` names to `visit`, and then `this` itself.
    ///
    /// # Safety
    /// The block was taken from a list, and it and those that it names are the caller's (A8).
    unsafe fn unpack(this: *mut Block, mut visit: impl FnMut(NonNull<u8>)) {
        // SAFETY: by contract; the names are read before their block is given away.
        unsafe {
            for nth in 0..(*this).names {
                visit(NonNull::new_unchecked(*Block::name(this, nth)));
            }
            visit(NonNull::new_unchecked(this.cast()));
        }
    }
}

// SAFETY: the link is the block's first word.
unsafe impl Link for Block {
    #[inline]
    unsafe fn set_next(this: *mut Block, next: *mut Block) {
        // SAFETY: by contract the block is ours; it is at least two words long and aligned (A4).
        unsafe { (&raw mut (*this).next).write(next) };
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

/// Blocks of one class of one other allocator, on their way back to it.
pub(crate) struct Parcel {
    home: *const Shared,
    first: *mut Block,
    last: *mut Block,
    /// How many blocks one block has room to name.
    room: usize,
}

impl Parcel {
    /// Makes an empty parcel for blocks of `size` bytes.
    pub(crate) const fn new(size: usize) -> Parcel {
        let room = (size - size_of::<Block>()) / size_of::<*mut u8>();
        // More than a few save no more misses.
        let room = if room < 30 { room } else { 30 };
        Parcel { home: ptr::null(), first: ptr::null_mut(), last: ptr::null_mut(), room }
    }

    /// Adds a block; what was there for another home is sent.
    ///
    /// # Safety
    /// The block is of the allocator with that home and of the parcel's size, nobody uses it any more, and the allocator
    /// lives for ever.
    pub(crate) unsafe fn add(&mut self, home: *const Shared, block: NonNull<u8>) {
        if !ptr::eq(home, self.home) {
            self.send();
            self.home = home;
        }
        // SAFETY: the blocks are ours, and have room for two words and so many names (A4).
        unsafe {
            if !self.first.is_null() && (*self.first).names < self.room {
                Block::name(self.first, (*self.first).names).write(block.as_ptr());
                (*self.first).names += 1;
                return;
            }
            let block = block.as_ptr().cast::<Block>();
            block.write(Block { next: self.first, names: 0 });
            if self.first.is_null() {
                self.last = block;
            }
            self.first = block;
        }
    }

    /// Sends what is there on its way. A heap that rests takes it in at once.
    pub(crate) fn send(&mut self) {
        if self.first.is_null() {
            return;
        }
        // SAFETY: A8: the chain is ours, and its home lives for ever.
        let sent = unsafe { (*self.home).list.push_chain(self.first, self.last) };
        debug_assert!(sent != Sent::Refused, "the list of a heap that lives for ever is open");
        if sent == Sent::Resting {
            heaps::look_after(self.home);
        }
        self.first = ptr::null_mut();
    }
}

/// What an allocator shares with its remote handles.
pub(crate) struct Shared {
    pub(crate) list: RemoteList<Block, Estate>,
    pub(crate) raw: Box<dyn Raw>,
}

impl Shared {
    pub(crate) fn new(raw: Box<dyn Raw>) -> Shared {
        let estate = Estate { arenas: Cell::new(ptr::null_mut()), large: Cell::new(ptr::null_mut()) };
        Shared { list: RemoteList::new(estate), raw }
    }
}

/// How an allocator holds what it shares.
#[derive(Clone)]
pub(crate) enum Home {
    /// With its remote handles: it goes with the last of them.
    Counted(Arc<Shared>),
    /// With the whole process, for ever; made without allocating.
    Forever(&'static Shared),
}

impl Deref for Home {
    type Target = Shared;

    #[inline]
    fn deref(&self) -> &Shared {
        match self {
            Home::Counted(shared) => shared,
            Home::Forever(shared) => shared,
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").finish_non_exhaustive()
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
    pub(crate) shared: Home,
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
        let block = ptr.as_ptr().cast::<Block>();
        // SAFETY: by contract the block is the caller's (A8), and at least two words long (A4).
        let sent = unsafe {
            block.write(Block { next: ptr::null_mut(), names: 0 });
            self.shared.list.push(block)
        };
        if sent == Sent::Refused {
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
        Remote { shared: self.shared.clone() }
    }

    /// Takes in the blocks that other threads have freed; returns how many there were. Happens by itself
    /// before the allocator asks for a new pool. During a heap walk it does nothing.
    pub fn drain_remote(&self) -> usize {
        if self.walking.get() {
            return 0;
        }
        let mut drained = 0;
        for block in self.shared.list.take() {
            // SAFETY: a pushed block was handed out by us, is live, and now exclusively ours (A8). Its magazine's number, if
            // it is noted, is one of ours (A10, A11).
            unsafe {
                Block::unpack(block, |block| {
                    let number = usize::from(territory::magazine_of(block.as_ptr()));
                    if !self.magazines.get_unchecked(number).push(block) {
                        self.free_slow(block, None);
                    }
                    drained += 1;
                });
            }
        }
        drained
    }

    /// Leaves the chunks with live blocks to those who may still free them.
    fn bequeath(&self) {
        self.shared.list.close(|blocks, estate| {
            for block in blocks {
                // SAFETY: as in `drain_remote`.
                unsafe { Block::unpack(block, |block| self.free_unsized(block)) };
            }
            self.empty_magazines();
            self.remove_magazines();
            self.reclaim_empty_pools();
            self.release_all_free();
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
        self.remove_magazines();
        // SAFETY: the chunks came from this raw layer (A2). Blocks live no longer than the allocator, unless a
        // handle may free them, and there never was one.
        unsafe {
            arenas::release_all(&self.arenas.all, &*self.shared.raw);
            arenas::release_all(&self.large, &*self.shared.raw);
        }
    }
}
