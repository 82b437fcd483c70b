//! What the allocator keeps, what it reuses, and what it gives back.

use std::ptr::NonNull;

use gleaner_allocator::{Allocator, ArenaHeader, Faulty, Geometry, Plan, Witness};

/// Pools of two blocks of 128 bytes.
const TINY: Geometry = Geometry::TINY;
const PER_ARENA: usize = TINY.pools_per_arena() * 2;

fn tiny(plan: Plan) -> (Allocator, Witness) {
    let raw = Faulty::new(plan);
    let witness = raw.witness();
    (Allocator::with_raw(TINY, Box::new(raw)), witness)
}

fn blocks(allocator: &Allocator, count: usize, size: usize) -> Vec<NonNull<u8>> {
    (0..count).map(|_| allocator.alloc(size).unwrap()).collect()
}

fn free(allocator: &Allocator, blocks: impl IntoIterator<Item = NonNull<u8>>) {
    for block in blocks {
        // SAFETY: the tests here free each block once and use none afterwards.
        unsafe { allocator.free_unsized(block) };
    }
    allocator.check();
}

#[test]
fn a_class_keeps_its_last_pool() {
    let (allocator, _) = tiny(Plan::default());
    free(&allocator, blocks(&allocator, 1, 40));
    assert_eq!(allocator.stats().pools, 1);
    let first = allocator.alloc(40).unwrap();
    free(&allocator, [first]);
    assert_eq!(allocator.alloc(40).unwrap(), first);
}

#[test]
fn other_classes_get_empty_pools_before_fresh_ones() {
    let (allocator, witness) = tiny(Plan::default());
    for class in 0..TINY.classes() {
        free(&allocator, blocks(&allocator, 1, TINY.class_size(class)));
    }
    assert_eq!(allocator.stats().pools, 1);
    blocks(&allocator, PER_ARENA, 128);
    assert_eq!(witness.requests(), 1);
    allocator.check();
}

#[test]
fn an_empty_pool_behind_a_used_one_goes_back() {
    let (allocator, _) = tiny(Plan::default());
    let all = blocks(&allocator, 5, 128);
    free(&allocator, [all[4], all[0]]);
    assert_eq!(allocator.stats().pools, 3);
    allocator.trim();
    assert_eq!(allocator.stats().pools, 2);
    allocator.check();
}

#[test]
fn full_pools_come_back_to_the_front() {
    let (allocator, _) = tiny(Plan::default());
    let all = blocks(&allocator, 5, 128);
    free(&allocator, [all[1]]);
    assert_eq!(allocator.alloc(128).unwrap(), all[1]);
}

#[test]
fn new_pools_come_from_the_fullest_arena() {
    for sparse in [0, 1] {
        let (allocator, witness) = tiny(Plan::default());
        let all = blocks(&allocator, 2 * PER_ARENA, 128);
        assert_eq!(witness.chunks(), 2);
        let (dense, sparse) = (PER_ARENA * (1 - sparse), PER_ARENA * sparse);
        free(&allocator, all[dense..dense + 2].iter().chain(&all[sparse..sparse + 10]).copied());
        allocator.trim();
        let block = allocator.alloc(64).unwrap();
        assert_eq!(ArenaHeader::of(block.as_ptr()), ArenaHeader::of(all[dense].as_ptr()));
    }
}

/// What is free stays up to a limit, four arenas at first; what comes again and again raises the limit.
#[test]
fn a_bounded_amount_of_free_memory_is_kept() {
    let (allocator, witness) = tiny(Plan::default());
    let arenas = |allocator: &Allocator, count| blocks(allocator, count * PER_ARENA, 128);
    let all = arenas(&allocator, 10);
    assert_eq!(witness.chunks(), 10);
    free(&allocator, all);
    assert!(allocator.stats().free_arenas <= 4 && witness.chunks() <= 5, "{} chunks", witness.chunks());
    let mut requests = vec![];
    for _ in 0..8 {
        let before = witness.requests();
        let all = arenas(&allocator, 10);
        requests.push(witness.requests() - before);
        free(&allocator, all);
    }
    assert!(requests[0] >= 5, "{requests:?}");
    assert_eq!(requests[7], 0, "{requests:?}");
    allocator.trim();
    assert_eq!((witness.chunks(), allocator.stats().dirty_pools), (0, 0));
}

#[test]
fn no_chunk_goes_during_a_walk() {
    let (allocator, witness) = tiny(Plan::default());
    let count = blocks(&allocator, 10 * PER_ARENA, 128).len();
    let mut visits = 0;
    allocator.for_each_block(|block, size| {
        visits += 1;
        // SAFETY: the walk permits to free the block visited.
        unsafe { allocator.free(block, size) };
        allocator.trim();
        assert_eq!(witness.chunks(), 10);
    });
    assert_eq!(visits, count);
    assert!(witness.chunks() <= 5);
    allocator.check();
}

/// A large block that shrinks stays where it is, a block that would change its class is an error and as before.
#[test]
fn shrinking_without_memory() {
    let (allocator, _) = tiny(Plan { fail_at: Some(2), and_after: true, budget: None });
    let large = allocator.alloc(1000).unwrap();
    let small = blocks(&allocator, PER_ARENA, 128)[0];
    // SAFETY: both blocks are live and of these sizes.
    unsafe {
        assert!(allocator.realloc(small, 128, 16).is_err());
        assert!(allocator.realloc(large, 1000, 16).is_err());
        allocator.free(large, 1000);
    }
    allocator.check();
}

#[test]
fn empty_pools_follow_when_many_others_went_back() {
    let (allocator, _) = tiny(Plan::default());
    free(&allocator, blocks(&allocator, 1, 16));
    assert_eq!(allocator.stats().classes[0].pools, 1);
    let all = blocks(&allocator, 10 * PER_ARENA, 128);
    free(&allocator, blocks(&allocator, 1, 16));
    free(&allocator, all);
    assert_eq!(allocator.stats().classes[0].pools, 0);
}

#[test]
fn a_budget_bounds_what_is_mapped() {
    let (allocator, witness) = tiny(Plan { budget: Some(2 * TINY.arena()), ..Plan::default() });
    let all = blocks(&allocator, 2 * PER_ARENA, 128);
    assert!(allocator.alloc(128).is_err());
    assert!(allocator.alloc(2 * TINY.arena()).is_err());
    assert_eq!((witness.failures(), witness.bytes()), (2, 2 * TINY.arena()));
    free(&allocator, all);
    allocator.trim();
    assert!(allocator.alloc(128).is_ok());
}
