//! A pool: equal blocks side by side, and a bitmap of those that are free.
//!
//! ```text
//!  base                                       units × pool size
//!   ├─ block 0 ─┼─ block 1 ─┼ … ─┼─ block n-1 ─┼ rest ┤
//!  bits: 1 = free, 0 = handed out or waiting in a magazine
//! ```
//!
//! Free blocks are never read or written: above a few megabytes a block that is not touched is a cache miss saved. The
//! bitmap also catches a double free exactly, and lets a heap walk find the live blocks.
//!
//! Blocks larger than a pool can hold a few of take a *span*: several pools side by side, of which the first has the
//! header and the others only its distance (`behind`).
//!
//! A pool is *linked* while it stands in the list of its size class (`used_pools`); a full pool is not, and returns to
//! the front when one of its blocks is freed. Fullness is noticed late: a pool stays linked after its last free block
//! was taken until the next request finds it empty-handed.

use core::cell::Cell;
use core::ptr;

/// The class of a pool that no size class uses, and of the one pool of a large object.
pub(crate) const CLASS_NONE: u16 = u16::MAX;
pub(crate) const CLASS_LARGE: u16 = u16::MAX - 1;

/// The smallest distance between two blocks, in bytes: it bounds the bitmap.
pub(crate) const MIN_BLOCK: usize = 16;

/// What is known about one pool; an entry of its arena's table.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct PoolHeader {
    /// Neighbours in the circular list of the size class.
    pub(crate) next: Cell<*mut PoolHeader>,
    pub(crate) prev: Cell<*mut PoolHeader>,
    /// The bitmap of free blocks.
    bits: Cell<*mut u64>,
    /// The bytes of each block.
    pub(crate) block_size: Cell<usize>,
    /// 2^32 over the block size, rounded up: a block's number is a multiplication away.
    reciprocal: Cell<u32>,
    /// How many blocks there are, and how many are not free.
    pub(crate) blocks: Cell<u32>,
    pub(crate) used: Cell<u32>,
    /// The size class, or one of the special ones.
    pub(crate) class: Cell<u16>,
    /// No word of the bitmap before this one has a free block.
    first_word: Cell<u8>,
    /// The pool's index in its arena.
    pub(crate) index: Cell<u8>,
    /// How many pools the span has, 1 if it is just this one.
    pub(crate) units: Cell<u8>,
    /// How many pools before this one the header of its span stands.
    pub(crate) behind: Cell<u8>,
    /// Whether it stands in the list of its size class.
    pub(crate) linked: Cell<bool>,
    /// Whether it may have been written to before it came into use.
    pub(crate) stale: Cell<bool>,
    /// Whether it is known to have held zeros then.
    pub(crate) zeros: Cell<bool>,
}

impl PoolHeader {
    /// Makes the header of a pool that no class uses.
    pub(crate) const fn unused(index: u8) -> PoolHeader {
        PoolHeader {
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            bits: Cell::new(ptr::null_mut()),
            block_size: Cell::new(0),
            reciprocal: Cell::new(0),
            blocks: Cell::new(0),
            used: Cell::new(0),
            class: Cell::new(CLASS_NONE),
            first_word: Cell::new(0),
            index: Cell::new(index),
            units: Cell::new(1),
            behind: Cell::new(0),
            linked: Cell::new(false),
            stale: Cell::new(false),
            zeros: Cell::new(false),
        }
    }

    /// Makes the header of a large object's chunk, with room for `bytes`, which hold zeros or not.
    pub(crate) const fn large(bytes: usize, zeros: bool) -> PoolHeader {
        PoolHeader {
            block_size: Cell::new(bytes),
            blocks: Cell::new(1),
            used: Cell::new(1),
            class: Cell::new(CLASS_LARGE),
            zeros: Cell::new(zeros),
            ..PoolHeader::unused(0)
        }
    }

    /// Begins the life of a pool in a size class: all its `blocks` blocks are free.
    ///
    /// # Safety
    /// `bits` has a bit for each block, rounded up to whole words, and is this pool's alone.
    pub(crate) unsafe fn begin(
        &self,
        bits: *mut u64,
        class: u16,
        block_size: usize,
        blocks: usize,
        units: u8,
    ) {
        let words = blocks.div_ceil(64);
        for word in 0..words {
            let rest = blocks - word * 64;
            let full = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
            // SAFETY: by contract (A4).
            unsafe { bits.add(word).write(full) };
        }
        self.bits.set(bits);
        self.block_size.set(block_size);
        self.reciprocal.set((1_u64 << 32).div_ceil(block_size as u64) as u32);
        self.blocks.set(blocks as u32);
        self.used.set(0);
        self.class.set(class);
        self.first_word.set(0);
        self.units.set(units);
        self.linked.set(false);
    }

    /// Returns the number of the block at an offset from the pool's base.
    #[inline(always)]
    pub(crate) fn number_at(&self, offset: usize) -> usize {
        // Exact for multiples of the block size below 2^32: the error, offset / 2^32, is below 1.
        ((offset as u64 * u64::from(self.reciprocal.get())) >> 32) as usize
    }

