//! Heap against model, on random programs, on all small ones, and on the corpus; and that a wrong machine is found.

use std::path::{Path, PathBuf};

use gleaner_oracle::heap::HeapMachine;
use gleaner_oracle::model::ModelMachine;
use gleaner_oracle::python::Python;
use gleaner_oracle::{Machine, MachineError, Nature, Oracle, Place, check, environments, regression};
use gleaner_program::exhaustive::{Exhaustive, cycles, frames, generations};
use gleaner_program::{Callback, Environment, Finalizer, Generator, Program, Transcript, bytes, text};
use proptest::prelude::*;

proptest! {
    #[test]
    fn heap_and_model_agree_on_any_program(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
        let program = bytes::decode(&raw, 160);
        if let Err(divergence) = check(&program, &environments::standard()) {
            prop_assert!(false, "{divergence}\n{}", program.to_python());
        }
    }

    #[test]
    fn heap_and_model_agree_when_memory_runs_out(seed: u64, fail_at in 0_u64..40) {
        let program = Generator::default().program(seed);
        let starve = |environment| Environment { fail_at: Some(fail_at), ..environment };
        let all: Vec<Environment> = environments::standard().into_iter().map(starve).collect();
        if let Err(divergence) = check(&program, &all) {
            prop_assert!(false, "{divergence}\n{}", program.to_python());
        }
    }
}

/// The longest programs run exhaustively: 3 operations, or what `GLEANER_EXHAUSTIVE` says (see scripts/exhaustive).
fn longest() -> usize {
    std::env::var("GLEANER_EXHAUSTIVE").ok().and_then(|length| length.parse().ok()).unwrap_or(3)
}

#[test]
fn heap_and_model_agree_on_all_small_programs() {
    use Finalizer::{Allocate, Collect, Drop, Log, None as Nothing, Raise, Resurrect};
    let finalizers = [Nothing, Log, Resurrect, Allocate, Drop, Raise, Collect];
    let callbacks =
        [None, Some(Callback::Log), Some(Callback::Collect), Some(Callback::Allocate), Some(Callback::Raise)];
    let mut alphabets: Vec<_> =
        finalizers.into_iter().flat_map(|finalizer| [generations(finalizer), frames(finalizer)]).collect();
    alphabets.extend(finalizers.map(|finalizer| cycles(finalizer, Some(Callback::Log))));
    alphabets.extend(callbacks.map(|callback| cycles(Log, callback)));
    let minors = [11, 14, 15];
    let mut all = environments::standard();
    all.retain(|environment| minors.contains(&environment.profile.minor));
    let mut oracle = Oracle::default();
    let mut programs = 0;
    for letters in alphabets {
        for program in Exhaustive::new(letters, longest()) {
            if let Err(divergence) = oracle.check(&program, &all) {
                panic!("{divergence}\n{}", program.to_python());
            }
            programs += 1;
        }
    }
    assert!(programs > 1000, "only {programs} programs");
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora").join(folder);
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder that can be read").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|kind| kind == "py")).collect();
    files.sort();
    files
}

#[test]
fn all_machines_agree_on_the_corpus() {
    let programs = corpus("programs");
    assert!(!programs.is_empty(), "corpora/programs is empty");
    let mut oracle = Oracle::default().with_python(Python::find());
    let mut parted = Vec::new();
    for path in programs.into_iter().chain(corpus("regressions")) {
        let source = std::fs::read_to_string(&path).expect("a file that can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let program = text::parse(&source, &name).unwrap_or_else(|error| panic!("{error}"));
        let mut all = environments::standard();
        all.extend(regression::environment(&source));
        if let Err(divergence) = oracle.check(&program, &all) {
            parted.push(format!("{name}: {divergence}"));
        }
    }
    assert!(parted.is_empty(), "{}", parted.join("\n"));
}

/// The model, but wrong: it forgets the last observation before a collection's answer, or panics instead.
struct Canary {
    panics: bool,
}

impl Machine for Canary {
    fn name(&self) -> String {
        "canary".to_string()
    }

    fn run(&mut self, program: &Program, environment: &Environment) -> Result<Transcript, MachineError> {
        let mut transcript = ModelMachine.run(program, environment)?;
        let finalized = gleaner_program::transcript::FINALIZED;
        let unraisable = gleaner_program::transcript::UNRAISABLE;
        // FINALIZED, a number, UNRAISABLE: the exception gets lost.
        let at =
            transcript.tokens.windows(3).position(|three| three[0] == finalized && three[2] == unraisable);
        if let Some(at) = at {
            assert!(!self.panics, "the canary panics");
            transcript.tokens.remove(at + 2);
            transcript
                .starts
                .iter_mut()
                .filter(|start| **start as usize > at + 2)
                .for_each(|start| *start -= 1);
        }
        Ok(transcript)
    }
}

#[test]
fn a_wrong_machine_is_found_and_its_program_shrunk() {
    for (panics, nature) in [(false, Nature::Different), (true, Nature::Panicked)] {
        let mut oracle = Oracle::of(move || Box::new(Canary { panics }), || Box::new(ModelMachine));
        let all = [Environment::default()];
        let found = (0..500).find_map(|seed| oracle.check(&Generator::default().program(seed), &all).err());
        let found = found.expect("one of 500 programs shows it");
        assert_eq!(found.nature, nature);
        let smallest = oracle.shrink(found.clone(), 5000);
        assert!(smallest.is_like(&found));
        // A node whose finalizer raises; it dies in the epilogue at the latest.
        assert_eq!(smallest.program.len(), 1, "{}", smallest.program.to_python());
        assert_eq!(smallest.sides[0].machine, "canary/generational");
        assert_eq!(smallest.sides[1].machine, "model");
        match nature {
            Nature::Different => assert_eq!(smallest.place, Place::Epilogue, "{smallest}"),
            _ => assert!(smallest.sides[0].said[0].contains("the canary panics"), "{smallest}"),
        }
    }
}

#[test]
fn a_zealous_heap_in_tiny_pools_agrees() {
    let tiny =
        || -> Box<dyn Machine> { Box::new(HeapMachine::with_geometry(gleaner::Geometry::TINY).zealous()) };
    let mut oracle = Oracle::of(tiny, || Box::new(ModelMachine));
    for seed in 0..300 {
        if let Err(divergence) = oracle.check(&Generator::default().program(seed), &environments::standard())
        {
            panic!("{divergence}\n{}", divergence.program.to_python());
        }
    }
}

#[test]
fn a_saved_divergence_reads_back() {
    let mut oracle = Oracle::of(|| Box::new(Canary { panics: false }), || Box::new(ModelMachine));
    let all = [Environment { fail_at: Some(1000), ..Environment::default() }];
    let found = (0..500).find_map(|seed| oracle.check(&Generator::default().program(seed), &all).err());
    let found = found.expect("one of 500 programs shows it");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path =
        regression::save(folder.path(), &found, "Found by: a test").expect("a file that can be written");
    let source = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(text::parse(&source, "saved.py").as_ref(), Ok(&found.program));
    assert_eq!(regression::environment(&source), Some(found.environment));
    assert!(source.starts_with("# Found by: a test\n"), "{source}");
}
