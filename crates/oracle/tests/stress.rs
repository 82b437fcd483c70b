//! The main job as a library: what it counts, what repeats.

use std::num::NonZeroUsize;

use gleaner_oracle::Faults;
use gleaner_oracle::stress::{MachineRow, Report, Stress};
use gleaner_program::Op;

fn run(stress: &Stress) -> Report {
    let report = stress.run(|_| ()).expect("no CPython to fail");
    if let Some(found) = report.found.first() {
        panic!("{}\n{}", found.divergence, found.divergence.program.to_python());
    }
    report
}

#[test]
fn every_kind_of_operation_runs_on_every_machine() {
    for (_, faults) in Faults::ALL {
        let report = run(&Stress { seed: 5, programs: Some(400), faults, ..Stress::default() });
        assert_eq!(report.programs, 400);
        let missing: Vec<_> = report.operation_kinds.iter().filter(|(_, count)| **count == 0).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(report.operation_kinds.len(), Op::KINDS.len());
        let names: Vec<&str> = report.machines.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "contract",
                "heap/full",
                "heap/generational",
                "heap/incremental",
                "heap/mark-sweep",
                "heap/paced",
                "heap/recycler",
                "heap/refcount-only",
                "model",
            ]
        );
        let (heaps, judges): (Vec<_>, Vec<_>) =
            report.machines.iter().partition(|row| row.name.starts_with("heap/"));
        let sum = |rows: &[&MachineRow]| rows.iter().map(|row| row.operations).sum::<u64>();
        assert_eq!((sum(&heaps), sum(&judges)), (report.operations, report.operations));
        assert!(report.machines.iter().all(|row| row.cpu_seconds > 0.0));
    }
}

#[test]
fn a_seed_and_a_number_of_programs_mean_the_same_on_any_number_of_threads() {
    let one = Stress { seed: 9, programs: Some(300), ..Stress::default() };
    let three = Stress { threads: NonZeroUsize::new(3).expect("not 0"), ..one.clone() };
    let (one, three) = (run(&one), run(&three));
    assert_eq!(one.operation_kinds, three.operation_kinds);
    assert_eq!((one.programs, one.operations), (three.programs, three.operations));
}
