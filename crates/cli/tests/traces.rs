//! `gleaner trace`: the contract of its commands, on traces that the tests write.

use std::path::Path;
use std::process::{Command, Output};

use gleaner_peers::python::LibPython;
use gleaner_trace::{Meta, Writer};
use serde_json::Value;

/// A command's exit code, standard output and standard error.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn gleaner(arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_gleaner")).args(arguments))
}

/// Exit 2, nothing on standard output, one line that says `expected`.
#[track_caller]
fn refused(ran: &Ran, expected: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains(expected), "{} instead of {expected}", ran.err);
}

fn file(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file that can be written");
    path.to_str().expect("UTF-8").to_string()
}

/// A trace of a program that keeps 500 blocks of many sizes, with every kind of event.
fn trace() -> Vec<u8> {
    let meta = Meta { command: vec!["made-up".into(), "-x".into()], runtime: "no Python".into() };
    let mut writer = Writer::new(Vec::new(), &meta).expect("memory");
    let size = |number: usize| [32, 48, 64, 0, 5, 200, 700, 40_000][number * 7 % 8];
    for number in 0..20_000 {
        let addr = 1 + number % 500;
        match number % 5 {
            _ if number < 500 => writer.malloc(addr, size(number)),
            0 => {
                writer.free(addr);
                writer.calloc(addr, size(number));
            }
            1 | 2 => writer.realloc(addr, addr, size(number)),
            _ => {
                writer.free(addr);
                writer.malloc(addr, size(number));
            }
        }
    }
    writer.finish().expect("memory").0
}

#[test]
fn bad_usage_is_one_line() {
    refused(&gleaner(&["trace"]), "requires a subcommand");
    refused(&gleaner(&["trace", "frobnicate"]), "frobnicate");
    refused(&gleaner(&["trace", "replay"]), "<FILE>");
    refused(&gleaner(&["trace", "replay", "x.gtrace", "--rounds", "0"]), "--rounds");
    refused(&gleaner(&["trace", "info"]), "<FILE>");
    refused(&gleaner(&["trace", "record", "--", "true"]), "--output");
    refused(&gleaner(&["trace", "record", "-o", "x.gtrace"]), "<CMD>");
}

#[test]
fn bad_input_is_one_line_with_file_and_position() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let whole = trace();
    let good = file(folder, "good.gtrace", &whole);
    let text = file(folder, "text.gtrace", b"# gleaner-trace 1\n");
    let empty = file(folder, "empty.gtrace", b"");
    let cut = file(folder, "cut.gtrace", &whole[..whole.len() - 3]);
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 4;
    let flipped = file(folder, "flipped.gtrace", &bytes);
    let nothing = Writer::new(Vec::new(), &Meta::default()).expect("memory").finish().expect("memory").0;
    let eventless = file(folder, "eventless.gtrace", &nothing);
    let missing = folder.join("missing.gtrace").to_str().expect("UTF-8").to_string();
    let replay = |path: &str| gleaner(&["trace", "replay", path, "--allocator", "null"]);
    for (path, expected) in [
        (&text, "text.gtrace: byte 0: not an allocation trace"),
        (&empty, "empty.gtrace: byte 0: not an allocation trace"),
        (&cut, &format!("cut.gtrace: byte {}: the file ends in the middle of a chunk", whole.len() - 3)),
        (&flipped, "flipped.gtrace: byte "),
        (&missing, "missing.gtrace: cannot be read"),
    ] {
        refused(&replay(path), expected);
        refused(&gleaner(&["trace", "info", path]), expected);
        // One bad file spoils the command before anything runs.
        refused(&gleaner(&["trace", "replay", &good, path, "--allocator", "null"]), expected);
    }
    refused(&replay(&eventless), "eventless.gtrace: the trace is empty");
    let unknown = gleaner(&["trace", "replay", &good, "--allocator", "null,tcmalloc"]);
    refused(&unknown, "no allocator tcmalloc in this build; there are gleaner, glibc");
    let python = ["trace", "replay", &good, "--allocator", "pymalloc", "--python", "/nonexistent/python3"];
    refused(&gleaner(&python), "/nonexistent/python3");
}

