//! The process's allocator: `malloc` and its kin, for any thread.
//!
//! Each thread has a heap of its own (`heaps.rs`). A request finds the thread's magazines through one word, a free finds
//! the block's magazine through one byte of the territory's table; neither asks whose block it is. A block freed by
//! another thread than the one that allocated it goes into the magazine of the thread that frees it, like any other, is
//! handed out again there, and finds the way back to its heap when the magazine is flushed.
//!
//! ```text
//!  malloc:  size ─► magazine of this thread ─► pop            free:  pointer ─► in the territory? ─► table: magazine
//!             └ empty, large: slow path                                └ no: foreign                  └ push; full: slow
//! ```
//!
//! That is the fast mode. In the others ([`Mode`]) every request takes the slow path, which passes it on to `special.rs`.
//! The functions with `_for` in their names say which API they are called by, a letter. The debug mode, and it alone, holds
//! it against the API that the block was allocated by. Those without are of API [`API`].
//!
//! All blocks are aligned to 16 bytes. Requests of 0 bytes get blocks of their own. Nothing here panics, but for a heap
//! that the program has spoilt, and nothing aborts for want of memory: null is returned.

use core::ptr::{self, NonNull};

use crate::allocator::{Allocator, room_of};
use crate::arena::{ArenaHeader, LARGE_OFFSET, pool_of};
use crate::geometry::{ARENA_ALIGN, Geometry};
use crate::stats::Stats;
use crate::{budget, heaps, modes, special, territory, thread};

pub use crate::modes::{Malformed, Mode, Settings, TooLate, configure, mode, reset_nomemory, set_nomemory};

pub(crate) const GEOMETRY: Geometry = Geometry::WIDE;
pub(crate) const GRAIN: usize = GEOMETRY.grain();
const SMALL_MAX: usize = GEOMETRY.small_max();

/// The API of the functions that name none.
pub const API: u8 = b'g';

/// Allocates `size` bytes, content arbitrary; null if there is no memory.
#[inline]
#[must_use]
pub fn malloc(size: usize) -> *mut u8 {
    malloc_for(API, size)
}

/// As [`malloc`], by an API.
#[inline]
#[must_use]
pub fn malloc_for(api: u8, size: usize) -> *mut u8 {
    if size <= SMALL_MAX {
        // The number of the size's magazine; 0 for 0 bytes, which takes the slow path.
        let number = size.div_ceil(GRAIN);
        // SAFETY: A10, A12: the thread's word points to magazines, and small sizes have one.
        if let Some(block) = unsafe { (*thread::magazines()).of.get_unchecked(number).pop() } {
            return block.as_ptr();
        }
    }
    malloc_slow(size, api)
}

// `extern "C"`: it does not unwind, so that the fast path needs no frame.
#[cold]
#[inline(never)]
extern "C" fn malloc_slow(size: usize, api: u8) -> *mut u8 {
    let state = modes::state();
    if state.is_special() {
        return special::malloc(state, api, size);
    }
    malloc_from_heaps(size)
}

