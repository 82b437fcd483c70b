//! The raw layer: chunks of address space, from the operating system or from a test.
//!
//! A chunk is a piece of memory that begins at a multiple of [`ARENA_ALIGN`] and is as long as was asked, in
//! whole pages; the address space up to the next multiple is anyone's. What a chunk holds when it arrives is
//! arbitrary: zeros from a territory, remains of an earlier life from the stash. If no territory can be had, chunks are
//! mappings of their own.

use core::ptr::NonNull;

use rustix::mm::{
    Advice, MapFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mremap, mremap_fixed, munmap,
};
use rustix::param::page_size;
use thiserror::Error;

use crate::geometry::ARENA_ALIGN;
use crate::{stash, territory};

/// No memory for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("out of memory: no {size} bytes")]
pub struct OutOfMemory {
    /// The bytes that were not to be had: the size asked for if that is large, else the chunk's.
    pub size: usize,
}

/// A source of chunks.
///
/// # Safety
/// `map` returns memory that is exclusively the caller's, readable and writable for `size` bytes and aligned
/// to [`ARENA_ALIGN`], until it is given back to `unmap` of the same source.
pub unsafe trait Raw: Send + Sync {
    /// Returns a chunk of `size` bytes (not 0), content arbitrary.
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is none.
    fn map(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory>;

    /// Takes back a chunk.
    ///
    /// # Safety
    /// `map(size)` of this source returned `chunk`, and nobody uses it any more.
    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize);

    /// Gives the pages of a part of a chunk back to the system; the part stays the caller's, its content is arbitrary
    /// afterwards. A layer may do nothing.
    ///
    /// # Safety
    /// The part lies in a chunk of this source, and what it holds is of no use to anybody.
    unsafe fn purge(&self, part: NonNull<u8>, size: usize) {
        let _ = (part, size);
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

    /// Takes note of the magazine that the blocks in a part of a chunk belong to; 255 for a large object, 0 if there
    /// are no blocks. For layers that find magazines by address.
    fn mark(&self, part: *const u8, size: usize, magazine: u8) {
        let _ = (part, size, magazine);
    }
}

/// Chunks from the process's territories, with a bounded stash in between.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mmap;

// SAFETY: `mmap` returns fresh memory and the stash memory that `unmap` received, each once (A2); `map_aligned`
// makes the alignment.
unsafe impl Raw for Mmap {
    fn map(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        match stash::take(size).or_else(|| territory::take(size)) {
            Some(chunk) => Ok(chunk),
            None => map_aligned(size),
        }
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        // SAFETY: the chunk is a territory's, or a whole mapping of that size (A2), and by contract unused.
        unsafe {
            if !stash::put(chunk, size) && !territory::give(chunk, size) {
                release(chunk.as_ptr(), size);
            }
        }
    }

    unsafe fn purge(&self, part: NonNull<u8>, size: usize) {
        // SAFETY: by contract.
        unsafe { discard(part, size) };
    }

    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        // SAFETY: by contract the chunk is the caller's, of that size.
        unsafe { remap(chunk, old, new) }
    }

    fn mark(&self, part: *const u8, size: usize, magazine: u8) {
        territory::mark(part, size, magazine);
    }
}

/// Tells the system that the content of the whole pages of a part is of no use.
///
/// # Safety
/// The part is mapped, and nobody uses what it holds.
pub(crate) unsafe fn discard(part: NonNull<u8>, size: usize) {
    let start = part.addr().get().next_multiple_of(page_size()) - part.addr().get();
    let pages = size.saturating_sub(start) / page_size() * page_size();
    if pages > 0 {
        // SAFETY: by contract; the pages lie inside the part. A failure leaves them as they are.
        let _ = unsafe { madvise(part.add(start).as_ptr().cast(), pages, Advice::LinuxDontNeed) };
    }
}

/// Changes the size of a chunk: where it is, if it can grow there, or else by moving its pages, not their content.
///
/// # Safety
/// As for [`Raw::remap`] of [`Mmap`].
unsafe fn remap(chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
    let (old, new) = (in_pages(old)?, in_pages(new)?);
    let ours = territory::contains(chunk.as_ptr());
    // SAFETY: by contract; a mapping of its own grows into free address space, or shrinks at its end.
    let in_place = unsafe {
        match ours {
            true => territory::extend(chunk, old, new),
            false => mremap(chunk.as_ptr().cast(), old, new, MremapFlags::empty()).is_ok(),
        }
    };
    if in_place {
        return Some(chunk);
    }
    let place = territory::take(new)?;
    // SAFETY: the place is ours and nobody knows it (A2); the pages take its stead. In a territory, what they leave
    // behind is mended and goes back.
    unsafe {
        let (from, to) = (chunk.as_ptr().cast(), place.as_ptr().cast());
        if mremap_fixed(from, old, new, MremapFlags::MAYMOVE, to).is_err() {
            territory::give(place, new);
            return None;
        }
        if ours {
            territory::mend(chunk, old);
            territory::give(chunk, old);
        }
    }
    Some(place)
}

/// Returns `size` in whole pages of the system, or `None` if that overflows.
fn in_pages(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(page_size()).filter(|&bytes| bytes <= isize::MAX as usize)
}

/// Maps fresh memory at a multiple of [`ARENA_ALIGN`].
///
/// The system places mappings below one another, so an exact request is often aligned by itself; otherwise
/// it maps enough to contain an aligned chunk, and gives back what lies around it.
fn map_aligned(size: usize) -> Result<NonNull<u8>, OutOfMemory> {
    let failure = OutOfMemory { size };
    let bytes = in_pages(size).ok_or(failure)?;
    let exact = map_anywhere(bytes).ok_or(failure)?;
    if exact.addr() % ARENA_ALIGN == 0 {
        return NonNull::new(exact).ok_or(failure);
    }
    // SAFETY: `exact` was mapped right above and nobody knows it (A2).
    unsafe { release(exact, bytes) };
    let roomy = bytes.checked_add(ARENA_ALIGN).ok_or(failure)?;
    let start = map_anywhere(roomy).ok_or(failure)?;
    let before = start.addr().next_multiple_of(ARENA_ALIGN) - start.addr();
    let after = roomy - before - bytes;
    // SAFETY: `before + bytes + after` is the fresh mapping, so the three parts lie inside it; only the
    // middle one is handed out (A2).
    unsafe {
        let chunk = start.add(before);
        release(start, before);
        release(chunk.add(bytes), after);
        NonNull::new(chunk).ok_or(failure)
    }
}

/// Maps `bytes` of zeros wherever the system likes.
fn map_anywhere(bytes: usize) -> Option<*mut u8> {
    // SAFETY: a private anonymous mapping at no fixed address touches no existing memory.
    let mapped = unsafe {
        mmap_anonymous(core::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    };
    mapped.ok().map(|start| start.cast())
}

/// Gives memory back to the system.
///
/// # Safety
/// `start` is at a page boundary, and the whole pages of `start..start + bytes` are mapped memory that nobody
/// uses.
unsafe fn release(start: *mut u8, bytes: usize) {
    let whole = bytes.next_multiple_of(page_size());
    if whole == 0 {
        return;
    }
    // SAFETY: by contract. It fails only where splitting a mapping would exceed the system's limit on their
    // number; the pages then stay mapped and unused, which harms nobody.
    let _ = unsafe { munmap(start.cast(), whole) };
}
