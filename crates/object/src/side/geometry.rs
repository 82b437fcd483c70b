//! From objects to entries of a side table, and back.
//!
//! A granule has the bytes of a *unit*, and an object of the chunk's `number`th granule has entry `number`: a division, made as a
//! multiplication. Pages need not be whole numbers of units, and objects lie at multiples of the unit from the start of
//! their page, so that the way back is by page.

use core::ptr::NonNull;

use super::Side;
use crate::header::{Address, Header};
use crate::shelf::{CHUNK_ALIGN, Chunk};

/// Where the objects of a chunk begin.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// The binary logarithm of the bytes of a page: a chunk has at most 64.
    pub page_shift: u32,
    /// What the distance of every object from the start of its page is a multiple of, in bytes: 16 at the least.
    pub unit: usize,
}

/// The bits of a chunk's reciprocal unit behind the point: enough for any distance in a chunk and any unit.
pub(super) const FRACTION: u32 = 40;

/// Returns the number of the granule so many bytes from the start of its chunk.
#[inline(always)]
pub(crate) fn granule(offset: usize, reciprocal: u64) -> usize {
    ((offset as u64 * reciprocal) >> FRACTION) as usize
}

/// Returns a bit for each entry of a word from `first` to before `end`.
#[inline]
pub(super) fn bits(word: usize, first: usize, end: usize) -> u64 {
    let from = first.saturating_sub(word * 64).min(64);
    let to = end.saturating_sub(word * 64).min(64);
    if to <= from { 0 } else { u64::MAX >> (64 - (to - from)) << from }
}

impl Side {
    /// Returns the entry of an object of its chunk.
    #[inline(always)]
    #[must_use]
    pub fn entry(&self, object: Address) -> usize {
        granule(Chunk::offset(object), self.reciprocal)
    }

    /// Returns the number of words that have a bit for each entry. What is left of the chunk behind the last whole granule has
    /// none.
    #[inline]
    #[must_use]
    pub fn words(&self) -> usize {
        granule(CHUNK_ALIGN, self.reciprocal).div_ceil(64)
    }

    /// Returns the object of an entry.
    ///
    /// # Safety
    /// The table hangs on this chunk, and an object begins at the entry.
    #[inline(always)]
    #[must_use]
    pub unsafe fn object(&self, chunk: NonNull<Chunk>, entry: usize) -> Address {
        let page = self.page_of(entry);
        let inside = (entry - self.page(page).0) * self.grid.unit;
        // SAFETY: by contract the place is inside the chunk.
        unsafe { chunk.cast::<u8>().add((page << self.grid.page_shift) + inside) }.cast::<Header>()
    }

    /// Returns the page that the object of an entry begins in. Where a page begins inside a granule, it is the later one: no
    /// object lies across.
    #[inline(always)]
    #[must_use]
    pub fn page_of(&self, entry: usize) -> usize {
        ((entry + 1) * self.grid.unit - 1) >> self.grid.page_shift
    }

    /// Returns the first entry of a page, and the one behind its last.
    #[inline(always)]
    #[must_use]
    pub fn page(&self, page: usize) -> (usize, usize) {
        let first = |page: usize| granule(page << self.grid.page_shift, self.reciprocal);
        (first(page), first(page + 1))
    }

    /// Takes those bits of a word apart that belong to different pages: returns the pages and the bits. The objects of a part lie
    /// a unit apart, as their bits do.
    #[inline(always)]
    pub fn parts(&self, word: usize, mut left: u64) -> impl Iterator<Item = (usize, u64)> {
        core::iter::from_fn(move || {
            (left != 0).then(|| {
                let page = self.page_of(word * 64 + left.trailing_zeros() as usize);
                let (first, end) = self.page(page);
                let part = left & bits(word, first, end);
                left ^= part;
                (page, part)
            })
        })
    }

    /// Returns the bytes from an object to that of the next entry of its page.
    #[inline(always)]
    #[must_use]
    pub fn unit(&self) -> usize {
        self.grid.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::tests::with_side;

    #[test]
    fn every_place_has_an_entry_of_its_own_and_back() {
        for (page_shift, unit) in [
            (14, 24),
            (14, 16),
            (14, 32),
            (14, 40),
            (14, 504),
            (14, 712),
            (14, 8192),
            (8, 16),
            (8, 48),
            (20, 16),
        ] {
            with_side(Grid { page_shift, unit }, |side, object| {
                assert!(
                    side.page_of((side.words() - 1) * 64) < CHUNK_ALIGN >> page_shift,
                    "a page of the chunk"
                );
                let chunk = NonNull::new(Chunk::of(object).cast_mut()).unwrap();
                let mut seen = std::collections::HashSet::new();
                for page in 0..CHUNK_ALIGN >> page_shift {
                    for number in 0..(1 << page_shift) / unit {
                        let offset = (page << page_shift) + number * unit;
                        // SAFETY: the place is inside the chunk, and only its address is looked at.
                        let place = unsafe { chunk.cast::<u8>().add(offset) }.cast::<Header>();
                        let entry = side.entry(place);
                        assert!(entry / 64 < side.words());
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
}
