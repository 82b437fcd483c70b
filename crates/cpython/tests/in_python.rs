//! The library inside a real CPython. Without a python3 of 3.11 or newer on the PATH these tests say so and pass.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gleaner_trace::{Event, Reader};
use serde_json::Value;

const EVERYTHING: &str = include_str!("everything.py");
const FIT: &str = "import sys; print(sys.executable); \
    sys.exit(not (sys.implementation.name == 'cpython' and sys.version_info >= (3, 11) \
    and getattr(sys, '_is_gil_enabled', lambda: True)()))";

/// Returns the library, which cargo puts next to this test or one level up.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let mut files = test.ancestors().skip(1).take(2).map(|folder| folder.join("libgleaner_cpython.so"));
    files.find(|file| file.exists()).expect("cargo builds the library for its tests")
}

/// Returns the interpreter itself, not a script that starts it.
fn python() -> Option<PathBuf> {
    let answer = Command::new("python3").args(["-I", "-S", "-c", FIT]).output().ok();
    let found = answer.filter(|answer| answer.status.success());
    if found.is_none() {
        eprintln!("SKIPPED: no CPython of 3.11 or newer with a global lock on the PATH, nothing tested");
    }
    found.map(|answer| PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()))
}

/// Returns a command without the variables that change an allocator.
fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("PYTHON") || name.starts_with("GLEANER_") {
            command.env_remove(&*name);
        }
    }
    command
}

fn preloaded(program: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = plain(program);
    command.env("LD_PRELOAD", library()).envs(environment.iter().copied());
    command
}

/// Runs a script; it must succeed.
fn run(mut command: Command, script: &str) -> Output {
    let output = command.args(["-c", script]).output().expect("it starts");
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("text")
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("text")
}