/// Allocates from the heap of the thread, or that of large objects.
pub(crate) fn malloc_from_heaps(size: usize) -> *mut u8 {
    let block = match GEOMETRY.class_of(size) {
        Some(_) => heaps::mine().and_then(|heap| heap.alloc_slow(size)),
        None => heaps::with_common(|heap| heap.alloc_slow(size)).flatten(),
    };
    block.map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Allocates `count` times `size` zero bytes; null if there is no memory.
#[inline]
#[must_use]
pub fn calloc(count: usize, size: usize) -> *mut u8 {
    calloc_for(API, count, size)
}

/// As [`calloc`], by an API.
#[inline]
#[must_use]
pub fn calloc_for(api: u8, count: usize, size: usize) -> *mut u8 {
    let Some(bytes) = count.checked_mul(size) else { return ptr::null_mut() };
    // SAFETY: the block is new, and that long.
    unsafe { zeroed(malloc_for(api, bytes), bytes) }
}

/// As [`aligned_alloc`], of zero bytes.
#[must_use]
pub(crate) fn aligned_calloc(align: usize, size: usize) -> *mut u8 {
    // SAFETY: the block is new, and that long.
    unsafe { zeroed(aligned_alloc(align, size), size) }
}

/// Returns a block, or null, that holds zeros now. Pages that hold them already are not touched.
///
/// # Safety
/// The block is new, and that long.
#[inline]
unsafe fn zeroed(block: *mut u8, bytes: usize) -> *mut u8 {
    if let Some(block) = NonNull::new(block) {
        // SAFETY: by contract.
        unsafe {
            if bytes <= SMALL_MAX || !holds_zeros(block) {
                block.write_bytes(0, bytes);
            }
        }
    }
    block
}

/// Returns whether a block is known to hold zeros: the only one of its pool, or chunk, that came into use with it.
///
/// # Safety
/// The block is new.
#[cold]
#[inline(never)]
unsafe fn holds_zeros(block: NonNull<u8>) -> bool {
    // SAFETY: a live block's chunk begins with its header and a table of its pools (A3).
    let pool = unsafe { &*pool_of(block.as_ptr(), (*ArenaHeader::of(block.as_ptr())).pool_shift.get()) };
    !modes::state_with_block().is_guarded() && pool.zeros.get() && pool.blocks.get() == 1
}

/// Allocates `size` bytes at a multiple of `align`; null if there is no memory, or if `align` is no power of two up to
/// 512 KiB.
#[must_use]
pub fn aligned_alloc(align: usize, size: usize) -> *mut u8 {
    if !align.is_power_of_two() || align > ARENA_ALIGN / 2 {
        return ptr::null_mut();
    }
    let state = modes::state();
    if state.is_special() {
        return special::aligned_alloc(state, API, align, size);
    }
    aligned_from_heaps(align, size, malloc)
}

/// `aligned_alloc` in the fast mode; what needs no chunk of its own comes from `make`.
pub(crate) fn aligned_from_heaps(align: usize, size: usize, make: impl FnOnce(usize) -> *mut u8) -> *mut u8 {
    if let Some(padded) = padded(align, size) {
        return make(padded);
    }
    let offset = LARGE_OFFSET.next_multiple_of(align);
    let block = heaps::with_common(|heap| heap.alloc_large_at(size, offset));
    block.and_then(Result::ok).map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Returns a size whose blocks are aligned to `align` and have room for `size` bytes; `None` if a chunk must be made for it.
pub(crate) fn padded(align: usize, size: usize) -> Option<usize> {
    if align <= GRAIN {
        return Some(size);
    }
    // Pools are aligned to their size, so blocks whose size is a multiple of it are aligned to it, too.
    if align > GEOMETRY.pool() {
        return None;
    }
    let first = GEOMETRY.class_of(size.max(1).checked_next_multiple_of(align)?)?;
    let mut fitting = (first..GEOMETRY.classes()).map(|class| GEOMETRY.class_size(class));
    fitting.find(|size| size.is_multiple_of(align))
}

/// Frees a block if it is ours; returns false, and does nothing, if it is not. Null is ours.
///
/// # Panics
/// If it finds that a block was freed twice.
///
/// # Safety
/// If the pointer is one of ours, it is live, and nobody uses it any more.
#[inline]
pub unsafe fn try_free(ptr: *mut u8) -> bool {
    // SAFETY: by contract.
    unsafe { try_free_for(API, ptr) }
}

/// As [`try_free`], by an API.
///
/// # Panics
/// As there.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn try_free_for(api: u8, ptr: *mut u8) -> bool {
    // SAFETY: by contract.
    unsafe { free_at_hand(ptr) || free_slow(ptr, api) }
}

/// Frees a block. Null is nothing to free.
///
/// # Panics
/// If it finds that a block was freed twice.
///
/// # Safety
/// The pointer is null, or a live block of ours that nobody uses any more.
#[inline]
pub unsafe fn free(ptr: *mut u8) {
    // SAFETY: by contract.
    unsafe { free_for(API, ptr) };
}

/// As [`free`], by an API.
///
/// # Panics
/// As there.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn free_for(api: u8, ptr: *mut u8) {
    // SAFETY: by contract.
    unsafe {
        if !free_at_hand(ptr) {
            free_ours(ptr, api);
        }
    }
}

