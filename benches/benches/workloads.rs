//! Every workload at a small size under each strategy that suits it: what changed since the last run.
//!
//! A measurement is a whole run, heap and all, as a workload of real size spends nearly all its time in its phases. For
//! sizes that mean something, pauses and memory, and for other collectors, use `gleaner compare`.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gleaner::StrategyKind;
use gleaner_benches::meter::Meter;
use gleaner_benches::subject::Subject;
use gleaner_benches::subjects::{GleanerSubject, RcSubject};
use gleaner_benches::workloads::{self, Workload};

const OBJECTS: usize = 10_000;

fn every_workload(criterion: &mut Criterion) {
    for workload in workloads::all() {
        let mut group = criterion.benchmark_group(format!("workloads/{}", workload.name()));
        group.sample_size(20);
        group.throughput(Throughput::Elements(operations(workload)));
        for strategy in StrategyKind::ALL {
            let subject = move || GleanerSubject::new(strategy);
            if workload.suits(subject().abilities()) {
                group.bench_function(strategy.facts().name, |bencher| {
                    bencher.iter_batched(subject, |subject| run(workload, subject), BatchSize::PerIteration);
                });
            }
        }
        if workload.suits(RcSubject::default().abilities()) {
            group.bench_function("std Rc", |bencher| {
                bencher.iter_batched(
                    RcSubject::default,
                    |subject| run(workload, subject),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

/// Runs a workload, and hands the subject back to die outside the measurement.
fn run<S: Subject>(workload: &Workload, mut subject: S) -> S {
    workload.run(&mut subject, OBJECTS, &mut Meter::counting());
    subject
}

fn operations(workload: &Workload) -> u64 {
    let mut meter = Meter::counting();
    workload.run(&mut GleanerSubject::new(StrategyKind::Generational), OBJECTS, &mut meter);
    meter.counts().operations
}

criterion_group!(benches, every_workload);
criterion_main!(benches);
