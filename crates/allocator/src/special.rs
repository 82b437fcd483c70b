//! The process's allocator in modes other than fast, and while requests are counted: the slow doors behind `global.rs`.
//!
//! In a locked mode everything is in the common heap, under its lock, so that a pointer can be judged before it is used:
//!
//! | pointer given to `free` or `realloc` | |
//! |---|---|
//! | not in our territory | `try_free` says so, `free` and `realloc` report it |
//! | no block, or not the start of one | foreign pointer |
//! | a block that is free | double free |
//! | a live block; debug: with guards as they should be | served |
//!
//! A block's user has its start; in the debug mode what lies behind the head (`guard.rs`).
//!
//! While requests are counted in the fast mode, the threads that are meant come here, too, and their requests are
//! passed on to their heaps, unless they have to fail.

use core::ptr::{self, NonNull};

use gleaner_sync::process::atomic::{AtomicU64, Ordering};

use crate::allocator::Allocator;
use crate::arena::LARGE_OFFSET;
use crate::geometry::ARENA_ALIGN;
use crate::global::{self, GEOMETRY, GRAIN};
use crate::guard::{self, Guarded, HEAD};
use crate::locate::{Found, Place, locate};
use crate::modes::State;
use crate::{fatal, heaps};

/// The number of the last block with guards.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// `malloc`.
pub(crate) fn malloc(state: State, api: u8, size: usize) -> *mut u8 {
    if state.denies() {
        return ptr::null_mut();
    }
    make(state, api, 1, size)
}

/// `aligned_alloc`; `align` is a valid one.
pub(crate) fn aligned_alloc(state: State, api: u8, align: usize, size: usize) -> *mut u8 {
    if state.denies() {
        return ptr::null_mut();
    }
    make(state, api, align, size)
}

/// Allocates what has been counted.
fn make(state: State, api: u8, align: usize, size: usize) -> *mut u8 {
    if state.is_locked() {
        let block = heaps::with_common(|heap| make_in(heap, state, api, align, size));
        return block.flatten().map_or(ptr::null_mut(), NonNull::as_ptr);
    }
    // A thread whose requests are counted does without magazines.
    global::aligned_from_heaps(align, size, |size| match GEOMETRY.class_of(size) {
        Some(class) if state.counts_me() => {
            let block = heaps::mine().and_then(|heap| heap.alloc_direct(class, size));
            block.map_or(ptr::null_mut(), NonNull::as_ptr)
        }
        _ => global::malloc_from_heaps(size),
    })
}

/// Allocates in the common heap; returns what is the user's.
fn make_in(heap: &Allocator, state: State, api: u8, align: usize, size: usize) -> Option<NonNull<u8>> {
    if !state.is_guarded() {
        return match global::padded(align, size) {
            Some(padded) => heap.alloc(padded).ok(),
            None => heap.alloc_large_at(size, LARGE_OFFSET.next_multiple_of(align)).ok(),
        };
    }
    let gross = guard::gross(size)?;
    let start = if align <= GRAIN {
        heap.alloc(gross).ok()?
    } else {
        // The data is aligned, not the block: that is possible in a chunk of its own.
        heap.alloc_large_at(gross, (LARGE_OFFSET + HEAD).next_multiple_of(align) - HEAD).ok()?
    };
    // SAFETY: the block is new, so live, as long as that, and asked for its guards only after they are laid.
    let (block, is_large) =
        unsafe { (Guarded::new(start, heap.size_of_block(start)), heaps::is_large(start)) };
    if !is_large {
        block.expect_dead();
    }
    // Relaxed: numbers, each given once.
    block.lay(api, size, 0, SERIAL.fetch_add(1, Ordering::Relaxed) + 1);
    Some(block.data())
}

/// Returns the live block that a user means by a pointer; ends the process if there is none.
///
/// # Safety
/// The pointer lies in a territory, and the caller has the common heap's lock.
unsafe fn expect_block(state: State, ptr: NonNull<u8>) -> Place {
    // SAFETY: by contract; in a locked mode there is no other heap.
    let place = match unsafe { locate(ptr) } {
        Found::Block(place) => place,
        Found::FreePool => {
            fatal::end(format_args!("double free: block {ptr:p}, or no block: its pool is free"))
        }
        Found::Nothing => fatal::end(format_args!("foreign pointer: no block at {ptr:p}")),
    };
    let (head, net) = if state.is_guarded() { (HEAD, guard::net(place.room)) } else { (0, place.room) };
    let user = place.start.addr().get() + head;
    let distance = ptr.addr().get().wrapping_sub(user) as isize;
    if distance != 0 {
        let free = if place.is_live { "" } else { "free " };
        fatal::end(format_args!(
            "foreign pointer: {ptr:p} is not the start of a block, but at {distance:+} of {free}block 0x{user:x} of {net} bytes"
        ));
    }
    if !place.is_live {
        fatal::end(format_args!("double free: block {ptr:p} of {net} bytes"));
    }
    place
}

