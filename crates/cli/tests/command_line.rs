//! The command line's contract: exit codes, one clear line, the fields of `--json`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A command's exit code, standard output and standard error.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn gleaner(arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_gleaner")).args(arguments).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file that can be written");
    path.to_str().expect("UTF-8").to_string()
}

/// Runs what must be refused: exit 2, nothing on standard output, one line that says `expected`.
#[track_caller]
fn refused(arguments: &[&str], expected: &str) {
    let ran = gleaner(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{arguments:?}: {}", ran.err);
    assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

/// A program that every machine agrees on.
const PROGRAM: &str = "from prelude import *\n\nstart()\na = node(1, \"log\")\na.f0 = a\ndel a\ncollect(2)\n";

#[test]
fn bad_usage_is_one_line() {
    refused(&["frobnicate"], "frobnicate");
    refused(&["stress", "--seconds", "0"], "--seconds");
    refused(&["stress", "--seconds", "-1"], "-1");
    refused(&["stress", "--seconds", "99999999999999999999999"], "--seconds");
    refused(&["stress", "--programs", "0"], "--programs");
    refused(&["stress", "--programs", "many"], "many");
    refused(&["stress", "--threads", "0"], "--threads");
    refused(&["stress", "--threads", "65536"], "--threads");
    refused(&["stress", "--strategy", "paced-badly"], "generational");
    refused(&["stress", "--faults", "some"], "oom");
    refused(&["stress", "--seed", "0x10"], "--seed");
    refused(&["stress", "--unknown"], "--unknown");
    refused(&["replay"], "<FILE>");
    refused(&["replay", "--machine", "heap/none", "x.py"], "heap/generational");
    refused(&["replay", "--profile", "3.10", "x.py"], "3.11");
    refused(&["shrink", "x.py"], "--output");
}

#[test]
fn bad_input_is_one_line_with_file_and_position() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let missing = folder.join("missing.py");
    refused(&["replay", missing.to_str().expect("UTF-8")], "missing.py: cannot be read");
    refused(&["replay", folder.to_str().expect("UTF-8")], "cannot be read");
    let syntax = file(folder, "syntax.py", "from prelude import *\nstart()\na = = node(1)\n");
    refused(&["replay", &syntax], "syntax.py:3:5");
    let outside = file(folder, "outside.py", "from prelude import *\nstart()\na = node(1)\nprint(a)\n");
    refused(&["replay", &outside], "outside.py:4:1");
    let unbound = file(folder, "unbound.py", "from prelude import *\nstart()\ndel a\n");
    refused(&["replay", &unbound], "unbound.py:3");
    let latin = file(folder, "latin.py", b"from prelude import *\nstart()\n# caf\xe9\n");
    refused(&["replay", &latin], "latin.py:3");
    let output = folder.join("out.py");
    let output = output.to_str().expect("UTF-8");
    refused(&["shrink", &syntax, "-o", output], "syntax.py:3:5");
    let good = file(folder, "good.py", PROGRAM);
    refused(&["shrink", &good, "-o", "/nonexistent/folder/out.py"], "out.py");
    // One bad file spoils the command before anything runs.
    refused(&["replay", &good, &syntax], "syntax.py:3:5");
}

#[test]
fn a_truncated_recording_is_bad_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = gleaner_program::text::parse(PROGRAM, "p.py").expect("a program");
    let environment = gleaner_oracle::environments::of_python(13);
    let tokens =
        gleaner_oracle::Machine::run(&mut gleaner_oracle::model::ModelMachine, &program, &environment)
            .expect("the model runs")
            .tokens;
    let machine = "python/3.13.0".to_string();
    let recording = gleaner_program::Recording { machine, profile: 13, program, tokens };
    let text = recording.to_text();
    let whole = file(folder.path(), "whole.trace", &text);
    assert_eq!(gleaner(&["replay", &whole]).code, Some(0));
    let cut = file(folder.path(), "cut.trace", text.strip_suffix("end\n").expect("the last line"));
    refused(&["replay", &cut], "truncated");
    let binary = file(folder.path(), "binary.trace", [text.as_bytes(), b"\xff"].concat());
    refused(&["replay", &binary], "binary.trace:");
    let other = gleaner_program::Recording { tokens: vec![gleaner_program::transcript::FAILED], ..recording };
    let wrong = file(folder.path(), "wrong.trace", other.to_text());
    let ran = gleaner(&["replay", &wrong]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("python/3.13.0 (recorded)"), "{}", ran.out);
}

