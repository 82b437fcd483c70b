//! Which allocators there are.

use std::ffi::c_void;

use gleaner_allocator::global;

use crate::door::CAllocator;

extern "C" fn gleaner_malloc(size: usize) -> *mut c_void {
    global::malloc(size).cast()
}

extern "C" fn gleaner_calloc(count: usize, size: usize) -> *mut c_void {
    global::calloc(count, size).cast()
}

unsafe extern "C" fn gleaner_realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: whoever calls it keeps C's contract (P1), which is that of `global`.
    unsafe { global::realloc(block.cast(), size).cast() }
}

unsafe extern "C" fn gleaner_free(block: *mut c_void) {
    // SAFETY: as above (P1).
    unsafe { global::free(block.cast()) }
}

/// Gleaner's, as a C program would call it: not inlined.
const GLEANER: CAllocator = CAllocator {
    name: "gleaner",
    malloc: gleaner_malloc,
    calloc: gleaner_calloc,
    realloc: gleaner_realloc,
    free: gleaner_free,
};

/// The C library's.
const SYSTEM: CAllocator = CAllocator {
    name: if cfg!(target_env = "gnu") { "glibc" } else { "system" },
    malloc: libc::malloc,
    calloc: libc::calloc,
    realloc: libc::realloc,
    free: libc::free,
};

/// Every allocator of this build but pymalloc, which is loaded, and `null`, which is none.
pub const ALL: &[CAllocator] = &[
    GLEANER,
    SYSTEM,
    #[cfg(feature = "foreign")]
    crate::foreign::ALL[0],
    #[cfg(feature = "foreign")]
    crate::foreign::ALL[1],
    #[cfg(feature = "foreign")]
    crate::foreign::ALL[2],
];

/// Returns the allocator of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static CAllocator> {
    ALL.iter().find(|allocator| allocator.name == name)
}
