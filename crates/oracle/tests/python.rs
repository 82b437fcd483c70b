//! CPython as a machine: it says what the model says, and what is no Python, or breaks, is named.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gleaner_oracle::python::{Python, PythonError};
use gleaner_oracle::{Machine, environments};
use gleaner_program::{Environment, Generator, Policy, Program};

/// How many random programs every run of the tests compares.
const PROGRAMS: u64 = 400;

/// Returns the Python to compare with, or says that nothing is compared.
fn python() -> Option<Python> {
    let found = Python::find();
    if found.is_none() {
        eprintln!("SKIPPED: no CPython of 3.11 or newer with GIL on PATH, nothing compared");
    }
    found
}

#[test]
fn model_and_python_agree() {
    let Some(mut python) = python() else { return };
    let environment = environments::of_python(python.version().minor);
    let programs: Vec<Program> = (0..PROGRAMS).map(|seed| Generator::default().program(seed)).collect();
    let said = python.run_batch(&programs.iter().collect::<Vec<_>>()).expect("answers");
    assert_eq!(said.len(), programs.len());
    for (program, said) in programs.iter().zip(said) {
        let expected = gleaner_model::run(program, &environment).tokens;
        assert_eq!(said.tokens, expected, "{}", program.to_python());
    }
    assert!(python.cpu_seconds() > 0.0);
}

#[test]
fn batches_are_sent_and_received_in_turn() {
    let Some(mut python) = python() else { return };
    let program = Generator::default().program(1);
    assert!(matches!(python.receive(), Err(PythonError::OutOfTurn)));
    python.send(&[&program, &program]).expect("sent");
    assert!(matches!(python.send(&[&program]), Err(PythonError::OutOfTurn)));
    let both = python.receive().expect("answers");
    assert_eq!(both[0], both[1]);
}

#[test]
fn what_python_cannot_run_is_an_error() {
    let Some(mut python) = python() else { return };
    let own = Environment { profile: python.profile(), ..Environment::default() };
    let program = Generator::default().program(1);
    assert!(python.run(&program, &own).is_ok());
    for (environment, what) in [
        (Environment { policy: Policy::MarkSweep, ..own }, "MarkSweep"),
        (Environment { fail_at: Some(0), ..own }, "failing allocation"),
        (
            Environment { profile: gleaner_program::Profile { minor: 10, ..own.profile }, ..own },
            "Python 3.10",
        ),
    ] {
        let error = python.run(&program, &environment).expect_err("no such machine").to_string();
        assert!(error.contains(what), "{error}");
    }
}

/// Writes a script that stands for a Python: it answers the question what it is with `identity`, a batch with
/// the shell command `batch`.
#[cfg(unix)]
fn pretender(folder: &Path, identity: &str, batch: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("python3");
    let script = format!("#!/bin/sh\nif [ \"$5\" = --batch ]; then {batch}; else echo '{identity}'; fi\n");
    std::fs::write(&path, script).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made executable");
    path
}

#[cfg(unix)]
#[test]
fn what_is_no_fit_python_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let refusal = |identity: &str| {
        let path = pretender(folder.path(), identity, "exit 1");
        Python::at(&path).expect_err("refused").to_string()
    };
    assert!(refusal("gleaner cpython 3 10 13 1").ends_with("is Python 3.10.13; 3.11 or newer is needed"));
    assert!(refusal("gleaner pypy 3 11 0 1").ends_with("is pypy; only CPython is an oracle"));
    assert!(refusal("gleaner cpython 3 13 0 0").ends_with("one with the global lock is needed"));
    assert!(refusal("hello").ends_with("is no Python: hello"));
    let missing = folder.path().join("missing");
    assert!(matches!(Python::at(&missing), Err(PythonError::NotExecutable { path, .. }) if path == missing));
}

#[cfg(unix)]
#[test]
fn a_process_that_breaks_is_reported_with_its_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (Generator::default().program(1), Generator::default().program(2));
    let broken = |batch: &str| {
        let path = pretender(folder.path(), "gleaner cpython 3 13 0 1", batch);
        let mut python = Python::at(&path).expect("taken for a Python");
        python.set_timeout(Duration::from_millis(300));
        let error = python.run_batch(&[&first, &second]).expect_err("broken");
        assert!(python.run_batch(&[&first]).is_err(), "started again, and broken again");
        error
    };
    let died = broken("echo last words >&2; exit 3");
    assert!(matches!(&died, PythonError::Died { program: Some(0), said } if said == "last words"), "{died}");
    let hung = broken("cat > /dev/null");
    assert!(matches!(hung, PythonError::Hung { program: Some(0), .. }), "{hung}");
    let odd = broken("echo '1 2'; echo '! NameError'; echo 5; cat > /dev/null");
    assert!(matches!(&odd, PythonError::Refused { program: 1, said } if said == "NameError"), "{odd}");
}
