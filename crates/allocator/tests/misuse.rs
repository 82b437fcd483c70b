//! Misuse that a poisoning allocator must catch, and where.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use gleaner_allocator::{Allocator, Geometry, GeometryError, Mmap, Options};

const GEOMETRIES: [Geometry; 5] =
    [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE, Geometry::TINY, Geometry::TINY_MAGAZINES];

/// Returns what the misuse panicked with; the allocator has a few blocks of its own, so that pools are not empty.
fn caught(poison: bool, geometry: Geometry, misuse: impl FnOnce(&Allocator, NonNull<u8>)) -> String {
    let allocator =
        Allocator::with_options(geometry, Options { poison, ..Options::default() }, Box::new(Mmap));
    let blocks: Vec<_> = (0..3).map(|_| allocator.alloc(48).unwrap()).collect();
    let error = catch_unwind(AssertUnwindSafe(|| misuse(&allocator, blocks[1]))).expect_err("is caught");
    error.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn poison_catches_a_double_free_at_once() {
    for geometry in GEOMETRIES {
        // SAFETY: no: the misuse is what is tested. It stays inside the allocator's own memory.
        let message = caught(true, geometry, |allocator, block| unsafe {
            allocator.free(block, 48);
            allocator.free(block, 48);
        });
        assert!(message.starts_with("double free"), "{message}");
        // SAFETY: as above; here the pool is empty by then.
        let message = caught(true, geometry, |allocator, _| unsafe {
            let block = allocator.alloc(8).unwrap();
            allocator.free_unsized(block);
            allocator.free_unsized(block);
        });
        assert!(message.starts_with("double free"), "{message}");
    }
}

#[test]
fn poison_accepts_a_live_block_that_looks_freed() {
    let allocator = Allocator::with_options(
        Geometry::TINY,
        Options { poison: true, ..Options::default() },
        Box::new(Mmap),
    );
    let (first, second) = (allocator.alloc(64).unwrap(), allocator.alloc(64).unwrap());
    // SAFETY: the blocks are live and ours until they are freed.
    unsafe {
        first.as_ptr().write_bytes(0xDD, 64);
        allocator.free(second, 64);
        allocator.free(first, 64);
    }
    allocator.check();
}

#[test]
fn poison_catches_a_write_after_free() {
    for geometry in GEOMETRIES {
        for offset in [8, 47] {
            // SAFETY: no, as above.
            let message = caught(true, geometry, |allocator, block| unsafe {
                allocator.free(block, 48);
                block.add(offset).write(0);
                allocator.alloc(48).unwrap();
            });
            assert!(message.starts_with("write after free"), "{message}");
            // SAFETY: no, as above.
            let message = caught(true, geometry, |allocator, block| unsafe {
                allocator.free(block, 48);
                block.add(offset).write(0);
                allocator.check();
            });
            assert!(message.starts_with("(8) write after free"), "{message}");
        }
    }
}

#[test]
fn poison_catches_wrong_sizes_and_wrong_pointers() {
    for geometry in GEOMETRIES {
        // SAFETY: no, as above.
        let message = caught(true, geometry, |allocator, block| unsafe { allocator.free(block, 49) });
        assert!(message.contains("freed as 49 bytes"), "{message}");
        // SAFETY: no, as above.
        let message = caught(true, geometry, |allocator, block| unsafe { allocator.free(block.add(8), 8) });
        assert!(message.contains("not the start"), "{message}");
        // SAFETY: no, as above.
        let message = caught(true, geometry, |allocator, _| unsafe {
            let large = allocator.alloc(100_000).unwrap();
            allocator.free_unsized(large.add(16));
        });
        assert!(message.contains("not the start"), "{message}");
    }
}

#[test]
fn poison_fills_what_it_hands_out() {
    let allocator = Allocator::with_options(
        Geometry::MODERN,
        Options { poison: true, ..Options::default() },
        Box::new(Mmap),
    );
    for size in [1, 40, 1024, 1025, 3000] {
        let block = allocator.alloc(size).unwrap();
        // SAFETY: the block is live and `size` bytes long; poison has written all of it.
        let bytes = unsafe { std::slice::from_raw_parts(block.as_ptr(), size) };
        assert!(bytes.iter().all(|&byte| byte == 0xCD), "{size} bytes");
    }
}

/// Without magazines a double free is caught where it happens, with them by `check()`, and at the latest when the magazine
/// is flushed.
#[test]
fn double_frees_are_caught_without_poison() {
    for geometry in GEOMETRIES {
        // SAFETY: no, as above.
        let message = caught(false, geometry, |allocator, block| unsafe {
            allocator.free(block, 48);
            allocator.free(block, 48);
            assert!(geometry.has_magazines(), "was not caught");
            allocator.check();
        });
        let (direct, waiting) = ("double free", "(9) double free");
        assert!(message.starts_with(if geometry.has_magazines() { waiting } else { direct }), "{message}");
        // SAFETY: no, as above.
        let message = caught(false, geometry, |allocator, block| unsafe {
            allocator.free(block, 48);
            allocator.free(block, 48);
            allocator.trim();
        });
        assert!(message.starts_with("double free"), "{message}");
    }
}

#[test]
fn exact_and_scattered_allocators_catch_a_double_free_at_once() {
    for options in
        [Options { exact: true, ..Options::default() }, Options { scatter: 7, ..Options::default() }]
    {
        let allocator = Allocator::with_options(Geometry::MODERN, options, Box::new(Mmap));
        let blocks: Vec<_> = (0..100).map(|_| allocator.alloc(48).unwrap()).collect();
        allocator.check();
        let sorted = blocks.is_sorted();
        assert_eq!(sorted, options.exact, "random placement is not in order of address");
        // SAFETY: no, as above.
        let error = catch_unwind(AssertUnwindSafe(|| unsafe {
            allocator.free(blocks[7], 48);
            allocator.free(blocks[7], 48);
        }));
        let message = error.expect_err("is caught").downcast_ref::<String>().cloned();
        assert!(message.is_some_and(|message| message.starts_with("double free")));
    }
}

#[test]
fn numbers_that_are_no_geometry_are_errors() {
    use GeometryError::{Arena, Grain, Pool, SmallMax};
    for (numbers, error) in [
        ((1 << 18, 1 << 12, 512, 0), Grain(0)),
        ((1 << 18, 1 << 12, 512, 4), Grain(4)),
        ((1 << 18, 1 << 12, 512, 24), Grain(24)),
        ((1 << 18, 1 << 12, 0, 16), SmallMax(0)),
        ((1 << 18, 1 << 12, 500, 16), SmallMax(500)),
        ((1 << 18, 1 << 12, 129 * 8, 8), SmallMax(129 * 8)),
        ((1 << 18, 1 << 17, 512, 16), Pool(1 << 17)),
        ((1 << 18, 512, 512, 16), Pool(512)),
        ((1 << 18, 0, 512, 16), Pool(0)),
        ((1 << 21, 1 << 16, 512, 16), Arena(1 << 21)),
        ((1 << 20, 1 << 12, 512, 16), Arena(1 << 20)),
        ((1 << 13, 1 << 12, 512, 16), Arena(1 << 13)),
        ((0, 1 << 12, 512, 16), Arena(0)),
    ] {
        let (arena, pool, small_max, grain) = numbers;
        assert_eq!(Geometry::new(arena, pool, small_max, grain), Err(error), "{numbers:?}");
    }
}

#[test]
fn absurd_sizes_are_errors() {
    let allocator = Allocator::new(Geometry::MODERN);
    for size in [usize::MAX, usize::MAX - 200, isize::MAX as usize, 1 << 60] {
        assert_eq!(allocator.alloc(size).unwrap_err().size, size);
    }
    let block = allocator.alloc(40).unwrap();
    // SAFETY: the block is live; a failed `realloc` leaves it so.
    unsafe {
        assert!(allocator.realloc(block, 40, usize::MAX).is_err());
        allocator.free(block, 40);
    }
    allocator.check();
}
