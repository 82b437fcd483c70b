//! The stash: a bounded number of chunks that the process keeps for its next allocator.
//!
//! A system call and the page faults after it cost a thousand times what a reused chunk costs. A test that
//! makes a fresh heap for every program, or a server that makes one per request, would feel it; so chunks of
//! at most one arena wait here for whoever asks for exactly their size.

use core::ptr::NonNull;

use gleaner_sync::process::{SpinLock, SpinLockGuard};

use crate::geometry::ARENA_ALIGN;

/// The most chunks, and the most bytes, that wait.
const SLOTS: usize = 32;
const MAX_BYTES: usize = 4 * ARENA_ALIGN;

/// Chunks that nobody uses.
struct Stash {
    chunks: [(Option<NonNull<u8>>, usize); SLOTS],
    len: usize,
    bytes: usize,
}

// SAFETY: the stash owns its chunks exclusively (A2), so any thread may take them.
unsafe impl Send for Stash {}

static STASH: SpinLock<Stash> = SpinLock::new(Stash::new());

/// Locks the stash: for whoever forks.
pub(crate) fn lock() -> SpinLockGuard<'static, impl Sized> {
    STASH.lock()
}

/// Unlocks it after a fork.
///
/// # Safety
/// The guard of [`lock`] was forgotten, by the thread that calls.
pub(crate) unsafe fn unlock() {
    // SAFETY: by contract.
    unsafe { STASH.force_unlock() };
}

/// Takes a chunk of exactly `size` bytes, if one waits.
pub(crate) fn take(size: usize) -> Option<NonNull<u8>> {
    if size > ARENA_ALIGN { None } else { STASH.lock().take(size) }
}

/// Keeps a chunk that nobody uses any more; false if there is no room.
pub(crate) fn put(chunk: NonNull<u8>, size: usize) -> bool {
    size <= ARENA_ALIGN && STASH.lock().put(chunk, size)
}

impl Stash {
    const fn new() -> Stash {
        Stash { chunks: [(None, 0); SLOTS], len: 0, bytes: 0 }
    }

    /// Takes the chunk that came last, whose pages are likely still in the cache.
    fn take(&mut self, size: usize) -> Option<NonNull<u8>> {
        let index = self.chunks[..self.len].iter().rposition(|&(_, bytes)| bytes == size)?;
        self.len -= 1;
        self.bytes -= size;
        self.chunks[index..=self.len].rotate_left(1);
        self.chunks[self.len].0.take()
    }

    fn put(&mut self, chunk: NonNull<u8>, size: usize) -> bool {
        if self.len == SLOTS || self.bytes + size > MAX_BYTES {
            return false;
        }
        self.chunks[self.len] = (Some(chunk), size);
        self.len += 1;
        self.bytes += size;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, SLOTS, Stash};
    use core::num::NonZero;
    use core::ptr::NonNull;

    /// A chunk that nobody reads.
    fn chunk(number: usize) -> NonNull<u8> {
        NonNull::without_provenance(NonZero::new((number + 1) << 20).expect("not zero"))
    }

    #[test]
    fn chunks_come_back_once_by_size_and_newest_first() {
        let mut stash = Stash::new();
        for (number, size) in [(0, 4096), (1, 8192), (2, 4096), (3, 8192)] {
            assert!(stash.put(chunk(number), size));
        }
        assert_eq!(stash.take(12_288), None);
        assert_eq!(stash.take(4096), Some(chunk(2)));
        assert_eq!(stash.take(4096), Some(chunk(0)));
        assert_eq!(stash.take(4096), None);
        assert_eq!(stash.take(8192), Some(chunk(3)));
        assert_eq!(stash.take(8192), Some(chunk(1)));
        assert_eq!((stash.len, stash.bytes), (0, 0));
    }

    #[test]
    fn slots_and_bytes_are_bounded() {
        for (size, most) in [(4096, SLOTS), (1 << 20, MAX_BYTES >> 20)] {
            let mut stash = Stash::new();
            let kept = (0..100).filter(|&number| stash.put(chunk(number), size)).count();
            assert_eq!(kept, most);
            assert!(stash.take(size).is_some() && stash.put(chunk(200), size));
            assert!(!stash.put(chunk(201), size));
        }
    }
}