#[test]
fn replay_reports_each_trace_on_each_allocator() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let one = file(folder.path(), "one.gtrace", &trace());
    let two = file(folder.path(), "two.gtrace", &trace());
    let arguments = ["trace", "replay", &one, &two, "--allocator", "gleaner,glibc", "--rounds", "2"];
    let quickly = [&arguments[..], &["--no-instructions"]].concat();
    let ran = gleaner(&[&quickly[..], &["--json"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let names: Vec<_> = rows.iter().map(|row| (row["trace"].as_str(), row["allocator"].as_str())).collect();
    let on = |trace| ["null", "gleaner", "glibc"].map(|allocator| (Some(trace), Some(allocator)));
    assert_eq!(names, [on("one"), on("two")].concat());
    for row in rows {
        for field in ["ns_per_pair", "peak_rss", "end_rss"] {
            assert!(row[field].as_f64() >= Some(0.0), "{field}: {row}");
        }
        assert!(row["instructions_per_pair"].is_null(), "{row}");
        // 500 blocks, every eighth of 40 000 bytes, are live: an allocator that has them is seen to.
        let live = row["allocator"] != "null";
        assert_eq!(row["peak_rss"].as_u64() > Some(1 << 20), live, "{row}");
    }
    let table = gleaner(&quickly);
    assert_eq!((table.code, table.err.as_str()), (Some(0), ""));
    let words = ["one", "two", "null", "gleaner", "glibc", "ns/pair"];
    assert!(words.iter().all(|word| table.out.contains(word)), "{}", table.out);
}

/// CPython's own allocator is loaded from the library of the Python at hand, if it has one.
#[test]
fn pymalloc_takes_part_where_it_can() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "one.gtrace", &trace());
    let replay = |allocator| {
        let arguments = ["trace", "replay", &path, "--rounds", "1", "--no-instructions", "--json"];
        gleaner(&[&arguments[..], &["--allocator", allocator]].concat())
    };
    let all = replay("all");
    assert_eq!(all.code, Some(0), "{}", all.err);
    let report: Value = serde_json::from_str(&all.out).expect("JSON");
    let last = report["rows"].as_array().and_then(|rows| rows.last()).expect("rows");
    match LibPython::of(Path::new("python3")) {
        Ok(found) => {
            assert_eq!(last["allocator"], "pymalloc", "{report}");
            assert!(last["peak_rss"].as_u64() > Some(1 << 20), "{report}");
            let note = format!("pymalloc is that of CPython {}", found.version);
            assert_eq!(report["notes"][0], note);
            assert_eq!(replay("pymalloc").code, Some(0));
        }
        Err(error) => {
            assert_eq!(report["notes"][0], format!("no pymalloc: {error}"));
            refused(&replay("pymalloc"), "python3: ");
        }
    }
}

#[test]
fn instructions_are_counted_where_valgrind_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "one.gtrace", &trace());
    let ran = gleaner(&["trace", "replay", &path, "--allocator", "gleaner", "--rounds", "1", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let count = report["rows"][1]["instructions_per_pair"].as_f64();
    match Command::new("valgrind").arg("--version").output() {
        Ok(_) => assert!(count > Some(1.0) && count < Some(100_000.0), "{report}"),
        Err(_) => assert!(report["notes"].to_string().contains("valgrind"), "{report}"),
    }
}

#[test]
fn info_says_what_is_in_a_trace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "one.gtrace", &trace());
    let ran = gleaner(&["trace", "info", &path, "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let info: Value = serde_json::from_str(&ran.out).expect("JSON");
    let number = |field: &str| info[field].as_u64().unwrap_or_else(|| panic!("{field}: {info}"));
    assert_eq!((number("peak_blocks"), number("live_at_end")), (500, 500));
    assert_eq!((number("callocs"), number("reallocs"), number("mallocs")), (3900, 7800, 8300));
    assert_eq!(info["command"], serde_json::json!(["made-up", "-x"]));
    assert!(gleaner(&["trace", "info", &path]).out.contains("made-up -x"));
}

#[test]
fn recording_without_the_library_says_how_to_build_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("x.gtrace");
    let record = |library: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.args(["trace", "record", "-o"]).arg(&output).args(["--", "true"]);
        match library {
            Some(library) => command.env("GLEANER_CPYTHON_LIB", library),
            None => command.env_remove("GLEANER_CPYTHON_LIB"),
        };
        // Away from any target/release, and from the library that may lie beside the program.
        run(command.current_dir(folder.path()))
    };
    refused(&record(Some("/nonexistent/lib.so")), "/nonexistent/lib.so: no such library");
    assert!(!output.exists(), "nothing is written before the library is found");
    let beside = Path::new(env!("CARGO_BIN_EXE_gleaner")).with_file_name("libgleaner_cpython.so");
    if !beside.exists() {
        refused(&record(None), "cargo build --release -p gleaner-cpython");
    }
}

