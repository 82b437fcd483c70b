//! The raw layer: chunks of address space, from the operating system or from a test.
//!
//! A chunk is a piece of memory that begins at a multiple of [`ARENA_ALIGN`] and is as long as was asked, in
//! whole pages; the address space up to the next multiple is anyone's. What a chunk holds when it arrives is
//! arbitrary: zeros from the system, remains of an earlier life from the stash.

use core::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use rustix::param::page_size;
use thiserror::Error;

use crate::geometry::ARENA_ALIGN;
use crate::stash;

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
}

/// Chunks from the operating system, with a bounded stash for the whole process in between.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mmap;

// SAFETY: `mmap` returns fresh memory and the stash memory that `unmap` received, each once (A2); `map_aligned`
// makes the alignment.
unsafe impl Raw for Mmap {
    fn map(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        match stash::take(size) {
            Some(chunk) => Ok(chunk),
            None => map_aligned(size),
        }
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        if !stash::put(chunk, size) {
            // SAFETY: the chunk is a whole mapping of that size (A2), and by contract unused.
            unsafe { release(chunk.as_ptr(), size) };
        }
    }
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