#[test]
fn what_is_no_python_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = file(folder.path(), "python", "not a program of any kind\n");
    refused(&["stress", "--programs", "1", "--python", &text], "python");
    refused(&["stress", "--programs", "1", "--python", "/nonexistent/python3"], "/nonexistent/python3");
    refused(&["stress", "--programs", "1", "--python", "/bin/true"], "/bin/true");
}

/// Scripts of the object layer are the same on the heap, under every strategy, and on the CPython at hand.
#[test]
fn scripts_are_compared_with_python() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().to_str().expect("UTF-8");
    let ran = gleaner(&[
        "stress",
        "--scripts",
        "--programs",
        "64",
        "--seed",
        "5",
        "--json",
        "--regressions",
        saved,
    ]);
    if ran.code == Some(2) {
        assert!(ran.err.contains("name one with --python"), "{}", ran.err);
        return;
    }
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let said: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((&said["scripts"], &said["divergences"]), (&64.into(), &0.into()));
    assert!(said["lines"].as_u64() > Some(1000), "{said}");
}

#[test]
fn stress_says_what_it_did() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let saved = folder.path().to_str().expect("UTF-8");
    let ran = gleaner(&["stress", "--programs", "300", "--seed", "7", "--json", "--regressions", saved]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let report = json(&ran);
    assert_eq!(
        (&report["seed"], &report["programs"], &report["divergences"]),
        (&7.into(), &300.into(), &0.into())
    );
    assert!(report["seconds"].as_f64() > Some(0.0) && report["operations"].as_u64() > Some(300));
    let machines = report["machines"].as_array().expect("an array");
    for name in ["heap/refcount-only", "heap/mark-sweep", "heap/generational", "model"] {
        let row =
            machines.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(
            row["operations"].as_u64() > Some(0) && row["cpu_seconds"].is_f64() && row["version"].is_string()
        );
    }
    let kinds = report["operation_kinds"].as_object().expect("an object");
    assert_eq!(kinds.len(), gleaner_program::Op::KINDS.len());
    let python =
        machines.iter().find(|row| row["name"].as_str().is_some_and(|name| name.starts_with("python/")));
    let compared = report["compared_with"].as_str().expect("a string");
    match gleaner_oracle::python::Python::find() {
        Some(found) => {
            let row = python.expect("a row for CPython");
            assert_eq!(row["version"], found.version().to_string());
            assert!(row["operations"].as_u64() > Some(300), "all programs go to CPython");
            assert!(compared.starts_with("CPython 3."), "{compared}");
        }
        None => assert!(python.is_none() && compared.starts_with("no CPython"), "{compared}"),
    }
}

#[test]
fn one_strategy_and_faults() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let saved = folder.path().to_str().expect("UTF-8");
    let only = ["stress", "--programs", "200", "--strategy", "mark-sweep"];
    let ran = gleaner(&[&only[..], &["--faults", "all", "--seed", "3", "--regressions", saved]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert!(ran.out.contains("heap/mark-sweep") && !ran.out.contains("heap/generational"), "{}", ran.out);
    assert!(ran.out.contains("compared with no CPython: "), "{}", ran.out);
    assert!(ran.out.contains("seed 3"), "{}", ran.out);
}

#[test]
fn replay_prints_observations() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "cycle.py", PROGRAM);
    let ran = gleaner(&["replay", &path]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert!(ran.out.contains("agree on 4 operations"), "{}", ran.out);
    let said = |machine: &str| {
        let ran = gleaner(&["replay", &path, "--machine", machine, "--json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        json(&ran)["files"][0]["said"].clone()
    };
    assert_eq!(said("heap/generational"), said("model"));
    assert_ne!(said("heap/generational"), said("heap/refcount-only"));
    let row = json(&gleaner(&["replay", &path, "--json"]));
    assert_eq!((&row["divergences"], &row["files"][0]["agree"]), (&0.into(), &true.into()));
}

#[test]
fn nothing_to_shrink_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "cycle.py", PROGRAM);
    let output: PathBuf = folder.path().join("small.py");
    let ran = gleaner(&["shrink", &path, "-o", output.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("nothing to shrink") && !output.exists(), "{}", ran.out);
}

#[test]
fn help_has_an_example() {
    for command in [&["--help"][..], &["stress", "--help"], &["replay", "--help"], &["shrink", "--help"]] {
        let ran = gleaner(command);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        assert!(ran.out.contains("Example: gleaner") && ran.out.contains("--json"), "{}", ran.out);
    }
}
