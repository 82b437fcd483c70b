//! The functions that CPython calls, in front of [`gleaner_allocator::global`].
//!
//! They are as short as can be: who serves large requests is a constant of the function, and `ctx` is only looked at when a
//! block is foreign. A panic in them would end the process (they are `extern "C"`), but nothing in them panics.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use gleaner_allocator::global;

use crate::python::{Functions, Previous};

/// The largest request that CPython's own allocator for small objects serves.
pub const SMALL: usize = 512;
/// The largest request that Gleaner serves from arenas; what is larger gets a mapping of its own.
pub const MEDIUM: usize = 32 << 10;
/// A limit that no request exceeds: all are served by Gleaner.
pub const ALL: usize = usize::MAX;

/// Blocks of the previous allocator that were freed through these functions.
static FOREIGN_FREES: AtomicUsize = AtomicUsize::new(0);
/// Blocks of the previous allocator that were resized through these functions.
static FOREIGN_REALLOCS: AtomicUsize = AtomicUsize::new(0);

/// Returns how many foreign blocks were freed and how many resized.
pub(crate) fn foreign() -> (usize, usize) {
    // Relaxed: figures, which nothing depends on.
    (FOREIGN_FREES.load(Ordering::Relaxed), FOREIGN_REALLOCS.load(Ordering::Relaxed))
}

/// Returns the functions for a domain that had `previous`; requests above `LIMIT` bytes go on to it. `API` is the domain's
/// letter, which the allocator's debug mode keeps with each block.
#[must_use]
pub fn table<const LIMIT: usize, const API: u8>(previous: &'static Previous) -> Functions {
    Functions {
        ctx: ptr::from_ref(previous).cast_mut().cast(),
        malloc: malloc::<LIMIT, API>,
        calloc: calloc::<LIMIT, API>,
        realloc: realloc::<LIMIT, API>,
        free: free::<API>,
    }
}

/// Returns the allocator before ours.
///
/// # Safety
/// `ctx` comes from [`table`].
unsafe fn previous(ctx: *mut c_void) -> &'static Functions {
    // SAFETY: a table's ctx is a `Previous`, which stays (C3).
    unsafe { &(*ctx.cast::<Previous>()).0 }
}

/// `malloc` of the domain.
///
/// # Safety
/// As C1.
pub(crate) unsafe extern "C" fn malloc<const LIMIT: usize, const API: u8>(
    ctx: *mut c_void,
    size: usize,
) -> *mut c_void {
    if size > LIMIT {
        // SAFETY: CPython's contract (C1) is that of the previous allocator, too (C3).
        return unsafe {
            let previous = previous(ctx);
            (previous.malloc)(previous.ctx, size)
        };
    }
    global::malloc_for(API, size).cast()
}

/// `calloc` of the domain.
///
/// # Safety
/// As C1.
pub(crate) unsafe extern "C" fn calloc<const LIMIT: usize, const API: u8>(
    ctx: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    if LIMIT != ALL && count.checked_mul(size).is_none_or(|bytes| bytes > LIMIT) {
        // SAFETY: as in `malloc` (C1, C3).
        return unsafe {
            let previous = previous(ctx);
            (previous.calloc)(previous.ctx, count, size)
        };
    }
    global::calloc_for(API, count, size).cast()
}

/// `realloc` of the domain.
///
/// # Safety
/// As C1.
pub(crate) unsafe extern "C" fn realloc<const LIMIT: usize, const API: u8>(
    ctx: *mut c_void,
    block: *mut c_void,
    size: usize,
) -> *mut c_void {
    if block.is_null() {
        // SAFETY: as here (C1).
        return unsafe { malloc::<LIMIT, API>(ctx, size) };
    }
    if !global::owns(block.cast()) {
        // SAFETY: as here (C1); the block is foreign.
        return unsafe { realloc_foreign(ctx, block, size) };
    }
    if size > LIMIT {
        // SAFETY: as here (C1); the block is ours.
        return unsafe { move_out::<API>(ctx, block, size) };
    }
    // SAFETY: the block is live (C1) and ours.
    unsafe { global::realloc_for(API, block.cast(), size).cast() }
}

/// `free` of the domain.
///
/// # Safety
/// As C1.
pub(crate) unsafe extern "C" fn free<const API: u8>(ctx: *mut c_void, block: *mut c_void) {
    // SAFETY: the block is live or null (C1).
    if !unsafe { global::free_at_hand(block.cast()) } {
        // SAFETY: as here (C1).
        unsafe { free_rest::<API>(ctx, block) }
    }
}

/// Frees what is not freed in a few instructions. Does not unwind, so that `free` needs no frame.
///
/// # Safety
/// As C1.
#[cold]
#[inline(never)]
unsafe extern "C" fn free_rest<const API: u8>(ctx: *mut c_void, block: *mut c_void) {
    // SAFETY: the block is live or null (C1).
    if !unsafe { global::try_free_for(API, block.cast()) } {
        // SAFETY: as here (C1); the block is not ours.
        unsafe { free_foreign(ctx, block) }
    }
}

/// Frees a block of the previous allocator, or null.
///
/// # Safety
/// As C1, and the block is not ours.
unsafe fn free_foreign(ctx: *mut c_void, block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // Relaxed: a figure.
    FOREIGN_FREES.fetch_add(1, Ordering::Relaxed);
    // SAFETY: what is live (C1) and not ours is the previous allocator's (C3).
    unsafe {
        let previous = previous(ctx);
        (previous.free)(previous.ctx, block);
    }
}

/// Resizes a block of the previous allocator, which keeps it.
///
/// # Safety
/// As C1, and the block is neither null nor ours.
#[cold]
#[inline(never)]
unsafe fn realloc_foreign(ctx: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    // Relaxed: a figure.
    FOREIGN_REALLOCS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: what is live (C1) and not ours is the previous allocator's (C3).
    unsafe {
        let previous = previous(ctx);
        (previous.realloc)(previous.ctx, block, size)
    }
}

/// Resizes a block of ours to more than the limit: the previous allocator serves it.
///
/// # Safety
/// As C1, and the block is ours.
#[cold]
#[inline(never)]
unsafe fn move_out<const API: u8>(ctx: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the new block is as large as is copied, and another one than the old, which is ours and live (C1).
    unsafe {
        let previous = previous(ctx);
        let new = (previous.malloc)(previous.ctx, size);
        if !new.is_null() {
            let bytes = global::usable_size(block.cast()).min(size);
            ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast::<u8>(), bytes);
            global::free_for(API, block.cast());
        }
        new
    }
}
