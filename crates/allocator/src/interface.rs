//! The process's allocator as Rust's traits have it: `GlobalAlloc`, and `Allocator` of `allocator-api2`.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator};

use crate::global;

/// The process's allocator (see [`global`]).
///
/// ```
/// use gleaner_allocator::Gleaner;
///
/// #[global_allocator]
/// static ALLOCATOR: Gleaner = Gleaner;
///
/// let words: Vec<String> = ["a", "b"].map(String::from).to_vec();
/// assert!(gleaner_allocator::global::owns(words.as_ptr().cast()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gleaner;

/// Whether blocks are aligned to this by themselves.
const fn natural(layout: Layout) -> bool {
    layout.align() <= 16
}

// SAFETY: blocks are live from `alloc` to `dealloc`, as long and as aligned as asked; null is returned for want of
// memory; what panics is a program that frees twice, which has broken the contract.
unsafe impl GlobalAlloc for Gleaner {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if natural(layout) {
            global::malloc(layout.size())
        } else {
            global::aligned_alloc(layout.align(), layout.size())
        }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, _: Layout) {
        // SAFETY: by contract it came from here.
        unsafe { global::free(ptr) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if natural(layout) {
            global::calloc(1, layout.size())
        } else {
            global::aligned_calloc(layout.align(), layout.size())
        }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if natural(layout) {
            // SAFETY: by contract it came from here.
            return unsafe { global::realloc(ptr, size) };
        }
        let block = global::aligned_alloc(layout.align(), size);
        if !block.is_null() {
            // SAFETY: both blocks are live and at least that long; the old one came from here.
            unsafe {
                ptr::copy_nonoverlapping(ptr, block, layout.size().min(size));
                global::free(ptr);
            }
        }
        block
    }
}

// SAFETY: blocks are live until they are given back, wherever the allocator itself is: it has no state of its own.
unsafe impl Allocator for Gleaner {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: requests of 0 bytes are served as well.
        let block = NonNull::new(unsafe { self.alloc(layout) }).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(block, layout.size()))
    }

    #[inline]
    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: by contract it came from here.
        unsafe { self.dealloc(ptr.as_ptr(), layout) };
    }
}