/// Frees a block if that takes no more than putting it into its magazine; false, and nothing has happened, if there is no
/// room, no magazine, or no block of ours. For doors that have more to do then, out of line.
///
/// # Safety
/// If the pointer is one of ours, it is live, and nobody uses it any more if it was freed.
#[inline(always)]
#[must_use]
pub unsafe fn free_at_hand(ptr: *mut u8) -> bool {
    // SAFETY: A12: the thread's word points to magazines.
    let magazines = unsafe { &*thread::magazines() };
    let base = magazines.base.get();
    let offset = ptr.addr().wrapping_sub(base.addr());
    if offset >= magazines.len.get() {
        return false;
    }
    // SAFETY: A10, A11: the table at the territory's front has the number of a magazine for each 16 KiB, which nobody
    // writes while a block in it lives; the pointer is in the territory, so not null.
    unsafe {
        let number = *base.add(offset >> territory::PAGE_SHIFT);
        magazines.of.get_unchecked(usize::from(number)).push(NonNull::new_unchecked(ptr))
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn free_slow(ptr: *mut u8, api: u8) -> bool {
    let Some(block) = NonNull::new(ptr) else { return true };
    let state = modes::state();
    if state.is_locked() {
        return special::free(state, api, block);
    }
    if !owns(ptr) {
        return false;
    }
    // SAFETY: by contract a live block of ours.
    unsafe {
        if heaps::is_large(block) {
            heaps::with_common(|heap| heap.free_slow(block, None));
        } else if let Some(heap) = heaps::mine() {
            heap.free_slow(block, None);
        }
        // A thread that cannot even get a heap leaks the block: there is no memory to note it down.
    }
    true
}

/// Frees what must be ours.
#[cold]
#[inline(never)]
unsafe extern "C" fn free_ours(ptr: *mut u8, api: u8) {
    // SAFETY: by contract.
    let ours = unsafe { free_slow(ptr, api) };
    debug_assert!(ours || modes::state().is_locked(), "the block is ours");
    if !ours && modes::state().is_locked() {
        special::foreign(ptr);
    }
}

/// Changes the size of a block, content kept as far as both sizes reach; null, and the block as it was, if there is no
/// memory. A block of null is a new one. 0 bytes are as 1.
///
/// A block stays where it is while more than three quarters of it are used (as in CPython), and a large one wherever its
/// pages can stay or move without being copied. In the debug mode every block moves.
///
/// # Safety
/// The pointer is null, or a live block of ours; if another is returned, nobody uses it any more.
#[inline]
pub unsafe fn realloc(ptr: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { realloc_for(API, ptr, size) }
}

/// As [`realloc`], by an API.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn realloc_for(api: u8, ptr: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { resize(ptr, size, api) }
}

#[inline(never)]
unsafe extern "C" fn resize(ptr: *mut u8, size: usize, api: u8) -> *mut u8 {
    let Some(block) = NonNull::new(ptr) else { return malloc_for(api, size) };
    let state = modes::state_with_block();
    // SAFETY: by contract.
    unsafe {
        if state.is_special() {
            return special::realloc(state, api, block, size);
        }
        realloc_in_heaps(block, size, malloc)
    }
}

/// Returns whether a block with room for `room` bytes stays where it is when its size becomes `size`.
#[inline]
pub(crate) fn stays(room: usize, size: usize) -> bool {
    size <= room && (size > room / 4 * 3 || room <= GRAIN)
}

/// `realloc` in the fast mode; a new block comes from `make`.
///
/// # Safety
/// The pointer is a live block of ours; if another is returned, nobody uses it any more.
#[inline]
pub(crate) unsafe fn realloc_in_heaps(
    block: NonNull<u8>,
    size: usize,
    make: impl FnOnce(usize) -> *mut u8,
) -> *mut u8 {
    let ptr = block.as_ptr();
    // SAFETY: by contract the block is live.
    unsafe {
        let room = room_of(block);
        if stays(room, size) {
            return ptr;
        }
        if heaps::is_large(block)
            && size > GEOMETRY.class_max()
            && let Some(Some(moved)) = heaps::with_common(|heap| heap.resize_large(block, size))
        {
            return moved.as_ptr();
        }
        let moved = make(size);
        if moved.is_null() {
            return if size <= room { ptr } else { moved };
        }
        ptr::copy_nonoverlapping(ptr, moved, room.min(size));
        free(ptr);
        moved
    }
}

/// Returns whether an address lies in memory of this allocator. Lock-free, unless the first territory is full.
#[inline]
#[must_use]
pub fn owns(ptr: *const u8) -> bool {
    territory::contains(ptr)
}

/// Returns the bytes of a block that its user may use: at least those asked for, and in the debug mode just those.
///
/// # Safety
/// The pointer is null, or a live block of ours.
#[must_use]
pub unsafe fn usable_size(ptr: *mut u8) -> usize {
    let Some(block) = NonNull::new(ptr) else { return 0 };
    let state = modes::state_with_block();
    if state.is_locked() {
        return special::usable_size(state, block);
    }
    // SAFETY: by contract.
    unsafe { room_of(block) }
}

/// Gives back to the system what this thread's heap and that of large objects keep for later.
pub fn trim() {
    if thread::has_heap()
        && let Some(heap) = heaps::mine()
    {
        heap.trim();
    }
    heaps::with_common(Allocator::trim);
}

/// Returns the figures of this thread's heap, of those whose threads have ended and of large objects, and how many heaps
/// of other threads there are besides: those cannot be looked into. In modes other than fast there are none.
///
/// Bytes are those of blocks, in the debug mode with all that is laid around the user's.
#[must_use]
pub fn stats() -> (Stats, usize) {
    heaps::stats()
}

/// Returns the bytes that all heaps of the process have mapped: what a budget limits.
#[must_use]
pub fn mapped() -> usize {
    budget::mapped()
}

/// Verifies the structures of this thread's heap, of those whose threads have ended, and of large objects; in modes other
/// than fast those of all blocks, and in the debug mode their guards and fills. Ends the process, with a line on standard
/// error, if something is wrong.
///
/// # Complexity
/// Linear in the blocks of those heaps.
pub fn check() {
    heaps::check();
}
