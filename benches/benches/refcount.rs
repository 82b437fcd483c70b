//! Counts: taking and giving up references, and an object's whole life, beside std's `Rc`.

use std::hint::black_box;
use std::rc::Rc;

use criterion::{Criterion, criterion_group, criterion_main};
use gleaner_benches::{Node, node};

fn clone_and_drop(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refcount/clone+drop");
    let heap = gleaner::Heap::new().unwrap();
    let object = node(&heap);
    group.bench_function("gleaner", |bencher| bencher.iter(|| drop(black_box(object.clone()))));
    let object = Rc::new([0_u64; 2]);
    group.bench_function("std Rc", |bencher| bencher.iter(|| drop(black_box(object.clone()))));
    group.finish();
}

fn alloc_and_drop(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refcount/alloc+drop");
    let heap = gleaner::Heap::new().unwrap();
    heap.disable();
    group.bench_function("gleaner", |bencher| bencher.iter(|| drop(black_box(node(&heap)))));
    group.bench_function("std Rc", |bencher| bencher.iter(|| drop(black_box(Rc::new([0_u64; 2])))));
    group.finish();
}

fn chain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refcount/chain of 10000, build and drop");
    let heap = gleaner::Heap::new().unwrap();
    heap.disable();
    group.bench_function("gleaner", |bencher| {
        bencher.iter(|| {
            let mut head = node(&heap);
            for _ in 0..10_000 {
                let next = node(&heap);
                next.left.put(Some(head));
                head = next;
            }
            drop::<gleaner::Ref<Node>>(head);
        });
    });
    group.finish();
}

criterion_group!(benches, clone_and_drop, alloc_and_drop, chain);
criterion_main!(benches);
