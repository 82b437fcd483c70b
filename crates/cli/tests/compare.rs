//! `gleaner compare`: its rows, its page, and what it refuses.

use std::process::{Command, Output};

use serde_json::Value;

fn gleaner(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gleaner")).args(arguments).output().expect("the command starts")
}

fn rows(arguments: &[&str]) -> Vec<Value> {
    let ran = gleaner(&[&["compare", "--json", "--rounds", "1"], arguments].concat());
    assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    let report: Value = serde_json::from_slice(&ran.stdout).expect("one JSON object");
    report["rows"].as_array().expect("rows").clone()
}

fn names(json: &Value) -> Vec<&str> {
    json.as_array().expect("an array").iter().map(|one| one["name"].as_str().expect("a name")).collect()
}

/// Runs what must be refused: exit 2, nothing on standard output, one line that says `expected`.
#[track_caller]
fn refused(arguments: &[&str], expected: &str) {
    let ran = gleaner(&[&["compare"], arguments].concat());
    let err = String::from_utf8_lossy(&ran.stderr);
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(2), 0), "{arguments:?}: {err}");
    assert!(err.lines().count() == 1 && err.contains(expected), "{arguments:?}: {err}");
}

#[test]
fn every_workload_has_a_row_for_every_strategy() {
    let rows = rows(&["--objects", "500", "--seed", "1"]);
    let list = gleaner(&["compare", "--list", "--json"]).stdout;
    let list: Value = serde_json::from_slice(&list).expect("JSON");
    for workload in names(&list["workloads"]) {
        for subject in ["gleaner/refcount-only", "gleaner/mark-sweep", "gleaner/generational"] {
            let row = rows.iter().find(|row| row["workload"] == workload && row["subject"] == subject);
            let row = row.unwrap_or_else(|| panic!("{subject} on {workload} is missing"));
            assert_eq!(row["objects"], 500);
            if row["status"] == "unable" {
                assert!(subject == "gleaner/refcount-only" && row["reason"] == "frees no cycles", "{row}");
                continue;
            }
            assert_eq!((&row["status"], &row["rounds"]), (&"ok".into(), &1.into()), "{row}");
            has_all_fields(row);
        }
    }
}

fn has_all_fields(row: &Value) {
    assert!(row["ns_per_op"].as_f64() > Some(0.0) && row["operations"].as_u64() > Some(0), "{row}");
    assert!(row["cpu_seconds"].as_f64() > Some(0.0), "{row}");
    let pause = |name: &str| row["pause_us"][name].as_f64().unwrap_or_else(|| panic!("no {name}: {row}"));
    assert!(pause("p50") <= pause("p99") * 1.001 && pause("p99") <= pause("max") * 1.001, "{row}");
    assert!(row["collector_share"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{row}");
    assert!(
        row["peak_bytes"].is_u64() && row["live_bytes"].is_u64() && row["live_objects"].is_u64(),
        "{row}"
    );
    for name in ["bytes_per_object", "mean_bytes", "peak_over_live", "reason"] {
        assert!(row.get(name).is_some(), "no {name}: {row}");
    }
    assert!(row["pause_histogram"].is_array() && row["mmu_curve"].is_array(), "{row}");
    let windows: Vec<&String> = row["mmu"].as_object().expect("an object").keys().collect();
    assert_eq!(windows, ["1", "10", "100"]);
}

#[test]
fn pauses_of_a_large_heap_are_seen() {
    let rows = rows(&["--workload", "churn", "--strategy", "generational", "--objects", "20000"]);
    let row = &rows[0];
    assert_eq!(rows.len(), 1);
    assert!(row["pauses"].as_u64() > Some(1) && row["pause_us"]["max"].as_f64() > Some(0.0), "{row}");
    assert!(row["collector_share"].as_f64() > Some(0.0), "{row}");
    assert!(!row["pause_histogram"].as_array().expect("an array").is_empty(), "{row}");
    assert!(row["bytes_per_object"].as_f64() > Some(16.0), "{row}");
}

#[test]
fn peers_and_a_python_take_part() {
    let arguments =
        ["--workload", "tree,churn", "--strategy", "generational", "--objects", "1000", "--peers"];
    let python = gleaner_oracle::python::Python::find();
    let path = python.as_ref().map(|python| python.path().to_str().expect("UTF-8").to_string());
    let more = path.as_deref().map_or(Vec::new(), |path| vec!["--python", path]);
    let rows = rows(&[&arguments[..], &more].concat());
    let status = |workload: &str, subject: &str| {
        let row = rows.iter().find(|row| row["workload"] == workload && row["subject"] == subject);
        row.unwrap_or_else(|| panic!("{subject} on {workload} is missing"))["status"].clone()
    };
    assert_eq!((status("tree", "std Rc"), status("churn", "std Rc")), ("ok".into(), "unable".into()));
    if let Some(python) = python {
        let name = format!("python/{}", python.version());
        assert_eq!((status("tree", &name), status("churn", &name)), ("ok".into(), "ok".into()), "{rows:?}");
    }
}

#[test]
fn what_takes_too_long_is_a_row() {
    let many = ["--workload", "churn", "--strategy", "generational", "--objects", "3000000"];
    let rows = rows(&[&many[..], &["--cpu-seconds", "1"]].concat());
    assert_eq!(rows[0]["status"], "timeout", "{rows:?}");
    assert!(
        rows[0]["reason"].as_str().is_some_and(|reason| reason.contains("after 1 s of processor time")),
        "{rows:?}"
    );
    assert!(rows[0]["ns_per_op"].is_null());
}

#[test]
fn the_page_stands_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("page.html");
    let path = path.to_str().expect("UTF-8");
    let arguments = ["compare", "--workload", "churn", "--rounds", "1", "--objects", "2000,60000"];
    let ran = gleaner(&[&arguments[..], &["--html", path]].concat());
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let page = std::fs::read_to_string(path).expect("a page");
    let document =
        roxmltree::Document::parse(page.strip_prefix("<!DOCTYPE html>").expect("HTML")).expect("well formed");
    let named =
        |name: &'static str| document.descendants().filter(move |node| node.tag_name().name() == name);
    assert_eq!(named("svg").count(), 5, "time, pauses, utilisation, memory, cost");
    assert!(named("svg").all(|svg| svg.attribute("aria-label").is_some_and(|label| !label.is_empty())));
    assert_eq!(named("script").count() + named("link").count() + named("img").count(), 0);
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        assert!(
            !matches!(attribute.name(), "src" | "href") || attribute.value().starts_with('#'),
            "{attribute:?}"
        );
    }
    // The one address is the name of SVG's language, which nobody loads.
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("://") && !addresses.contains("url(") && !addresses.contains("@import"));
    assert!(page.contains("prefers-color-scheme"));
}

