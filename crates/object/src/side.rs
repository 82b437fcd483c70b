//! Side tables: what a pass over the whole heap knows of the objects of one chunk.
//!
//! Not a byte of the objects is written. A table has an entry for every 16 bytes of the chunk, and objects are at least 16
//! bytes apart: two bytes that count references, all of them and those from other objects, and a bit each for "is a subject
//! of the pass", "marked", and "traced" (marked, and what it refers to is marked, too; what is marked and not traced is
//! *grey*). The tables are a tenth of the objects, so that what is written at random stays in the second level of the
//! cache, while the objects themselves are read in order of address.
//!
//! The tables are here, and not with the collector, since a [`Visitor`](crate::Visitor) counts and marks as the edges come.

use core::cell::Cell;
use core::ptr::NonNull;
use std::alloc::{Layout, alloc_zeroed, dealloc};

use crate::header::{Address, Header};
use crate::shelf::{CHUNK_ALIGN, Chunk};

/// The number of entries.
pub const ENTRIES: usize = CHUNK_ALIGN / GRANULE;
/// The number of words with a bit for each entry.
pub const WORDS: usize = ENTRIES / 64;
/// The bytes of a chunk that share an entry.
pub const GRANULE: usize = 16;

/// Returns the numbers of the bits that are set, lowest first.
#[inline(always)]
pub fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        (bits != 0).then(|| {
            let lowest = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            lowest
        })
    })
}

/// Where the objects of a chunk begin.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// The binary logarithm of the bytes of a page: a chunk has at most 64.
    pub page_shift: u32,
    /// What the distance of every object from the start of its page is a multiple of, in bytes: 16 at the least.
    pub unit: usize,
}

/// What is known of one chunk's objects.
#[repr(C)]
pub struct Side {
    owner: *const (),
    grid: Grid,
    /// 2^32 over the unit, rounded up.
    reciprocal: u64,
    number: u32,
    queued: Cell<u64>,
    /// References that have not been explained.
    left: [Cell<i8>; ENTRIES],
    subjects: [Cell<u64>; WORDS],
    marks: [Cell<u64>; WORDS],
    traced: [Cell<u64>; WORDS],
}

/// The lines of a cache by which the places of tables differ.
const COLOURS: usize = 64;
/// The bytes of a line.
const LINE: usize = 64;

/// The memory of a table: with room for it to be at different distances from the start.
const LAYOUT: Layout = match Layout::from_size_align(size_of::<Side>() + COLOURS * LINE, LINE) {
    Ok(layout) => layout,
    Err(_) => panic!("the alignment is a power of two"),
};

/// Returns how far from the start of its memory the table of a number is. An allocator puts them all at multiples of a page, and
/// their first words, of which each reference needs one, would compete for a few lines of the cache.
fn colour(number: u32) -> usize {
    number as usize % COLOURS * LINE
}

