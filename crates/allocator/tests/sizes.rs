//! The one-thread heap in a few lines each: what every other test relies on.

use core::ptr::NonNull;

use gleaner_allocator::{Allocator, Geometry, owner_of};

const GEOMETRIES: [Geometry; 5] =
    [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE, Geometry::TINY, Geometry::TINY_MAGAZINES];

/// Every size at the boundaries: of each class, of small and large, of a chunk.
fn sizes() -> impl Iterator<Item = usize> {
    (0..=1100).chain([4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 5 << 20])
}

#[test]
fn every_size_is_aligned_owned_and_reusable() {
    for geometry in GEOMETRIES {
        let allocator = Allocator::new(geometry);
        let word = core::ptr::without_provenance(0x1230);
        allocator.set_owner(word);
        let mut blocks: Vec<(NonNull<u8>, usize)> = Vec::new();
        for size in sizes() {
            let block = allocator.alloc(size).unwrap();
            let align = if size % 16 == 0 && size > 0 { 16 } else { 8 };
            assert_eq!(block.addr().get() % align, 0, "{geometry:?} {size}");
            // SAFETY: the block is live and ours.
            unsafe {
                assert!(allocator.size_of_block(block) >= size);
                assert_eq!(owner_of(block.as_ptr()), word);
                block.as_ptr().write_bytes(size as u8, size);
            }
            blocks.push((block, size));
        }
        allocator.check();
        for &(block, size) in &blocks {
            // SAFETY: the block is live, ours and `size` bytes long, all of them written.
            let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), size) };
            assert!(bytes.iter().all(|&byte| byte == size as u8), "{geometry:?} {size}");
        }
        let mut starts: Vec<_> = blocks.iter().map(|&(block, _)| block).collect();
        let mut walked = Vec::new();
        allocator.for_each_block(|block, _| walked.push(block));
        starts.sort();
        walked.sort();
        assert_eq!(starts, walked);
        for (i, (block, size)) in blocks.into_iter().enumerate() {
            // SAFETY: the block is live, and we are done with it.
            unsafe {
                match i % 2 {
                    0 => allocator.free(block, size),
                    _ => allocator.free_unsized(block),
                }
            }
        }
        allocator.check();
        allocator.trim();
        allocator.check();
        let stats = allocator.stats();
        assert_eq!((stats.live_blocks, stats.live_bytes, stats.arenas, stats.raw_bytes), (0, 0, 0, 0));
    }
}
