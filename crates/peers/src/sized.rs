//! Gleaner's inlined door, which is told the size of what it frees.

use std::ptr::{self, NonNull};

use gleaner_allocator::{Allocator, Geometry};

use crate::door::Door;

/// A heap of one thread, without a call between it and its user.
#[derive(Debug)]
pub struct GleanerSized(Allocator);

impl GleanerSized {
    /// Makes an empty heap.
    #[must_use]
    pub fn new() -> GleanerSized {
        GleanerSized(Allocator::new(Geometry::MODERN))
    }
}

impl Default for GleanerSized {
    fn default() -> GleanerSized {
        GleanerSized::new()
    }
}

// SAFETY: blocks are the allocator's, which keeps the contract (P1).
unsafe impl Door for GleanerSized {
    #[inline]
    fn malloc(&self, size: usize) -> *mut u8 {
        self.0.alloc(size).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn free(&self, block: *mut u8, size: usize) {
        // SAFETY: by contract, a live block of `alloc(size)`, hence not null (P1).
        unsafe { self.0.free(NonNull::new_unchecked(block), size) }
    }
}
