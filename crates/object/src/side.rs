//! Side tables: what a pass over the whole heap knows of the objects of one chunk.
//!
//! Not a byte of the objects is written. The chunk is cut into *granules* as large as the smallest distance of two of its
//! objects, so that one begins in each at most, and a table has an entry for every granule: a byte that counts references,
//! and a bit each for "is a subject of the pass", "marked", and "traced" (marked, and what it refers to is marked, too; what
//! is marked and not traced is *grey*). The tables are a twentieth of the objects, so that what is written at random stays
//! in the second level of the cache, while the objects themselves are read in order of address.
//!
//! The tables are here, and not with the collector, since a [`Visitor`](crate::Visitor) counts and marks as the edges come.

use core::cell::Cell;
use core::ptr::NonNull;
use std::alloc::{Layout, alloc_zeroed, dealloc};

use crate::header::Address;
use crate::shelf::{CHUNK_ALIGN, Chunk};

pub use geometry::Grid;
pub(crate) use geometry::granule;
use geometry::{FRACTION, bits};

mod geometry;

/// The most entries of a table: a granule has 16 bytes at least.
pub(crate) const ENTRIES: usize = CHUNK_ALIGN / 16;

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

/// What is known of one chunk's objects.
#[repr(C)]
pub struct Side {
    owner: *const (),
    number: u32,
    /// The lines from the start of its memory to the table.
    colour: usize,
    grid: Grid,
    /// One over the unit, rounded up.
    reciprocal: u64,
    queued: Cell<u64>,
    /// References that have not been explained.
    left: [Cell<i8>; ENTRIES],
    subjects: [Cell<u64>; ENTRIES / 64],
    marks: [Cell<u64>; ENTRIES / 64],
    traced: [Cell<u64>; ENTRIES / 64],
}

/// The lines of a cache by which the places of tables differ. An allocator puts them all at multiples of a page, and their first
/// words, of which each reference needs one, would compete for a few lines of the cache.
const COLOURS: usize = 64;
/// The bytes of a line.
const LINE: usize = 64;

/// The memory of a table: with room for it to be at different distances from the start.
const LAYOUT: Layout = match Layout::from_size_align(size_of::<Side>() + COLOURS * LINE, LINE) {
    Ok(layout) => layout,
    Err(_) => panic!("the alignment is a power of two"),
};

