//! Which Pythons there are, and what they are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PythonError;

/// A version such as 3.13.0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version {
    /// 3.
    pub major: u8,
    /// 13.
    pub minor: u8,
    /// 0.
    pub micro: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// Prints implementation, version and whether there is a global lock.
const QUESTION: &str = "import sys; print('gleaner', sys.implementation.name, *sys.version_info[:3], \
                        int(getattr(sys, '_is_gil_enabled', lambda: True)()))";
/// The newest minor version to look for under its own name.
const NEWEST: u8 = 19;

/// Returns the files on `PATH` that may be a Python of 3.11 or newer.
pub(super) fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = || {
        let versions = (11..=NEWEST).rev().map(|minor| format!("python3.{minor}"));
        std::iter::once("python3".to_owned()).chain(versions)
    };
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let files = names().flat_map(|name| directories.iter().map(move |directory| directory.join(&name)));
    files.filter(|file| file.is_file()).collect()
}

/// Asks a file what it is.
pub(super) fn ask(path: &Path) -> Result<Version, PythonError> {
    let path = path.to_owned();
    let output = match Command::new(&path).args(["-I", "-S", "-c", QUESTION]).output() {
        Ok(output) => output,
        Err(source) => return Err(PythonError::NotExecutable { path, source }),
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |word: &str| word.parse::<u8>();
    let ["gleaner", implementation, major, minor, micro, locked] = words[..] else {
        return Err(not_python(path, &output.stdout, &output.stderr));
    };
    let (Ok(major), Ok(minor), Ok(micro)) = (number(major), number(minor), number(micro)) else {
        return Err(not_python(path, &output.stdout, &output.stderr));
    };
    let version = Version { major, minor, micro };
    if implementation != "cpython" {
        return Err(PythonError::NotCPython { path, implementation: implementation.to_owned() });
    }
    if (major, minor) < (3, 11) {
        return Err(PythonError::TooOld { path, version });
    }
    if locked == "0" {
        return Err(PythonError::FreeThreaded { path });
    }
    Ok(version)
}

fn not_python(path: PathBuf, stdout: &[u8], stderr: &[u8]) -> PythonError {
    let said = [String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr)].join("\n");
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    PythonError::NotPython { path, said: last.trim().to_owned() }
}
