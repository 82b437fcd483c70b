//! Pythons, and the workloads in Python, which are compiled in.

use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gleaner_benches::subject::Pause;
use serde::Deserialize;

use crate::child::Measured;
use crate::pauses::Pauses;

/// Includes scripts of `benches/python/workloads`.
macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../benches/python/workloads/", $name)))),*]
    };
}

/// All scripts, modules that they share among them.
const SCRIPTS: [(&str, &str); 18] = scripts![
    "alloc_drop.py",
    "binary_trees.py",
    "cache.py",
    "churn.py",
    "clone_drop.py",
    "closures.py",
    "dead_pairs.py",
    "dead_ring.py",
    "gcbench.py",
    "hub.py",
    "live_random.py",
    "live_ring.py",
    "meter.py",
    "recursion.py",
    "requests.py",
    "tree.py",
    "trees.py",
    "weak_upgrade.py",
];

/// Says what it is: `3.14.2`, `3.14.2t` without the global lock.
const PROBE: &str = "import sys, sysconfig
assert sys.version_info >= (3, 8), 'older than 3.8'
free = 't' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''
print('gleaner', '.'.join(map(str, sys.version_info[:3])) + free)";

/// A Python that runs workloads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Python {
    /// Where it is.
    pub path: PathBuf,
    /// Which it is.
    pub version: String,
}

/// Why something is no Python.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// It cannot be started.
    #[error("{} cannot be started", .0.display())]
    NotExecutable(PathBuf, #[source] std::io::Error),
    /// It does not answer as one does.
    #[error("{} is no Python of 3.8 or newer: {said}", path.display())]
    NotPython {
        /// Where it is.
        path: PathBuf,
        /// The last line it wrote.
        said: String,
    },
}

impl Python {
    /// Asks a program which Python it is.
    ///
    /// # Errors
    /// It is none, or an old one.
    pub fn at(path: &Path) -> Result<Python, PythonError> {
        let mut command = Command::new(path);
        clean(&mut command).args(["-I", "-S", "-c", PROBE]).stdin(Stdio::null());
        let output =
            command.output().map_err(|error| PythonError::NotExecutable(path.to_path_buf(), error))?;
        let said = String::from_utf8_lossy(&output.stdout);
        match said.trim().strip_prefix("gleaner ") {
            Some(version) => Ok(Python { path: path.to_path_buf(), version: version.to_string() }),
            None => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.lines().last().unwrap_or("it says nothing").to_string();
                Err(PythonError::NotPython { path: path.to_path_buf(), said })
            }
        }
    }
}

/// Takes out of a command's environment what changes Python's memory management.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for name in ["LD_PRELOAD", "PYTHONMALLOC", "PYTHONDEVMODE", "PYTHONPATH", "PYTHONHOME", "PYTHON_GIL"] {
        command.env_remove(name);
    }
    command
}

/// Returns the name of a workload's script.
#[must_use]
pub fn script(workload: &str) -> String {
    workload.replace('-', "_") + ".py"
}

/// Writes all scripts into a folder.
pub(crate) fn write_scripts(folder: &Path) -> std::io::Result<()> {
    SCRIPTS.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}

/// What a script prints, as far as it is used; `benches/python/workloads/meter.py` explains it.
#[derive(Deserialize)]
struct Printed {
    operations: u64,
    live_objects: HashMap<String, u64>,
    cpu_seconds: HashMap<String, f64>,
    phases_ns: HashMap<String, (u64, u64)>,
    pauses_ns: Vec<(u64, u64)>,
    resident_before_bytes: u64,
    resident_bytes: HashMap<String, u64>,
    peak_rss_bytes: u64,
}

/// Becomes a Python that runs a script; returns only if that fails.
#[must_use]
pub fn become_it(python: &Path, script: &Path, objects: usize) -> std::io::Error {
    // Not `-I`, which would keep a script from what lies beside it.
    let mut command = Command::new(python);
    clean(&mut command).args(["-E", "-s", "-S", "-B"]).arg(script).arg(objects.to_string()).exec()
}

/// Reads what a script printed.
pub(crate) fn measured(printed: &str) -> Result<Measured, serde_json::Error> {
    let printed: Printed = serde_json::from_str(printed)?;
    let of = |map: &HashMap<String, u64>, phase: &str| map.get(phase).copied().unwrap_or(0);
    let live = |phase: &&str| of(&printed.live_objects, phase);
    // The first phase with the most, as in Rust.
    let fullest = ["end", "work", "build"].into_iter().max_by_key(live).unwrap_or("work");
    let above = |bytes: u64| bytes.saturating_sub(printed.resident_before_bytes);
    let (begin, end) = printed.phases_ns.get("work").copied().unwrap_or_default();
    let pauses = printed.pauses_ns.iter().map(|&(start_ns, length_ns)| Pause { start_ns, length_ns });
    Ok(Measured {
        operations: printed.operations,
        work_ns: (printed.cpu_seconds.get("work").unwrap_or(&0.0) * 1e9) as u64,
        cpu_ns: (printed.cpu_seconds.values().sum::<f64>() * 1e9) as u64,
        baseline_bytes: printed.resident_before_bytes,
        peak_bytes: above(printed.peak_rss_bytes),
        live_objects: live(&fullest),
        live_bytes: above(of(&printed.resident_bytes, fullest)),
        pauses: Some(Pauses::of(&pauses.collect::<Vec<_>>(), begin, end)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_has_a_script() {
        for workload in gleaner_benches::workloads::all() {
            let script = script(workload.name());
            assert!(SCRIPTS.iter().any(|(name, _)| *name == script), "{script} is not compiled in");
        }
    }

    #[test]
    fn what_a_script_prints_is_read() {
        let text = r#"{"operations": 10, "live_objects": {"build": 5, "work": 5, "end": 0},
            "cpu_seconds": {"build": 1.0, "work": 0.5, "end": 0.25},
            "phases_ns": {"build": [0, 100], "work": [100, 200], "end": [200, 300]},
            "pauses_ns": [[50, 10], [110, 20]], "resident_before_bytes": 1000,
            "resident_bytes": {"build": 3000, "work": 4000, "end": 2000}, "peak_rss_bytes": 5000}"#;
        let measured = measured(text).expect("it can be read");
        assert_eq!(
            (measured.operations, measured.work_ns, measured.cpu_ns),
            (10, 500_000_000, 1_750_000_000)
        );
        assert_eq!((measured.peak_bytes, measured.live_bytes, measured.live_objects), (4000, 2000, 5));
        assert_eq!(measured.pauses.expect("pauses").total_ns, 20, "those of the work alone");
    }
}
