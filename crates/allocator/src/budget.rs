//! The raw layer of the process's allocator: [`Mmap`], counted, and refused beyond a budget.
//!
//! It has chunks from territories only. A chunk from elsewhere would hold blocks that `free` does not know for ours.

use core::ptr::NonNull;

use gleaner_sync::process::atomic::{AtomicUsize, Ordering};

use crate::raw::{Chunk, Mmap, OutOfMemory, Raw};
use crate::territory;

/// The bytes that all heaps of the process have mapped, and may have.
static MAPPED: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Sets how many bytes may be mapped at once.
pub(crate) fn set_limit(bytes: usize) {
    // Relaxed: published with the mode.
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Returns how many bytes are mapped.
pub(crate) fn mapped() -> usize {
    MAPPED.load(Ordering::Relaxed)
}

/// Enters bytes; false, and nothing is changed, if that exceeds the limit.
fn enter(bytes: usize) -> bool {
    // Relaxed: a sum, which no other memory depends on.
    let limit = LIMIT.load(Ordering::Relaxed);
    let enter = |mapped: usize| mapped.checked_add(bytes).filter(|&sum| sum <= limit);
    MAPPED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).is_ok()
}

fn leave(bytes: usize) {
    MAPPED.fetch_sub(bytes, Ordering::Relaxed);
}

/// The layer; it has no state of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget;

// SAFETY: every chunk is `Mmap`'s and goes back there (A2).
unsafe impl Raw for Budget {
    fn map(&self, size: usize) -> Result<Chunk, OutOfMemory> {
        if !enter(size) {
            return Err(OutOfMemory { size });
        }
        match Mmap.map(size) {
            Ok(chunk) if territory::contains(chunk.start.as_ptr()) => Ok(chunk),
            outside => {
                leave(size);
                // SAFETY: the chunk is of that size, and nobody knows it (A2).
                outside.map(|chunk| unsafe { Mmap.unmap(chunk.start, size) })?;
                Err(OutOfMemory { size })
            }
        }
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        leave(size);
        // SAFETY: by contract, `map` returned the chunk, and it had it from `Mmap` with the same size.
        unsafe { Mmap.unmap(chunk, size) }
    }

    unsafe fn purge(&self, part: NonNull<u8>, size: usize) -> bool {
        // SAFETY: by contract.
        unsafe { Mmap.purge(part, size) }
    }

    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        if !enter(new.saturating_sub(old)) {
            return None;
        }
        // SAFETY: by contract. A chunk that moves stays in a territory.
        let moved = unsafe { Mmap.remap(chunk, old, new) };
        leave(if moved.is_some() { old.saturating_sub(new) } else { new.saturating_sub(old) });
        moved
    }

    fn mark(&self, part: *const u8, size: usize, magazine: u8) {
        Mmap.mark(part, size, magazine);
    }
}
