//! Full collections under each strategy: what lives, in and out of order of allocation, and what does not.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gleaner::{Heap, Ref, StrategyKind};
use gleaner_benches::{Node, dead_pairs, node, random_graph, ring};

const OBJECTS: usize = 100_000;

fn heaps() -> impl Iterator<Item = Heap> {
    [StrategyKind::MarkSweep, StrategyKind::Generational].into_iter().map(|strategy| {
        let heap = Heap::builder().strategy(strategy).build().unwrap();
        heap.disable();
        heap
    })
}

fn live(criterion: &mut Criterion, name: &str, build: fn(&Heap, usize) -> Vec<Ref<Node>>) {
    let mut group = criterion.benchmark_group(name);
    for heap in heaps() {
        let kept = build(&heap, OBJECTS);
        group.bench_function(heap.strategy().name, |bencher| bencher.iter(|| assert_eq!(heap.collect(), 0)));
        // A ring would keep itself alive.
        kept.iter().for_each(|node| node.left.clear());
    }
    group.finish();
}

fn collections(criterion: &mut Criterion) {
    live(criterion, "collector/100000 live, ring in order", |heap, objects| {
        let mut ring = ring(heap, objects);
        ring.truncate(1);
        ring
    });
    live(criterion, "collector/100000 live, random graph", random_graph);
    let mut group = criterion.benchmark_group("collector/50000 dead pairs");
    for heap in heaps() {
        group.bench_function(heap.strategy().name, |bencher| {
            bencher.iter_batched(
                || dead_pairs(&heap, OBJECTS / 2),
                |()| assert_eq!(heap.collect(), OBJECTS as u64),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    drop(node(&Heap::new().unwrap()));
}

criterion_group!(benches, collections);
criterion_main!(benches);
