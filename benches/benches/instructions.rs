//! How many instructions the heap's operations take: what a shared and noisy machine cannot blur.
//!
//! Run by `scripts/instructions`, which compares with the counts in `benches/instructions.txt`.

#![allow(missing_docs, reason = "the macros make modules without documentation")]

use std::hint::black_box;

use gleaner::{Heap, Ref, StrategyKind, Weak};
use gleaner_benches::{Node, node};
use gungraun::{library_benchmark, library_benchmark_group, main};

/// How often an operation is repeated.
const TIMES: usize = 10_000;

/// A heap with one object that is watched, warm: what is done with them has been done before.
struct Warm {
    heap: Heap,
    object: Ref<Node>,
    _weak: Weak<Node>,
}

fn warm() -> Warm {
    let heap = Heap::builder().strategy(StrategyKind::Generational).build().expect("memory for a bench");
    let object = node(&heap);
    let _weak = heap.weak(&object).expect("memory for a bench");
    let warm = Warm { heap, object, _weak };
    clone_and_drop(&warm, 10);
    alloc_and_drop(&warm, 10);
    downgrade_and_upgrade(&warm, 10);
    warm
}

fn clone_and_drop(warm: &Warm, times: usize) {
    for _ in 0..times {
        drop(black_box(warm.object.clone()));
    }
}

fn alloc_and_drop(warm: &Warm, times: usize) {
    for _ in 0..times {
        drop(black_box(node(&warm.heap)));
    }
}

fn downgrade_and_upgrade(warm: &Warm, times: usize) {
    for _ in 0..times {
        let weak = black_box(warm.heap.weak(&warm.object).expect("memory for a bench"));
        drop(black_box(weak.upgrade()));
    }
}

#[library_benchmark(setup = warm)]
#[bench::once()]
fn clone_drop(warm: Warm) -> Warm {
    clone_and_drop(&warm, TIMES);
    warm
}

#[library_benchmark(setup = warm)]
#[bench::once()]
fn alloc_drop(warm: Warm) -> Warm {
    alloc_and_drop(&warm, TIMES);
    warm
}

// A weak reference that is made and dies.
#[library_benchmark(setup = warm)]
#[bench::once()]
fn weak_life(warm: Warm) -> Warm {
    let Warm { heap, object, _weak } = warm;
    drop(_weak);
    for _ in 0..TIMES {
        drop(black_box(heap.weak(&object).expect("memory for a bench")));
    }
    let _weak = heap.weak(&object).expect("memory for a bench");
    Warm { heap, object, _weak }
}

#[library_benchmark(setup = warm)]
#[bench::once()]
fn weak_upgrade(warm: Warm) -> Warm {
    downgrade_and_upgrade(&warm, TIMES);
    warm
}

/// A heap with objects, on which nothing is collected by itself.
struct Graph {
    heap: Heap,
    nodes: Vec<Ref<Node>>,
}

fn nodes(strategy: StrategyKind) -> Graph {
    let heap = Heap::builder().strategy(strategy).build().expect("memory for a bench");
    heap.disable();
    let nodes = (0..TIMES).map(|_| node(&heap)).collect();
    Graph { heap, nodes }
}

/// A ring in order of allocation, held by its first object.
fn ring(strategy: StrategyKind) -> Graph {
    let mut graph = nodes(strategy);
    for index in 0..TIMES {
        graph.nodes[index].left.set(&graph.nodes[(index + 1) % TIMES]);
    }
    graph.nodes.truncate(1);
    graph
}

/// Every object refers to two at random; all are held from the first.
fn random(strategy: StrategyKind) -> Graph {
    let mut graph = nodes(strategy);
    let mut state = 1_u64;
    for index in 0..TIMES {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        graph.nodes[index].left.set(&graph.nodes[(state >> 33) as usize % TIMES]);
        graph.nodes[index].right.set(&graph.nodes[(index + 1) % TIMES]);
    }
    graph.nodes.truncate(1);
    graph
}

/// Cycles of two that nothing refers to.
fn dead_pairs(strategy: StrategyKind) -> Graph {
    let mut graph = nodes(strategy);
    for pair in graph.nodes.chunks(2) {
        pair[0].left.set(&pair[1]);
        pair[1].left.set(&pair[0]);
    }
    graph.nodes.clear();
    graph
}

/// A ring that nothing refers to.
fn dead_ring(strategy: StrategyKind) -> Graph {
    let mut graph = ring(strategy);
    graph.nodes.clear();
    graph
}

/// A chain that the first object holds.
fn chain(strategy: StrategyKind) -> Graph {
    let mut graph = nodes(strategy);
    for pair in graph.nodes.windows(2) {
        pair[0].left.set(&pair[1]);
    }
    graph.nodes.truncate(1);
    graph
}

#[library_benchmark]
#[bench::ring_generational(args = (StrategyKind::Generational), setup = ring)]
#[bench::ring_mark_sweep(args = (StrategyKind::MarkSweep), setup = ring)]
#[bench::ring_paced(args = (StrategyKind::Paced), setup = ring)]
#[bench::random_generational(args = (StrategyKind::Generational), setup = random)]
#[bench::random_mark_sweep(args = (StrategyKind::MarkSweep), setup = random)]
#[bench::random_paced(args = (StrategyKind::Paced), setup = random)]
#[bench::dead_pairs_generational(args = (StrategyKind::Generational), setup = dead_pairs)]
#[bench::dead_pairs_mark_sweep(args = (StrategyKind::MarkSweep), setup = dead_pairs)]
#[bench::dead_ring_generational(args = (StrategyKind::Generational), setup = dead_ring)]
#[bench::dead_ring_mark_sweep(args = (StrategyKind::MarkSweep), setup = dead_ring)]
fn collect(graph: Graph) -> Graph {
    black_box(graph.heap.collect());
    graph
}

#[library_benchmark]
#[bench::chain(args = (StrategyKind::Generational), setup = chain)]
fn death(mut graph: Graph) -> Graph {
    graph.nodes.clear();
    graph
}

#[library_benchmark]
#[bench::nodes(args = (StrategyKind::Generational))]
fn birth(strategy: StrategyKind) -> Graph {
    nodes(strategy)
}

library_benchmark_group!(name = operations, benchmarks = [clone_drop, alloc_drop, weak_upgrade, weak_life]);
library_benchmark_group!(name = collections, benchmarks = [collect, death, birth]);
main!(library_benchmark_groups = [operations, collections]);