    /// Returns whether a block is free.
    pub(crate) fn is_free(&self, number: usize) -> bool {
        self.word(number / 64) >> (number % 64) & 1 == 1
    }

    /// Returns a word of the bitmap.
    #[inline(always)]
    pub(crate) fn word(&self, word: usize) -> u64 {
        debug_assert!(word < self.words());
        // SAFETY: a pool of a class has a bitmap with a bit for each of its blocks (A4).
        unsafe { self.bits.get().add(word).read() }
    }

    /// Returns where the bitmap is.
    pub(crate) fn bitmap(&self) -> *const u64 {
        self.bits.get()
    }

    /// Returns the number of words of the bitmap.
    #[inline(always)]
    pub(crate) fn words(&self) -> usize {
        (self.blocks.get() as usize).div_ceil(64)
    }

    #[inline(always)]
    fn set_word(&self, word: usize, bits: u64) {
        debug_assert!(word < self.words());
        // SAFETY: as in `word`; the bitmap is the pool's alone (A4).
        unsafe { self.bits.get().add(word).write(bits) };
    }

    /// Takes free blocks, those with the lowest addresses, at most `most`, and writes their addresses below `end`, the lowest
    /// uppermost. Returns how many there were.
    ///
    /// # Safety
    /// The pool's blocks begin at `base`, and below `end` there is room for `most`.
    #[inline(always)]
    pub(crate) unsafe fn take(&self, base: *mut u8, end: *mut Cell<*mut u8>, most: usize) -> usize {
        let size = self.block_size.get();
        let words = self.words();
        let mut word = usize::from(self.first_word.get());
        let mut place = end;
        // SAFETY: by contract; free blocks lie inside the pool (A4).
        unsafe {
            let floor = end.sub(most);
            while word < words && place > floor {
                let mut bits = self.word(word);
                while bits != 0 && place > floor {
                    // Neighbours at once: a pool that was not used before is nothing but neighbours.
                    let first = bits.trailing_zeros() as usize;
                    let ones = (!(bits >> first)).trailing_zeros() as usize;
                    let count = ones.min(place.offset_from_unsigned(floor));
                    let last = base.add((word * 64 + first + count - 1) * size);
                    place = place.sub(count);
                    for i in 0..count {
                        (*place.add(i)).set(last.wrapping_sub(i * size));
                    }
                    bits &= !((u64::MAX >> (64 - count)) << first);
                }
                self.set_word(word, bits);
                word += usize::from(bits == 0);
            }
            let taken = end.offset_from_unsigned(place);
            self.first_word.set(word as u8);
            self.used.set(self.used.get() + taken as u32);
            taken
        }
    }

    /// Takes the `rank`-th of the free blocks, counted modulo their number; `None` if there is none.
    pub(crate) fn take_ranked(&self, rank: usize) -> Option<usize> {
        let free = (self.blocks.get() - self.used.get()) as usize;
        let mut rank = rank.checked_rem(free)?;
        for word in 0..self.words() {
            let mut bits = self.word(word);
            let here = bits.count_ones() as usize;
            if rank >= here {
                rank -= here;
                continue;
            }
            for _ in 0..rank {
                bits &= bits - 1;
            }
            let bit = bits.trailing_zeros() as usize;
            self.set_word(word, self.word(word) & !(1 << bit));
            self.used.set(self.used.get() + 1);
            return Some(word * 64 + bit);
        }
        None
    }

    /// Puts a block back; false, and nothing is changed, if it was free already.
    #[inline(always)]
    #[must_use]
    pub(crate) fn give(&self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        let bits = self.word(word);
        if bits & bit != 0 {
            return false;
        }
        self.set_word(word, bits | bit);
        self.used.set(self.used.get() - 1);
        self.first_word.set(self.first_word.get().min(word as u8));
        true
    }

    /// Puts blocks back that lie side by side; false, and nothing is changed, if one of them was free already.
    #[inline(always)]
    #[must_use]
    pub(crate) fn give_run(&self, lowest: usize, len: usize) -> bool {
        let (first, last) = (lowest / 64, (lowest + len - 1) / 64);
        let low = u64::MAX << (lowest % 64);
        let high = u64::MAX >> (63 - (lowest + len - 1) % 64);
        if first == last {
            let (bits, mask) = (self.word(first), low & high);
            if bits & mask != 0 {
                return false;
            }
            self.set_word(first, bits | mask);
        } else {
            let between = (first + 1..last).map(|word| self.word(word)).fold(0, |all, bits| all | bits);
            let (below, above) = (self.word(first), self.word(last));
            if below & low != 0 || above & high != 0 || between != 0 {
                return false;
            }
            (first + 1..last).for_each(|word| self.set_word(word, u64::MAX));
            self.set_word(first, below | low);
            self.set_word(last, above | high);
        }
        self.used.set(self.used.get() - len as u32);
        self.first_word.set(self.first_word.get().min(first as u8));
        true
    }
}
