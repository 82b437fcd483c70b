//! Heap walks: every pool of a chunk, every live block of an allocator.
//!
//! A live block is one that is not free in its pool's bitmap, once the magazines are empty. So a walk begins by emptying
//! them, and reads a pool's bitmap before it visits the pool's blocks.

use core::ptr::{self, NonNull};

use crate::allocator::Allocator;
use crate::arena::{ArenaHeader, pool_at};
use crate::geometry::MAX_POOL;
use crate::pool::{CLASS_LARGE, CLASS_NONE, MIN_BLOCK, PoolHeader};
use crate::slow::base_of;

/// The most words of a pool's bitmap.
const MAX_WORDS: usize = MAX_POOL / MIN_BLOCK / 64;

/// Calls `visit` with the header of every pool of a chunk that is in use; the pool of a large object is one.
///
/// # Safety
/// The chunk is in the list of an allocator or estate.
pub(crate) unsafe fn each_pool(chunk: *mut ArenaHeader, mut visit: impl FnMut(&PoolHeader)) {
    // SAFETY: such a chunk is mapped and begins with its header and table (A3).
    unsafe {
        let header = &*chunk;
        if header.pools.get() == 0 {
            return visit(&*pool_at(chunk, 0));
        }
        for index in 0..header.size.get() >> header.pool_shift.get() {
            let pool = &*pool_at(chunk, index);
            if pool.class.get() != CLASS_NONE {
                visit(pool);
            }
        }
    }
}

/// Blocks of one size, side by side: those of a pool, or the one of a large object.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Where the first block begins.
    pub base: NonNull<u8>,
    /// The bytes from one block to the next.
    pub stride: usize,
    /// How many blocks there are.
    pub blocks: usize,
    /// The pool's bitmap of free blocks, a bit for each block; null if there is none. What is not free in it was handed
    /// out, or waits in a magazine.
    pub free: *const u64,
}

/// Ends a walk also when the visitor panics.
struct Walk<'a>(&'a Allocator, bool);

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        self.0.walking.set(self.1);
        self.0.retain();
    }
}

impl Allocator {
    /// Calls `visit` with every chunk and its header, arenas first, in the order of their lists.
    pub(crate) fn each_chunk(&self, mut visit: impl FnMut(*mut ArenaHeader, &ArenaHeader)) {
        for list in [&self.arenas.all, &self.large] {
            let mut chunk = list.get();
            // SAFETY: listed chunks are mapped and begin with their header (A3).
            while let Some(header) = unsafe { chunk.as_ref() } {
                visit(chunk, header);
                chunk = header.next.get();
            }
        }
    }

    /// Calls `visit` with the start of every chunk, arenas first.
    ///
    /// # Complexity
    /// Linear in the number of chunks.
    pub fn for_each_chunk(&self, mut visit: impl FnMut(NonNull<u8>)) {
        self.each_chunk(|chunk, _| visit(NonNull::new(chunk.cast()).expect("a listed chunk is somewhere")));
    }

    /// Calls `visit` with every span of a chunk whose pool is in use.
    ///
    /// # Safety
    /// The chunk is one of an allocator of this crate, and has not been given back.
    ///
    /// # Complexity
    /// Linear in the number of the chunk's pools.
    pub unsafe fn for_each_span(chunk: NonNull<u8>, mut visit: impl FnMut(Span)) {
        let start = chunk.cast::<ArenaHeader>().as_ptr();
        // SAFETY: by contract the chunk is mapped; it begins with its header and table, and its pools lie inside (A3).
        unsafe {
            if (*start).pools.get() == 0 {
                let stride = (*pool_at(start, 0)).block_size.get();
                let base = chunk.add((*start).size.get() - stride);
                return visit(Span { base, stride, blocks: 1, free: ptr::null() });
            }
            let shift = (*start).pool_shift.get();
            each_pool(start, |pool| {
                visit(Span {
                    base: chunk.add(usize::from(pool.index.get()) << shift),
                    stride: pool.block_size.get(),
                    blocks: pool.blocks.get() as usize,
                    free: pool.bitmap(),
                });
            });
        }
    }

    /// Keeps every arena from now on, empty ones too, or no longer: for whoever remembers where blocks were. A large
    /// object's chunk goes all the same.
    pub fn hold(&self, held: bool) {
        self.walking.set(held);
        self.retain();
    }

    /// Calls `visit` with every live block and the bytes it has room for, in no particular order.
    ///
    /// `visit` may allocate; whether the walk comes by the new blocks is open. It may free the very block it
    /// is called with, and no other. Blocks that wait for [`drain_remote`](Allocator::drain_remote) are live.
    ///
    /// # Complexity
    /// Linear in the blocks, live and free, of all pools in use.
    pub fn for_each_block(&self, mut visit: impl FnMut(NonNull<u8>, usize)) {
        self.empty_magazines();
        let _walk = Walk(self, self.walking.replace(true));
        for list in [&self.arenas.all, &self.large] {
            let mut chunk = list.get();
            while !chunk.is_null() {
                // SAFETY: chunks in lists are mapped (A3). No arena goes during a walk; a large object may, by
                // its own visit, so its link is read before.
                unsafe {
                    let next = (*chunk).next.get();
                    if (*chunk).pools.get() == 0 {
                        let room = (*pool_at(chunk, 0)).block_size.get();
                        let start = chunk.cast::<u8>().add((*chunk).size.get() - room);
                        visit(NonNull::new_unchecked(start), room);
                    } else {
                        self.each_block_of(chunk, &mut visit);
                    }
                    chunk = next;
                }
            }
        }
    }

    /// Calls `visit` with every live block of an arena.
    ///
    /// # Safety
    /// The arena is mapped, and stays so.
    unsafe fn each_block_of(&self, arena: *mut ArenaHeader, visit: &mut impl FnMut(NonNull<u8>, usize)) {
        // SAFETY: by contract; the arena's table has all its pools (A3), and a pool's blocks lie side by side from its
        // base on (A4).
        unsafe {
            for index in 0..self.geometry.arena() / self.geometry.pool() {
                let pool = pool_at(arena, index);
                let class = (*pool).class.get();
                if class == CLASS_NONE || class == CLASS_LARGE {
                    continue;
                }
                let (base, size, blocks) =
                    (base_of(pool, self.pool_shift), (*pool).block_size.get(), (*pool).blocks.get() as usize);
                // A pool whose last block is freed by the visitor may become another's: nothing is read from it then.
                let words = (*pool).words();
                let mut bitmap = [0; MAX_WORDS];
                for (word, bits) in bitmap[..words].iter_mut().enumerate() {
                    *bits = (*pool).word(word);
                }
                for (word, bits) in bitmap[..words].iter().enumerate() {
                    let mut live = !bits;
                    if blocks - word * 64 < 64 {
                        live &= (1 << (blocks - word * 64)) - 1;
                    }
                    while live != 0 {
                        let number = word * 64 + live.trailing_zeros() as usize;
                        live &= live - 1;
                        visit(NonNull::new_unchecked(base.add(number * size)), size);
                    }
                }
            }
        }
    }
}
