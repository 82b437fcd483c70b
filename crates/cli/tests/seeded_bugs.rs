//! Every seeded bug is found, shrunk to a few lines, saved, and repeats from its seed.
#![cfg(feature = "seeded-bugs")]

use std::process::Command;

use gleaner_oracle::seeded::Bug;
use serde_json::Value;

fn gleaner(arguments: &[&str]) -> (Option<i32>, Value) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gleaner")).args(arguments).output().expect("the command starts");
    let json = serde_json::from_slice(&output.stdout);
    (output.status.code(), json.unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

#[test]
fn every_seeded_bug_is_found_shrunk_and_repeated() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("UTF-8");
    for (name, bug) in Bug::ALL {
        let (code, report) =
            gleaner(&["stress", "--programs", "100000", "--bug", name, "--regressions", folder, "--json"]);
        assert_eq!((code, &report["divergences"]), (Some(1), &1.into()), "{name}: {report:#}");
        let found = &report["found"][0];
        let program = found["program"].as_str().expect("a program");
        // A cycle in slices takes allocations, and what stands between them moves its slices.
        let most = if bug == Bug::TouchMissed { 64 } else { 20 };
        assert!(program.lines().count() <= most, "{name}:\n{program}");
        let saved = found["file"].as_str().expect("a file");
        let (code, replayed) = gleaner(&["replay", saved, "--bug", name, "--json"]);
        assert_eq!((code, &replayed["divergences"]), (Some(1), &1.into()), "{name}: {replayed:#}");
        assert_eq!(gleaner(&["replay", saved, "--json"]).0, Some(0), "{name} is no bug of the heap");
        let seed = found["seed"].to_string();
        let again =
            ["stress", "--seed", &seed, "--programs", "1", "--bug", name, "--regressions", folder, "--json"];
        assert_eq!(gleaner(&again).1["found"][0]["program"], found["program"], "{name}");
        let small = format!("{folder}/small.py");
        let (code, shrunk) = gleaner(&["shrink", saved, "-o", &small, "--bug", name, "--json"]);
        assert_eq!((code, &shrunk["after"]), (Some(1), &shrunk["before"]), "{name}: {shrunk:#}");
    }
}
