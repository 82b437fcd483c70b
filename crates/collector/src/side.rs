//! Side tables: what a pass over the whole heap knows of the objects of one chunk.
//!
//! Not a byte of the objects is written. A table has an entry for each place where an object of the chunk can begin: a byte
//! that counts the references from other objects, a bit that says "marked", one that says "grey" (marked, but not looked
//! at yet). The tables are dense, a byte or a bit per object, so that all that is written at random stays in the
//! second level of the cache while the objects themselves, thirty times as large, are read in order of address.
//!
//! ```text
//!  address ─► chunk (mask) ─► side table (one load) ─► entry: page, and number in the page (a multiplication)
//! ```

use core::cell::Cell;
use core::ptr::NonNull;
use std::alloc::{Layout, alloc_zeroed, dealloc};

use gleaner_object::{Address, CHUNK_ALIGN, Chunk, Header};

use crate::NoRoom;
use crate::space::Region;

/// The most places where an object can begin.
pub(crate) const ENTRIES: usize = CHUNK_ALIGN / 16;

/// What is known of one chunk's objects.
#[repr(C)]
pub(crate) struct Side {
    /// Whose the table is.
    owner: *const (),
    page_shift: u32,
    /// 2^32 over the unit, rounded up.
    reciprocal: u32,
    unit: usize,
    /// Its number among the tables of the pass.
    pub(crate) number: u32,
    /// The pages that wait to be looked at, a bit each.
    pub(crate) queued: Cell<u64>,
    counts: [Cell<u8>; ENTRIES],
    marks: [Cell<u64>; ENTRIES / 64],
    grey: [Cell<u64>; ENTRIES / 64],
}

