//! Garbage that nobody is shown: it is not listed, but told by the side tables that have found it.
//!
//! A list of a million dead objects is eight megabytes, written once and read twice, and where the pages are fresh each costs
//! more than an object's death. The tables are there already. They stay until the garbage is gone; its memory is handed out
//! anew meanwhile, to what a `Drop` allocates, but an object is shown once in each walk, and is not freed before that.

use gleaner_object::{Address, CHUNK_ALIGN};

use crate::marking::Marking;
use crate::pace::Pace;
use crate::table::Table;

/// What a pass has found unreachable, flagged so.
pub struct Unlisted {
    marking: Marking,
    len: usize,
}

impl Unlisted {
    /// Takes over a pass and the number of objects it has found unreachable.
    pub(crate) fn new(marking: Marking, len: usize) -> Unlisted {
        Unlisted { marking, len }
    }

    /// Returns the number of objects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Calls `visit` with all of them, row by row. Those that it was called with may be freed.
    pub fn each_row(&self, mut visit: impl FnMut(Row)) {
        self.marking.each_word(&Pace::unlimited(), |table, word| {
            for (_, part) in table.side().parts(word, table.side().unmarked(word)) {
                let lowest = part.trailing_zeros();
                let first = table.object(word * 64 + lowest as usize);
                visit(Row { first, stride: table.side().unit(), which: part >> lowest });
            }
        });
    }
}

/// Objects of one type among 64 places side by side.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    first: Address,
    /// The bytes from one place to the next.
    stride: usize,
    /// A bit for each place with such an object, the lowest for the first.
    which: u64,
}

impl Row {
    /// Returns an object of the row's chunk, whatever has been taken out of the row.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Address {
        self.first
    }
}

impl Iterator for Row {
    type Item = Address;

    #[inline(always)]
    fn next(&mut self) -> Option<Address> {
        if self.which == 0 {
            return None;
        }
        let place = self.which.trailing_zeros() as usize;
        self.which &= self.which - 1;
        // SAFETY: C1: so far apart lie the objects, in one chunk.
        Some(unsafe { self.first.byte_add(place * self.stride) })
    }
}

/// Tells whether a table's chunk goes as soon as its object is freed: then the table must have gone before.
pub(crate) fn goes_with_its_object(table: &Table) -> bool {
    1 << table.region.grid.page_shift == CHUNK_ALIGN
}