impl Side {
    /// Makes the table number `number` of a pass and hangs it on its chunk; `None` if there is no memory.
    ///
    /// # Safety
    /// The chunk is there until [`Side::take_down`], and its objects begin where the grid says.
    #[must_use]
    pub unsafe fn hang(
        owner: *const (),
        number: u32,
        chunk: NonNull<Chunk>,
        grid: Grid,
    ) -> Option<NonNull<Side>> {
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc_zeroed(LAYOUT) })?;
        // SAFETY: so far behind the start there is room for a table.
        let side = unsafe { start.add(colour(number)) }.cast::<Side>();
        let memory = side.as_ptr();
        // SAFETY: zeroes are a valid table but for the fields written here, whose place is ours; the chunk is there.
        unsafe {
            (&raw mut (*memory).owner).write(owner);
            (&raw mut (*memory).grid).write(grid);
            (&raw mut (*memory).reciprocal).write((1_u64 << 32).div_ceil(grid.unit as u64));
            (&raw mut (*memory).number).write(number);
            chunk.as_ref().side.set(memory.cast());
        }
        Some(side)
    }

    /// Takes the table down.
    ///
    /// # Safety
    /// `hang` made it for this chunk, which is there, and nobody uses it any more.
    pub unsafe fn take_down(side: NonNull<Side>, chunk: NonNull<Chunk>) {
        // SAFETY: by contract.
        unsafe {
            chunk.as_ref().side.set(core::ptr::null_mut());
            let colour = colour(side.as_ref().number);
            dealloc(side.as_ptr().cast::<u8>().sub(colour), LAYOUT);
        }
    }

    /// Returns the table for an object; `None` if this owner's pass has none for its chunk.
    #[inline(always)]
    #[must_use]
    pub fn of<'a>(owner: *const (), object: Address) -> Option<&'a Side> {
        // SAFETY: O2: an object's chunk begins with its two words, and a table hangs there as long as it exists.
        let side = unsafe { (*Chunk::of(object)).side.get().cast::<Side>().as_ref() }?;
        (side.owner == owner).then_some(side)
    }

    /// Returns an object's entry in its chunk's table.
    #[inline(always)]
    #[must_use]
    pub fn entry(object: Address) -> usize {
        Chunk::offset(object) / GRANULE
    }

    /// Returns the object of an entry.
    ///
    /// # Safety
    /// The table hangs on this chunk, and an object begins at the entry.
    #[inline(always)]
    #[must_use]
    pub unsafe fn object(&self, chunk: NonNull<Chunk>, entry: usize) -> Address {
        let page = (entry * GRANULE) & !((1 << self.grid.page_shift) - 1);
        // SAFETY: by contract the place is inside the chunk.
        unsafe { chunk.cast::<u8>().add(page + self.number_of(entry) * self.grid.unit) }.cast::<Header>()
    }

    /// Returns how many units from the start of its page on the object of an entry begins.
    #[inline(always)]
    #[must_use]
    pub fn number_of(&self, entry: usize) -> usize {
        let inside = (entry * GRANULE) & ((1 << self.grid.page_shift) - 1);
        // The first multiple of the unit at or behind the entry's start: exact for such small numbers.
        (((inside + self.grid.unit - 1) as u64 * self.reciprocal) >> 32) as usize
    }

    /// Returns its number among the tables of the pass.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the page of an entry.
    #[inline(always)]
    #[must_use]
    pub fn page_of(&self, entry: usize) -> usize {
        entry >> (self.grid.page_shift - GRANULE.trailing_zeros())
    }

    /// Returns the first entry of a page, and the one behind its last.
    #[must_use]
    pub fn page(&self, page: usize) -> (usize, usize) {
        let per_page = self.grid.page_shift - GRANULE.trailing_zeros();
        (page << per_page, (page + 1) << per_page)
    }

    /// Tells whether a page stands in line.
    #[inline(always)]
    #[must_use]
    pub fn is_queued(&self, page: usize) -> bool {
        self.queued.get() >> page & 1 != 0
    }

    /// Notes that a page stands in line, or does not.
    #[inline]
    pub fn set_queued(&self, page: usize, queued: bool) {
        let bit = 1 << page;
        self.queued.set(if queued { self.queued.get() | bit } else { self.queued.get() & !bit });
    }

    /// Notes that the objects of these entries of a word are subjects.
    #[inline(always)]
    pub fn enter(&self, word: usize, bits: u64) {
        self.subjects[word].set(self.subjects[word].get() | bits);
    }

    /// Notes that an entry's object has so many references that are to be explained.
    #[inline(always)]
    pub fn expect(&self, entry: usize, references: i8) {
        let left = &self.left[entry];
        left.set(left.get().wrapping_add(references));
    }

    /// Explains a reference to an entry's object; returns whether the byte has wrapped.
    #[inline(always)]
    #[must_use]
    pub fn count(&self, entry: usize) -> bool {
        let (left, wrapped) = self.left[entry].get().overflowing_sub(1);
        self.left[entry].set(left);
        wrapped
    }

    /// Returns how many of the references that were entered have not been explained, below zero if more were, and leaves none.
    #[inline]
    #[must_use]
    pub fn settle(&self, entry: usize) -> i8 {
        self.left[entry].replace(0)
    }

    /// Returns a word with a bit for each of its entries that is a subject and has references that were not explained.
    #[inline]
    #[must_use]
    pub fn held_from_outside(&self, word: usize) -> u64 {
        let subjects = self.subjects[word].get();
        if subjects == 0 { 0 } else { positive(&self.left.as_chunks().0[word]) & subjects }
    }

    /// Tells whether an entry is a subject.
    #[inline]
    #[must_use]
    pub fn is_subject(&self, entry: usize) -> bool {
        self.subjects[entry / 64].get() >> (entry % 64) & 1 != 0
    }

    /// Marks an entry; returns whether it was not marked before.
    #[inline(always)]
    #[must_use]
    pub fn mark(&self, entry: usize) -> bool {
        let (word, bit) = (entry / 64, 1 << (entry % 64));
        let marks = self.marks[word].get();
        self.marks[word].set(marks | bit);
        marks & bit == 0
    }

    /// Marks the entries of a word.
    #[inline]
    pub fn mark_word(&self, word: usize, bits: u64) {
        self.marks[word].set(self.marks[word].get() | bits);
    }

    /// Tells whether an entry is a subject and not marked.
    #[must_use]
    pub fn is_unmarked(&self, entry: usize) -> bool {
        self.unmarked(entry / 64) >> (entry % 64) & 1 != 0
    }

    /// Returns a word with a bit for each of its entries that is a subject and not marked.
    #[inline]
    #[must_use]
    pub fn unmarked(&self, word: usize) -> u64 {
        self.subjects[word].get() & !self.marks[word].get()
    }

    /// Returns a word with a bit for each of its entries that is grey.
    #[inline]
    #[must_use]
    pub fn grey(&self, word: usize) -> u64 {
        self.marks[word].get() & !self.traced[word].get()
    }

    /// Returns a word with a bit for each of its entries that is a subject.
    #[inline]
    #[must_use]
    pub fn subjects(&self, word: usize) -> u64 {
        self.subjects[word].get()
    }

    /// Returns a word with a bit for each of its entries that is marked.
    #[inline]
    #[must_use]
    pub fn marked(&self, word: usize) -> u64 {
        self.marks[word].get()
    }

    /// Tells whether an entry is traced.
    #[inline(always)]
    #[must_use]
    pub fn is_traced(&self, entry: usize) -> bool {
        self.traced[entry / 64].get() >> (entry % 64) & 1 != 0
    }

    /// Notes that an entry is traced, if it is grey; returns whether it was.
    #[inline(always)]
    #[must_use]
    pub fn begin_trace(&self, entry: usize) -> bool {
        let (word, bit) = (entry / 64, 1 << (entry % 64));
        let traced = self.traced[word].get();
        if self.marks[word].get() & !traced & bit == 0 {
            return false;
        }
        self.traced[word].set(traced | bit);
        true
    }

    /// Notes that entries of a word are traced.
    #[inline]
    pub fn set_traced(&self, word: usize, bits: u64) {
        self.traced[word].set(self.traced[word].get() | bits);
    }

    /// Notes that entries of a word are not traced after all.
    pub fn set_untraced(&self, word: usize, bits: u64) {
        self.traced[word].set(self.traced[word].get() & !bits);
    }

    /// Takes an entry out of everything: its object has died, and another may come there.
    pub fn leave(&self, entry: usize) {
        let (word, bit) = (entry / 64, 1_u64 << (entry % 64));
        for bits in [&self.subjects[word], &self.marks[word], &self.traced[word]] {
            bits.set(bits.get() & !bit);
        }
        self.left[entry].set(0);
    }
}

