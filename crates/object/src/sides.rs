//! The side tables of a collector: which table hangs on which chunk, found fast, and those that wait for the next pass.
//!
//! A pass asks for the table of each edge's object, millions of times. The chunk knows it (its second word), but all chunks
//! begin at multiples of a mebibyte, so that their first words compete for the same few lines of the first cache, and each
//! question would wait for the second. So a small directory is asked first: a slot for each chunk, chosen by the low bits of
//! its number, which differ for chunks side by side. Where two chunks share a slot, the later has it, and the other is asked
//! itself.
//!
//! Tables that are taken down are kept, clean, up to 16 of them, 1.5 MB at most: the pages of new ones would be touched
//! for the first time by every pass, which costs more than a pass over a small heap does.

use core::cell::{Cell, RefCell};
use core::ptr::{self, NonNull};

use crate::header::Address;
use crate::shelf::{CHUNK_ALIGN, Chunk};
use crate::side::{ENTRIES, Grid, Side, granule};

/// The number of slots: a power of two. Chunks side by side share none up to a quarter of a gibibyte.
const SLOTS: usize = 256;

/// The most tables that are kept.
const SPARE: usize = 16;

/// A chunk and its table.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Slot {
    /// The chunk's address; zero for none.
    chunk: usize,
    side: NonNull<Side>,
    /// The table's [`granule`]s.
    reciprocal: u64,
}

/// Nobody's slot.
const VACANT: Slot = Slot { chunk: 0, side: NonNull::dangling(), reciprocal: 0 };

/// The side tables of a collector.
pub struct Sides {
    slots: [Cell<Slot>; SLOTS],
    spare: RefCell<Vec<NonNull<Side>>>,
}

impl Default for Sides {
    fn default() -> Self {
        Sides { slots: [const { Cell::new(VACANT) }; SLOTS], spare: RefCell::default() }
    }
}

impl Sides {
    /// Hangs a table, number `number` of a pass, on a chunk; `None` if there is no memory.
    ///
    /// # Safety
    /// The chunk is there until [`Sides::take_down`], its objects begin where the grid says, and these tables stay where they
    /// are as long.
    #[must_use]
    pub unsafe fn hang(&self, number: u32, chunk: NonNull<Chunk>, grid: Grid) -> Option<NonNull<Side>> {
        let spare = self.spare.borrow_mut().pop();
        let side = match spare {
            Some(side) => side,
            None => Side::make(number)?,
        };
        // SAFETY: nobody else has the table; the chunk is there.
        unsafe {
            (*side.as_ptr()).assign(ptr::from_ref(self).cast(), number, grid);
            chunk.as_ref().side.set(side.as_ptr().cast());
            let reciprocal = side.as_ref().reciprocal();
            self.slot(chunk.addr().get()).set(Slot { chunk: chunk.addr().get(), side, reciprocal });
        }
        Some(side)
    }

    /// Takes a table down.
    ///
    /// # Safety
    /// `hang` made it for this chunk, which is there, and nobody uses it any more.
    pub unsafe fn take_down(&self, side: NonNull<Side>, chunk: NonNull<Chunk>) {
        // SAFETY: by contract.
        let hook = &unsafe { chunk.as_ref() }.side;
        debug_assert_eq!(hook.get(), side.as_ptr().cast(), "the chunk has gone before its table");
        hook.set(ptr::null_mut());
        let slot = self.slot(chunk.addr().get());
        if slot.get().side == side {
            slot.set(VACANT);
        }
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE && spare.try_reserve(1).is_ok() {
            // SAFETY: by contract.
            unsafe { side.as_ref() }.clean();
            spare.push(side);
        } else {
            // SAFETY: by contract.
            unsafe { Side::free(side) };
        }
    }