/// Makes a program that says it is a Python, and dies of any script after it has left a mark beside itself.
fn false_python(folder: &std::path::Path) -> String {
    let path = folder.join("python").to_str().expect("UTF-8").to_string();
    let text = "#!/bin/sh
case \"$*\" in *gleaner*) echo gleaner 3.99.0; exit;; esac
touch \"$0.mark\"; echo boom >&2; exit 3
";
    // Written by another process: one that is forked here meanwhile would keep the file open, and it could not be run.
    let write = r#"printf %s "$2" > "$1" && chmod +x "$1""#;
    let written = Command::new("sh").args(["-c", write, "sh", &path, text]).status().expect("a shell");
    assert!(written.success());
    path
}

#[test]
fn what_dies_is_a_row_and_a_bad_page_is_refused_before() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let python = false_python(folder.path());
    let mark = folder.path().join("python.mark");
    let arguments = ["--workload", "tree", "--objects", "100", "--python", &python];
    refused(
        &[&arguments[..], &["--html", "/nonexistent/folder/page.html"]].concat(),
        "page.html: cannot be written",
    );
    assert!(!mark.exists(), "it was measured before the page was refused");
    let rows = rows(&arguments);
    let row = rows.iter().find(|row| row["subject"] == "python/3.99.0").expect("a row");
    assert!(mark.exists() && row["status"] == "crashed" && row["ns_per_op"].is_null(), "{row}");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("3: boom")), "{row}");
}

#[test]
fn bad_input_is_refused_before_anything_is_measured() {
    refused(&["--workload", "frobnicate"], "frobnicate");
    refused(&["--strategy", "none-such"], "generational");
    refused(&["--objects", "0"], "--objects");
    refused(&["--objects", "many"], "many");
    refused(&["--objects", "10,-1"], "-1");
    refused(&["--objects", "10", "--sizes"], "--sizes");
    refused(&["--rounds", "0"], "--rounds");
    refused(&["--cpu-seconds", "0"], "--cpu-seconds");
    refused(&["--python", "/nonexistent/python3"], "/nonexistent/python3");
    refused(&["--python", "/bin/true"], "/bin/true is no Python");
    let folder = tempfile::tempdir().expect("a temporary folder");
    refused(&["--html", folder.path().to_str().expect("UTF-8")], "cannot be written");
}

#[test]
fn help_has_examples() {
    let ran = gleaner(&["compare", "--help"]);
    let text = String::from_utf8_lossy(&ran.stdout);
    assert!(text.contains("gleaner compare --workload churn") && text.contains("--json"), "{text}");
}