/// Returns a bit for each place that is above zero.
#[cfg(target_arch = "x86_64")]
#[inline]
fn positive(bytes: &[Cell<i8>; 64]) -> u64 {
    use core::arch::x86_64::{
        __m128i, _mm_cmpgt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_setzero_si128,
    };
    let mut positive = 0;
    for at in (0..64).step_by(16) {
        // SAFETY: sixteen bytes from here on lie in the array, and nobody writes to them meanwhile (O3); the processor has
        // SSE2, as all of this architecture have.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().add(at).cast::<__m128i>());
            let above = _mm_cmpgt_epi8(bytes, _mm_setzero_si128());
            positive |= u64::from(_mm_movemask_epi8(above) as u16) << at;
        }
    }
    positive
}

/// Returns a bit for each place that is above zero.
#[cfg(not(target_arch = "x86_64"))]
fn positive(bytes: &[Cell<i8>; 64]) -> u64 {
    (0..64).fold(0, |positive, at| positive | u64::from(bytes[at].get() > 0) << at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flags;
    use crate::shelf::Yard;

    fn with_side(grid: Grid, test: impl FnOnce(&Side, Address)) {
        let yard = Yard::<u64>::new();
        let object = yard.put(Header::new(1, Flags::default()), 0);
        let chunk = NonNull::new(Chunk::of(object).cast_mut()).unwrap();
        // SAFETY: the yard is there until the table is taken down, and the objects are not asked for.
        unsafe {
            let side = Side::hang(core::ptr::null(), 7, chunk, grid).unwrap();
            test(side.as_ref(), object);
            Side::take_down(side, chunk);
        }
    }

    #[test]
    fn ones_are_numbered_from_below() {
        assert_eq!(ones(0).count(), 0);
        assert_eq!(ones(1 << 63 | 0b1010).collect::<Vec<_>>(), [1, 3, 63]);
    }

    #[test]
    fn every_place_has_an_entry_of_its_own_and_back() {
        for (page_shift, unit) in [(14, 24), (14, 16), (14, 40), (14, 504), (8, 16), (8, 48), (20, 16)] {
            with_side(Grid { page_shift, unit }, |side, object| {
                let chunk = NonNull::new(Chunk::of(object).cast_mut()).unwrap();
                let mut seen = std::collections::HashSet::new();
                for page in 0..CHUNK_ALIGN >> page_shift {
                    for number in 0..(1 << page_shift) / unit {
                        let offset = (page << page_shift) + number * unit;
                        // SAFETY: the place is inside the chunk, and only its address is looked at.
                        let place = unsafe { chunk.cast::<u8>().add(offset) }.cast::<Header>();
                        let entry = Side::entry(place);
                        assert!(seen.insert(entry), "two places share entry {entry}");
                        // SAFETY: as above.
                        assert_eq!(unsafe { side.object(chunk, entry) }, place);
                        assert_eq!(side.page_of(entry), page);
                        let (first, end) = side.page(page);
                        assert!((first..end).contains(&entry));
                    }
                }
            });
        }
    }

    #[test]
    fn references_are_explained_before_they_are_entered_and_after() {
        with_side(Grid { page_shift: 14, unit: 16 }, |side, object| {
            assert!(core::ptr::eq(Side::of(core::ptr::null(), object).unwrap(), side));
            assert!(Side::of(core::ptr::from_ref(side).cast(), object).is_none(), "another's pass");
            let entry = Side::entry(object);
            let (word, bit) = (entry / 64, 1 << (entry % 64));
            for held in [0, 1, 2] {
                (0..100).for_each(|_| assert!(!side.count(entry)));
                assert_eq!(side.held_from_outside(word), 0, "not entered, or not held");
                side.enter(word, bit);
                side.expect(entry, 125 + held);
                (0..25).for_each(|_| assert!(!side.count(entry)));
                assert_eq!(side.held_from_outside(word), if held > 0 { bit } else { 0 });
                assert!(side.is_subject(entry));
                assert_eq!((side.settle(entry), side.held_from_outside(word)), (held, 0));
                side.leave(entry);
                assert!(!side.is_subject(entry));
            }
        });
    }

    #[test]
    fn a_byte_that_wraps_says_so() {
        with_side(Grid { page_shift: 14, unit: 16 }, |side, object| {
            let entry = Side::entry(object);
            let wraps = (0..1000).filter(|_| side.count(entry)).count();
            assert_eq!(256 * wraps as i64 - i64::from(side.settle(entry)), 1000);
        });
    }

    #[test]
    fn marked_then_traced_then_gone() {
        with_side(Grid { page_shift: 14, unit: 16 }, |side, object| {
            let entry = Side::entry(object);
            let (word, bit) = (entry / 64, 1 << (entry % 64));
            side.enter(word, bit);
            side.expect(entry, 1);
            assert_eq!((side.held_from_outside(word), side.unmarked(word)), (bit, bit));
            assert!(side.is_unmarked(entry));
            assert_eq!((side.mark(entry), side.mark(entry)), (true, false));
            assert_eq!((side.unmarked(word), side.grey(word)), (0, bit));
            assert_eq!((side.begin_trace(entry), side.begin_trace(entry)), (true, false));
            assert_eq!(side.grey(word), 0);
            side.leave(entry);
            assert!(side.mark(entry) && side.unmarked(word) == 0);
        });
    }
}
