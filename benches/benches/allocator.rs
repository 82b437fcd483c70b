//! The one-thread heap beside the system's allocator, in the same run: compare the ratios, not the nanoseconds.
//!
//! * `lifo`: allocate and free one block, again and again.
//! * `batch`: allocate 10 000 blocks, then free them in order.
//! * `churn`: replace a random one of 100 000 live blocks.
//! * `fresh`: make an allocator, use one arena, drop it.
//!
//! Sizes are drawn from what recorded Python programs ask for (32, 48 and 64 bytes foremost).

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::ptr::NonNull;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use gleaner_allocator::{Allocator, Geometry};

const BATCH: usize = 10_000;
const LIVE: usize = 100_000;

/// What is measured.
trait Subject {
    fn get(&self, size: usize) -> NonNull<u8>;

    /// # Safety
    /// The block came from `get(size)` and is not used any more.
    unsafe fn put(&self, block: NonNull<u8>, size: usize);
}

/// The heap, freeing with the size.
struct WithSize(Allocator);

impl Subject for WithSize {
    #[inline]
    fn get(&self, size: usize) -> NonNull<u8> {
        self.0.alloc(size).expect("memory")
    }

    #[inline]
    unsafe fn put(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: by contract.
        unsafe { self.0.free(block, size) }
    }
}

/// The heap, freeing without the size.
struct WithoutSize(Allocator);

impl Subject for WithoutSize {
    #[inline]
    fn get(&self, size: usize) -> NonNull<u8> {
        self.0.alloc(size).expect("memory")
    }

    #[inline]
    unsafe fn put(&self, block: NonNull<u8>, _: usize) {
        // SAFETY: by contract.
        unsafe { self.0.free_unsized(block) }
    }
}

/// The C library's `malloc`.
struct Malloc;

impl Malloc {
    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a small size")
    }
}

impl Subject for Malloc {
    #[inline]
    fn get(&self, size: usize) -> NonNull<u8> {
        // SAFETY: no size here is 0.
        NonNull::new(unsafe { System.alloc(Malloc::layout(size)) }).expect("memory")
    }

    #[inline]
    unsafe fn put(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: by contract.
        unsafe { System.dealloc(block.as_ptr(), Malloc::layout(size)) }
    }
}

/// A small deterministic generator.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % bound
    }

    fn size(&mut self) -> usize {
        [32, 48, 64, 48, 64, 32, 40, 56, 24, 72, 80, 96, 112, 160, 240, 500][self.below(16)]
    }
}

/// Writes the first word, as a program would.
fn touch(block: NonNull<u8>) {
    // SAFETY: every block here is live and at least a word long.
    unsafe { block.cast::<usize>().write(1) };
}

fn lifo(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, subject: &impl Subject) {
    group.throughput(Throughput::Elements(1));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let block = subject.get(black_box(48));
            touch(black_box(block));
            // SAFETY: the block is ours.
            unsafe { subject.put(block, black_box(48)) };
        });
    });
}

fn batch(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, subject: &impl Subject) {
    let mut random = Random(7);
    let sizes: Vec<usize> = (0..BATCH).map(|_| random.size()).collect();
    let mut blocks = Vec::with_capacity(BATCH);
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for &size in &sizes {
                let block = subject.get(size);
                touch(block);
                blocks.push(block);
            }
            for (block, &size) in blocks.drain(..).zip(&sizes) {
                // SAFETY: the block is ours.
                unsafe { subject.put(block, size) };
            }
        });
    });
}

fn churn(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, subject: &impl Subject) {
    let mut random = Random(9);
    let mut live: Vec<(NonNull<u8>, usize)> = (0..LIVE)
        .map(|_| {
            let size = random.size();
            (subject.get(size), size)
        })
        .collect();
    group.throughput(Throughput::Elements(1));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let (slot, fresh) = (&mut live[random.below(LIVE)], random.size());
            // SAFETY: the block is ours.
            unsafe { subject.put(slot.0, slot.1) };
            *slot = (subject.get(fresh), fresh);
            touch(slot.0);
        });
    });
    for (block, size) in live {
        // SAFETY: the block is ours.
        unsafe { subject.put(block, size) };
    }
}

/// Runs one shape on all subjects.
macro_rules! on_all {
    ($criterion:expr, $shape:ident) => {
        let mut group = $criterion.benchmark_group(concat!("allocator/", stringify!($shape)));
        $shape(&mut group, "modern", &WithSize(Allocator::new(Geometry::MODERN)));
        $shape(&mut group, "modern-unsized", &WithoutSize(Allocator::new(Geometry::MODERN)));
        $shape(&mut group, "classic", &WithSize(Allocator::new(Geometry::CLASSIC)));
        $shape(&mut group, "system", &Malloc);
        group.finish();
    };
}

fn shapes(criterion: &mut Criterion) {
    on_all!(criterion, lifo);
    on_all!(criterion, batch);
    on_all!(criterion, churn);
}

fn fresh(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("allocator/fresh");
    for (name, geometry) in [("modern", Geometry::MODERN), ("classic", Geometry::CLASSIC)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let allocator = Allocator::new(geometry);
                touch(allocator.alloc(48).expect("memory"));
                allocator
            });
        });
    }
    group.finish();
}

criterion_group!(benches, shapes, fresh);
criterion_main!(benches);