/// Returns the JSON of the last line.
fn json(text: &str) -> Value {
    let line = text.lines().next_back().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn everything_is_as_without() {
    let Some(python) = python() else { return };
    let expected = run(plain(&python), EVERYTHING);
    assert!(stdout(&expected).ends_with("done\n"));
    for large in ["own", "medium", "previous"] {
        let output =
            run(preloaded(&python, &[("GLEANER_STATS", "json"), ("GLEANER_LARGE", large)]), EVERYTHING);
        assert_eq!(stdout(&output), stdout(&expected));
        let statistics = json(stderr(&output));
        assert_eq!(statistics["installed"], true);
        assert!(statistics["allocator"]["peak_raw_bytes"].as_u64() > Some(1 << 20), "{statistics}");
        // Nothing was allocated in these domains before: what is foreign is what went on to the previous allocator.
        assert_eq!(statistics["foreign_frees"].as_u64() > Some(0), large != "own", "{statistics}");
    }
}

#[test]
fn statistics_go_where_they_should() {
    let Some(python) = python() else { return };
    let silent = run(preloaded(&python, &[]), "pass");
    assert_eq!((stdout(&silent), stderr(&silent)), ("", ""));
    let text = run(preloaded(&python, &[("GLEANER_STATS", "1"), ("GLEANER_LARGE", "own")]), "pass");
    let text = stderr(&text);
    assert!(text.starts_with("gleaner: CPython 3.") && text.contains("uses Gleaner"), "{text}");
    assert!(text.contains(" live blocks ") && text.contains("previous allocator: 0 freed"), "{text}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("%p.json");
    let output = run(
        preloaded(&python, &[("GLEANER_STATS", &file.to_string_lossy())]),
        "import os; print(os.getpid())",
    );
    assert_eq!(stderr(&output), "");
    let file = folder.path().join(stdout(&output).trim().to_owned() + ".json");
    assert_eq!(json(&std::fs::read_to_string(file).expect("written"))["installed"], true);
    let lost = run(preloaded(&python, &[("GLEANER_STATS", "/dev/null/none")]), "pass");
    assert!(stderr(&lost).starts_with("gleaner: no statistics: /dev/null/none: "), "{}", stderr(&lost));
}

#[test]
fn it_says_when_python_uses_another_allocator() {
    let Some(python) = python() else { return };
    for (name, value) in [("PYTHONMALLOC", "debug"), ("PYTHONMALLOC", "malloc"), ("PYTHONDEVMODE", "1")] {
        let output = run(preloaded(&python, &[("GLEANER_WARN", "1"), (name, value)]), "pass");
        let expected = format!("gleaner: {name}={value} is set: CPython uses that, not Gleaner\n");
        assert_eq!(stderr(&output), expected);
        let unasked = run(preloaded(&python, &[(name, value)]), "pass");
        assert_eq!(stderr(&unasked), "");
        // -E: Python does not look at the variable, so there is nothing to say.
        let mut ignored = preloaded(&python, &[("GLEANER_STATS", "json"), (name, value)]);
        ignored.arg("-E");
        let output = run(ignored, "pass");
        assert_eq!(
            (stderr(&output).lines().count(), &json(stderr(&output))["installed"]),
            (1, &Value::Bool(true))
        );
    }
    let mut command = preloaded(&python, &[("GLEANER_STATS", "json")]);
    command.args(["-X", "dev"]);
    let output = run(command, "pass");
    let said = stderr(&output);
    assert!(
        said.starts_with("gleaner: -X dev is given: CPython uses its debugging allocator, not Gleaner\n"),
        "{said}"
    );
    assert_eq!(json(said)["installed"], false);
}

#[test]
fn other_programs_do_not_notice() {
    let environment = [("GLEANER_STATS", "1"), ("GLEANER_TRACE", "/dev/null/none"), ("GLEANER_WARN", "1")];
    let mut command = preloaded(Path::new("sh"), &environment);
    let output = command.args(["-c", "echo well; env true"]).output().expect("a shell");
    assert_eq!((stdout(&output), stderr(&output)), ("well\n", ""));
}

#[test]
fn it_can_be_installed_late() {
    let Some(python) = python() else { return };
    let script = format!("LIBRARY = {:?}\n{}", library(), include_str!("late.py"));
    let output = run(plain(&python), &script);
    let statistics = json(stdout(&output));
    assert_eq!(statistics["installed"], true);
    assert!(statistics["foreign_frees"].as_u64() > Some(100_000), "{statistics}");
    assert!(statistics["foreign_reallocs"].as_u64() > Some(9000), "{statistics}");
    assert!(statistics["allocator"]["live_blocks"].as_u64() > Some(100_000), "{statistics}");
}

#[test]
fn a_trace_has_every_request() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace");
    let output =
        run(preloaded(&python, &[("GLEANER_TRACE", &file.to_string_lossy())]), include_str!("recorded.py"));
    // The Python that was started by Python says that it does not record. (CPython itself may warn of forks beside threads.)
    let said: Vec<&str> = stderr(&output).lines().filter(|line| line.starts_with("gleaner: ")).collect();
    assert!(said.len() == 1 && said[0].contains("another process writes it"), "{}", stderr(&output));

    let reader =
        Reader::new(std::io::BufReader::new(std::fs::File::open(&file).expect("a trace"))).expect("a header");
    let events: Result<Vec<Event>, _> = reader.collect();
    let events = events.expect("a whole trace");
    // A bytes object of n bytes takes n + 33.
    let blocks = |bytes: u64| {
        let fits = |event: &&Event| match event {
            Event::Malloc { size } | Event::Calloc { size } => *size == bytes + 33,
            _ => false,
        };
        events.iter().filter(fits).count()
    };
    assert_eq!((blocks(30_001), blocks(40_001), blocks(50_001)), (1234, 0, 0));
    assert!(events.len() > 100_000, "{}", events.len());
}

/// The modes of the allocator (docs/modes.md): what Python does in them is the same.
#[test]
fn everything_is_as_without_in_every_mode() {
    let Some(python) = python() else { return };
    let expected = run(plain(&python), EVERYTHING);
    for mode in ["hardened", "debug"] {
        let output = run(preloaded(&python, &[("GLEANER_MODE", mode)]), EVERYTHING);
        assert_eq!(stdout(&output), stdout(&expected), "{mode}");
    }
}

// PY-54: test_capi.test_mem: test_buffer_overflow, test_api_misuse.
#[test]
fn the_debug_mode_reports_what_extensions_do() {
    let Some(python) = python() else { return };
    let prelude =
        "from ctypes import *; py = pythonapi; py.PyMem_Malloc.restype = c_void_p; p = py.PyMem_Malloc(16)\n";
    for (misuse, last) in [
        ("memset(p + 16, ord('x'), 1); py.PyMem_Free(c_void_p(p))", "gleaner: bad trailing pad byte"),
        ("py.PyObject_Free(c_void_p(p))", "gleaner: bad ID: Allocated using API 'm', verified using API 'o'"),
    ] {
        let mut command = preloaded(&python, &[("GLEANER_MODE", "debug")]);
        let output = command.args(["-c", &format!("{prelude}{misuse}")]).output().expect("it starts");
        assert!(!output.status.success());
        let report = stderr(&output);
        assert!(report.contains(": API 'm'\n    16 bytes originally requested\n"), "{report}");
        assert_eq!(report.lines().next_back(), Some(last), "{report}");
    }
}

// PY-56: without memory there is a MemoryError, and nothing worse.
#[test]
fn a_budget_is_a_memory_error() {
    let Some(python) = python() else { return };
    let script = "kept = []\ntry:\n  while True: kept.append(bytes(100))\nexcept MemoryError:\n  del kept; print('none left')";
    for mode in ["fast,budget=30000000", "hardened,budget=30000000", "debug,budget=30000000"] {
        let output = run(preloaded(&python, &[("GLEANER_MODE", mode)]), script);
        assert_eq!(stdout(&output), "none left\n", "{mode}");
    }
}
