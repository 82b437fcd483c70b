//! The stash: a bounded number of chunks that the process keeps for its next allocator.
//!
//! A system call and the page faults after it cost a thousand times what a reused chunk costs. A test that
//! makes a fresh heap for every program, or a server that makes one per request, would feel it; so chunks of
//! at most one arena wait here for whoever asks for exactly their size.

use core::ptr::NonNull;

use gleaner_sync::process::{Mutex, MutexGuard, PoisonError};

use crate::geometry::ARENA_ALIGN;

/// The most chunks, and the most bytes, that wait.
const SLOTS: usize = 32;
const MAX_BYTES: usize = 16 * ARENA_ALIGN;

/// Chunks that nobody uses.
struct Stash {
    chunks: [(Option<NonNull<u8>>, usize); SLOTS],
    len: usize,
    bytes: usize,
}

// SAFETY: the stash owns its chunks exclusively (A2), so any thread may take them.
unsafe impl Send for Stash {}

static STASH: Mutex<Stash> = Mutex::new(Stash { chunks: [(None, 0); SLOTS], len: 0, bytes: 0 });

/// Locks the stash. It is consistent after every statement, so a panic elsewhere does not spoil it.
fn lock() -> MutexGuard<'static, Stash> {
    STASH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a chunk of exactly `size` bytes, the one that came last, whose pages are likely still in the cache.
pub(crate) fn take(size: usize) -> Option<NonNull<u8>> {
    if size > ARENA_ALIGN {
        return None;
    }
    let mut stash = lock();
    let len = stash.len;
    let index = stash.chunks[..len].iter().rposition(|&(_, bytes)| bytes == size)?;
    let (chunk, _) = stash.chunks[index];
    stash.chunks[index] = stash.chunks[len - 1];
    stash.chunks[len - 1] = (None, 0);
    stash.len -= 1;
    stash.bytes -= size;
    chunk
}

/// Keeps a chunk that nobody uses any more; false if there is no room.
pub(crate) fn put(chunk: NonNull<u8>, size: usize) -> bool {
    if size > ARENA_ALIGN {
        return false;
    }
    let mut stash = lock();
    if stash.len == SLOTS || stash.bytes + size > MAX_BYTES {
        return false;
    }
    let len = stash.len;
    stash.chunks[len] = (Some(chunk), size);
    stash.len += 1;
    stash.bytes += size;
    true
}
