//! Ways into an allocator.

use std::ffi::c_void;

/// Allocates and frees.
///
/// # Safety
/// An implementor promises P1: a block that [`malloc`](Door::malloc) returns and that is not null has `size` bytes,
/// aligned to 8 if it has so many, and is the caller's until it is freed. [`Null`] alone does not, and says so by
/// [`REAL`](Door::REAL): its blocks have 64 bytes, and are all the same.
pub unsafe trait Door {
    /// Whether blocks are distinct and have the bytes that were asked for.
    const REAL: bool = true;

    /// Returns a block, or null.
    fn malloc(&self, size: usize) -> *mut u8;

    /// Frees a block.
    ///
    /// # Safety
    /// `malloc(size)` of this door returned it, it is live, and nobody uses it any more.
    unsafe fn free(&self, block: *mut u8, size: usize);
}

/// A door with the other two functions of C.
///
/// # Safety
/// As for [`Door`]; in addition, what [`calloc`](CDoor::calloc) returns is zero if the door is real.
pub unsafe trait CDoor: Door {
    /// Returns a block of zeros, or null.
    fn calloc(&self, size: usize) -> *mut u8;

    /// Changes the size of a block; null if there is no memory, and then the block is as before.
    ///
    /// # Safety
    /// This door returned `block`, and it is live. If the result is not null, only that is.
    unsafe fn realloc(&self, block: *mut u8, size: usize) -> *mut u8;
}

/// An allocator as four C functions; called by pointer, so that nothing is inlined.
#[derive(Clone, Copy, Debug)]
pub struct CAllocator {
    pub(crate) name: &'static str,
    pub(crate) malloc: unsafe extern "C" fn(usize) -> *mut c_void,
    pub(crate) calloc: unsafe extern "C" fn(usize, usize) -> *mut c_void,
    pub(crate) realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub(crate) free: unsafe extern "C" fn(*mut c_void),
}

impl CAllocator {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

// SAFETY: tables are made in this crate, of functions that keep C's contract (P1).
unsafe impl Door for CAllocator {
    #[inline]
    fn malloc(&self, size: usize) -> *mut u8 {
        // SAFETY: malloc may be called with any size (P1).
        unsafe { (self.malloc)(size).cast() }
    }

    #[inline]
    unsafe fn free(&self, block: *mut u8, _: usize) {
        // SAFETY: by contract, this allocator's live block (P1).
        unsafe { (self.free)(block.cast()) }
    }
}

// SAFETY: as above (P1).
unsafe impl CDoor for CAllocator {
    #[inline]
    fn calloc(&self, size: usize) -> *mut u8 {
        // SAFETY: calloc may be called with any size (P1).
        unsafe { (self.calloc)(1, size).cast() }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, size: usize) -> *mut u8 {
        // For a C library, a realloc to 0 bytes is a free; for Python it is not, and it asks for 1, as here.
        // SAFETY: by contract, this allocator's live block (P1).
        unsafe { (self.realloc)(block.cast(), size.max(1)).cast() }
    }
}

/// No allocator: every block is the same 64 bytes. What is measured on it is the harness.
#[derive(Debug)]
pub struct Null(*mut u8);

impl Null {
    /// Makes the one block, for good.
    #[must_use]
    pub fn new() -> Null {
        Null(Box::leak(Box::new([0_u64; 8])).as_mut_ptr().cast())
    }
}

impl Default for Null {
    fn default() -> Null {
        Null::new()
    }
}

// SAFETY: not real, as it says; the block has 64 bytes, for good, and is used by one thread at a time because a
// pointer is neither `Send` nor `Sync` (P1).
unsafe impl Door for Null {
    const REAL: bool = false;

    #[inline]
    fn malloc(&self, _: usize) -> *mut u8 {
        std::hint::black_box(self.0)
    }

    #[inline]
    unsafe fn free(&self, block: *mut u8, _: usize) {
        std::hint::black_box(block);
    }
}

// SAFETY: as above (P1).
unsafe impl CDoor for Null {
    #[inline]
    fn calloc(&self, _: usize) -> *mut u8 {
        std::hint::black_box(self.0)
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, _: usize) -> *mut u8 {
        std::hint::black_box(block)
    }
}