/// As `expect_block`; in the debug mode it has been allocated by `api`, if that is given, and its guards are sound.
///
/// # Safety
/// As for `expect_block`.
unsafe fn expect_sound(state: State, api: Option<u8>, ptr: NonNull<u8>) -> (Place, Option<Guarded>) {
    // SAFETY: by contract; a live block of the debug mode has guards.
    unsafe {
        let place = expect_block(state, ptr);
        let guarded = state.is_guarded().then(|| Guarded::new(place.start, place.room));
        if let Some(block) = guarded {
            block.expect_sound(api);
        }
        (place, guarded)
    }
}

/// Frees a block in a locked mode; false, and nothing is done, if it is of no territory.
pub(crate) fn free(state: State, api: u8, ptr: NonNull<u8>) -> bool {
    if !global::owns(ptr.as_ptr()) {
        return false;
    }
    // SAFETY: the pointer lies in a territory, and we have the lock; a block that is found sound is live.
    heaps::with_common(|heap| unsafe {
        let (place, guarded) = expect_sound(state, Some(api), ptr);
        free_in(heap, place, guarded);
    });
    true
}

/// Frees a block of the common heap.
///
/// # Safety
/// The block is live and the heap's, and nobody uses it any more.
unsafe fn free_in(heap: &Allocator, place: Place, guarded: Option<Guarded>) {
    // Larger chunks go back to the system at once.
    if let Some(block) = guarded
        && place.room <= ARENA_ALIGN
    {
        block.bury();
    }
    // SAFETY: by contract.
    unsafe { heap.free_slow(place.start, None) };
}

/// Ends the process: a pointer is of no territory.
pub(crate) fn foreign(ptr: *const u8) -> ! {
    fatal::end(format_args!("foreign pointer: {ptr:p} is not Gleaner's"))
}

/// `realloc` of a block that is not null.
///
/// # Safety
/// As for [`global::realloc`].
pub(crate) unsafe fn realloc(state: State, api: u8, ptr: NonNull<u8>, size: usize) -> *mut u8 {
    if state.denies() {
        return ptr::null_mut();
    }
    if !state.is_locked() {
        // SAFETY: by contract.
        return unsafe { global::realloc_in_heaps(ptr, size, |size| make(state, api, 1, size)) };
    }
    if !global::owns(ptr.as_ptr()) {
        foreign(ptr.as_ptr());
    }
    // SAFETY: the pointer lies in a territory, and we have the lock; a block that is found sound is live.
    let block = heaps::with_common(|heap| unsafe {
        let (place, guarded) = expect_sound(state, Some(api), ptr);
        match guarded {
            Some(block) => realloc_guarded(heap, state, api, (place, block), size),
            None => realloc_in(heap, state, place, size),
        }
    });
    block.flatten().map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Changes the size of a block of the common heap, hardened mode.
///
/// # Safety
/// The block is live and the heap's; if another is returned, nobody uses it any more.
unsafe fn realloc_in(heap: &Allocator, state: State, place: Place, size: usize) -> Option<NonNull<u8>> {
    if global::stays(place.room, size) {
        return Some(place.start);
    }
    // SAFETY: by contract; the new block is another, and both are at least as long as what is copied.
    unsafe {
        if place.is_large
            && size > GEOMETRY.class_max()
            && let Some(moved) = heap.resize_large(place.start, size)
        {
            return Some(moved);
        }
        let Some(moved) = make_in(heap, state, 0, 1, size) else {
            return (size <= place.room).then_some(place.start);
        };
        ptr::copy_nonoverlapping(place.start.as_ptr(), moved.as_ptr(), place.room.min(size));
        free_in(heap, place, None);
        Some(moved)
    }
}

/// Changes the size of a block of the common heap, debug mode: it always moves, so that who still has the old pointer is
/// found out.
///
/// # Safety
/// As for `realloc_in`.
unsafe fn realloc_guarded(
    heap: &Allocator,
    state: State,
    api: u8,
    (place, block): (Place, Guarded),
    size: usize,
) -> Option<NonNull<u8>> {
    let old = block.size();
    let Some(moved) = make_in(heap, state, api, 1, size) else {
        if size > old {
            return None;
        }
        // Without memory for another, a block shrinks where it is.
        block.lay(api, size, size, SERIAL.fetch_add(1, Ordering::Relaxed) + 1);
        return Some(block.data());
    };
    // SAFETY: both blocks are live, distinct and that long; the old one is then given up, by contract.
    unsafe {
        ptr::copy_nonoverlapping(block.data().as_ptr(), moved.as_ptr(), old.min(size));
        free_in(heap, place, Some(block));
    }
    Some(moved)
}

/// `usable_size` in a locked mode.
pub(crate) fn usable_size(state: State, ptr: NonNull<u8>) -> usize {
    if !global::owns(ptr.as_ptr()) {
        foreign(ptr.as_ptr());
    }
    // SAFETY: the pointer lies in a territory, and we have the lock.
    let usable = heaps::with_common(|_| unsafe {
        let (place, guarded) = expect_sound(state, None, ptr);
        guarded.map_or(place.room, |block| block.size())
    });
    usable.unwrap_or(0)
}

/// Verifies the guards of all live blocks of the common heap, under its lock, in the debug mode.
pub(crate) fn check_guards(heap: &Allocator) {
    heap.for_each_block(|start, room| {
        // SAFETY: a live block of the debug mode has guards, and the lock keeps it so.
        unsafe { Guarded::new(start, room) }.expect_sound(None);
    });
}
