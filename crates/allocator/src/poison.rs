//! Poison: fill patterns that make misuse visible, for allocators made with [`Options::poison`].
//!
//! PY-54: CPython's debug hooks fill with 0xCD what is handed out and with 0xDD what is freed. Here, too, and the
//! second pattern is verified when the block is handed out again, and by `check()`.
//!
//! [`Options::poison`]: crate::Options::poison

use core::ptr::NonNull;
use core::slice;

use crate::arena::{ArenaHeader, LARGE_SHIFT};
use crate::pool::{CLASS_NONE, PoolHeader};
use crate::slow::base_of;

/// What a new block is filled with.
pub(crate) const CLEAN: u8 = 0xCD;
/// What a freed block is filled with.
pub(crate) const DEAD: u8 = 0xDD;

/// Returns whether a free block still has its fill.
///
/// # Safety
/// The block is a free one of a poisoning allocator and `size` bytes long.
pub(crate) unsafe fn is_dead(block: *const u8, size: usize) -> bool {
    // SAFETY: by contract the block is the allocator's, and was filled (A9).
    let fill = unsafe { slice::from_raw_parts(block, size) };
    fill.iter().all(|&byte| byte == DEAD)
}

/// Verifies and fills a block that is handed out again.
///
/// # Panics
/// If somebody wrote into it after it was freed.
///
/// # Safety
/// The block has just been taken and is `size` bytes long.
pub(crate) unsafe fn hand_out(block: NonNull<u8>, size: usize) {
    // SAFETY: the block is the allocator's until it is returned to the caller (A9).
    unsafe {
        assert!(is_dead(block.as_ptr(), size), "write after free: block {block:p} of {size} bytes");
        fill_new(block, size);
    }
}

/// Fills a new block.
///
/// # Safety
/// The block is the allocator's and `size` bytes long.
pub(crate) unsafe fn fill_new(block: NonNull<u8>, size: usize) {
    // SAFETY: by contract.
    unsafe { block.as_ptr().write_bytes(CLEAN, size) };
}

/// Verifies and fills a block that is freed.
///
/// # Panics
/// If the block is free already, no block of its pool, or cannot have the size it is freed with.
///
/// # Safety
/// The block's chunk is mapped and belongs to the allocator; `pool` is its pool and `shift` its chunk's.
pub(crate) unsafe fn take_back(block: NonNull<u8>, pool: *mut PoolHeader, shift: u32, size: Option<usize>) {
    // SAFETY: by contract.
    let header = unsafe { &*pool };
    assert!(header.class.get() != CLASS_NONE && header.used.get() > 0, "double free: block {block:p}");
    let room = header.block_size.get();
    if let Some(size) = size {
        assert!(size <= room, "block {block:p} of {room} bytes freed as {size} bytes");
    }
    if shift == LARGE_SHIFT {
        let offset = block.addr().get() - ArenaHeader::of(block.as_ptr()).addr();
        // SAFETY: by contract.
        let size = unsafe { (*ArenaHeader::of(block.as_ptr())).size.get() };
        assert!(offset + room == size, "{block:p} is not the start of a block");
        return;
    }
    // SAFETY: by contract.
    let base = unsafe { base_of(pool, shift) };
    let offset = block.addr().get() - base.addr();
    let number = header.number_at(offset);
    let inside = number < header.blocks.get() as usize && offset == number * room;
    assert!(inside, "{block:p} is not the start of a block");
    assert!(!header.is_free(number), "double free: block {block:p}");
    // SAFETY: the block is inside its pool, so `room` bytes long.
    unsafe { block.as_ptr().write_bytes(DEAD, room) };
}
