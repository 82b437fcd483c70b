//! Where large blocks are: slots are given back and used again, blocks grow where they are, pages move with their content.
//!
//! Each test has a process of its own: it looks at addresses.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gleaner_allocator::{Allocator, Geometry, Gleaner, global};

#[path = "common/memory.rs"]
mod memory;
#[path = "common/process.rs"]
mod process;

use memory::size_and_resident;
use process::in_child;

const MIB: usize = 1 << 20;

/// A block whose content says where it belongs: each eighth byte's word is its offset, mixed with a seed.
struct Written {
    start: *mut u8,
    size: usize,
    seed: u64,
}

impl Written {
    fn new(size: usize, seed: u64) -> Written {
        let start = global::malloc(size);
        assert!(!start.is_null());
        let written = Written { start, size, seed };
        written.write(0);
        written
    }

    fn word(&self, at: usize) -> u64 {
        (at as u64 ^ self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Writes the words from an offset on.
    fn write(&self, from: usize) {
        for at in (from.next_multiple_of(8)..self.size & !7).step_by(8) {
            // SAFETY: the word is inside a block of ours, which is aligned to 16.
            unsafe { self.start.add(at).cast::<u64>().write(self.word(at)) };
        }
    }

    fn verify(&self) {
        for at in (0..self.size & !7).step_by(8) {
            // SAFETY: as above, and it was written.
            let word = unsafe { self.start.add(at).cast::<u64>().read() };
            assert_eq!(word, self.word(at), "word at {at} of {} bytes", self.size);
        }
    }

    /// Changes the size; returns whether the block has moved.
    fn resize(&mut self, size: usize) -> bool {
        let before = self.start;
        // SAFETY: the block is ours; only the one returned is used afterwards.
        self.start = unsafe { global::realloc(self.start, size) };
        assert!(!self.start.is_null());
        let common = self.size.min(size) & !7;
        self.size = common;
        self.verify();
        self.size = size;
        self.write(common);
        before != self.start
    }

    fn free(self) {
        self.verify();
        // SAFETY: the block is ours, and not used any more.
        unsafe { global::free(self.start) };
    }
}

#[test]
fn slots_are_given_back_and_used_again() {
    in_child("slots_are_given_back_and_used_again", || {
        let blocks = || (1..20).map(|size| global::malloc(size * MIB + 1)).collect::<Vec<_>>();
        let first = blocks();
        for _ in 0..50 {
            // SAFETY: the blocks are ours, and not used any more.
            first.iter().for_each(|&block| unsafe { global::free(block) });
            assert_eq!(blocks(), first, "the same slots serve again");
        }
        // A hole takes what fits, and nothing else.
        // SAFETY: as above.
        unsafe { global::free(first[4]) };
        assert!(global::malloc(6 * MIB + 1) > first[18]);
        assert_eq!(global::malloc(5 * MIB + 1), first[4]);
    });
}

#[test]
fn what_is_given_back_is_zeros_and_not_resident() {
    in_child("what_is_given_back_is_zeros_and_not_resident", || {
        for round in 0..4 {
            let block = global::calloc(1, 50 * MIB);
            let before = size_and_resident().1;
            // SAFETY: the block is ours, and that long.
            unsafe {
                assert!((0..50 * MIB).step_by(64).all(|at| block.add(at).read() == 0), "round {round}");
                block.write_bytes(0xEE, 50 * MIB);
                assert!(size_and_resident().1 > before + 45 * MIB);
                if round % 2 == 1 {
                    // What is cut off at the end is zeros when it comes back, too.
                    assert_eq!(global::realloc(block, 20 * MIB), block);
                    assert_eq!(global::realloc(block, 2 * MIB), block);
                    assert!(size_and_resident().1 < before + 5 * MIB);
                }
                global::free(block);
            }
            assert!(size_and_resident().1 < before + 2 * MIB);
        }
    });
}

/// Whatever a block was before, and whichever size and alignment is asked for; what is fresh from the system stays untouched.
#[test]
fn zeros_are_zeros() {
    in_child("zeros_are_zeros", || {
        let layouts = |round: usize| {
            let sizes = (0..64).map(move |step| 512 + step * step * 320 + round * 4096);
            sizes.map(move |size| {
                Layout::from_size_align(size, if round.is_multiple_of(2) { 16 } else { 64 }).unwrap()
            })
        };
        let before = size_and_resident().1;
        for round in 0..6 {
            // SAFETY: no layout is empty; blocks are live, as long as their layouts say, and not used once they are given back.
            unsafe {
                let blocks =
                    layouts(round).map(|layout| (Gleaner.alloc_zeroed(layout), layout)).collect::<Vec<_>>();
                if round == 0 {
                    // 26 MiB were asked for.
                    assert!(size_and_resident().1 < before + 4 * MIB);
                }
                for &(block, layout) in &blocks {
                    assert!((0..layout.size()).all(|at| block.add(at).read() == 0), "{layout:?}");
                    block.write_bytes(0xEE, layout.size());
                    // The second one gets the block of the first, in a pool that is in use.
                    for _ in 0..2 {
                        let block = Gleaner.alloc_zeroed(layout);
                        assert!((0..layout.size()).all(|at| block.add(at).read() == 0), "{layout:?}");
                        block.write_bytes(0xEE, layout.size());
                        Gleaner.dealloc(block, layout);
                    }
                }
                blocks.into_iter().for_each(|(block, layout)| Gleaner.dealloc(block, layout));
            }
        }
    });
}

/// Locked pages do not go back to the system; what the next one gets there is zeros all the same.
#[test]
fn what_cannot_be_given_back_is_zeros() {
    in_child("what_cannot_be_given_back_is_zeros", || {
        for _ in 0..3 {
            let block = global::calloc(1, 3 * MIB);
            // SAFETY: the block is ours, and that long.
            unsafe {
                assert_eq!(libc::mlock(block.add(MIB).cast(), 1), 0);
                assert!((0..3 * MIB).all(|at| block.add(at).read() == 0));
                block.write_bytes(0xEE, 3 * MIB);
                global::free(block);
            }
        }
    });
}

#[test]
fn blocks_grow_where_they_are_while_nothing_follows() {
    in_child("blocks_grow_where_they_are_while_nothing_follows", || {
        let mut block = Written::new(2 * MIB, 1);
        assert!((3..30).all(|size| !block.resize(size * MIB)));
        let behind = Written::new(2 * MIB, 2);
        assert!(behind.start > block.start);
        assert!(block.resize(40 * MIB), "it cannot grow over what follows");
        assert!(block.start > behind.start);
        // What it left is free: the next block of its former size is there.
        let again = Written::new(28 * MIB, 3);
        assert!(again.start < behind.start);
        // A block that shrinks makes room behind it.
        assert!(!block.resize(10 * MIB));
        let next = Written::new(20 * MIB, 4);
        assert!((block.start..block.start.wrapping_add(40 * MIB)).contains(&next.start));
        [block, behind, again, next].into_iter().for_each(Written::free);
    });
}

/// From 40 KiB to 64 MiB and back, with other blocks put in the way, so that it grows in place, moves its pages, moves them
/// again after growing where they had moved to, and is copied when it becomes large or small.
#[test]
fn content_survives_every_step() {
    in_child("content_survives_every_step", || {
        let mut block = Written::new(40 << 10, 7);
        let (mut size, mut moves, mut ways) = (40 << 10, 0, Vec::new());
        for step in 0.. {
            if step % 3 == 0 {
                ways.push(Written::new(MIB + step * 5000, step as u64));
            }
            size += size / 5 + 4096;
            moves += u32::from(block.resize(size));
            if size > 64 * MIB {
                break;
            }
        }
        assert!(moves >= 4, "{moves} moves");
        while size > 40 << 10 {
            size -= size / 6;
            block.resize(size);
        }
        block.free();
        ways.into_iter().for_each(Written::free);
    });
}

/// While pages move, other threads map memory: none of it may come to lie where the pages were, and be lost.
#[test]
fn moving_pages_leaves_no_hole_for_others() {
    in_child("moving_pages_leaves_no_hole_for_others", || {
        let (done, others) = (AtomicBool::new(false), [3 * MIB, 9 * MIB]);
        thread::scope(|scope| {
            for size in others {
                let done = &done;
                scope.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        map_and_verify(size);
                    }
                });
            }
            for round in 0..30 {
                let mut block = Written::new(8 * MIB, round);
                let way = Written::new(2 * MIB, round);
                assert!(block.resize(9 * MIB), "there is something in the way");
                let other = Written::new(2 * MIB, round);
                let next = Written::new(9 * MIB, round);
                block.resize(20 * MIB);
                [block, way, other, next].into_iter().for_each(Written::free);
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}

/// Maps memory beside the allocator, and verifies that it is nobody else's.
fn map_and_verify(size: usize) {
    let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a fresh mapping, used inside its bounds, and given back.
    unsafe {
        let mapped = libc::mmap(ptr::null_mut(), size, access, flags, -1, 0);
        assert_ne!(mapped, libc::MAP_FAILED);
        assert!(!global::owns(mapped.cast()), "a mapping of {size} bytes lies in a territory");
        let words = mapped.cast::<u64>();
        words.write(7);
        thread::yield_now();
        assert_eq!(words.read(), 7, "a mapping of {size} bytes is lost");
        libc::munmap(mapped, size);
    }
}

/// What a heap of one's own leaves in the table of magazines means nothing to the next owner of its chunk.
#[test]
fn chunks_forget_their_magazines() {
    in_child("chunks_forget_their_magazines", || {
        // The thread has magazines.
        let first = global::malloc(16);
        for class in 0..4 {
            let allocator = Allocator::new(Geometry::MODERN);
            for _ in 0..100_000 {
                allocator.alloc(40 + class * 200).unwrap();
            }
            drop(allocator);
            for align in [1 << 14, 1 << 16, 1 << 18, 1 << 19] {
                for size in [300_000, 400_000, 520_000, 900_000] {
                    let block = global::aligned_alloc(align, size);
                    // SAFETY: the block is ours, and not used any more.
                    unsafe { global::free(block) };
                }
            }
        }
        for size in (16..1024).step_by(16) {
            let block = global::malloc(size);
            // SAFETY: the block is ours.
            let room = unsafe { global::usable_size(block) };
            assert!(room < 2 * size, "a block of {size} bytes is none that was large: {room}");
        }
        // SAFETY: as above.
        unsafe { global::free(first) };
    });
}
