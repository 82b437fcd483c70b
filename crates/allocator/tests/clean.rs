//! What `Options::clean` promises: a block that was not handed out since its pool came into use begins with 16 zeros,
//! whether the pool's pages are fresh, were used before or come from the stash.

#[path = "common/geometries.rs"]
mod geometries;

use std::collections::HashSet;
use std::ptr::NonNull;

use geometries::geometries;
use gleaner_allocator::{Allocator, Geometry, Mmap, Options};
use proptest::prelude::*;

/// Does what a heap does with its blocks: those in use begin with other than zeros, and freed ones with zeros again. What
/// lies behind the first 16 bytes stays as it was, for whoever comes next to stumble over.
struct Tidy {
    allocator: Allocator,
    live: Vec<(NonNull<u8>, usize)>,
}

impl Tidy {
    fn new(geometry: Geometry) -> Tidy {
        let options = Options { clean: true, ..Options::default() };
        Tidy { allocator: Allocator::with_options(geometry, options, Box::new(Mmap)), live: Vec::new() }
    }

    fn alloc(&mut self, size: usize) {
        let size = size.max(16);
        let block = self.allocator.alloc(size).expect("no limit is set");
        // SAFETY: the block is ours, and that long.
        unsafe { block.write_bytes(0xEE, size) };
        self.live.push((block, size));
    }

    fn free(&mut self, at: usize) {
        let (block, size) = self.live.swap_remove(at);
        // SAFETY: the block is ours, has at least 16 bytes, and is not used any more.
        unsafe {
            block.write_bytes(0, 16);
            self.allocator.free(block, size);
        }
    }

    fn verify(&self) {
        let live: HashSet<_> = self.live.iter().map(|&(block, _)| block).collect();
        let mut chunks = Vec::new();
        self.allocator.for_each_chunk(|chunk| chunks.push(chunk));
        for chunk in chunks {
            // SAFETY: the chunk is the allocator's, and nothing was freed since it was listed; blocks lie inside.
            unsafe {
                Allocator::for_each_span(chunk, |span| {
                    for number in 0..span.blocks {
                        let block = span.base.add(number * span.stride);
                        let begins = block.cast::<[u8; 16]>().read();
                        assert!(live.contains(&block) || begins == [0; 16], "{block:p} begins {begins:x?}");
                    }
                });
            }
        }
    }
}

/// A heap that works in rounds of growing, shrinking and giving pages back, then another one in the chunks that it left.
fn drive(geometry: Geometry, sizes: &[usize]) {
    for _ in 0..2 {
        let mut heap = Tidy::new(geometry);
        for (round, sizes) in sizes.chunks(60).enumerate() {
            for &size in sizes {
                heap.alloc(size % (geometry.class_max() + 1));
                if size.is_multiple_of(3) {
                    heap.free(size / 3 % heap.live.len());
                }
            }
            heap.verify();
            while heap.live.len() > 10 {
                heap.free(heap.live.len() / 2);
            }
            if round.is_multiple_of(2) {
                heap.allocator.trim();
            }
            heap.verify();
        }
        while !heap.live.is_empty() {
            heap.free(0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn blocks_begin_with_zeros(sizes in prop::collection::vec(any::<u16>().prop_map(usize::from), 0..600)) {
        for geometry in [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE] {
            drive(geometry, &sizes);
        }
    }

    #[test]
    fn in_any_geometry(
        sizes in prop::collection::vec(any::<u16>().prop_map(usize::from), 0..300),
        geometry in geometries(),
    ) {
        drive(geometry, &sizes);
    }
}
