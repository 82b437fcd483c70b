//! The process's allocator where address space is short: null, never a crash, and what was there stays usable.
//!
//! Each test has a process of its own, whose limit is set before the first request.

use std::ptr;
use std::sync::mpsc;
use std::thread;

use gleaner_allocator::global;
use rustix::process::{Resource, Rlimit, setrlimit};

#[path = "common/memory.rs"]
mod memory;
#[path = "common/process.rs"]
mod process;

use memory::size_and_resident;
use process::in_child;

/// Lets the address space grow by that many bytes and no more.
fn limit_growth(bytes: usize) {
    let most = Some((size_and_resident().0 + bytes) as u64);
    let limit = Rlimit { current: most, maximum: most };
    setrlimit(Resource::As, limit).expect("a limit may be lowered");
}

/// Blocks of one size, linked by their first word: keeping them takes no memory.
struct Blocks {
    first: *mut Block,
    size: usize,
    count: usize,
}

/// A block's first words.
struct Block {
    next: *mut Block,
    size: usize,
}

// SAFETY: the blocks are the holder's.
unsafe impl Send for Blocks {}

impl Blocks {
    /// Allocates until there is nothing more, or up to a number.
    fn take(size: usize, most: usize) -> Blocks {
        let mut blocks = Blocks { first: ptr::null_mut(), size, count: 0 };
        while blocks.count < most {
            let block = global::malloc(size).cast::<Block>();
            if block.is_null() {
                break;
            }
            assert!(global::owns(block.cast()), "block {} of {size} bytes is ours", blocks.count);
            // SAFETY: the block is ours, at least two words long, and its last byte is not in them.
            unsafe {
                block.write(Block { next: blocks.first, size });
                block.cast::<u8>().add(size - 1).write(0xA5);
            }
            blocks.first = block;
            blocks.count += 1;
        }
        blocks
    }

    /// Verifies and frees all.
    fn give(self) {
        let mut block = self.first;
        while !block.is_null() {
            // SAFETY: the block is ours, as `take` left it.
            unsafe {
                let Block { next, size } = block.read();
                assert_eq!((size, block.cast::<u8>().add(size - 1).read()), (self.size, 0xA5));
                assert!(global::try_free(block.cast()), "a block of {size} bytes is ours");
                block = next;
            }
        }
    }

    fn bytes(&self) -> usize {
        self.size * self.count
    }
}

/// Fills the address space twice with blocks of each size, of which so many parts of a hundred can be had each time.
fn fill(limit: usize, sizes: &[(usize, usize)]) {
    limit_growth(limit);
    for &(size, share) in sizes {
        for round in 0..2 {
            let blocks = Blocks::take(size, usize::MAX);
            let (bytes, count) = (blocks.bytes(), blocks.count);
            blocks.give();
            global::trim();
            println!("{count} blocks of {size} bytes, {} % of the limit", bytes * 100 / limit);
            assert!(bytes * 100 / limit >= share, "round {round}: {bytes} bytes in blocks of {size}");
        }
    }
}

/// Sizes, and what share of the address space they can fill. One of 20 000 bytes takes two pools, one above
/// 256 KiB a MiB at least.
const SIZES: [(usize, usize); 6] =
    [(80, 85), (1024, 85), (20_000, 50), (100_000, 70), (1_000_000, 80), (6_000_000, 75)];

#[test]
fn three_hundred_megabytes() {
    in_child("three_hundred_megabytes", || fill(300 << 20, &SIZES));
}

#[test]
fn one_gigabyte() {
    in_child("one_gigabyte", || fill(1 << 30, &SIZES));
}

/// A block larger than a quarter of the limit, which is all that a first territory takes.
#[test]
fn one_large_block() {
    in_child("one_large_block", || fill(300 << 20, &[(120 << 20, 40)]));
}

/// Not even a heap can be had: null, and foreign pointers stay foreign.
#[test]
fn no_address_space_at_all() {
    in_child("no_address_space_at_all", || {
        limit_growth(1 << 20);
        let mut local = 0_u8;
        for (size, _) in SIZES {
            assert!(global::malloc(size).is_null());
            assert!(global::calloc(1, size).is_null());
            assert!(global::aligned_alloc(64, size).is_null());
        }
        assert!(!global::owns(&raw const local));
        // SAFETY: the pointer is not ours, so nothing happens.
        assert!(!unsafe { global::try_free(&raw mut local) });
    });
}

/// When the first territory is full there is a second one; its blocks are like any others, for all threads.
#[test]
fn a_second_territory() {
    in_child("a_second_territory", || {
        let (sender, receiver) = mpsc::channel::<Blocks>();
        let other = thread::spawn(move || receiver.into_iter().for_each(Blocks::give));
        limit_growth(300 << 20);
        // The first is 64 MiB long, a quarter of the limit in a power of two.
        let early = Blocks::take(1_900_000, 1);
        let filling = Blocks::take(1_900_000, 33);
        let beyond = |blocks: &Blocks| blocks.first.addr().wrapping_sub(early.first.addr()) > 62 << 20;
        assert!(beyond(&filling));
        for size in [32, 80, 1024, 30_000, 100_000, 2_000_000] {
            let blocks = Blocks::take(size, 20);
            assert_eq!(blocks.count, 20);
            assert!(beyond(&blocks), "blocks of {size} bytes are in another territory");
            sender.send(blocks).unwrap();
            Blocks::take(size, 1000).give();
        }
        // Blocks change territory, too.
        let small = global::malloc(50_000);
        // SAFETY: the block is ours; after `realloc` only the new one is used.
        unsafe {
            small.write_bytes(7, 50_000);
            let large = global::realloc(small, 3_000_000);
            assert!((0..50_000).all(|i| large.add(i).read() == 7));
            assert!(global::try_free(large));
        }
        filling.give();
        early.give();
        drop(sender);
        other.join().unwrap();
    });
}