/// The library lies beside the program if it was built with it, as the whole workspace's tests do.
#[test]
fn a_python_program_is_recorded() {
    let beside = Path::new(env!("CARGO_BIN_EXE_gleaner")).with_file_name("libgleaner_cpython.so");
    let Some(python) = gleaner_oracle::python::Python::find().filter(|_| beside.exists()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("x.gtrace");
    let record = |program: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.args(["trace", "record", "--json", "-o"]).arg(&output).arg("--");
        run(command.arg(python.path()).args(["-c", program]).env_remove("GLEANER_CPYTHON_LIB"))
    };
    let ran = record("print(len([bytearray(100) for _ in range(20000)]))");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON, and nothing else");
    assert!(ran.err.contains("20000"), "what the program prints goes to standard error: {}", ran.err);
    assert!(report["mallocs"].as_u64() > Some(40_000), "{report}");
    assert_eq!(report["runtime"], format!("CPython {}", python.version()));
    let path = output.to_str().expect("UTF-8");
    let replayed =
        gleaner(&["trace", "replay", path, "--allocator", "gleaner", "--rounds", "1", "--no-instructions"]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.err);
    let failed = record("raise SystemExit(3)");
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert_eq!(serde_json::from_str::<Value>(&failed.out).expect("JSON")["exit"], 3);
    let killed = record(
        "import os, signal; x = [bytearray(9) for _ in range(10 ** 6)]; os.kill(os.getpid(), signal.SIGKILL)",
    );
    assert_eq!(killed.code, Some(1), "{}", killed.err);
    assert!(killed.err.contains("x.gtrace: byte "), "{}", killed.err);
    refused(&gleaner(&["trace", "info", path]), "events, ");
}

#[test]
fn a_command_that_runs_no_python_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Not a library, which the loader says, and passes over.
    let library = file(folder.path(), "lib.so", b"");
    let output = folder.path().join("x.gtrace");
    let record = |output: &Path, command: &str| {
        let mut gleaner = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        gleaner.args(["trace", "record", "-o"]).arg(output).args(["--", command]);
        let ran = run(gleaner.env("GLEANER_CPYTHON_LIB", &library));
        let ours =
            ran.err.lines().filter(|line| line.starts_with("gleaner: ")).collect::<Vec<_>>().join("\n");
        Ran { err: ours, ..ran }
    };
    refused(&record(&output, "true"), "x.gtrace: nothing was recorded");
    refused(&record(&output, "/nonexistent/command"), "/nonexistent/command: cannot be started");
    refused(&record(Path::new("/nonexistent/x.gtrace"), "true"), "/nonexistent/x.gtrace: cannot be written");
}

#[test]
fn help_has_an_example() {
    for command in [
        ["trace", "--help"].as_slice(),
        &["trace", "record", "--help"],
        &["trace", "replay", "--help"],
        &["trace", "info", "--help"],
    ] {
        let ran = gleaner(command);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        assert!(ran.out.contains("Example: gleaner trace") && ran.out.contains("--json"), "{}", ran.out);
        assert!(!ran.out.contains("child"), "{}", ran.out);
    }
}
