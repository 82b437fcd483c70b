//! Between magazines and pools: half a magazine at a time, each way.
//!
//! Refilling takes free blocks from the first pool of the class, lowest addresses first, and goes on with the next pool
//! when one is exhausted, so that a magazine is filled although nearly every pool has just one hole. The lowest come to lie
//! uppermost, so that they are handed out in the order of their addresses.
//!
//! Flushing gives the older half back. Blocks that were allocated in a row are often freed in a row, so a run of
//! neighbours is found first and entered into the bitmap at once. A block of another thread's heap (see `global.rs`)
//! is packed with its neighbours of the same heap, and the parcel goes there with one exchange.

use core::ptr::{self, NonNull};

use crate::allocator::{Allocator, room_of};
use crate::arena::{ArenaHeader, pool_of};
use crate::magazine::Slot;
use crate::pool::PoolHeader;
use crate::raw::OutOfMemory;
use crate::remote::{Parcel, Shared};
use crate::slow::base_of;

impl Allocator {
    /// Half fills the empty magazine of a class.
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is not a single block.
    pub(crate) fn refill(&self, class: usize) -> Result<(), OutOfMemory> {
        let magazine = &self.magazines[class + 1];
        let half = usize::from(self.capacities[class].get()).div_ceil(2);
        let mut wanted = half;
        // SAFETY: half a magazine that was empty has room (A10).
        let mut place = unsafe { magazine.room().add(half) };
        while wanted > 0 {
            let (pool, base) = match self.pool_with_room(class) {
                Ok(found) => found,
                Err(_) if wanted < half => break,
                Err(error) => return Err(error),
            };
            // SAFETY: the pool's blocks begin at its base, and below the place there is room for what is wanted (A10).
            unsafe {
                let taken = pool.take(base, place, wanted);
                place = place.sub(taken);
                wanted -= taken;
            }
        }
        // SAFETY: from the place on there are so many blocks, and the room begins below it (A10).
        unsafe {
            ptr::copy(place, magazine.room(), half - wanted);
            magazine.grow(half - wanted);
        }
        Ok(())
    }

    /// Gives the `count` oldest blocks of a class's magazine back to their pools, or to the heaps they come from.
    ///
    /// # Panics
    /// If one of them is free already: it was freed twice.
    pub(crate) fn flush(&self, class: usize, count: usize) {
        let blocks = self.waiting(class);
        let count = count.min(blocks.len());
        // SAFETY: what is in a magazine is a block that was handed out and freed, the allocator's again (A10).
        unsafe { self.give(&blocks[..count]) };
        self.magazines[class + 1].forget_oldest(usize::from(self.capacities[class].get()), count);
    }

    /// Gives blocks of one class back to their pools.
    ///
    /// # Panics
    /// If one of them is free already.
    ///
    /// # Safety
    /// They are blocks of allocators of this crate, of one class, that nobody uses any more.
    pub(crate) unsafe fn give(&self, blocks: &[Slot]) {
        let home: *const Shared = &*self.shared;
        let shift = self.pool_shift;
        let mut parcel: Option<Parcel> = None;
        let mut at = 0;
        while let Some(block) = blocks.get(at) {
            let block = block.get();
            at += 1;
            // SAFETY: by contract a block: its chunk begins with its header (A3), and a heap with live blocks is there
            // (A8). If it is our own, its pool is mapped and of a class, as big as the geometry says (A3).
            unsafe {
                let chunk = ArenaHeader::of(block);
                if !ptr::eq((*chunk).home.get(), home) {
                    let block = NonNull::new_unchecked(block);
                    let parcel = parcel.get_or_insert_with(|| Parcel::new(room_of(block)));
                    parcel.add((*chunk).home.get(), block);
                    continue;
                }
                let pool = pool_of(block, shift);
                let base = base_of(pool, shift);
                let header = &*pool;
                let number = header.number_at(block.addr() - base.addr());
                let (len, lowest) = run(header, number, block.addr(), &blocks[at..]);
                at += len - 1;
                let given = if len == 1 { header.give(number) } else { header.give_run(lowest, len) };
                if !given {
                    self.freed_twice(header, base, lowest);
                }
                self.settle(pool);
            }
        }
        if let Some(mut parcel) = parcel {
            parcel.send();
        }
    }

    /// Says that one of the blocks from number `lowest` on was freed twice.
    #[cold]
    fn freed_twice(&self, pool: &PoolHeader, base: *mut u8, lowest: usize) -> ! {
        let number = (lowest..).find(|&number| pool.is_free(number)).unwrap_or(lowest);
        let block = base.wrapping_add(number * pool.block_size.get());
        self.corrupt(NonNull::new(block).unwrap_or(NonNull::dangling()), "double free")
    }
}

/// Returns how many blocks of a pool are neighbours one after the other, up or down, the first being that of number
/// `number` at `address` and the others those that `follow`; and the lowest of their numbers.
#[inline(always)]
fn run(pool: &PoolHeader, number: usize, address: usize, follow: &[Slot]) -> (usize, usize) {
    let size = pool.block_size.get();
    let Some(second) = follow.first() else { return (1, number) };
    let step = second.get().addr().wrapping_sub(address);
    // How many there can be before the pool ends.
    let most = match step {
        _ if step == size => pool.blocks.get() as usize - number,
        _ if step == size.wrapping_neg() => number + 1,
        _ => return (1, number),
    };
    let follow = &follow[..follow.len().min(most - 1)];
    let steps: [usize; 8] = core::array::from_fn(|nth| step.wrapping_mul(nth));
    let (mut len, mut next) = (1, address.wrapping_add(step));
    // Eight at a time, without a branch, as long as all eight are in the run; then one by one.
    for eight in follow.as_chunks::<8>().0 {
        let differ = (0..8).map(|nth| eight[nth].get().addr() ^ next.wrapping_add(steps[nth]));
        if differ.fold(0, |all, bits| all | bits) != 0 {
            break;
        }
        len += 8;
        next = next.wrapping_add(step.wrapping_mul(8));
    }
    for block in &follow[len - 1..] {
        if block.get().addr() != next {
            break;
        }
        len += 1;
        next = next.wrapping_add(step);
    }
    (len, if step == size { number } else { number + 1 - len })
}
