//! Scripts on a subject and on real Pythons, side by side: what they print, byte for byte, and how they end.
//!
//! A script is run in an empty directory of its own with nothing on standard input. Addresses (`0x…`) are not compared.
//! Two comments at a script's top tell the judge something: `# V:` names the line of the contract for which versions
//! differ (every version is compared with the subject in that version's profile all the same), `# generational:` that what
//! it shows holds of CPython's generations alone.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a script may run.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// Its file.
    pub path: PathBuf,
    /// Whether versions differ on it.
    pub varies: bool,
    /// Whether it is about generations.
    pub generational: bool,
}

impl Script {
    /// Reads the comments at the top of a script.
    ///
    /// # Errors
    /// The file cannot be read, or is no UTF-8.
    pub fn read(path: &Path) -> io::Result<Script> {
        let text = std::fs::read_to_string(path)?;
        let mut script = Script { path: path.canonicalize()?, varies: false, generational: false };
        for line in text.lines().take_while(|line| line.starts_with('#')) {
            script.varies |= line.starts_with("# V:");
            script.generational |= line.starts_with("# generational:");
        }
        Ok(script)
    }
}

/// What a run of a script said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Standard output, without addresses.
    pub text: String,
    /// The exit code; nothing if it was ended by a signal or by the clock.
    pub code: Option<i32>,
}

/// Where a subject and a Python part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The line, from 1 on; one more than the last if only the ends differ.
    pub line: usize,
    /// What the Python said there.
    pub expected: String,
    /// What the subject said there.
    pub seen: String,
}

/// Runs a script with a Python.
///
/// # Errors
/// It cannot be started.
pub fn run_python(python: &Path, script: &Script) -> io::Result<Said> {
    let mut command = Command::new(python);
    command.args(["-I", "-X", "utf8"]).arg(&script.path);
    run(command)
}

/// Runs a command in an empty directory.
///
/// # Errors
/// It cannot be started.
pub fn run(mut command: Command) -> io::Result<Said> {
    let directory = tempfile::tempdir()?;
    let output = tempfile::tempfile()?;
    command
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let began = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait()? {
            break status.code();
        }
        if began.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let mut text = String::new();
    let mut output = output;
    io::Seek::rewind(&mut output)?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut output, &mut bytes)?;
    text.push_str(&String::from_utf8_lossy(&bytes));
    Ok(Said { text: without_addresses(&text), code })
}

/// Replaces addresses: nobody promises them.
pub(crate) fn without_addresses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        kept.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let digits = rest.find(|char: char| !char.is_ascii_hexdigit()).unwrap_or(rest.len());
        // Short ones are numbers that the script printed.
        if digits >= 7 {
            kept.push_str("0x?");
            rest = &rest[digits..];
        } else {
            kept.push_str("0x");
        }
    }
    kept + rest
}

/// Returns where two runs part, if they do.
#[must_use]
pub fn compare(expected: &Said, seen: &Said) -> Option<Difference> {
    if expected == seen {
        return None;
    }
    let (mut left, mut right) = (expected.text.lines(), seen.text.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (left.next(), right.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => break,
            (one, other) => {
                let end = |side: Option<&str>| side.map_or_else(|| "(end)".to_string(), str::to_string);
                return Some(Difference { line, expected: end(one), seen: end(other) });
            }
        }
    }
    let end = |said: &Said| said.code.map_or_else(|| "(killed)".to_string(), |code| format!("(exit {code})"));
    Some(Difference { line, expected: end(expected), seen: end(seen) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, code: i32) -> Said {
        Said { text: without_addresses(text), code: Some(code) }
    }

    #[test]
    fn addresses_are_not_compared_and_short_numbers_are() {
        let one = said("<A object at 0x7f0012345678> 0xff\n", 0);
        assert_eq!(compare(&one, &said("<A object at 0x561234567890> 0xff\n", 0)), None);
        assert!(compare(&one, &said("<A object at 0x561234567890> 0xfe\n", 0)).is_some());
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let found = compare(&said("1\n2\n3\n", 0), &said("1\n2\n4\n", 0));
        assert_eq!(found, Some(Difference { line: 3, expected: "3".into(), seen: "4".into() }));
        let found = compare(&said("1\n", 0), &said("1\n2\n", 0));
        assert_eq!(found, Some(Difference { line: 2, expected: "(end)".into(), seen: "2".into() }));
    }

    #[test]
    fn how_they_end_is_compared() {
        let found = compare(&said("1\n", 0), &said("1\n", 1));
        assert_eq!(found, Some(Difference { line: 2, expected: "(exit 0)".into(), seen: "(exit 1)".into() }));
    }
}
