//! From any pointer to the block it lies in, if there is one: for users that are not trusted.
//!
//! Reads what is certain to be mapped: address space of a territory is, whether a chunk stands there or not. That a chunk
//! begins with a header is known by the header's seal, which is made of its address, and broken when the chunk is given
//! back.

use core::ptr::NonNull;

use crate::arena::{ArenaHeader, pool_at, pool_of};
use crate::pool::{CLASS_LARGE, CLASS_NONE};
use crate::slow::base_of;

/// The block that a pointer lies in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) start: NonNull<u8>,
    /// The bytes from there to the next block, or to the end of the chunk.
    pub(crate) room: usize,
    pub(crate) is_live: bool,
    pub(crate) is_large: bool,
}

/// What there is at a pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// A block, live or free.
    Block(Place),
    /// A pool that no class uses: if there ever was a block, it was freed.
    FreePool,
    /// No block, or one of an object that is gone.
    Nothing,
}

/// Finds the block that a pointer lies in.
///
/// # Safety
/// The pointer lies in a territory, and all heaps with blocks are under a lock that the caller has.
pub(crate) unsafe fn locate(ptr: NonNull<u8>) -> Found {
    let chunk = ArenaHeader::of(ptr.as_ptr()).cast_mut();
    let offset = ptr.addr().get() - chunk.addr();
    // SAFETY: a territory is mapped from its base on, which is a multiple of the mask (A11). A sealed header is one, and
    // is followed by its table (A3).
    unsafe {
        let header = &*chunk;
        if !header.is_sealed() {
            return Found::Nothing;
        }
        if header.pools.get() == 0 {
            let room = (*pool_at(chunk, 0)).block_size.get();
            let start = header.size.get() - room;
            if offset < start {
                return Found::Nothing;
            }
            let start = NonNull::new_unchecked(chunk.cast::<u8>().add(start));
            return Found::Block(Place { start, room, is_live: true, is_large: true });
        }
        let shift = header.pool_shift.get();
        if offset >= header.size.get() || offset >> shift < header.header_pools() {
            return Found::Nothing;
        }
        let pool = pool_of(ptr.as_ptr(), shift);
        match (*pool).class.get() {
            CLASS_NONE => return Found::FreePool,
            CLASS_LARGE => return Found::Nothing,
            _ => {}
        }
        let (base, room) = (base_of(pool, shift), (*pool).block_size.get());
        let number = (ptr.addr().get() - base.addr()) / room;
        if number >= (*pool).blocks.get() as usize {
            return Found::Nothing;
        }
        let start = NonNull::new_unchecked(base.add(number * room));
        Found::Block(Place { start, room, is_live: !(*pool).is_free(number), is_large: false })
    }
}
