//! Programs: generation, bytes, text. The throughput is in operations.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_program::{Generator, Program, bytes, text};
use std::hint::black_box;

fn program(c: &mut Criterion) {
    let generator = Generator::default();
    let programs: Vec<Program> = (0..100).map(|seed| generator.program(seed)).collect();
    let encoded: Vec<Vec<u8>> = programs.iter().map(bytes::encode).collect();
    let printed: Vec<String> = programs.iter().map(Program::to_python).collect();
    let operations: usize = programs.iter().map(Program::len).sum();

    let mut group = c.benchmark_group("program");
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("generate", |b| {
        b.iter(|| (0..100).map(|seed| generator.program(black_box(seed)).len()).sum::<usize>());
    });
    group.bench_function("encode", |b| {
        b.iter(|| programs.iter().map(|program| bytes::encode(black_box(program)).len()).sum::<usize>());
    });
    group.bench_function("decode", |b| {
        b.iter(|| encoded.iter().map(|bytes| bytes::decode(black_box(bytes), 256).len()).sum::<usize>());
    });
    group.bench_function("print", |b| {
        b.iter(|| programs.iter().map(|program| black_box(program).to_python().len()).sum::<usize>());
    });
    group.bench_function("parse", |b| {
        b.iter(|| printed.iter().filter(|source| text::parse(black_box(source), "bench").is_ok()).count());
    });
    group.finish();
}

criterion_group!(benches, program);
criterion_main!(benches);