impl Side {
    /// Makes the table of a region and hangs it on the chunk.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn hang(owner: *const (), number: u32, region: &Region) -> Result<NonNull<Side>, NoRoom> {
        let layout = Layout::new::<Side>();
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc_zeroed(layout) }.cast::<Side>();
        let side = NonNull::new(memory).ok_or(NoRoom)?;
        // SAFETY: zeroes are a valid table but for the fields written here, whose place is ours; C1: the chunk is there.
        unsafe {
            (&raw mut (*memory).owner).write(owner);
            (&raw mut (*memory).page_shift).write(region.page_shift);
            (&raw mut (*memory).reciprocal).write((1_u64 << 32).div_ceil(region.unit as u64) as u32);
            (&raw mut (*memory).unit).write(region.unit);
            (&raw mut (*memory).number).write(number);
            region.chunk.as_ref().side.set(memory.cast());
        }
        Ok(side)
    }

    /// Takes the table down.
    ///
    /// # Safety
    /// `hang` made it for this chunk, which is there, and nobody uses it any more.
    pub(crate) unsafe fn take_down(side: NonNull<Side>, chunk: NonNull<Chunk>) {
        // SAFETY: by contract.
        unsafe {
            chunk.as_ref().side.set(core::ptr::null_mut());
            dealloc(side.as_ptr().cast(), Layout::new::<Side>());
        }
    }

    /// Returns the table for an object and the object's entry in it; `None` if this pass has none for its chunk.
    #[inline(always)]
    pub(crate) fn of<'a>(owner: *const (), object: Address) -> Option<(&'a Side, usize)> {
        // SAFETY: O2: an object's chunk begins with its two words, and a table hangs there as long as it exists.
        let side = unsafe { (*Chunk::of(object)).side.get().cast::<Side>().as_ref() }?;
        (side.owner == owner).then(|| (side, side.entry(Chunk::offset(object))))
    }

    /// Returns the entry of what begins at an offset.
    #[inline(always)]
    pub(crate) fn entry(&self, offset: usize) -> usize {
        let page = offset >> self.page_shift;
        let inside = offset & ((1 << self.page_shift) - 1);
        let number = ((inside as u64 * u64::from(self.reciprocal)) >> 32) as usize;
        // The mask changes nothing; it shows that the entry is one.
        (page << (self.page_shift - 4) | number) & (ENTRIES - 1)
    }

    /// Returns the object of an entry.
    ///
    /// # Safety
    /// The table hangs on this chunk, which is there, and an object begins at the entry.
    #[inline(always)]
    pub(crate) unsafe fn object(&self, chunk: NonNull<Chunk>, entry: usize) -> Address {
        let per_page = self.page_shift - 4;
        let (page, number) = (entry >> per_page, entry & ((1 << per_page) - 1));
        // SAFETY: by contract the place is inside the chunk.
        unsafe { chunk.cast::<u8>().add((page << self.page_shift) + number * self.unit) }.cast::<Header>()
    }

    /// Returns the first entry of a page, and how many entries a page has.
    pub(crate) fn page(&self, page: usize) -> (usize, usize) {
        let per_page = self.page_shift - 4;
        (page << per_page, 1 << per_page)
    }

    /// Counts a reference to an entry's object; returns whether the count was full already.
    #[inline(always)]
    pub(crate) fn count(&self, entry: usize) -> bool {
        let count = &self.counts[entry];
        let (more, full) = count.get().overflowing_add(1);
        count.set(if full { u8::MAX } else { more });
        full
    }

    /// Returns the counted references to an entry's object; 255 may be more.
    #[inline(always)]
    pub(crate) fn counted(&self, entry: usize) -> u8 {
        self.counts[entry].get()
    }

    /// Tells whether an entry is marked.
    #[inline(always)]
    pub(crate) fn is_marked(&self, entry: usize) -> bool {
        self.marks[entry / 64].get() >> (entry % 64) & 1 != 0
    }

    /// Marks an entry and makes it grey; returns the page if that is to be queued now.
    #[inline(always)]
    pub(crate) fn mark(&self, entry: usize) -> Option<usize> {
        let (word, bit) = (entry / 64, 1 << (entry % 64));
        let marks = &self.marks[word];
        if marks.get() & bit != 0 {
            return None;
        }
        marks.set(marks.get() | bit);
        self.grey[word].set(self.grey[word].get() | bit);
        let page = entry >> (self.page_shift - 4);
        let queued = self.queued.get();
        self.queued.set(queued | 1 << page);
        (queued >> page & 1 == 0).then_some(page)
    }

    /// Makes a marked entry grey again.
    pub(crate) fn regrey(&self, entry: usize) {
        let grey = &self.grey[entry / 64];
        grey.set(grey.get() | 1 << (entry % 64));
    }

    /// Takes the grey entries among the 64 of a word, as far as they belong to the page that begins with entry `first` and
    /// has `entries`; they are grey no longer.
    #[inline]
    pub(crate) fn take_grey(&self, word: usize, first: usize, entries: usize) -> u64 {
        let grey = self.grey[word].get();
        let mine = if entries >= 64 { u64::MAX } else { ((1 << entries) - 1) << (first % 64) };
        self.grey[word].set(grey & !mine);
        grey & mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gleaner_object::TypeRecord;
    use gleaner_object::shelf::Yard;

    #[test]
    fn every_place_has_an_entry_of_its_own_and_back() {
        for (page_shift, unit) in [(14, 24), (14, 16), (14, 40), (14, 504), (8, 16), (8, 48), (20, 16)] {
            let yard = Yard::<u64>::new();
            let chunk = NonNull::new(Chunk::of(yard.put(Header::new(1, Default::default()), 0)).cast_mut());
            let region = Region { chunk: chunk.unwrap(), record: TypeRecord::of::<u64>(), page_shift, unit };
            let owner = core::ptr::from_ref(&region).cast();
            let side = Side::hang(owner, 0, &region).unwrap();
            // SAFETY: just made, and taken down below.
            let table = unsafe { side.as_ref() };
            let mut seen = std::collections::HashSet::new();
            for page in 0..CHUNK_ALIGN >> page_shift {
                for number in 0..(1 << page_shift) / unit {
                    let offset = (page << page_shift) + number * unit;
                    let entry = table.entry(offset);
                    assert!(seen.insert(entry), "two places share entry {entry}");
                    // SAFETY: only the address is looked at.
                    let object = unsafe { table.object(region.chunk, entry) };
                    assert_eq!(Chunk::offset(object), offset);
                    let (first, entries) = table.page(page);
                    assert!((first..first + entries).contains(&entry));
                }
            }
            // SAFETY: hung above.
            unsafe { Side::take_down(side, region.chunk) };
        }
    }

    #[test]
    fn counts_stop_at_the_largest_and_say_so() {
        let yard = Yard::<u64>::new();
        let object = yard.put(Header::new(1, Default::default()), 0);
        let chunk = NonNull::new(Chunk::of(object).cast_mut()).unwrap();
        let region = Region { chunk, record: TypeRecord::of::<u64>(), page_shift: 14, unit: 16 };
        let side = Side::hang(core::ptr::null(), 7, &region).unwrap();
        let (table, entry) = Side::of(core::ptr::null(), object).unwrap();
        for _ in 0..255 {
            assert!(!table.count(entry));
        }
        assert!(table.count(entry) && table.counted(entry) == 255);
        assert_eq!((table.mark(entry), table.mark(entry)), (Some(0), None));
        assert!(table.is_marked(entry));
        assert_eq!(table.take_grey(entry / 64, 0, 1024), 1 << (entry % 64));
        assert_eq!(table.take_grey(entry / 64, 0, 1024), 0);
        assert!(Side::of(core::ptr::from_ref(table).cast(), object).is_none(), "another's pass");
        // SAFETY: hung above.
        unsafe { Side::take_down(side, chunk) };
    }
}
