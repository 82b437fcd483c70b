//! Laws of the size classes, for any geometry.

#[path = "common/geometries.rs"]
mod geometries;

use std::panic::{AssertUnwindSafe, catch_unwind};

use geometries::geometries;
use gleaner_allocator::{Allocator, Geometry, MAX_CLASSES, Mmap, Options};
use proptest::prelude::*;

/// The smallest block there is.
const LEAST: usize = 16;

/// Every size has the first class that is large enough, and wastes little.
fn sizes_find_their_class(geometry: &Geometry) {
    assert_eq!(geometry.class_of(0), geometry.class_of(1));
    assert_eq!(geometry.class_of(geometry.class_max() + 1), None);
    assert_eq!(geometry.class_of(usize::MAX), None);
    let (mut last, mut room) = (0, 0);
    for size in 1..=geometry.class_max() {
        let class = geometry.class_of(size).expect("a size up to the largest has a class");
        assert!(class < geometry.classes() && class >= last, "{size}");
        if class > last {
            assert!(room < size || room == LEAST, "{size} would fit into class {last}");
            let next = class == last + 1 || is_run(geometry, class);
            assert!(next, "no small or medium class is left out before {class}");
        }
        (last, room) = (class, geometry.class_size(class));
        assert!(room >= size, "class {class} has room for {size}");
        if size <= geometry.small_max() {
            assert!(room - size < geometry.grain() || room == LEAST);
            assert!(room.is_multiple_of(geometry.grain()));
        } else if size <= geometry.medium_max() {
            assert!((room - size) * 8 < size, "{size} wastes less than an eighth, not {}", room - size);
            assert!(room.is_multiple_of(16));
        } else {
            assert!(room - size < geometry.pool() && room.is_multiple_of(geometry.pool()));
        }
    }
    assert_eq!(last, geometry.classes() - 1);
    assert_eq!(room, geometry.class_max().max(LEAST));
}

/// Whether the blocks of a class are runs: whole pools, one block each.
fn is_run(geometry: &Geometry, class: usize) -> bool {
    geometry.units(class) * geometry.pool() == geometry.class_size(class)
}

fn classes_fit_into_pools(geometry: &Geometry) {
    assert!(geometry.classes() <= MAX_CLASSES);
    assert!(
        geometry.pools_per_arena() >= 1 && geometry.pools_per_arena() < geometry.arena() / geometry.pool()
    );
    for class in 0..geometry.classes() {
        let (size, units) = (geometry.class_size(class), geometry.units(class));
        let blocks = units * geometry.pool() / size;
        let well = match blocks {
            0 => false,
            1 => is_run(geometry, class) && units <= 32 && size <= geometry.class_max(),
            _ if size <= geometry.small_max().max(LEAST) => units == 1,
            _ => units <= 8 && blocks >= 4 && size <= geometry.medium_max(),
        };
        assert!(well, "class {class}: {blocks} blocks of {size} in {units} pools");
        assert!(units <= geometry.pools_per_arena(), "class {class} of {units} pools");
    }
}

fn magazines_are_bounded(geometry: &Geometry, most: usize) {
    assert_eq!(geometry.has_magazines(), most > 0);
    let mut last = most;
    for class in 0..geometry.classes() {
        let blocks = geometry.magazine(class);
        assert!(blocks <= last, "larger blocks wait in no larger numbers");
        last = blocks;
        assert_eq!(blocks == 0, most == 0 || is_run(geometry, class), "runs do not wait");
        assert!(blocks == 0 || blocks >= 2);
        assert!(blocks <= 2 || blocks * geometry.class_size(class) <= 16 << 10);
    }
}

/// Without magazines a double free is caught at once, nothing is changed by it, and nothing is lost.
fn a_double_free_is_caught(geometry: Geometry, options: Options, sizes: &[u16], which: usize) {
    let allocator = Allocator::with_options(geometry, options, Box::new(Mmap));
    let size_of = |size: u16| usize::from(size) % (geometry.class_max() + 1);
    let mut blocks: Vec<_> =
        sizes.iter().map(|&size| (allocator.alloc(size_of(size)).unwrap(), size_of(size))).collect();
    let (block, size) = blocks.swap_remove(which % blocks.len());
    // SAFETY: the block is live, and not used any more.
    unsafe { allocator.free(block, size) };
    let before = allocator.stats();
    // SAFETY: no: the misuse is what is tested. It stays inside the allocator's own memory, which keeps its last arena.
    let again = catch_unwind(AssertUnwindSafe(|| unsafe { allocator.free_unsized(block) }));
    let message = again.expect_err("is caught").downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(message.starts_with("double free"), "{message}");
    allocator.check();
    assert_eq!(allocator.stats(), before);
    for (block, size) in blocks {
        // SAFETY: the block is live, and not used any more.
        unsafe { allocator.free(block, size) };
    }
    allocator.trim();
    assert_eq!(allocator.stats().live_blocks, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_geometry_keeps_the_laws(geometry in geometries()) {
        sizes_find_their_class(&geometry);
        classes_fit_into_pools(&geometry);
    }

    #[test]
    fn any_magazines_keep_the_laws(geometry in geometries(), most in 2..=255_usize) {
        magazines_are_bounded(&geometry.with_magazines(most).unwrap(), most);
    }

    #[test]
    fn any_double_free_is_caught_at_once(
        geometry in geometries(),
        sizes in prop::collection::vec(any::<u16>(), 1..60),
        which: usize,
        scatter in 0..3_u64,
        poison: bool,
    ) {
        let options = Options { exact: scatter == 0, scatter, poison, clean: false };
        a_double_free_is_caught(geometry, options, &sizes, which);
    }
}

#[test]
fn the_known_geometries_keep_the_laws() {
    let known =
        [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE, Geometry::TINY, Geometry::TINY_MAGAZINES];
    for (geometry, most) in known.into_iter().zip([0, 255, 255, 0, 3]) {
        sizes_find_their_class(&geometry);
        classes_fit_into_pools(&geometry);
        magazines_are_bounded(&geometry, most);
    }
}