    /// Returns the table for an object, and the object's entry there; `None` if none hangs on its chunk.
    #[inline(always)]
    #[must_use]
    pub fn find(&self, object: Address) -> Option<(&Side, usize)> {
        let slot = self.slot(object.addr().get()).get();
        let offset = object.addr().get().wrapping_sub(slot.chunk);
        if offset < CHUNK_ALIGN {
            // SAFETY: by `hang`'s contract, and the slot is vacated before the table goes.
            let side = unsafe { slot.side.as_ref() };
            let entry = granule(offset, slot.reciprocal);
            // SAFETY: a granule has sixteen bytes at least.
            unsafe { core::hint::assert_unchecked(entry < ENTRIES) };
            return Some((side, entry));
        }
        self.ask(object)
    }

    /// Asks the chunk.
    #[cold]
    fn ask(&self, object: Address) -> Option<(&Side, usize)> {
        // SAFETY: O2: an object's chunk begins with its two words, and a table hangs there as long as it exists.
        let side = unsafe { (*Chunk::of(object)).side.get().cast::<Side>().as_ref() }?;
        ptr::eq(side.owner().cast(), self).then(|| (side, side.entry(object)))
    }

    #[inline(always)]
    fn slot(&self, address: usize) -> &Cell<Slot> {
        &self.slots[address / CHUNK_ALIGN % SLOTS]
    }
}

impl Drop for Sides {
    fn drop(&mut self) {
        for side in self.spare.get_mut().drain(..) {
            // SAFETY: it hangs nowhere.
            unsafe { Side::free(side) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{Flags, Header};
    use crate::shelf::Yard;

    /// Yards enough that some share a slot, and an object in each.
    fn yards() -> Vec<(Yard<u64>, Address, NonNull<Chunk>)> {
        let yard = |_| {
            let yard = Yard::<u64>::new();
            let object = yard.put(Header::new(1, Flags::default()), 0);
            (yard, object, NonNull::new(Chunk::of(object).cast_mut()).unwrap())
        };
        (0..SLOTS + 10).map(yard).collect()
    }

    const GRID: Grid = Grid { page_shift: 14, unit: 32 };

    #[test]
    fn who_shares_a_slot_is_found_all_the_same() {
        let (sides, others, yards) = (Sides::default(), Sides::default(), yards());
        // SAFETY: the yards are there until the end.
        let hung: Vec<_> =
            yards.iter().map(|(_, _, chunk)| unsafe { sides.hang(0, *chunk, GRID) }.unwrap()).collect();
        for ((_, object, _), side) in yards.iter().zip(&hung) {
            let (found, entry) = sides.find(*object).unwrap();
            assert!(ptr::eq(found, side.as_ptr()));
            assert_eq!(entry, found.entry(*object));
            assert!(others.find(*object).is_none(), "another's pass");
        }
        for (number, ((_, object, chunk), side)) in yards.iter().zip(&hung).enumerate() {
            // SAFETY: hung above, and nobody uses it any more.
            unsafe { sides.take_down(*side, *chunk) };
            assert!(sides.find(*object).is_none());
            assert!(yards[number + 1..].iter().all(|(_, object, _)| sides.find(*object).is_some()));
        }
    }

    #[test]
    fn what_is_used_again_knows_nothing() {
        let (sides, yards) = (Sides::default(), &yards()[..1]);
        let (_, object, chunk) = yards[0];
        for unit in [16, 64, 32, 16] {
            // SAFETY: the yard is there until the end.
            let side = unsafe { sides.hang(3, chunk, Grid { page_shift: 14, unit }) }.unwrap();
            let (table, entry) = sides.find(object).unwrap();
            assert!((0..64).all(|page| !table.is_queued(page)));
            for entry in [entry, 0, table.words() * 64 - 1] {
                let (word, bit) = (entry / 64, 1 << (entry % 64));
                let known = table.subjects(word) | table.marked(word);
                assert!(known & bit == 0 && table.settle(entry) == 0 && !table.is_traced(entry));
                table.enter(word, bit);
                table.expect(entry, 9);
                assert!(table.mark(entry) && table.begin_trace(entry));
                table.set_queued(table.page_of(entry), true);
            }
            // SAFETY: hung above, and nobody uses it any more.
            unsafe { sides.take_down(side, chunk) };
        }
    }
}
