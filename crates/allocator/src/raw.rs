//! The raw layer: chunks of address space, from the operating system or from a test.
//!
//! A chunk is a piece of memory that begins at a multiple of [`ARENA_ALIGN`](crate::ARENA_ALIGN) and is as long as was
//! asked, in whole pages; the address space up to the next multiple is nobody else's. What a chunk holds when it
//! arrives is zeros from a territory, remains of an earlier life from the stash. There are no others: a block outside all
//! territories would be taken for a foreign one.

use core::ptr::NonNull;

use rustix::mm::{Advice, madvise};
use rustix::param::page_size;
use thiserror::Error;

use crate::{fork, stash, territory};

/// No memory for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("out of memory: no {size} bytes")]
pub struct OutOfMemory {
    /// The bytes that were not to be had: the size asked for if that is large, else the chunk's.
    pub size: usize,
}

/// A chunk, as it is handed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Where it begins.
    pub start: NonNull<u8>,
    /// Whether it is known to hold nothing but zeros: what needs them can then leave pages untouched.
    pub zeros: bool,
}

/// A source of chunks.
///
/// # Safety
/// `map` returns memory that is exclusively the caller's, readable and writable for `size` bytes and aligned
/// to [`ARENA_ALIGN`](crate::ARENA_ALIGN), until it is given back to `unmap` of the same source. What `map` and `purge` say
/// holds zeros does.
pub unsafe trait Raw: Send + Sync {
    /// Returns a chunk of `size` bytes (not 0).
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is none.
    fn map(&self, size: usize) -> Result<Chunk, OutOfMemory>;

    /// Takes back a chunk.
    ///
    /// # Safety
    /// `map(size)` of this source returned `chunk`, and nobody uses it any more.
    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize);

    /// Gives the pages of a part of a chunk back to the system; the part stays the caller's. Returns whether it is known to
    /// hold nothing but zeros now; if not, its content is arbitrary. A layer may do nothing.
    ///
    /// # Safety
    /// The part lies in a chunk of this source, and what it holds is of no use to anybody.
    unsafe fn purge(&self, part: NonNull<u8>, size: usize) -> bool {
        let _ = (part, size);
        false
    }

    /// Changes the size of a chunk from `old` to `new` bytes, content kept, perhaps at another address; `None`, and
    /// nothing has changed, if that cannot be done without a copy.
    ///
    /// # Safety
    /// As for `unmap`, if another chunk is returned.
    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        let _ = (chunk, old, new);
        None
    }

    /// Takes note of the magazine that the blocks in a part of a chunk belong to; 0 if there are none, or a large one. For
    /// layers that find magazines by address.
    fn mark(&self, part: *const u8, size: usize, magazine: u8) {
        let _ = (part, size, magazine);
    }
}

/// Chunks from the process's territories, with a bounded stash in between.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mmap;

// SAFETY: a territory hands out each slot once, and the stash what `unmap` received, each once (A2); slots are aligned.
unsafe impl Raw for Mmap {
    fn map(&self, size: usize) -> Result<Chunk, OutOfMemory> {
        fork::prepare();
        let used = stash::take(size).map(|start| Chunk { start, zeros: false });
        let fresh = || territory::take(size).map(|start| Chunk { start, zeros: true });
        used.or_else(fresh).ok_or(OutOfMemory { size })
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        if !stash::put(chunk, size) {
            // SAFETY: the chunk is a territory's, of that size (A2), and by contract unused.
            unsafe { territory::give(chunk, size) };
        }
    }

    unsafe fn purge(&self, part: NonNull<u8>, size: usize) -> bool {
        // SAFETY: by contract.
        unsafe { discard(part, size) }
    }

    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        // SAFETY: by contract the chunk is the caller's, of that size.
        unsafe { remap(chunk, old, new) }
    }

    fn mark(&self, part: *const u8, size: usize, magazine: u8) {
        territory::mark(part, size, magazine);
    }
}

/// Tells the system that the content of the whole pages of a part is of no use; returns whether the part holds zeros now. It
/// does not if it has other than whole pages, or if they are locked (`mlockall`).
///
/// # Safety
/// The part is mapped, and nobody uses what it holds.
pub(crate) unsafe fn discard(part: NonNull<u8>, size: usize) -> bool {
    let start = part.addr().get().next_multiple_of(page_size()) - part.addr().get();
    let pages = size.saturating_sub(start) / page_size() * page_size();
    // SAFETY: by contract; the pages lie inside the part. A failure leaves them as they are.
    pages > 0
        && unsafe { madvise(part.add(start).as_ptr().cast(), pages, Advice::LinuxDontNeed) }.is_ok()
        && pages == size
}

/// Changes the size of a chunk: where it is, if it can grow there, or else by moving its pages, not their content.
///
/// # Safety
/// As for [`Raw::remap`] of [`Mmap`].
unsafe fn remap(chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
    let (old, new) = (in_pages(old)?, in_pages(new)?);
    // SAFETY: by contract the chunk is the caller's, of that size.
    if unsafe { territory::extend(chunk, old, new) } {
        return Some(chunk);
    }
    let place = territory::take(new)?;
    // SAFETY: the place is ours and nobody knows it (A2). It is larger than the chunk, which could not grow; one of both is
    // of no use afterwards.
    unsafe {
        let moved = territory::move_pages(chunk, place, old);
        let (useless, size) = if moved { (chunk, old) } else { (place, new) };
        territory::give(useless, size);
        moved.then_some(place)
    }
}

/// Returns `size` in whole pages of the system, or `None` if that overflows.
fn in_pages(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(page_size()).filter(|&bytes| bytes <= isize::MAX as usize)
}
