//! Weak references beside std's `Weak`.

use std::hint::black_box;
use std::rc::Rc;

use criterion::{Criterion, criterion_group, criterion_main};
use gleaner_benches::node;

fn weak(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("weakref/downgrade+upgrade");
    let heap = gleaner::Heap::new().unwrap();
    let object = node(&heap);
    let _plain = heap.weak(&object).unwrap();
    group.bench_function("gleaner", |bencher| {
        bencher.iter(|| drop(black_box(heap.weak(&object).unwrap().upgrade())));
    });
    let object = Rc::new(1);
    group.bench_function("std Rc", |bencher| {
        bencher.iter(|| drop(black_box(Rc::downgrade(&object).upgrade())));
    });
    group.finish();
    criterion.bench_function("weakref/make, watch, be told", |bencher| {
        bencher.iter(|| {
            let object = node(&heap);
            let weak = heap
                .weak_with_callback(&object, |weak| {
                    black_box(weak);
                })
                .unwrap();
            drop(object);
            assert!(!weak.is_alive());
        });
    });
}

criterion_group!(benches, weak);
criterion_main!(benches);
