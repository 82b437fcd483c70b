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
//! All blocks are aligned to 16 bytes. Requests of 0 bytes get blocks of their own. Nothing here panics, but for a heap
//! that the program has spoilt, and nothing aborts for want of memory: null is returned.

use core::ptr::{self, NonNull};

use gleaner_sync::process::atomic::Ordering;

use crate::allocator::{Allocator, room_of};
use crate::arena::LARGE_OFFSET;
use crate::geometry::{ARENA_ALIGN, Geometry};
use crate::heaps;
use crate::stats::Stats;
use crate::territory;
use crate::thread;

const GEOMETRY: Geometry = Geometry::WIDE;
const SMALL_MAX: usize = GEOMETRY.small_max();
const GRAIN: usize = GEOMETRY.grain();

/// Allocates `size` bytes, content arbitrary; null if there is no memory.
#[inline]
#[must_use]
pub fn malloc(size: usize) -> *mut u8 {
    if size <= SMALL_MAX {
        // The number of the size's magazine; 0 for 0 bytes, which takes the slow path.
        let number = size.div_ceil(GRAIN);
        // SAFETY: A10, A12: the thread's word points to magazines, and small sizes have one.
        if let Some(block) = unsafe { (*thread::magazines()).0.get_unchecked(number).pop() } {
            return block.as_ptr();
        }
    }
    malloc_slow(size)
}

// `extern "C"`: it does not unwind, so that the fast path needs no frame.
#[cold]
#[inline(never)]
extern "C" fn malloc_slow(size: usize) -> *mut u8 {
    let block = match GEOMETRY.class_of(size) {
        Some(_) => heaps::mine().and_then(|heap| heap.alloc_slow(size)),
        None => heaps::with_large(|heap| heap.alloc_slow(size)).flatten(),
    };
    block.map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Allocates `count` times `size` zero bytes; null if there is no memory.
#[inline]
#[must_use]
pub fn calloc(count: usize, size: usize) -> *mut u8 {
    let Some(bytes) = count.checked_mul(size) else { return ptr::null_mut() };
    let block = malloc(bytes);
    // A chunk of more than one slot never comes from the stash, so it is fresh from a territory: zeros.
    if !block.is_null() && bytes <= ARENA_ALIGN {
        // SAFETY: the block is ours, and that long.
        unsafe { block.write_bytes(0, bytes) };
    }
    block
}

/// Allocates `size` bytes at a multiple of `align`; null if there is no memory, or if `align` is no power of two up to
/// 512 KiB.
#[must_use]
pub fn aligned_alloc(align: usize, size: usize) -> *mut u8 {
    if align <= GRAIN && align.is_power_of_two() {
        return malloc(size);
    }
    if !align.is_power_of_two() || align > ARENA_ALIGN / 2 {
        return ptr::null_mut();
    }
    // Pools are aligned to their size, so blocks whose size is a multiple of it are aligned to it, too.
    if align <= GEOMETRY.pool()
        && let Some(padded) = size.max(1).checked_next_multiple_of(align)
        && let Some(first) = GEOMETRY.class_of(padded)
    {
        let mut fitting = (first..GEOMETRY.classes()).map(|class| GEOMETRY.class_size(class));
        if let Some(size) = fitting.find(|size| size.is_multiple_of(align)) {
            return malloc(size);
        }
    }
    let offset = LARGE_OFFSET.next_multiple_of(align);
    let block = heaps::with_large(|heap| heap.alloc_large_at(size, offset));
    block.and_then(Result::ok).map_or(ptr::null_mut(), NonNull::as_ptr)
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
    // Relaxed: whoever has a block of ours got it by way of synchronisation, after the territory was reserved.
    let base = territory::FIRST.base.load(Ordering::Relaxed);
    let offset = ptr.addr().wrapping_sub(base.addr());
    if offset < territory::FIRST.len.load(Ordering::Relaxed) {
        // SAFETY: A10, A11, A12: the table at the territory's front has the number of a magazine for each 16 KiB, which
        // nobody writes while a block in it lives, and the thread's word points to magazines; the pointer is in the
        // territory, so not null.
        unsafe {
            let number = *base.add(offset >> territory::PAGE_SHIFT);
            let magazine = (*thread::magazines()).0.get_unchecked(usize::from(number));
            if magazine.push(NonNull::new_unchecked(ptr)) {
                return true;
            }
        }
    }
    // SAFETY: by contract.
    unsafe { free_slow(ptr) }
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
    let ours = unsafe { try_free(ptr) };
    debug_assert!(ours, "the block is ours");
}

#[cold]
#[inline(never)]
unsafe extern "C" fn free_slow(ptr: *mut u8) -> bool {
    let Some(block) = NonNull::new(ptr) else { return true };
    if !owns(ptr) {
        return false;
    }
    // SAFETY: by contract a live block of ours.
    unsafe {
        if heaps::is_large(block) {
            heaps::with_large(|heap| heap.free_slow(block, None));
        } else if let Some(heap) = heaps::mine() {
            heap.free_slow(block, None);
        }
        // A thread that cannot even get a heap leaks the block: there is no memory to note it down.
    }
    true
}

/// Changes the size of a block, content kept as far as both sizes reach; null, and the block as it was, if there is no
/// memory. A block of null is a new one. 0 bytes are as 1.
///
/// A block stays where it is while more than three quarters of it are used (as in CPython), and a large one wherever its
/// pages can stay or move without being copied.
///
/// # Safety
/// The pointer is null, or a live block of ours; if another is returned, nobody uses it any more.
pub unsafe fn realloc(ptr: *mut u8, size: usize) -> *mut u8 {
    let Some(block) = NonNull::new(ptr) else { return malloc(size) };
    // SAFETY: by contract the block is live.
    unsafe {
        let room = room_of(block);
        if size <= room && (size > room / 4 * 3 || room <= GRAIN) {
            return ptr;
        }
        if heaps::is_large(block)
            && size > GEOMETRY.class_max()
            && let Some(Some(moved)) = heaps::with_large(|heap| heap.resize_large(block, size))
        {
            return moved.as_ptr();
        }
        let moved = malloc(size);
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

/// Returns the bytes that a block has room for.
///
/// # Safety
/// The pointer is a live block of ours.
#[must_use]
pub unsafe fn usable_size(ptr: *mut u8) -> usize {
    // SAFETY: by contract.
    NonNull::new(ptr).map_or(0, |block| unsafe { room_of(block) })
}

/// Gives back to the system what this thread's heap and that of large objects keep for later.
pub fn trim() {
    if thread::has_heap()
        && let Some(heap) = heaps::mine()
    {
        heap.trim();
    }
    heaps::with_large(Allocator::trim);
}

/// Returns the figures of this thread's heap, of those whose threads have ended and of large objects, and how many heaps
/// of other threads there are besides: those cannot be looked into.
#[must_use]
pub fn stats() -> (Stats, usize) {
    heaps::stats()
}