impl Side {
    /// Makes a table that hangs nowhere; `None` if there is no memory. Tables that are in use at a time should have different
    /// numbers.
    #[must_use]
    pub(crate) fn make(number: u32) -> Option<NonNull<Side>> {
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc_zeroed(LAYOUT) })?;
        let colour = number as usize % COLOURS;
        // SAFETY: so far behind the start there is room for a table, and zeroes are a valid one.
        unsafe {
            let mut side = start.add(colour * LINE).cast::<Side>();
            side.as_mut().colour = colour;
            Some(side)
        }
    }

    /// Frees a table.
    ///
    /// # Safety
    /// `make` made it, and nobody uses it any more.
    pub(crate) unsafe fn free(side: NonNull<Side>) {
        // SAFETY: by contract; the memory begins so far before it.
        unsafe { dealloc(side.cast::<u8>().sub(side.as_ref().colour * LINE).as_ptr(), LAYOUT) };
    }

    /// Makes a table that knows nothing one of a pass.
    pub(crate) fn assign(&mut self, owner: *const (), number: u32, grid: Grid) {
        self.owner = owner;
        self.number = number;
        self.grid = grid;
        self.reciprocal = (1_u64 << FRACTION).div_ceil(grid.unit as u64);
    }

    /// Forgets all that is known of objects.
    pub(crate) fn clean(&self) {
        self.queued.set(0);
        self.left[..self.words() * 64].iter().for_each(|left| left.set(0));
        for bits in [&self.subjects, &self.marks, &self.traced] {
            bits[..self.words()].iter().for_each(|word| word.set(0));
        }
    }

    /// Returns whose pass it belongs to.
    pub(crate) fn owner(&self) -> *const () {
        self.owner
    }

    /// Returns what tells [`granule`] an entry.
    pub(crate) fn reciprocal(&self) -> u64 {
        self.reciprocal
    }

    /// Returns its number among the tables of the pass.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
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

    /// Notes that the objects of these of 64 entries, from one on, are subjects.
    #[inline]
    pub fn enter_from(&self, first: usize, bits: u64) {
        let (word, shift) = (first / 64, first % 64);
        self.enter(word, bits << shift);
        let rest = bits >> 1 >> (63 - shift);
        if rest != 0 {
            self.enter(word + 1, rest);
        }
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

    /// Marks an entry; returns whether it was not marked before, but traced.
    #[inline(always)]
    #[must_use]
    pub(crate) fn rescue(&self, entry: usize) -> bool {
        let (word, bit) = (entry / 64, 1 << (entry % 64));
        let marks = self.marks[word].get();
        self.marks[word].set(marks | bit);
        self.traced[word].get() & !marks & bit != 0
    }

    /// Goes through the subjects of a word in order: calls `visit` with those that are marked, also meanwhile, and notes the
    /// others as traced.
    ///
    /// # Safety
    /// The table hangs on this chunk.
    #[inline(always)]
    pub(crate) unsafe fn each_in_order(
        &self,
        chunk: NonNull<Chunk>,
        word: usize,
        mut visit: impl FnMut(Address),
    ) {
        let (marks, traced) = (&self.marks[word], &self.traced[word]);
        for (_, part) in self.parts(word, self.subjects[word].get()) {
            let lowest = part.trailing_zeros() as usize;
            // SAFETY: by contract; what is entered is an object.
            let first = unsafe { self.object(chunk, word * 64 + lowest) };
            for number in ones(part) {
                let bit = 1 << number;
                if marks.get() & bit == 0 {
                    traced.set(traced.get() | bit);
                } else {
                    // SAFETY: so far apart lie the objects of a part.
                    visit(unsafe { first.byte_add((number - lowest) * self.grid.unit) });
                }
            }
        }
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

    /// Returns a word with a bit for each of its entries that is grey and belongs to a page.
    #[inline]
    #[must_use]
    pub fn grey_of_page(&self, word: usize, page: usize) -> u64 {
        let (first, end) = self.page(page);
        self.grey(word) & bits(word, first, end)
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
    use crate::shelf::Yard;
    use crate::sides::Sides;
    use crate::{Flags, Header};

    pub(super) fn with_side(grid: Grid, test: impl FnOnce(&Side, Address)) {
        let yard = Yard::<u64>::new();
        let object = yard.put(Header::new(1, Flags::default()), 0);
        let chunk = NonNull::new(Chunk::of(object).cast_mut()).unwrap();
        let sides = Sides::default();
        // SAFETY: the yard is there until the table is taken down, and the objects are not asked for.
        unsafe {
            let side = sides.hang(7, chunk, grid).unwrap();
            test(side.as_ref(), object);
            sides.take_down(side, chunk);
        }
    }

    #[test]
    fn ones_are_numbered_from_below() {
        assert_eq!(ones(0).count(), 0);
        assert_eq!(ones(1 << 63 | 0b1010).collect::<Vec<_>>(), [1, 3, 63]);
    }

    #[test]
    fn references_are_explained_before_they_are_entered_and_after() {
        with_side(Grid { page_shift: 14, unit: 16 }, |side, object| {
            let entry = side.entry(object);
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
            let entry = side.entry(object);
            let wraps = (0..1000).filter(|_| side.count(entry)).count();
            assert_eq!(256 * wraps as i64 - i64::from(side.settle(entry)), 1000);
        });
    }

    #[test]
    fn marked_then_traced_then_gone() {
        with_side(Grid { page_shift: 14, unit: 16 }, |side, object| {
            let entry = side.entry(object);
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
