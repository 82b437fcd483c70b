//! Where the objects are: what a heap shows its collector, so that it can go through all of them in order of address.

use core::ptr::NonNull;

use gleaner_object::side::ones;
use gleaner_object::{Address, Chunk, Grid, Header, TypeRecord};

/// Blocks of one size, side by side; each holds an object, or an erased header.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Where the first begins.
    pub base: NonNull<u8>,
    /// The bytes from one to the next.
    pub stride: usize,
    /// How many there are.
    pub blocks: usize,
    /// A bit for each that certainly holds no object; null if there is none such.
    pub free: *const u64,
}

/// A chunk with objects of a tracked type.
#[derive(Clone, Copy)]
pub struct Region {
    /// Where it begins.
    pub chunk: NonNull<Chunk>,
    /// The type of its objects.
    pub record: &'static TypeRecord,
    /// Where its objects begin.
    pub grid: Grid,
}

/// All chunks with tracked objects.
pub trait Space {
    /// Shows every chunk whose objects are tracked.
    fn each_region(&self, visit: &mut dyn FnMut(Region));
    /// Shows every span of such a chunk that has blocks in use.
    fn each_span(&self, chunk: NonNull<Chunk>, visit: &mut dyn FnMut(Span));
}

impl Span {
    /// Returns a bit for each of the 64 blocks from `64 * word` on that may hold an object.
    #[inline]
    #[must_use]
    pub fn taken(&self, word: usize) -> u64 {
        let rest = self.blocks - word * 64;
        let all = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
        // SAFETY: C1: a span is used as long as its chunk is there, and the bitmap has a bit for each block.
        if self.free.is_null() { all } else { all & !unsafe { *self.free.add(word) } }
    }

    /// Returns the number of words of bits.
    #[must_use]
    pub fn words(&self) -> usize {
        self.blocks.div_ceil(64)
    }

    /// Returns where a block is.
    #[inline]
    #[must_use]
    pub fn block(&self, number: usize) -> Address {
        // SAFETY: C1: blocks lie side by side from the base on.
        unsafe { self.base.add(number * self.stride) }.cast::<Header>()
    }

    /// Calls `visit` with every tracked object of the span, in order of address.
    #[inline]
    pub fn each_tracked(&self, mut visit: impl FnMut(Address)) {
        for word in 0..self.words() {
            for bit in ones(self.taken(word)) {
                let object = self.block(word * 64 + bit);
                // SAFETY: C1: a block that is not free begins with a header, erased if there is no object.
                if unsafe { object.as_ref() }.is_tracked() {
                    visit(object);
                }
            }
        }
    }
}

/// Calls `visit` with every tracked object, in order of address within a chunk.
pub(crate) fn each_tracked(space: &dyn Space, mut visit: impl FnMut(Address)) {
    space.each_region(&mut |region| {
        space.each_span(region.chunk, &mut |span| span.each_tracked(&mut visit));
    });
}

/// Returns how many tracked objects there are at most.
pub(crate) fn blocks(space: &dyn Space) -> usize {
    let mut blocks = 0;
    space.each_region(&mut |region| {
        space.each_span(region.chunk, &mut |span| {
            blocks += (0..span.words()).map(|word| span.taken(word).count_ones() as usize).sum::<usize>();
        });
    });
    blocks
}
