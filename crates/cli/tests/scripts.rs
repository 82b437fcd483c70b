//! `gleaner run` and `gleaner judge`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gleaner_oracle::python::Python;
use serde_json::Value;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/python")
}

fn gleaner(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_gleaner")).args(arguments).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn script(folder: &Path, text: &str) -> String {
    let path = folder.join("script.py");
    std::fs::write(&path, text).expect("a file that can be written");
    path.to_str().expect("UTF-8").to_string()
}

#[test]
fn a_script_runs_and_its_exit_code_is_the_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(folder.path(), "import sys\nprint('printed')\nsys.exit(7)\n");
    assert_eq!(gleaner(&["run", &file]), (Some(7), "printed\n".into(), String::new()));
}

#[test]
fn an_exception_is_told_on_standard_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(folder.path(), "def fail():\n    raise ValueError('told')\nfail()\n");
    let (code, out, err) = gleaner(&["run", &file]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.ends_with("ValueError: told\n") && err.contains("line 2, in fail"), "{err}");
}

#[test]
fn what_is_no_script_is_refused_in_one_line_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, expected) in [
        ("x = (1\n", "script.py:"),
        ("x = 1\nasync def f(): pass\n", "script.py:2:1: 'async def' is not in Gleaner's subset of Python"),
        ("return 1\n", "script.py:1:1: 'return' outside function"),
    ] {
        let file = script(folder.path(), text);
        let (code, out, err) = gleaner(&["run", &file]);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{err}");
        assert!(err.contains(expected), "{err}");
    }
    let (code, _, err) = gleaner(&["run", "no such file.py"]);
    assert_eq!((code, err.lines().count()), (Some(2), 1), "{err}");
}

#[test]
fn profiles_differ_where_versions_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(
        folder.path(),
        "import gc\nprint(gc.get_threshold(), int('1000') is int('1000'), gc.is_tracked({}))\n",
    );
    let said = |profile| gleaner(&["run", "--profile", profile, &file]).1;
    assert_eq!(said("3.11"), "(700, 10, 10) False False\n");
    assert_eq!(said("3.13"), "(2000, 10, 10) False False\n");
    assert_eq!(said("3.15"), "(2000, 10, 10) True True\n");
}

/// Every script of the corpus on every strategy, as the Python on PATH has it.
#[test]
fn the_corpus_agrees_with_python() {
    if Python::find().is_none() {
        println!("skipped: no CPython 3.11 or newer on PATH");
        return;
    }
    let corpus = corpus();
    let (code, out, err) = gleaner(&["judge", "--json", corpus.to_str().expect("UTF-8")]);
    let said: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    assert_eq!((code, &said["differences"]), (Some(0), &Value::Array(Vec::new())));
    assert!(said["scripts"].as_u64() >= Some(90) && said["strategies"].as_array().map(Vec::len) == Some(6));
}

#[test]
fn a_difference_is_told_with_its_line() {
    if Python::find().is_none() {
        println!("skipped: no CPython 3.11 or newer on PATH");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(folder.path(), "import sys\nprint('same')\nprint('gleaner' in sys.version)\n");
    let (code, out, _) = gleaner(&["judge", &file, "--strategy", "generational"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("line 2: python \"False\", gleaner \"True\""), "{out}");
}

#[test]
fn judging_nothing_is_bad_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, err) = gleaner(&["judge", folder.path().to_str().expect("UTF-8")]);
    assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{err}");
}

/// What `gc.set_debug` makes collections tell, between callbacks and before finalizers, in CPython's words.
#[test]
fn debug_text_is_cpythons() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "import gc, sys\n\
        gc.callbacks.append(lambda phase, info: sys.stderr.write(f'{phase} {info[\"collected\"]}\\n'))\n\
        class Node:\n    def __del__(self): sys.stderr.write('del\\n')\n\
        gc.collect()\nsys.stderr.write('--\\n')\n\
        node = Node()\nnode.node = node\ndel node\n\
        gc.set_debug(gc.DEBUG_STATS | gc.DEBUG_COLLECTABLE)\ngc.collect()\n\
        sys.stderr.write(f'{gc.garbage}\\n')\n\
        items = []\nitems.append(items)\ndel items\n\
        gc.set_debug(gc.DEBUG_LEAK)\ngc.collect(0)\n\
        sys.stderr.write(f'{gc.garbage}\\n')\n\
        gc.garbage.clear()\n\
        gc.set_debug(-1)\ngc.set_debug(gc.get_debug() & 64)\n\
        try: gc.set_debug(1 << 31)\nexcept OverflowError as error: sys.stderr.write(f'{error}\\n')\n\
        gc.callbacks.clear()\n";
    let file = script(folder.path(), text);
    for strategy in ["generational", "paced"] {
        let (code, _, err) = gleaner(&["run", "--profile", "3.13", "--strategy", strategy, &file]);
        assert_eq!(code, Some(0), "{err}");
        let told = err.split("--\n").nth(1).expect("two parts");
        // Addresses, numbers of objects and times are never the same.
        let plain: Vec<String> = told
            .lines()
            .map(|line| match line.split_once(" 0x").or_else(|| line.split_once("generation: ")) {
                Some((words, _)) => words.to_string(),
                None => line.split(", 0.").next().unwrap_or_default().to_string(),
            })
            .collect();
        let expected = [
            "start 0",
            "gc: collecting generation 2...",
            "gc: objects in each ",
            "gc: objects in permanent ",
            "gc: collectable <Node",
            "del",
            "gc: done, 1 unreachable, 0 uncollectable",
            "stop 1",
            "[]",
            "start 0",
            "gc: collectable <list",
            "stop 1",
            "[[[...]]]",
            "Python int too large to convert to C int",
        ];
        assert_eq!(plain, expected, "{strategy}");
    }
}
