//! A raw layer that fails when it is told to: fault injection.

use core::ptr::NonNull;

use gleaner_sync::Arc;
use gleaner_sync::atomic::{AtomicUsize, Ordering};

use crate::raw::{Chunk, Mmap, OutOfMemory, Raw};

/// When a [`Faulty`] layer fails; nothing fails by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The request (counted from 0) that fails.
    pub fail_at: Option<usize>,
    /// Whether all requests after that one fail, too.
    pub and_after: bool,
    /// The bytes that may be mapped at once; a request beyond fails.
    pub budget: Option<usize>,
}

/// What a [`Faulty`] layer has seen; a handle that outlives the allocator that owns the layer.
#[derive(Clone, Debug)]
pub struct Witness {
    shared: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    requests: AtomicUsize,
    failures: AtomicUsize,
    chunks: AtomicUsize,
    bytes: AtomicUsize,
}

impl Witness {
    /// Returns how many chunks were asked for, with or without success.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Returns how many requests failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Returns how many chunks are mapped now.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.shared.chunks.load(Ordering::Relaxed)
    }

    /// Returns how many bytes are mapped now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

/// [`Mmap`] with faults.
///
/// ```
/// use gleaner_allocator::{Allocator, Faulty, Geometry, Plan};
///
/// let faulty = Faulty::new(Plan { fail_at: Some(0), ..Plan::default() });
/// let witness = faulty.witness();
/// let allocator = Allocator::with_raw(Geometry::TINY, Box::new(faulty));
/// assert!(allocator.alloc(8).is_err());
/// assert!(allocator.alloc(8).is_ok());
/// assert_eq!((witness.requests(), witness.failures()), (2, 1));
/// drop(allocator);
/// assert_eq!(witness.chunks(), 0);
/// ```
#[derive(Debug)]
pub struct Faulty {
    plan: Plan,
    counts: Arc<Counts>,
}

impl Faulty {
    /// Makes a layer that fails as planned.
    #[must_use]
    pub fn new(plan: Plan) -> Faulty {
        let counts = Counts {
            requests: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
            chunks: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        };
        Faulty { plan, counts: Arc::new(counts) }
    }

    /// Returns a handle on what the layer sees.
    #[must_use]
    pub fn witness(&self) -> Witness {
        Witness { shared: Arc::clone(&self.counts) }
    }

    fn fails(&self, request: usize, size: usize) -> bool {
        let planned =
            self.plan.fail_at.is_some_and(|at| request == at || self.plan.and_after && request > at);
        let mapped = self.counts.bytes.load(Ordering::Relaxed);
        planned || self.plan.budget.is_some_and(|budget| mapped.saturating_add(size) > budget)
    }
}

// SAFETY: every chunk is `Mmap`'s and goes back there (A2).
unsafe impl Raw for Faulty {
    fn map(&self, size: usize) -> Result<Chunk, OutOfMemory> {
        // Relaxed: counters, read when the threads that count have been joined.
        let request = self.counts.requests.fetch_add(1, Ordering::Relaxed);
        if self.fails(request, size) {
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            return Err(OutOfMemory { size });
        }
        let chunk = Mmap.map(size)?;
        self.counts.chunks.fetch_add(1, Ordering::Relaxed);
        self.counts.bytes.fetch_add(size, Ordering::Relaxed);
        Ok(chunk)
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        self.counts.chunks.fetch_sub(1, Ordering::Relaxed);
        self.counts.bytes.fetch_sub(size, Ordering::Relaxed);
        // SAFETY: by contract, `map` returned the chunk, and it had it from `Mmap` with the same size.
        unsafe { Mmap.unmap(chunk, size) }
    }

    unsafe fn purge(&self, part: NonNull<u8>, size: usize) -> bool {
        // SAFETY: by contract.
        unsafe { Mmap.purge(part, size) }
    }

    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        let request = self.counts.requests.fetch_add(1, Ordering::Relaxed);
        if self.fails(request, new.saturating_sub(old)) {
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        // SAFETY: by contract.
        let moved = unsafe { Mmap.remap(chunk, old, new) }?;
        self.counts.bytes.fetch_add(new, Ordering::Relaxed);
        self.counts.bytes.fetch_sub(old, Ordering::Relaxed);
        Some(moved)
    }
}
